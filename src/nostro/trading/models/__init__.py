"""Platforms and what is traded there, accounts, deals: as the platforms keep them, and as we do."""

from nostro.trading.models.accounts import EquityPoint, OneTimeSecret, TradingAccount
from nostro.trading.models.breaks import BalanceBreak, BreakDeal, DailyReport
from nostro.trading.models.catalogue import BOOKS, Group, Instrument, PlatformSymbol
from nostro.trading.models.credits import Credit
from nostro.trading.models.deals import (
    Deal,
    DealCorrection,
    PastOrder,
    PendingOrder,
    Position,
    TakenDeal,
    Tally,
)
from nostro.trading.models.leverage import LeverageRequest
from nostro.trading.models.news import NewsWindow
from nostro.trading.models.platforms import Backfill, Platform, PlatformPoint, Sending, SyncCursor
from nostro.trading.models.restrictions import Restriction
from nostro.trading.models.swaps import SwapFreeRequest
from nostro.trading.models.takeovers import Takeover, TakeoverRow

__all__ = [
    "BOOKS", "Backfill", "BalanceBreak", "BreakDeal", "Credit", "DailyReport", "Deal",
    "DealCorrection", "EquityPoint", "Group", "Instrument", "LeverageRequest", "NewsWindow",
    "OneTimeSecret", "PastOrder", "PendingOrder", "Platform", "PlatformPoint", "PlatformSymbol",
    "Position", "Restriction", "Sending", "SwapFreeRequest", "SyncCursor", "TakenDeal",
    "Takeover", "TakeoverRow", "Tally", "TradingAccount",
]  # fmt: skip
