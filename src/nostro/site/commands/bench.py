"""`nostro bench`: figures from this machine, on a database of their own that is thrown away."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import django
from django.core.management import call_command

from nostro.kit.problems import NotFound
from nostro.site.bench import Result, benchmarks
from nostro.site.database import AS_OWNER


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones; all without names")
    parser.add_argument(
        "--json", action="store_true", help="one JSON object a benchmark, a line each"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="write them as a page, too")
    parser.add_argument("--seconds", type=int, default=5, help="how long each measures (5)")
    parser.add_argument("--deals", help="trading: how many deals a history has (40000)")
    parser.add_argument("--platform", help="trading: mt5 (usually), mt5-rest, mt4 or ctrader")


def run(given: argparse.Namespace) -> int:
    known = benchmarks()
    unknown = [name for name in given.names if name not in known]
    if unknown:
        raise NotFound(f"No benchmark is called {unknown[0]}. There are: {', '.join(known)}.")
    names = given.names or list(known)
    for name in ("deals", "platform"):
        if said := getattr(given, name):
            os.environ[f"NOSTRO_{name.upper()}"] = said
    found = {
        name: _alone(name, given.seconds) if len(names) > 1 else _measured(name, given.seconds)
        for name in names
    }
    for name, result in found.items():
        if given.json:
            print(json.dumps(result.as_object(name)))
            continue
        print(f"{name} ({known[name].help})")
        for part in (result.figures, result.baselines, result.ratios):
            for figure, value in part.items():
                print(f"  {value:>12,}  {figure}")
    if given.write:
        given.write.write_text(as_page(found))
    return 0


def _alone(name: str, seconds: int) -> Result:
    """By a process of its own: nothing that one leaves behind is in the way of the next."""
    command = [sys.executable, "-m", "nostro.site.commands", "bench", name, "--json"]
    told = subprocess.run(
        [*command, "--seconds", str(seconds)], stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    said = json.loads(told.splitlines()[-1])
    return Result(**{part: said[part] for part in ("figures", "baselines", "ratios")})


def _measured(name: str, seconds: int) -> Result:
    with tempfile.TemporaryDirectory(prefix="nostro-bench-") as folder:
        Path(folder).chmod(0o755)  # the embedded server does not run as root
        os.environ["NOSTRO_HOME"] = folder
        os.environ.pop("DATABASE_URL", None)
        os.environ[AS_OWNER] = "1"
        django.setup()
        from nostro.site.commands.up import stop_database

        try:
            call_command("migrate", interactive=False, verbosity=0)
            return benchmarks()[name].measure(seconds)
        finally:
            stop_database(embedded=True)


def as_page(found: dict[str, Result]) -> str:
    """The results as Markdown, with the machine and the day they are of."""
    from nostro.core.acts import now

    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    page = [
        "# Benchmarks",
        "",
        f"Measured by `make bench` on {now():%Y-%m-%d}: {machine}, Python "
        f"{platform.python_version()}, the embedded PostgreSQL with `synchronous_commit=on`.",
        "Read figures as ±20 %; ratios compare what was measured in the same run.",
    ]
    for name, result in found.items():
        one = benchmarks()[name]
        page += ["", f"## {name}", "", one.about, "", "| | | |", "|---|---:|---|"]
        for title, part in asdict(result).items():
            for figure, value in part.items():
                judged = one.floors[figure].judge(value) if figure in one.floors else ""
                page.append(f"| {figure} ({title[:-1]}) | {value:,} | {judged} |")
    return "\n".join(page) + "\n"
