"""The live book: every open position in columns, and snapshots of it by any dimension.

Positions change the columns, ticks change only the price vectors. The sums of a dimension are
taken afresh when a position has changed since they were last asked for, so they never drift.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from nostro.exposure.netting.sums import (
    Aggregate,
    Columns,
    Floats,
    Instrument,
    Ints,
    Position,
    Prices,
    aggregate,
    currency_legs,
    position_floating,
)

NOT_PLACED = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the book, one row for each key of a dimension.

    Lots in 1e-8; money in the reporting currency. Positions without a price are left out of the
    money and counted in `unpriced_lots`; `oldest_tick_at` is NaN where no price came with a time.
    """

    dimension: str
    keys: tuple[str, ...]
    net_lots: Ints
    gross_lots: Ints
    floating: Floats
    net_notional: Floats
    gross_notional: Floats
    unpriced_lots: Ints
    oldest_tick_at: Floats

    def row(self, key: str) -> dict[str, float]:
        """The figures of one key by name."""
        at = self.keys.index(key)
        named = (one.name for one in fields(self) if one.name not in ("dimension", "keys"))
        return {name: getattr(self, name)[at].item() for name in named}


def _placed(position: Position, dimension: str) -> str:
    if dimension == "login":
        return str(position.login)
    return position.tags.get(dimension, NOT_PLACED)


