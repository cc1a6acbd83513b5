"""Net positions and their floating result, in columns of numbers.

The result of any group of positions is linear in price, so ticks never touch positions: they are
summed into volume vectors and a cost once, and every tick after that is a multiplication.
Lots are int64 in 1e-8 and exact; the rest is float64 and for display (check in Decimal to act).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LOT = 100_000_000
NEAR_ZERO_LOTS = LOT // 1000
"""Client nets smaller than a thousandth of a lot have no meaningful hedge ratio."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A symbol: what a long position brings in (base) and pays with (quote)."""

    symbol: str
    base: str
    quote: str
    underlying: str = ""
    asset_class: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """One open position. `side` is +1 bought, −1 sold; `lots` in 1e-8 lots, never below zero.

    `fx` is quote → reporting currency as the platform last gave it; the symbol's own rate, once
    it ticks, goes before it. `tags` place the position in further dimensions (book, group, …).
    """

    ticket: int
    login: int
    symbol: str
    side: int
    lots: int
    contract_size: float
    open_price: float
    fx: float = 1.0
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.side not in (1, -1) or self.lots < 0:
            raise ValueError("A position is bought (+1) or sold (-1), of zero lots or more.")


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions as columns of one length n; `symbol` indexes the instruments."""

    ticket: Ints
    login: Ints
    symbol: Ints
    side: Ints
    lots: Ints
    contract_size: Floats
    open_price: Floats
    fx: Floats

    @classmethod
    def of(cls, positions: Sequence[Position], index: Mapping[str, int]) -> "Columns":
        return cls(
            np.array([one.ticket for one in positions], dtype=np.int64),
            np.array([one.login for one in positions], dtype=np.int64),
            np.array([index[one.symbol] for one in positions], dtype=np.int64),
            np.array([one.side for one in positions], dtype=np.int64),
            np.array([one.lots for one in positions], dtype=np.int64),
            np.array([one.contract_size for one in positions], dtype=np.float64),
            np.array([one.open_price for one in positions], dtype=np.float64),
            np.array([one.fx for one in positions], dtype=np.float64),
        )

    @property
    def units(self) -> Floats:
        """Signed units of the base: u = s · lots · contract."""
        return self.side * (self.lots / LOT) * self.contract_size


@dataclass(frozen=True, slots=True)
class Prices:
    """Price vectors over instruments; NaN where none has come yet. `fx`: quote → reporting."""

    bid: Floats
    ask: Floats
    fx: Floats

    @property
    def mid(self) -> Floats:
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Sums per pair of (key, symbol), one row for each pair that holds a position.

    Volumes are signed: what was bought is ≥ 0, what was sold ≤ 0. Cost is Σ u · open, in quote.
    """

    key: Ints
    symbol: Ints
    long_lots: Ints
    short_lots: Ints
    long_units: Floats
    short_units: Floats
    cost: Floats

    @property
    def net_lots(self) -> Ints:
        return self.long_lots + self.short_lots

    @property
    def gross_lots(self) -> Ints:
        return self.long_lots - self.short_lots

    @property
    def net_units(self) -> Floats:
        return self.long_units + self.short_units

    @property
    def gross_units(self) -> Floats:
        return self.long_units - self.short_units

    def floating(self, prices: Prices) -> Floats:
        """P/L = (VL · bid + VS · ask − cost) · fx, in the reporting currency; NaN if unpriced."""
        bid, ask = prices.bid[self.symbol], prices.ask[self.symbol]
        result = self.long_units * bid + self.short_units * ask - self.cost
        return _float(result * prices.fx[self.symbol])

    def notional(self, prices: Prices, units: Floats) -> Floats:
        """The worth of these units at mid, in the reporting currency."""
        return _float(units * prices.mid[self.symbol] * prices.fx[self.symbol])

    def __add__(self, other: "Aggregate") -> "Aggregate":
        """Aggregates add up, so shards by server or account may be summed apart and joined."""
        joined = [
            np.concatenate((getattr(self, name), getattr(other, name)))
            for name in self.__dataclass_fields__
        ]
        return _summed(*joined)


