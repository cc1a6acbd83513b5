"""The prices that were pushed last, and what one currency is worth in another by them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

SCALE = 5
"""Pushed prices are multiplied by 100 000 (§3.2)."""


@dataclass(frozen=True, slots=True)
class Spot:
    """`at` is milliseconds of UTC."""

    bid: Decimal
    ask: Decimal
    at: int

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


class Quotes:
    """By the numbers of symbols. A side that has not moved keeps its price."""

    def __init__(self) -> None:
        self.spots: dict[int, Spot] = {}
        self._sides: dict[int, tuple[int, int]] = {}

    def hear(self, symbol: int, bid: int | None, ask: int | None, at: int) -> None:
        """A symbol has a price once both of its sides were heard."""
        known_bid, known_ask = self._sides.get(symbol, (0, 0))
        sides = self._sides[symbol] = (bid or known_bid, ask or known_ask)
        if all(sides):
            new_bid, new_ask = (Decimal(side).scaleb(-SCALE) for side in sides)
            known = self.spots.get(symbol)
            self.spots[symbol] = Spot(new_bid, new_ask, at or (known.at if known else 0))

    def rate(self, source: str, target: str, pairs: Iterable[tuple[int, str, str]]) -> Decimal:
        """What one unit of `source` is worth in `target`: by a pair of both, or over a third
        currency; 0 where no price says it. `pairs` are symbols with base and quote currency.
        """
        if source == target:
            return Decimal(1)
        steps: dict[str, dict[str, Decimal]] = {}
        for symbol, base, quote in pairs:
            spot = self.spots.get(symbol)
            if spot and spot.mid:
                steps.setdefault(base, {})[quote] = spot.mid
                steps.setdefault(quote, {})[base] = 1 / spot.mid
        direct = steps.get(source, {})
        if target in direct:
            return round(direct[target], 8)
        for middle, rate in direct.items():
            if target in steps.get(middle, {}):
                return round(rate * steps[middle][target], 8)
        return Decimal(0)
