"""`nostro export-client --reason REASON [--to FILE] ID`: everything about one client."""

import argparse
from pathlib import Path

from nostro.site.commands.called import called

EXPORT = "reports.export_client"


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("client", type=int, metavar="ID", help="the client's number")
    parser.add_argument("--to", type=Path, metavar="FILE", help="where to write it (client-ID.zip)")
    parser.add_argument("--reason", required=True, help="why; it is recorded")


def run(given: argparse.Namespace) -> int:
    content = called(EXPORT, given.client, {"reason": given.reason})
    path = given.to or Path(f"client-{given.client}.zip")
    path.write_bytes(content)
    print(f"{path}: {path.stat().st_size} bytes")
    return 0
