"""MetaTrader 5 by its Web API, over raw TCP or HTTPS."""

from nostro.trading.adapters.mt5.adapter import Mt5
from nostro.trading.adapters.mt5.settings import Mt5Settings

__all__ = ["Mt5", "Mt5Settings"]
