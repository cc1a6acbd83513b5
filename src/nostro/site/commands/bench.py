"""`nostro bench`: figures from this machine, on a database of their own that is thrown away."""

import argparse
import json
import os
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

from nostro.kit.problems import NotFound
from nostro.site.bench import benchmarks


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones; all without names")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--seconds", type=int, default=5, help="how long each measures (5)")


def run(given: argparse.Namespace) -> int:
    known = benchmarks()
    unknown = [name for name in given.names if name not in known]
    if unknown:
        raise NotFound(f"No benchmark is called {unknown[0]}. There are: {', '.join(known)}.")
    with tempfile.TemporaryDirectory(prefix="nostro-bench-") as folder:
        Path(folder).chmod(0o755)  # the embedded server does not run as root
        os.environ["NOSTRO_HOME"] = folder
        os.environ.pop("DATABASE_URL", None)
        django.setup()
        from nostro.site.commands.up import stop_database

        try:
            call_command("migrate", interactive=False, verbosity=0)
            found = {name: known[name].measure(given.seconds) for name in given.names or known}
        finally:
            stop_database(embedded=True)
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        for name, figures in found.items():
            print(f"{name} ({known[name].help})")
            for figure, value in figures.items():
                print(f"  {value:>12,}  {figure}")
    return 0
