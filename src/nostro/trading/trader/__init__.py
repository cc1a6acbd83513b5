"""The trader room's pages about trading."""

from nostro.trading.trader import accounts, history, practice, statements, swaps

__all__ = ["accounts", "history", "practice", "statements", "swaps"]
