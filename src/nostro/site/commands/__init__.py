"""The `nostro` command line: one more door onto the house, and the way to start and to prove it."""

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from nostro.kit.problems import Problem
from nostro.site.database import home, stop_embedded

COMMANDS = {
    "up": "Start the house: database, migrations, worker and web server.",
    "demo": "Start the demo brokerage: the house, simulators of the outside world, and a past.",
    "work": "Carry out jobs and schedules.",
    "migrate": "Bring the database to this version.",
    "verify": "Prove the ledger and the sealed log. Ends with 1 where something does not hold.",
    "doctor": "Say how the house is, part by part, and what to do about it.",
    "ledger": "Bring opening balances in, take the whole ledger out.",
    "lists": "Load sanctions and PEP lists.",
    "export-client": "Write everything about one client into one file.",
    "bench": "Measure the house on this machine.",
}
"""Each command stands in the module of its name: `declare(parser)` and `run(given) -> int`."""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="nostro", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        module = import_module(f"nostro.site.commands.{name.replace('-', '_')}")
        one = commands.add_parser(name, help=text, description=text)
        module.declare(one)
        one.set_defaults(run=module.run)
    return top


@contextmanager
def database_as_found() -> Iterator[None]:
    """An embedded server that was not running before the command does not run after it."""
    folder = home() / "database"
    mark = folder / "postmaster.pid"
    ours = not os.environ.get("DATABASE_URL") and not mark.exists()
    try:
        yield
    finally:
        if ours and mark.exists():
            stop_embedded(folder)


def main(arguments: list[str] | None = None) -> None:
    """Run one command; what a person can mend is one sentence, never a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nostro.site.settings")
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    given = parser().parse_args(arguments)
    try:
        with database_as_found():
            code = given.run(given)
    except Problem as problem:
        print(f"nostro: {problem.sentence}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