def aggregate(columns: Columns, keys: Ints | None = None) -> Aggregate:
    """Sum positions by (key, symbol). Without keys there is one key, 0, for all of them."""
    key = np.zeros_like(columns.symbol) if keys is None else keys
    bought, units = columns.side > 0, columns.units
    signed = columns.side * columns.lots
    return _summed(
        key,
        columns.symbol,
        np.where(bought, signed, 0),
        np.where(bought, 0, signed),
        np.where(bought, units, 0.0),
        np.where(bought, 0.0, units),
        units * columns.open_price,
    )


def _summed(
    key: Ints, symbol: Ints, long_lots: Ints, short_lots: Ints, longs: Floats, shorts: Floats,
    cost: Floats,
) -> Aggregate:  # fmt: skip
    width = int(symbol.max(initial=0)) + 1
    pairs, row = _distinct(key * width + symbol)
    return Aggregate(
        pairs // width,
        pairs % width,
        _exact_sums(row, long_lots, len(pairs)),
        _exact_sums(row, short_lots, len(pairs)),
        np.bincount(row, weights=longs, minlength=len(pairs)).astype(np.float64),
        np.bincount(row, weights=shorts, minlength=len(pairs)).astype(np.float64),
        np.bincount(row, weights=cost, minlength=len(pairs)).astype(np.float64),
    )


def _distinct(codes: Ints) -> tuple[Ints, Ints]:
    """The distinct codes in order, and which of them each is: by counting, where codes are few."""
    span = int(codes.max(initial=0)) + 1
    if span > 8 * len(codes) + 1024:
        found, row = np.unique(codes, return_inverse=True)
        return found, row.reshape(-1).astype(np.int64)
    present = np.bincount(codes, minlength=span) > 0
    place = np.cumsum(present) - 1
    return np.flatnonzero(present).astype(np.int64), place[codes].astype(np.int64)


def _exact_sums(row: Ints, values: Ints, size: int) -> Ints:
    """Whole-number sums: `bincount` would go through floats and lose the last lots."""
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, row, values)
    return sums


def _float(values: Floats) -> Floats:
    return np.asarray(values, dtype=np.float64)


def position_floating(columns: Columns, prices: Prices) -> Floats:
    """The floating result of each position, for the drill: (bid or ask − open) · u · fx."""
    price = np.where(columns.side > 0, prices.bid[columns.symbol], prices.ask[columns.symbol])
    return _float((price - columns.open_price) * columns.units * prices.fx[columns.symbol])


def currency_legs(
    total: Aggregate, instruments: Sequence[Instrument], prices: Prices
) -> dict[str, float]:
    """Net units of every currency: base gains the net units, quote loses them at mid.

    A symbol without a price contributes to no leg, so the two sides of it stay together.
    """
    legs: dict[str, float] = {}
    mids = prices.mid
    for symbol, units in zip(total.symbol.tolist(), total.net_units.tolist(), strict=True):
        mid = float(mids[symbol])
        if np.isnan(mid):
            continue
        one = instruments[symbol]
        legs[one.base] = legs.get(one.base, 0.0) + units
        legs[one.quote] = legs.get(one.quote, 0.0) - units * mid
    return legs


def hedge_ratio(client_net: Ints, lp_net: Ints) -> Floats:
    """LP net / client net, in 1e-8 lots; NaN where the client net is near zero."""
    defined = np.abs(client_net) >= NEAR_ZERO_LOTS
    ratio = np.full(client_net.shape, np.nan)
    np.divide(lp_net, client_net, out=ratio, where=defined)
    return ratio


def roll_up(values: Floats, parents: Ints) -> Floats:
    """Add every node's value to all its ancestors. `parents` holds −1 at a root.

    Nodes come in any order; a cycle is a fault of the data and is refused.
    """
    totals = values.astype(np.float64).copy()
    node, above = np.arange(len(values)), parents.copy()
    for _ in range(len(values)):
        climbing = above >= 0
        if not climbing.any():
            return totals
        np.add.at(totals, above[climbing], values[node[climbing]])
        node, above = node[climbing], parents[above[climbing]]
    if (above >= 0).any():
        raise ValueError("The tree has a cycle.")
    return totals
