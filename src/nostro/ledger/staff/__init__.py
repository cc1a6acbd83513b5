"""Staff pages of the ledger: the chart, accounts with their statements, the journal, the holds,
exchange, periods and the trial balance.
"""

from nostro.ledger.staff import chart  # the menu opens the room at its first page

# isort: split
from nostro.ledger.staff import (
    accounts,
    by_hand,
    elsewhere,
    exchange,
    export,
    holds,
    journal,
    openings,
    periods,
    proof,
    statements,
    trial,
)

__all__ = [
    "accounts",
    "by_hand",
    "chart",
    "elsewhere",
    "exchange",
    "export",
    "holds",
    "journal",
    "openings",
    "periods",
    "proof",
    "statements",
    "trial",
]
