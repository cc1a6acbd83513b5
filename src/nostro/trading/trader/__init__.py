"""The trader room's pages about trading."""

from nostro.trading.trader import accounts, practice

__all__ = ["accounts", "practice"]
