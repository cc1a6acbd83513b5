"""One folder per trading platform; each knows its port and nothing else of the house."""

from nostro.trading.adapters.ctrader import CTrader, CTraderSettings
from nostro.trading.adapters.mt5 import Mt5, Mt5Settings
from nostro.trading.ports import PLATFORMS

PLATFORMS.put("mt5", Mt5, Mt5Settings)
PLATFORMS.put("ctrader", CTrader, CTraderSettings)
