"""Staff pages of the trading room: platforms, accounts, deals, symbols, groups and breaks."""

from nostro.trading.staff import (  # isort: skip
    accounts, deals, catalogue, breaks, platforms, clients, credits, names, news, statements, swaps,
    takeovers,
    wishes,
)  # fmt: skip

__all__ = [
    "accounts",
    "breaks",
    "catalogue",
    "clients",
    "credits",
    "deals",
    "names",
    "news",
    "platforms",
    "statements",
    "swaps",
    "takeovers",
    "wishes",
]
