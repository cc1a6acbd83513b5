"""`nostro doctor`: configuration, database, queue, connectors and invariants, each in a line."""

import argparse
import os

import django
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection

MARKS = {"ok": "ok    ", "late": "late  ", "broken": "BROKEN"}


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strict", action="store_true", help="warnings end with 1 as well")


def configuration() -> list[tuple[str, str, str]]:
    """What the environment says, and what a firm would have to change before it goes live."""
    from django.conf import settings

    where = "a server of your own" if os.environ.get("DATABASE_URL") else "embedded"
    found = [("ok", "configuration", f"Home {settings.NOSTRO_HOME}; database: {where}.")]
    if not settings.BASE_URL.startswith("https://"):
        said = f"Served at {settings.BASE_URL}: set NOSTRO_URL to an https address before use."
        found.append(("late", "configuration", said))
    found += [("broken", "configuration", str(one.msg)) for one in run_checks() if one.level >= 40]
    return found


def schema() -> tuple[str, str, str]:
    from nostro.site.database import unknown_migration

    try:
        if unknown := unknown_migration():
            said = f"Another version made this database: {unknown} is not known here."
            return ("broken", "schema", said)
        call_command("migrate", check_unapplied=True, verbosity=0)
    except (SystemExit, CommandError, DatabaseError):
        return ("broken", "schema", "Migrations are missing. Run: nostro migrate")
    return ("ok", "schema", "Every migration is applied.")


def role() -> tuple[str, str, str]:
    """As whom the house works: the owner of the ledger's tables could write past its functions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, bool_or(has_table_privilege(c.oid, 'INSERT, UPDATE, TRUNCATE'))"
            " FROM pg_class c WHERE c.relname IN ('ledger_entry', 'ledger_transfer')"
        )
        name, may_write = cursor.fetchone()
    if may_write:
        said = (
            f"The house works as {name}, who may write the ledger past its functions: let"
            " DATABASE_URL enter as nostro_app, and name the owner in DATABASE_OWNER_URL."
        )
        return ("late", "role", said)
    return ("ok", "role", f"The house works as {name}: the ledger is written by posting alone.")


def proof() -> tuple[str, str, str]:
    """Every invariant over every row, now: the doctor has time."""
    from nostro.ledger.queries import verify

    flaws = verify()
    if flaws:
        return ("broken", "proof", f"{flaws[0].invariant}: this does not hold.")
    return ("ok", "proof", "Every invariant of the ledger holds.")


def run(given: argparse.Namespace) -> int:
    django.setup()
    from nostro.site import health

    lines = [*configuration(), schema()]
    if lines[-1][0] == "ok":
        lines.append(role())
    lines += [(one.state, name, one.sentence) for name, one in health.examined().items()]
    if all(state != "broken" for state, name, _ in lines if name in ("database", "schema")):
        lines.append(proof())
        lines += [
            ("broken" if flaw else "ok", f"connector {name}", flaw or "Its settings are complete.")
            for name, flaw in health.connectors().items()
        ]
        lines += [(one.state, name, one.sentence) for name, one in health.connected().items()]
    for state, name, sentence in lines:
        print(f"{MARKS[state]}  {name}: {sentence}")
    states = {state for state, _, _ in lines}
    return int("broken" in states or (given.strict and "late" in states))
