"""Hedges that come by themselves, for a demonstration: the broker's own orders, which nobody sends.

What is traded next follows from the seed and the number of orders so far; when, from the clock.
"""

from decimal import Decimal
from random import Random

from simulators.lp.book import SYMBOLS, Book, Execution

MOST_A_MINUTE = 600
SIZES = {
    "EUR/USD": 1000, "GBP/USD": 1000, "USD/JPY": 1000, "AUD/USD": 1000, "XAU/USD": 1,
}  # fmt: skip
"""What is hedged, and the step of its quantity in units of the base."""
BACK = 0.55
"""How likely an order makes a position smaller: hedges come and go."""


class Flow:
    """At `per_minute` orders a minute; none while it is 0."""

    def __init__(self, book: Book, seed: int) -> None:
        self.per_minute = 0.0
        self._book = book
        self._seed = seed
        self._due = 0.0

    def is_due(self, seconds: float) -> bool:
        """Whether an order is due, after so many seconds more."""
        self._due += self.per_minute * seconds / 60
        if self._due < 1:
            return False
        self._due -= 1
        return True

    def execute(self) -> Execution:
        """The next order, filled at the market."""
        random = Random(f"{self._seed}/{len(self._book.standing())}/flow")
        symbol = random.choice([one for one in SIZES if one in SYMBOLS])
        held = {one.symbol: one.long - one.short for one in self._book.holdings()}
        net = held.get(symbol, Decimal(0))
        smaller, larger = ("sell", "buy") if net > 0 else ("buy", "sell")
        side = smaller if net and random.random() < BACK else larger
        quantity = Decimal(SIZES[symbol] * random.randint(1, 9))
        return self._book.fill(symbol, side, quantity, price=None, ordered=None)
