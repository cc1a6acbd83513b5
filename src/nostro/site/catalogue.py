"""The catalogue of the house in Markdown: what anyone can do, ask and read in the log.

Written from the declarations themselves, so that it is never behind them.
"""

from collections import defaultdict
from collections.abc import Iterable

import django

Row = tuple[str, str, str]


def table(title: str, columns: tuple[str, str], rows: Iterable[Row]) -> list[str]:
    """One table a room, in the order of names."""
    rooms: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows):
        rooms[row[0].partition(".")[0]].append(row)
    lines = [f"## {title}", ""]
    for room, those in rooms.items():
        lines += [f"### {room}", "", f"| Name | {columns[0]} | {columns[1]} |", "|---|---|---|"]
        lines += [f"| `{name}` | {one} | {other} |" for name, one, other in those]
        lines.append("")
    return lines


def written() -> str:
    """The whole catalogue; Django must be set up."""
    from nostro.core.events import EVENTS
    from nostro.core.operations import OPERATIONS
    from nostro.core.queries import QUERIES

    lines = ["# The catalogue", "", "Written by `make docs`; a name is also its permission.", ""]
    lines += table(
        "Operations",
        ("What it does", "Inputs"),
        ((one.name, one.help, ", ".join(one.input_names)) for one in OPERATIONS.values()),
    )
    lines += table(
        "Queries",
        ("What it tells", "Open to"),
        ((one.name, one.help, ", ".join(one.open_to)) for one in QUERIES.values()),
    )
    lines += table(
        "Events",
        ("What it says", "Group"),
        ((one.name, f"`{one.says}`", one.group) for one in EVENTS.values()),
    )
    return "\n".join(lines)


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nostro.site.settings")
    django.setup()
    print(written())
