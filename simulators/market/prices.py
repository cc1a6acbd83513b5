"""Prices without memory: a level is a sum of seeded noise at nine time scales, each moving by
the square root of its length, which looks like a random walk yet can be asked for any moment in
any order. So a restart, a jump or a second look gives the same price.
"""

from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from math import exp, log, sqrt

from simulators.market.instruments import CURRENCY_HOURS, Instrument
from simulators.market.zone import DAY, ServerZone

TICK = 250
"""Quotes change at most four times a second."""

_YEAR = 365 * DAY
_LENGTHS = tuple(64 * DAY // 6**octave for octave in range(9))
_MASK = 2**64 - 1

# US dollars for one unit, and the standard deviation of a year.
_LEVELS = {
    "USD": (1.0, 0.0), "EUR": (1.085, 0.07), "GBP": (1.27, 0.08), "JPY": (1 / 151.0, 0.095),
    "AUD": (0.655, 0.10), "CHF": (1 / 0.885, 0.075), "CAD": (1 / 1.37, 0.065),
    "XAU": (2350.0, 0.15), "XAG": (28.4, 0.28), "BTC": (65000.0, 0.50),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quote:
    """Both sides of a price, and the moment of the tick that set it."""

    bid: Decimal
    ask: Decimal
    at: int


def _noise(key: int, index: int) -> float:
    """About normal, mean 0, deviation 1: four 16-bit parts of a mixed 64-bit number, summed.

    The mixing is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    """
    word = (key + index * 0x9E3779B97F4A7C15) & _MASK
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    word ^= word >> 31
    total = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
    return (total - 131_070) / 37_837


class _Octave:
    """One time scale: straight lines between knots of noise. The last pair of knots is kept, as
    most looks follow one another closely.

    The factor 0.6 makes the sum of all scales move by one deviation a year: its increments over
    a length L have the variance 2a²(1 + 1/6 + …) + 2a²(1/6 + …) = 2.8 a².
    """

    __slots__ = ("_amplitude", "_index", "_key", "_left", "_length", "_right")

    def __init__(self, name: str, length: int) -> None:
        self._key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
        self._length = length
        self._amplitude = 0.6 * sqrt(length / _YEAR)
        self._index = -1
        self._left = self._right = 0.0

    def value(self, tick: int) -> float:
        index = tick // self._length
        if index != self._index:
            self._index = index
            self._left = _noise(self._key, index) * self._amplitude
            self._right = _noise(self._key, index + 1) * self._amplitude
        share = (tick - index * self._length) / self._length
        return self._left + (self._right - self._left) * share


class Market:
    """Quotes for any moment. `always_open` ignores the sessions, for a demonstration on Sunday."""

    def __init__(self, seed: int, zone: ServerZone, *, always_open: bool = False) -> None:
        self.seed = seed
        self.zone = zone
        self.always_open = always_open
        self._scales: dict[str, tuple[_Octave, ...]] = {}
        self._moment = 0
        self._quotes: dict[tuple[str, Decimal], Quote] = {}
        self._rates: dict[tuple[str, str], Decimal] = {}
        self._levels: dict[tuple[str, int], float] = {}

    def is_open(self, instrument: Instrument, at: int) -> bool:
        return self.always_open or instrument.sessions.is_open(self.zone.local(at))

    def next_open(self, instrument: Instrument, at: int) -> int:
        if self.is_open(instrument, at):
            return at
        return self.zone.utc(instrument.sessions.next_open(self.zone.local(at)))

    def tick_at(self, instrument: Instrument, at: int) -> int:
        """When the quote that stands at `at` was set."""
        if not self.is_open(instrument, at):
            # The close itself is outside the session, so the last tick is one before it.
            at = self.zone.utc(instrument.sessions.last_close(self.zone.local(at))) - 1
        return at - at % TICK

    def quote(self, instrument: Instrument, at: int, *, markup: Decimal = Decimal(1)) -> Quote:
        """Bid and ask; `markup` scales the instrument's Standard mark-up, 0 is a Raw quote."""
        self._look_at(at)
        known = self._quotes.get((instrument.symbol, markup))
        if known is None:
            known = self._quote(instrument, self.tick_at(instrument, at), markup)
            self._quotes[instrument.symbol, markup] = known
        return known

    def rate(self, source: str, target: str, at: int) -> Decimal:
        """How much of `target` one unit of `source` is worth, to eight decimal places."""
        if source == target:
            return Decimal(1)
        self._look_at(at)
        known = self._rates.get((source, target))
        if known is None:
            known = self._rates[source, target] = self._rate(source, target, at)
        return known

    def _look_at(self, at: int) -> None:
        """Many accounts are looked at in one moment: what was seen in it is kept until the next."""
        if at != self._moment:
            self._moment = at
            self._quotes.clear()
            self._rates.clear()
            if len(self._levels) > 10_000:
                self._levels.clear()

    def _quote(self, instrument: Instrument, tick: int, markup: Decimal) -> Quote:
        width = instrument.spread + int(instrument.markup * markup)
        bid = round(self._price(instrument, tick) * 10**instrument.digits) - width // 2
        scale = -instrument.digits
        return Quote(Decimal(bid).scaleb(scale), Decimal(bid + width).scaleb(scale), tick)

    def _rate(self, source: str, target: str, at: int) -> Decimal:
        local = self.zone.local(at)
        if not self.always_open and not CURRENCY_HOURS.is_open(local):
            at = self.zone.utc(CURRENCY_HOURS.last_close(local)) - 1
        tick = at - at % TICK
        worth = self._level(source, tick) / self._level(target, tick)
        return Decimal(round(worth * 10**8)).scaleb(-8)

    def _price(self, instrument: Instrument, tick: int) -> float:
        if instrument.base != instrument.profit and instrument.base in _LEVELS:
            return self._level(instrument.base, tick) / self._level(instrument.profit, tick)
        return self._level(instrument.symbol, tick, (instrument.start, instrument.volatility))

    def _level(self, name: str, tick: int, shape: tuple[float, float] | None = None) -> float:
        known = self._levels.get((name, tick))
        if known is not None:
            return known
        start, volatility = shape or _LEVELS.get(name) or (1.0, 0.0)
        total = log(start)
        if volatility:
            for octave in self._scale(name):
                total += volatility * octave.value(tick)
        level = self._levels[name, tick] = exp(total)
        return level

    def _scale(self, name: str) -> tuple[_Octave, ...]:
        if name not in self._scales:
            self._scales[name] = tuple(
                _Octave(f"{self.seed}/{name}/{length}", length) for length in _LENGTHS
            )
        return self._scales[name]
