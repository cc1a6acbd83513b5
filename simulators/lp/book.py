"""The provider's book: every execution, what corrected or cancelled it, and what it adds up to.

Prices are those of the simulated market where a fill names none.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from simulators.lp.outbox import SCHEMA as SENT
from simulators.market import INSTRUMENTS, Instrument, Market, ServerZone
from simulators.web.clock import Clock
from simulators.web.http import BadRequest
from simulators.web.store import Ids, Store

SCHEMA = (
    SENT
    + """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, symbol TEXT NOT NULL, side TEXT NOT NULL, quantity TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS executions (
    id TEXT PRIMARY KEY, "order" TEXT NOT NULL, kind TEXT NOT NULL, refers TEXT NOT NULL,
    quantity TEXT NOT NULL, price TEXT NOT NULL, at TEXT NOT NULL, stands INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS moves (symbol TEXT NOT NULL, units TEXT NOT NULL);
"""
)
TRADE, CORRECT, CANCEL = "F", "G", "H"
SPOT_DAYS = 2
SATURDAY = 5


@dataclass(frozen=True)
class Order:
    """`side` is buy or sell, as the broker sees it; `quantity` is in units of the base."""

    id: str
    symbol: str
    side: str
    quantity: Decimal


@dataclass(frozen=True)
class Execution:
    """`kind` is FIX's ExecType; `refers` is the execution that it corrects or cancels.

    `cumulative` and `average` are the order's after it.
    """

    id: str
    order: Order
    kind: str
    refers: str
    quantity: Decimal
    price: Decimal
    at: datetime
    cumulative: Decimal
    average: Decimal

    @property
    def value_date(self) -> date:
        """Two business days on."""
        day, left = self.at.date(), SPOT_DAYS
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < SATURDAY
        return day


@dataclass(frozen=True)
class Holding:
    """What the executions of a symbol add up to; `price` is the market's now, mid."""

    symbol: str
    long: Decimal
    short: Decimal
    price: Decimal


def lp_symbol(instrument: Instrument) -> str:
    """EUR/USD where a base is traded against a currency, otherwise the plain name."""
    pair = instrument.base + instrument.profit
    return (
        f"{instrument.base}/{instrument.profit}"
        if pair == instrument.symbol
        else (instrument.symbol)
    )


SYMBOLS = {lp_symbol(one): one for one in INSTRUMENTS}


class Book:
    def __init__(self, home: Path, seed: int) -> None:
        self.store = Store(home / "lp.sqlite", SCHEMA)
        self.clock = Clock(self.store)
        self.lock = threading.RLock()
        self._ids = Ids(self.store, seed)
        self._market = Market(seed, ServerZone(), always_open=True)

    def fill(
        self, symbol: str, side: str, quantity: Decimal, *, price: Decimal | None,
        ordered: Decimal | None,
    ) -> Execution:  # fmt: skip
        """A new order, filled in part where more was ordered."""
        if symbol not in SYMBOLS:
            raise BadRequest(f"{symbol!r} is none of: {', '.join(SYMBOLS)}.")
        if side not in ("buy", "sell"):
            raise BadRequest("side is buy or sell.")
        if ordered is not None and ordered < quantity:
            raise BadRequest("More cannot be filled than was ordered.")
        with self.store.transaction():
            order = Order(self._ids.new("O", 10), symbol, side, ordered or quantity)
            self.store.write(
                "INSERT INTO orders VALUES (?, ?, ?, ?)",
                order.id, symbol, side, str(order.quantity),
            )  # fmt: skip
            return self._execute(order, TRADE, "", quantity, price or self._price(symbol, side))

    def fill_more(self, order_id: str, quantity: Decimal, *, price: Decimal | None) -> Execution:
        """Another part of an order."""
        with self.store.transaction():
            order = self._order(order_id)
            done, _average = self._filled(order)
            if done + quantity > order.quantity:
                raise BadRequest(f"Only {order.quantity - done} of this order is left.")
            found = price or self._price(order.symbol, order.side)
            return self._execute(order, TRADE, "", quantity, found)

    def correct(
        self, execution_id: str, *, quantity: Decimal | None, price: Decimal | None
    ) -> Execution:
        """A trade was other than reported: quantity, price or both."""
        with self.store.transaction():
            was = self._standing(execution_id)
            done, _average = self._filled(was.order)
            if quantity and done - was.quantity + quantity > was.order.quantity:
                raise BadRequest("More cannot be filled than was ordered.")
            self.store.write("UPDATE executions SET stands = 0 WHERE id = ?", was.id)
            return self._execute(
                was.order, CORRECT, was.id, quantity or was.quantity, price or was.price
            )

    def cancel(self, execution_id: str) -> Execution:
        """A trade never was."""
        with self.store.transaction():
            was = self._standing(execution_id)
            self.store.write("UPDATE executions SET stands = 0 WHERE id = ?", was.id)
            return self._execute(was.order, CANCEL, was.id, was.quantity, was.price)

    def forget(self, execution_id: str) -> None:
        """A trade is gone, and nobody is told."""
        with self.store.transaction():
            was = self._standing(execution_id)
            self.store.write("UPDATE executions SET stands = 0 WHERE id = ?", was.id)

    def move(self, symbol: str, units: Decimal) -> None:
        """A position changes without a trade, as by a transfer between accounts."""
        if symbol not in SYMBOLS:
            raise BadRequest(f"{symbol!r} is none of: {', '.join(SYMBOLS)}.")
        with self.store.transaction():
            self.store.write("INSERT INTO moves VALUES (?, ?)", symbol, str(units))

    def standing(self) -> list[Execution]:
        """What counts: trades and corrections that nothing has replaced."""
        rows = self.store.rows("SELECT id FROM executions WHERE stands ORDER BY at, rowid")
        return [self._execution(row["id"]) for row in rows]

    def holdings(self, until: date | None = None) -> list[Holding]:
        """By symbol; up to the end of a day (UTC) where one is named, and with what was moved."""
        sums: dict[str, list[Decimal]] = {}
        for row in self.store.rows("SELECT symbol, units FROM moves"):
            units = Decimal(row["units"])
            sums.setdefault(row["symbol"], [Decimal(0), Decimal(0)])[units < 0] += abs(units)
        for one in self.standing():
            if until is None or one.at.date() <= until:
                both = sums.setdefault(one.order.symbol, [Decimal(0), Decimal(0)])
                both[one.order.side == "sell"] += one.quantity
        return [
            Holding(symbol, long, short, self._mid(symbol))
            for symbol, (long, short) in sorted(sums.items())
        ]

    def _execute(
        self, order: Order, kind: str, refers: str, quantity: Decimal, price: Decimal
    ) -> Execution:
        name = self._ids.new("X", 12)
        self.store.write(
            "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            name, order.id, kind, refers, str(quantity), str(price),
            self.clock.now().astimezone(UTC).isoformat(), int(kind != CANCEL),
        )  # fmt: skip
        return self._execution(name)

    def _order(self, order_id: str) -> Order:
        row = self.store.row("SELECT * FROM orders WHERE id = ?", order_id)
        if row is None:
            raise BadRequest(f"There is no order {order_id!r}.")
        return Order(row["id"], row["symbol"], row["side"], Decimal(row["quantity"]))

    def _standing(self, execution_id: str) -> Execution:
        if not self.store.row("SELECT 1 FROM executions WHERE id = ? AND stands", execution_id):
            raise BadRequest(f"No execution {execution_id!r} stands.")
        return self._execution(execution_id)

    def _execution(self, execution_id: str) -> Execution:
        row = self.store.row("SELECT * FROM executions WHERE id = ?", execution_id)
        assert row is not None
        order = self._order(row["order"])
        done, average = self._filled(order)
        return Execution(
            row["id"], order, row["kind"], row["refers"], Decimal(row["quantity"]),
            Decimal(row["price"]), datetime.fromisoformat(row["at"]), done, average,
        )  # fmt: skip

    def _filled(self, order: Order) -> tuple[Decimal, Decimal]:
        rows = self.store.rows(
            'SELECT quantity, price FROM executions WHERE "order" = ? AND stands', order.id
        )
        done = sum((Decimal(row["quantity"]) for row in rows), Decimal(0))
        paid = sum((Decimal(row["quantity"]) * Decimal(row["price"]) for row in rows), Decimal(0))
        digits = SYMBOLS[order.symbol].digits + 2
        return done, round(paid / done, digits) if done else Decimal(0)

    def _price(self, symbol: str, side: str) -> Decimal:
        quote = self._market.quote(SYMBOLS[symbol], self._millisecond(), markup=Decimal(0))
        return quote.ask if side == "buy" else quote.bid

    def _mid(self, symbol: str) -> Decimal:
        quote = self._market.quote(SYMBOLS[symbol], self._millisecond(), markup=Decimal(0))
        return (quote.bid + quote.ask) / 2

    def _millisecond(self) -> int:
        return int(self.clock.now().timestamp() * 1000)
