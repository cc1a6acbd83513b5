"""MetaTrader 4 by its Report Server's tables and the Web Integration Kit's plugin."""

from nostro.trading.adapters.mt4.adapter import Mt4
from nostro.trading.adapters.mt4.settings import Mt4Settings

__all__ = ["Mt4", "Mt4Settings"]
