"""The slow part of the demo's papers, for a process of its own: no Django here."""

from dataclasses import asdict
from datetime import date
from typing import Any

from nostro.compliance.reading import measure
from nostro.site.demo import specimens

SEEN: dict[int, dict[str, Any]] = {}
"""How well a passport of each ground can be seen: they are drawn alike, so one stands for all."""


def drawn(
    holder: specimens.Holder, name: str, lines: list[str], issued: date
) -> tuple[bytes, dict[str, Any], bytes]:
    """A passport as a telephone takes it, how well it can be seen, and a bill with the address."""
    picture = specimens.passport(holder, kind="JPEG")
    bill = specimens.utility_bill(name, lines, issued_date=issued, kind="PDF")
    alike = specimens.ground(holder)
    if alike not in SEEN:
        SEEN[alike] = asdict(measure(picture))
    return picture, SEEN[alike], bill
