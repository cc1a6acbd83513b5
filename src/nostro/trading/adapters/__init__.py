"""One folder per trading platform; each knows its port and nothing else of the house."""

from nostro.trading.adapters.ctrader import CTrader, CTraderSettings
from nostro.trading.adapters.mt4 import Mt4, Mt4Settings
from nostro.trading.adapters.mt5 import Mt5, Mt5Settings
from nostro.trading.ports import PLATFORMS

PLATFORMS.put("mt4", Mt4, Mt4Settings)
PLATFORMS.put("mt5", Mt5, Mt5Settings)
PLATFORMS.put("ctrader", CTrader, CTraderSettings)
