"""`nostro lists load FILE...`: sanctions and PEP lists from files, through compliance."""

import argparse
from pathlib import Path

from nostro.kit.problems import NotFound
from nostro.site.commands.called import called

LOAD = "compliance.load_list"


def declare(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="load")
    load = what.add_parser("load", help="load list files")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")


def run(given: argparse.Namespace) -> int:
    missing = [str(path) for path in given.files if not path.is_file()]
    if missing:
        raise NotFound(f"There is no file {', '.join(missing)}.")
    for path in given.files:
        print(f"{path.name}: {called(LOAD, None, {'path': str(path.resolve())})}")
    return 0