class Book:
    """Open positions of the instruments it is made for. One thread writes and reads it."""

    _columns: Columns
    _tags: dict[str, Ints]
    _rows: dict[int, int]
    _count: int
    _sums: dict[str, Aggregate]
    _key_names: dict[str, list[str]]

    def __init__(self, instruments: Sequence[Instrument], dimensions: Sequence[str] = ()) -> None:
        self.instruments = tuple(instruments)
        self.index = {one.symbol: number for number, one in enumerate(self.instruments)}
        size = len(self.instruments)
        empty = np.full(size, np.nan)
        self.prices = Prices(empty.copy(), empty.copy(), empty.copy())
        self.ticked_at = empty.copy()
        self._live_fx = np.zeros(size, dtype=np.bool_)
        coded = (*dimensions, "login", "underlying", "asset_class")
        self._names: dict[str, list[str]] = {name: [] for name in coded}
        self._codes: dict[str, dict[str, int]] = {name: {} for name in coded}
        self._instrument_codes = {
            "underlying": self._encoded(
                "underlying", [o.underlying or o.symbol for o in instruments]
            ),
            "asset_class": self._encoded("asset_class", [o.asset_class for o in instruments]),
        }
        self._tagged = (*dimensions, "login")
        self._clear()

    def __len__(self) -> int:
        return self._count

    def apply_position(self, position: Position) -> None:
        """Open or change a position: the ticket says which. Zero lots closes it."""
        if position.lots == 0:
            self.close(position.ticket)
            return
        row = self._rows.get(position.ticket)
        if row is None:
            row = self._count
            if row == len(self._columns.ticket):
                self._grow()
            self._rows[position.ticket] = row
            self._count += 1
        self._write(row, position)
        self._sums.clear()

    def close(self, ticket: int) -> bool:
        """Take a position out; false where it was not there. The last row fills its place."""
        row = self._rows.pop(ticket, None)
        if row is None:
            return False
        last = self._count - 1
        if row != last:
            for column in self._every_column():
                column[row] = column[last]
            self._rows[int(self._columns.ticket[row])] = row
        self._count = last
        self._sums.clear()
        return True

    def replace_all(self, positions: Iterable[Position]) -> None:
        """Forget every position and take these: the resynchronisation with a platform."""
        self._clear()
        open_ = list({one.ticket: one for one in positions if one.lots}.values())
        self._columns = Columns.of(open_, self.index)
        self._tags = {
            name: self._encoded(name, [_placed(one, name) for one in open_])
            for name in self._tagged
        }
        self._rows = {one.ticket: row for row, one in enumerate(open_)}
        self._count = len(open_)
        symbols = self._columns.symbol
        fresh = ~self._live_fx[symbols]
        self.prices.fx[symbols[fresh]] = self._columns.fx[fresh]

    def tick(
        self, symbol: str, bid: float, ask: float, *, fx: float | None = None, at: float = np.nan
    ) -> None:
        """A new price, and the quote currency's rate where it came along. `at` in seconds."""
        number = self.index[symbol]
        self.prices.bid[number], self.prices.ask[number] = bid, ask
        self.ticked_at[number] = at
        if fx is not None:
            self.prices.fx[number] = fx
            self._live_fx[number] = True

    def snapshot(self, dimension: str = "all") -> Snapshot:
        """The book as it stands at the last prices."""
        return self._at(self.prices, dimension)

    def what_if(
        self,
        moves: Mapping[str, float],
        dimension: str = "all",
        *,
        fx_moves: Mapping[str, float] | None = None,
    ) -> Snapshot:
        """The book if prices moved: −0.05 is down 5 %. By symbol, else by underlying.

        `fx_moves` move the worth of a quote currency. Nothing in the book changes.
        """
        by_quote = fx_moves or {}
        price, fx = np.ones(len(self.instruments)), np.ones(len(self.instruments))
        for number, one in enumerate(self.instruments):
            price[number] += moves.get(one.symbol, moves.get(one.underlying, 0.0))
            fx[number] += by_quote.get(one.quote, 0.0)
        now = self.prices
        return self._at(Prices(now.bid * price, now.ask * price, now.fx * fx), dimension)

    def currencies(self) -> dict[str, float]:
        """Net units of every currency leg."""
        return currency_legs(self._summed("all"), self.instruments, self.prices)

    def drill(self, dimension: str, key: str) -> tuple[Ints, Floats]:
        """The tickets behind a figure and the floating result of each."""
        columns, (codes, names) = self.columns, self._keys(dimension)
        if key not in names:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        chosen = codes == names.index(key)
        return columns.ticket[chosen], position_floating(columns, self.prices)[chosen]

    @property
    def columns(self) -> Columns:
        """The open positions. Views: read them before the book changes again."""
        every = {one.name: getattr(self._columns, one.name) for one in fields(Columns)}
        return Columns(**{name: column[: self._count] for name, column in every.items()})

    def _at(self, prices: Prices, dimension: str) -> Snapshot:
        total, names = self._summed(dimension), self._key_names[dimension]
        size, key = len(names), total.key
        net = total.notional(prices, total.net_units)
        gross = total.notional(prices, total.gross_units)
        priced = ~np.isnan(net)
        oldest = np.full(size, np.nan)
        np.fmin.at(oldest, key, self.ticked_at[total.symbol])

        def lots(values: Ints) -> Ints:
            sums = np.zeros(size, dtype=np.int64)
            np.add.at(sums, key, values)
            return sums

        def money(values: Floats) -> Floats:
            kept = np.where(priced, values, 0.0)
            return np.bincount(key, weights=kept, minlength=size).astype(np.float64)

        return Snapshot(
            dimension,
            tuple(names),
            lots(total.net_lots),
            lots(total.gross_lots),
            money(total.floating(prices)),
            money(net),
            money(gross),
            lots(np.where(priced, 0, total.gross_lots)),
            oldest,
        )

    def _summed(self, dimension: str) -> Aggregate:
        if dimension not in self._sums:
            codes, names = self._keys(dimension)
            total = aggregate(self.columns, codes)
            held, row = np.unique(total.key, return_inverse=True)
            self._key_names[dimension] = [names[code] for code in held.tolist()]
            self._sums[dimension] = replace(total, key=row.reshape(-1).astype(np.int64))
        return self._sums[dimension]

    def _keys(self, dimension: str) -> tuple[Ints, list[str]]:
        """The code of each position in a dimension, and what the codes stand for."""
        columns = self.columns
        if dimension == "all":
            return np.zeros(self._count, dtype=np.int64), ["all"]
        if dimension == "symbol":
            return columns.symbol, list(self.index)
        if dimension in self._instrument_codes:
            return self._instrument_codes[dimension][columns.symbol], self._names[dimension]
        return self._tags[dimension][: self._count], self._names[dimension]

    def _encoded(self, dimension: str, values: Sequence[str]) -> Ints:
        return np.array([self._code(dimension, value) for value in values], dtype=np.int64)

    def _code(self, dimension: str, value: str) -> int:
        codes, names = self._codes[dimension], self._names[dimension]
        if value not in codes:
            codes[value] = len(names)
            names.append(value)
        return codes[value]

    def _clear(self) -> None:
        self._columns = Columns.of([], self.index)
        self._tags = {name: np.zeros(0, dtype=np.int64) for name in self._tagged}
        self._rows = {}
        self._count = 0
        self._sums = {}
        self._key_names = {}

    def _every_column(self) -> list[Ints | Floats]:
        own: list[Ints | Floats] = [getattr(self._columns, one.name) for one in fields(Columns)]
        return [*own, *self._tags.values()]

    def _grow(self) -> None:
        more = max(1024, len(self._columns.ticket))
        grown = {
            one.name: np.pad(getattr(self._columns, one.name), (0, more)) for one in fields(Columns)
        }
        self._columns = Columns(**grown)
        self._tags = {name: np.pad(column, (0, more)) for name, column in self._tags.items()}

    def _write(self, row: int, one: Position) -> None:
        columns, symbol = self._columns, self.index[one.symbol]
        columns.ticket[row], columns.login[row] = one.ticket, one.login
        columns.symbol[row], columns.side[row] = symbol, one.side
        columns.lots[row], columns.contract_size[row] = one.lots, one.contract_size
        columns.open_price[row], columns.fx[row] = one.open_price, one.fx
        for name in self._tagged:
            self._tags[name][row] = self._code(name, _placed(one, name))
        if not self._live_fx[symbol]:
            self.prices.fx[symbol] = one.fx
