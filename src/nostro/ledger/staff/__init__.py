"""Staff pages of the ledger: the chart, accounts with their statements, the journal, the proof."""

from nostro.ledger.staff import chart  # the menu opens the room at its first page

# isort: split
from nostro.ledger.staff import (
    accounts,
    by_hand,
    elsewhere,
    export,
    journal,
    openings,
    proof,
)

__all__ = [
    "accounts",
    "by_hand",
    "chart",
    "elsewhere",
    "export",
    "journal",
    "openings",
    "proof",
]
