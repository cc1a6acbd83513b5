"""A market that knows its prices by heart: every quote is a function of seed, symbol and moment."""

from simulators.market.instruments import INSTRUMENTS, Instrument, Sessions
from simulators.market.prices import Market, Quote
from simulators.market.zone import DAY, HOUR, MINUTE, SECOND, ServerZone

__all__ = [
    "DAY", "HOUR", "INSTRUMENTS", "MINUTE", "SECOND", "Instrument", "Market", "Quote", "ServerZone",
    "Sessions",
]  # fmt: skip
