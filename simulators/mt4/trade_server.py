"""The venue as a MetaTrader 4 server: every position a ticket, and one range of tickets."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from simulators.market import MINUTE, ServerZone
from simulators.mt4.codes import Code, Refusal
from simulators.mt4.orders import LONGEST_COMMENT, OrderBook, OrderStore, Trade
from simulators.mt4.settings import Settings
from simulators.trading.denied import Denied, Why
from simulators.trading.records import ZERO, Account, Deal, Group
from simulators.trading.venue import Venue


@dataclass(frozen=True, slots=True)
class Figures:
    """An account's money as this platform counts it: commission is charged at the close."""

    balance: Decimal
    credit: Decimal
    equity: Decimal
    margin: Decimal
    free: Decimal
    level: Decimal


@dataclass(frozen=True, slots=True)
class ShiftedZone(ServerZone):
    """A clock that was changed by hand, or by a rule of its own: minutes ahead of its zone."""

    shift: int = 0

    def local(self, at: int) -> int:
        # The zone's method is named in full: a dataclass with slots is made anew, and `super()`
        # would still look for the one before.
        return ServerZone.local(self, at) + self.shift * MINUTE


class TradeServer(Venue):
    def __init__(self, home: Path, settings: Settings, seed: int) -> None:
        self.settings = settings
        self.book = OrderBook(home)
        store = OrderStore(home, self.book)
        store.start_counters(
            {"login": settings.first_login, "deal": settings.first_ticket,
             "order": settings.first_ticket}
        )  # fmt: skip
        for group in settings.groups:
            store.keep_group(group)
        super().__init__(
            store, seed, settings.zone, always_open=settings.always_open,
            longest_comment=LONGEST_COMMENT,
        )  # fmt: skip
        self.desk.listeners.append(self.book.booked)
        self.shift_clock(int(store.facts.get("clock_shift", "0")))

    def shift_clock(self, minutes: int) -> None:
        """The server's clock goes wrong by so much, as on a day when only one side changes it."""
        zone = self.settings.zone
        self.desk.zone = ShiftedZone(zone.minutes, zone.daylight, minutes)
        self.store.facts["clock_shift"] = str(minutes)

    def group(self, name: str) -> Group:
        if name not in self.store.groups:
            raise Refusal(Code.INVALID_DATA)
        return self.store.groups[name]

    def accounts_in(self, mask: str) -> Iterable[Account]:
        """Accounts whose group a mask takes, `*` for any letters, in order of login."""
        rows = self.store.accounts
        return [rows[login] for login in sorted(rows) if fnmatchcase(rows[login].group, mask)]

    def figures(self, account: Account) -> Figures:
        state = self.desk.state(account, self.now())
        balance = account.balance - self.book.uncharged(account.login)
        return Figures(
            balance, account.credit, state.equity, state.margin, state.free, state.level
        )  # fmt: skip

    def close_ticket(self, ticket: int, volume: int) -> tuple[Deal, Trade]:
        """Close `volume` (in ten-thousandths of a lot) of a ticket, or all of it."""
        trade = self.book.ticket(ticket)
        if trade is None or not trade.is_open:
            raise Denied(Why.NOT_OPEN)
        deal = self.close(trade.position, volume)
        closed = self.book.ticket(ticket)
        assert closed
        return deal, closed

    def delete_trade(self, ticket: int, *, balance: bool = False) -> None:
        """A dealer deletes a ticket. As on a real server the balance stays what it was, unless the
        dealer mends that too.
        """
        trade = self.book.ticket(ticket)
        if trade is None:
            raise Denied(Why.NOT_FOUND)
        self.book.delete(ticket)
        self._mend(trade.login, -trade.moved if balance else ZERO)

    def change_trade(self, ticket: int, *, balance: bool = False, **figures: object) -> None:
        """A dealer changes a ticket, and the balance with it only where the dealer mends that."""
        trade = self.book.ticket(ticket)
        if trade is None:
            raise Denied(Why.NOT_FOUND)
        changed = self.book.change(trade, self.server_seconds(), **figures)
        self._mend(trade.login, changed.moved - trade.moved if balance else ZERO)

    def keep_inserted(self, deal: Deal) -> None:
        super().keep_inserted(deal)
        self.book.booked(deal)

    def _mend(self, login: int, by: Decimal) -> None:
        account = self.account(login)
        account.balance += by
        self.store.keep_account(account)
        self.store.commit()


def digest(password: str) -> str:
    """How the simulator keeps a password; what a real server keeps is its own affair."""
    return sha256(password.encode()).hexdigest()
