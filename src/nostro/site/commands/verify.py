"""`nostro verify`: the proof an auditor may run: the ledger's invariants and the sealed log."""

import argparse

import django


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print flaws only")


def run(given: argparse.Namespace) -> int:
    django.setup()
    from django.db.models import Sum

    from nostro.core import seal
    from nostro.core.models import Checkpoint
    from nostro.ledger import queries
    from nostro.ledger.models import Seal

    found = queries.verify() + queries.broken_seals()
    flaws = [f"Ledger: {flaw.invariant} ({flaw.detail})" for flaw in found]
    flaws += [f"Log: {flaw}" for flaw in seal.verify_log()]
    for flaw in flaws:
        print(flaw)
    if not flaws and not given.quiet:
        newest = Checkpoint.objects.order_by("-size").first()
        print(f"The ledger holds: {len(queries.INVARIANTS)} invariants over every row.")
        sealed = Seal.objects.aggregate(entries=Sum("entries"))["entries"] or 0
        print(f"Its seals hold: {sealed} sealed entries, none changed.")
        print(f"The log holds: {newest.size if newest else 0} sealed records, none changed.")
        print(f"Verifier key: {seal.verifier_key()}")
    return 1 if flaws else 0
