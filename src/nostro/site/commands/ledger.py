"""`nostro ledger import FILE` and `nostro ledger export PLACE`: books that come in and go out."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

import django

from nostro.kit.problems import NotFound, Problem
from nostro.site.commands.called import called

SHOWN = 50


def declare(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="import|export")
    come = what.add_parser("import", help="look through a CSV of opening balances")
    come.add_argument("file", type=Path, metavar="FILE", help="account,currency,balance,reference")
    come.add_argument("--day", type=date.fromisoformat, help="stood so at its end (today)")
    come.add_argument("--entity", metavar="CODE", help="the legal entity (the whole firm)")
    come.add_argument(
        "--post", action="store_true", help="propose to post it; a person of staff has to agree"
    )
    go = what.add_parser("export", help="write every table of the ledger into one zip")
    go.add_argument("place", type=Path, metavar="DIR|FILE")
    go.add_argument("--reason", required=True, help="what the file is for; it is recorded")


def run(given: argparse.Namespace) -> int:
    django.setup()
    return _import(given) if given.what == "import" else _export(given)


def _entity(code: str | None) -> int | None:
    from nostro.people.models import LegalEntity

    if not code:
        return None
    found = LegalEntity.objects.filter(code=code.upper()).first()
    if found is None:
        raise NotFound(f"There is no legal entity {code}.")
    return int(found.pk)


def _import(given: argparse.Namespace) -> int:
    """The report, line by line; with `--post`, a proposal where it is clean."""
    from nostro.core.acts import Act, now
    from nostro.core.files import Upload
    from nostro.ledger.queries import opening_report

    if not given.file.is_file():
        raise NotFound(f"There is no file {given.file}.")
    content, entity = given.file.read_bytes(), _entity(given.entity)
    act = Act.system(door="command line")
    report = opening_report(act, content, entity_id=entity)
    for one in report.faults[:SHOWN]:
        there = f" “{one.value}”" if one.value else ""
        print(f"line {one.line}, {one.column}{there}: {one.says}")
    if len(report.faults) > SHOWN:
        print(f"and {len(report.faults) - SHOWN} more")
    for code, total in report.totals.items():
        print(f"{code}: {total.lines} lines, owed {total.owed}, had {total.had}, net {total.net}")
    print(f"{report.lines} lines, {report.faulty} of them not right. SHA-256 {report.sha256}")
    if not report.clean:
        return 1
    if given.post:
        file = Upload(given.file.name, content, "text/csv")
        print(_proposed(file, report.sha256, given.day or now().date(), entity))
    return 0


def _proposed(file: Any, sha256: str, day: date, entity_id: int | None) -> str:
    """Keep the file and propose to post it; the same file twice changes nothing."""
    from nostro.core import approvals
    from nostro.core.acts import Act
    from nostro.core.models import Proposal
    from nostro.ledger.models import Opening
    from nostro.ledger.operations import post_opening

    opening = Opening.objects.filter(sha256=sha256).first()
    if opening is None:
        inputs = {"file": file, "day": day, "entity_id": entity_id}
        opening = called("ledger.read_opening", None, inputs)
    elif opening.status == Opening.Status.POSTED:
        return f"This file was posted before, as {opening}. Nothing has changed."
    elif opening.status != Opening.Status.CLEAN:
        raise Problem(f"This file was read before, as {opening}: {opening.status_label.lower()}.")
    waiting = Proposal.objects.filter(
        operation=post_opening.name, subject_id=opening.pk, status=Proposal.Status.OPEN
    ).first()
    if waiting is not None:
        return f"{opening} waits as {waiting} already. Nothing has changed."
    need = approvals.Need(people=1, permission=post_opening.name)
    why = "Proposed on the command line. A person of staff has to agree."
    act = Act.system(door="command line")
    made = approvals.propose(act, opening, operation=post_opening.name, raw={}, need=need, why=why)
    return f"{opening} waits as {made} for one person of staff to agree."


def _export(given: argparse.Namespace) -> int:
    from nostro.core.acts import Act
    from nostro.ledger.operations import export_ledger
    from nostro.ledger.queries import whole_ledger

    act = Act.system(door="command line")
    path: Path = given.place
    if path.is_dir():
        path = path / f"ledger-{act.at:%Y%m%d-%H%M}.zip"
    elif not path.parent.is_dir():
        raise NotFound(f"There is no folder {path.parent}.")
    fresh = path.with_name(f".{path.name}.part")
    try:
        with fresh.open("wb") as file:
            made = whole_ledger(act, file)
        export_ledger(
            act, reason=given.reason, rows=made.rows, through_entry_id=made.through_entry_id,
            sha256=made.sha256,
        )  # fmt: skip
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    print(f"{path}: {made.rows} rows, {path.stat().st_size} bytes, SHA-256 {made.sha256}")
    return 0
