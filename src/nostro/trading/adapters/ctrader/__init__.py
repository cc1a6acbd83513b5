"""cTrader by WebServices v2 and the Manager API."""

from nostro.trading.adapters.ctrader.adapter import CTrader
from nostro.trading.adapters.ctrader.settings import CTraderSettings

__all__ = ["CTrader", "CTraderSettings"]
