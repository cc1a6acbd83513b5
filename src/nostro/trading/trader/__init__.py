"""The trader room's pages about trading."""

from nostro.trading.trader import accounts, history, leverage, practice, statements, swaps

__all__ = ["accounts", "history", "leverage", "practice", "statements", "swaps"]
