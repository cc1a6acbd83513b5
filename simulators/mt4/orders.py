"""The server's orders as the platform has them: one row a ticket, from its opening to its closing.

The floor deals as its desk does, in deals; here each becomes what MetaTrader 4 makes of it. A
ticket closed in part ends with the part, and what is left goes on under a new ticket. Commission
is charged when a ticket closes. Times are seconds of the server's clock, 0 where there is none;
volumes are hundredths of a lot.
"""

import sqlite3
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from simulators.trading.records import (
    BALANCE,
    BUY,
    BUY_LIMIT,
    CREDIT,
    ENTRY_IN,
    MOBILE,
    ORDER_CANCELLED,
    ORDER_EXPIRED,
    STOP_OUT,
    WEB,
    ZERO,
    Deal,
    Order,
)  # fmt: skip
from simulators.trading.store import Store, Table

OP_BUY, OP_SELL, OP_BUY_LIMIT, OP_SELL_LIMIT = range(4)
OP_BALANCE, OP_CREDIT = 6, 7
LONGEST_COMMENT = 31
_REASONS = {MOBILE: 5, WEB: 6}
_KNOWN_REASONS = 3
_HUNDREDTHS = 100
_CENT = Decimal("0.01")


@dataclass(slots=True)
class Trade:
    ticket: int
    login: int
    cmd: int
    open_time: int
    timestamp: int
    symbol: str = ""
    digits: int = 0
    volume: int = 0
    open_price: Decimal = ZERO
    close_time: int = 0
    close_price: Decimal = ZERO
    expiration: int = 0
    reason: int = 0
    rate_open: Decimal = ZERO
    rate_close: Decimal = ZERO
    rate_margin: Decimal = ZERO
    commission: Decimal = ZERO
    swaps: Decimal = ZERO
    profit: Decimal = ZERO
    comment: str = ""
    magic: int = 0
    position: int = 0
    """The floor's number of it, which stays where the ticket changes."""

    @property
    def is_open(self) -> bool:
        return self.cmd in (OP_BUY, OP_SELL) and not self.close_time

    @property
    def moved(self) -> Decimal:
        """What it did to the balance."""
        return ZERO if self.is_open else self.profit + self.swaps + self.commission


