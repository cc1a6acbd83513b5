"""The slow part of the demo's papers, for a process of its own: no Django here."""

from dataclasses import asdict
from typing import Any

from nostro.compliance.reading import measure
from nostro.site.demo import specimens


def drawn(holder: specimens.Holder) -> tuple[bytes, dict[str, Any]]:
    """A passport as a telephone takes it, and how well it can be seen."""
    picture = specimens.passport(holder, kind="JPEG")
    return picture, asdict(measure(picture))
