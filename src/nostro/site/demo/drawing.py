"""The slow part of the demo's papers, for a process of its own: no Django here."""

from dataclasses import asdict
from datetime import date
from typing import Any

from nostro.compliance.reading import measure
from nostro.site.demo import specimens


def drawn(
    holder: specimens.Holder, name: str, lines: list[str], issued: date
) -> tuple[bytes, dict[str, Any], bytes]:
    """A passport as a telephone takes it, how well it can be seen, and a bill with the address."""
    picture = specimens.passport(holder, kind="JPEG")
    bill = specimens.utility_bill(name, lines, issued_date=issued, kind="PDF")
    return picture, asdict(measure(picture)), bill
