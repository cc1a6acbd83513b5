"""Platforms, what is traded on them, trading accounts, and the deals and positions read back."""

from nostro.trading.models.accounts import (
    BalanceBreak,
    EquityPoint,
    OneTimeSecret,
    TradingAccount,
)
from nostro.trading.models.catalogue import (
    BOOKS,
    Group,
    Instrument,
    Platform,
    PlatformSymbol,
    SyncCursor,
)
from nostro.trading.models.deals import Deal, DealCorrection, PendingOrder, Position

__all__ = [
    "BOOKS", "BalanceBreak", "Deal", "DealCorrection", "EquityPoint", "Group", "Instrument",
    "OneTimeSecret", "PendingOrder", "Platform", "PlatformSymbol", "Position", "SyncCursor",
    "TradingAccount",
]  # fmt: skip