class OrderBook:
    """Every ticket there is, the open ones by the floor's number of their position."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(home / "mt4-orders.sqlite3")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._table = Table(self._connection, Trade, ["ticket"])
        self._table.index("login", "open_time")
        standing = self._table.select('"close_time" = 0 AND "cmd" < 6')
        self.open = {row.position: row for row in standing if row.is_open}
        self.pending = {row.ticket: row for row in standing if not row.is_open}
        self.changed: dict[int, Trade | None] = {row.ticket: row for row in self._table.select()}
        """What the report has not heard of; nothing stands for a ticket that was deleted."""

    def _keep(self, trade: Trade) -> None:
        self._table.save([trade])
        self.changed[trade.ticket] = trade

    def commit(self) -> None:
        self._connection.commit()

    def close(self) -> None:
        self.commit()
        self._connection.close()

    def of(self, login: int) -> list[Trade]:
        return self._table.select('"login" = ?', [login], 'ORDER BY "ticket"')

    def open_of(self, login: int) -> list[Trade]:
        return [row for row in self.open.values() if row.login == login]

    def ticket(self, number: int) -> Trade | None:
        found = self._table.select('"ticket" = ?', [number])
        return found[0] if found else None

    def uncharged(self, login: int) -> Decimal:
        """The commission of open tickets, which the floor has taken and this platform not yet."""
        return sum((row.commission for row in self.open_of(login)), ZERO)

    def delete(self, number: int) -> bool:
        """As a careless dealer does; the floor's position stays."""
        if self.ticket(number) is None:
            return False
        self._table.delete([number])
        self.changed[number] = None
        self.open = {key: row for key, row in self.open.items() if row.ticket != number}
        return True

    def change(self, trade: Trade, at: int, **figures: Any) -> Trade:
        changed = replace(trade, timestamp=at, **figures)
        self._keep(changed)
        if trade.position in self.open and self.open[trade.position].ticket == trade.ticket:
            self.open[trade.position] = changed
        return changed

    # What the floor tells.

    def booked(self, deal: Deal) -> None:
        at = deal.time_msc // 1000
        if deal.action in (BALANCE, CREDIT):
            cmd = OP_BALANCE if deal.action == BALANCE else OP_CREDIT
            self._keep(Trade(
                deal.deal, deal.login, cmd, at, at, close_time=at, profit=deal.profit,
                comment=deal.comment,
            ))  # fmt: skip
        elif deal.entry == ENTRY_IN:
            self._opened(deal, at)
        elif deal.position_id in self.open:
            self._closed(self.open[deal.position_id], deal, at)

    def placed(self, order: Order) -> None:
        at = order.time_setup_msc // 1000
        cmd = OP_BUY_LIMIT if order.type == BUY_LIMIT else OP_SELL_LIMIT
        self.pending[order.order] = trade = Trade(
            order.order, order.login, cmd, at, at, order.symbol, order.digits,
            order.volume_current // _HUNDREDTHS, order.price_order,
            close_price=order.price_current, expiration=order.time_expiration,
            reason=_reason(order.reason), magic=order.expert_id,
        )  # fmt: skip
        self._keep(trade)

    def ended(self, order: Order) -> None:
        """An order that nobody filled."""
        trade = self.pending.pop(order.order, None)
        said = {ORDER_EXPIRED: "expiration", ORDER_CANCELLED: "cancelled"}.get(order.state)
        if trade and said:
            at = order.time_done_msc // 1000
            self._keep(replace(trade, close_time=at, timestamp=at, comment=said))

    def _opened(self, deal: Deal, at: int) -> None:
        self.pending.pop(deal.order, None)
        self.open[deal.position_id] = trade = Trade(
            deal.order, deal.login, OP_BUY if deal.action == BUY else OP_SELL, at, at, deal.symbol,
            deal.digits, deal.volume // _HUNDREDTHS, deal.price, close_price=deal.price,
            reason=_reason(deal.reason), rate_open=deal.rate_profit, rate_close=deal.rate_profit,
            rate_margin=deal.rate_margin, commission=deal.commission, comment=deal.comment,
            magic=deal.expert_id, position=deal.position_id,
        )  # fmt: skip
        self._keep(trade)

    def _closed(self, trade: Trade, deal: Deal, at: int) -> None:
        volume = deal.volume_closed // _HUNDREDTHS
        share = (trade.commission * volume / trade.volume).quantize(_CENT, ROUND_HALF_UP)
        rest = replace(
            trade, ticket=deal.order, volume=trade.volume - volume, timestamp=at,
            commission=trade.commission - share, comment=f"from #{trade.ticket}",
        )  # fmt: skip
        comment = f"to #{rest.ticket}" if rest.volume else deal.comment or trade.comment
        if deal.reason == STOP_OUT:
            comment = deal.comment.replace("[so ", "so: ").rstrip("]")
        self._keep(replace(
            trade, volume=volume, close_time=at, timestamp=at, close_price=deal.price,
            rate_close=deal.rate_profit, commission=share + deal.commission, swaps=deal.storage,
            profit=deal.profit, comment=comment[:LONGEST_COMMENT],
        ))  # fmt: skip
        del self.open[trade.position]
        if rest.volume:
            self.open[trade.position] = rest
            self._keep(rest)


def _reason(reason: int) -> int:
    return _REASONS.get(reason, reason if reason < _KNOWN_REASONS else 0)


class OrderStore(Store):
    """The floor's records, with one range of tickets for all, telling the book of orders."""

    def __init__(self, home: Path, book: OrderBook) -> None:
        super().__init__(home, "mt4")
        self._book = book

    def next(self, counter: str) -> int:
        return super().next("login" if counter == "login" else "order")

    def keep_pending(self, order: Order) -> None:
        super().keep_pending(order)
        self._book.placed(order)

    def add_order(self, order: Order) -> None:
        super().add_order(order)
        self._book.ended(order)

    def commit(self) -> None:
        super().commit()
        self._book.commit()

    def close(self) -> None:
        super().close()
        self._book.close()
