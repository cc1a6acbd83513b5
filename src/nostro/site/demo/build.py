"""Builds the demo once, and finds it again at each later start."""

import os
from datetime import timedelta
from random import Random
from time import monotonic

from django.db import connection
from django.test.utils import override_settings

from nostro.core.acts import Act, clock_at, now
from nostro.ledger.queries import verifications
from nostro.people.models import Staff
from nostro.site.asgi import keep_for_good
from nostro.site.demo import firm
from nostro.site.demo.newcomers import settle_in
from nostro.site.demo.outside import Outside, Simulator, methods
from nostro.site.demo.story import Story

DAYS = 180
SEED = 7


def has_past() -> bool:
    return Staff.objects.exists()


def make_past(found: dict[str, Simulator]) -> None:
    """Six months of a brokerage's life, on the clocks of the days they happened."""
    begun = monotonic()
    keep_for_good()
    with (
        override_settings(PASSWORD_HASHERS=["nostro.site.demo.hashing.QuickHasher"]),
        connection.cursor() as cursor,
    ):
        # The past may be lost in a crash; the present may not.
        cursor.execute("SET synchronous_commit = off")
        _past(Outside(found))
        cursor.execute("SET synchronous_commit = on")
        cursor.execute("ANALYZE")
    print(f"nostro: six months of history in {monotonic() - begun:.0f} s", flush=True)


def go_live(found: dict[str, Simulator], *, base_url: str) -> None:
    """Connect the simulators where they listen now, and let today begin."""
    outside = Outside(found)
    outside.connect(Act.system(door="demo"))
    outside.connect_others(Act.system(door="demo"))
    settle_in(firm.Cast())
    outside.go_live()
    _who(base_url)


def _past(outside: Outside) -> None:
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    start = today - timedelta(days=DAYS)
    with clock_at(start):
        outside.freeze(start)
        act = Act.system(door="demo")
        firm.set_up(act)
        methods(act)
        outside.connect(act)
    clients = int(os.environ.get("NOSTRO_DEMO_CLIENTS", "300"))
    Story(outside, Random(SEED), start=start, clients=clients).tell()
    see_that_it_holds()


class DoesNotHold(RuntimeError):
    """Six months of money were told, and the ledger that keeps them is not whole."""


def see_that_it_holds() -> None:
    """No proof made in the story found anything; else its building ends here, with what it was."""
    proofs = verifications(Act.system(door="demo"))
    said = [one for proof in proofs.exclude(flaws=[]) for one in proof.flaws]
    if said:
        raise DoesNotHold("The demo's ledger does not hold.\n" + "\n".join(dict.fromkeys(said)))
    if not proofs.filter(whole=True).exists():
        raise DoesNotHold("The demo's ledger was never proved.")


def _who(base_url: str) -> None:
    print(f"\n  Staff          {base_url}/staff/", flush=True)
    print(f"  Trader room    {base_url}/room/", flush=True)
    print(f"  Partner portal {base_url}/partner/", flush=True)
    print(f"\n  Everybody's password is {firm.PASSWORD}", flush=True)
    for one in firm.COLLEAGUES:
        print(f"    {one.email + '@meridian.example':28} {one.name}, {one.title}", flush=True)
    for email, text in firm.GUESTS:
        print(f"    {email:28} {text}", flush=True)
    print(flush=True)
