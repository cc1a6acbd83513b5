"""What happened, read from tickets: the platform keeps a row a trade, the house a record a deal.

A ticket makes a deal when it opens and another when it closes. The first keeps the ticket's number,
as a balance operation does, and the second has ten thousand million more: tickets are 32 bits, so
the two ranges never meet, and a number stays the same however often it is derived.

A ticket closed in part ends with the part, and a new one goes on with the rest. The new one is no
deal: the one that opened the chain opened all of it, and gives the position its number. Which
follows which is said by comments, `to #2` and `from #1`. A trader can write such a comment too,
so a link counts only between tickets of one account that agree in all that a chain has in common.

Why a ticket was opened is said by its row. Why it was closed is said by its comment alone, and of a
stop loss, a take profit or a stop-out: of any other closing the platform gives no reason.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nostro.kit import Lots
from nostro.trading import ports
from nostro.trading.adapters.mt4.clock import EPOCH, Clock, seconds_of
from nostro.trading.adapters.mt4.contracts import Contract
from nostro.trading.adapters.mt4.tables import Row

CLOSING = 10_000_000_000
BUY, SELL, BALANCE, CREDIT = 0, 1, 6, 7
TRADES, PENDING = (BUY, SELL), (2, 3, 4, 5)
LINK = re.compile(r"^(from|to) #(\d+)")
CLOSED_BY = "close hedge by #"
REASON = ports.DealReason
REASONS = (
    REASON.CLIENT, REASON.EXPERT, REASON.DEALER, REASON.SIGNAL, REASON.GATEWAY, REASON.MOBILE,
    REASON.WEB, REASON.EXTERNAL_SERVICE,
)  # fmt: skip
STOPS = (
    ("SL", re.compile(r"\[sl\]$"), REASON.STOP_LOSS),
    ("TP", re.compile(r"\[tp\]$"), REASON.TAKE_PROFIT),
    ("", re.compile(r"^(?:so:|\[so )"), REASON.STOP_OUT),
)  # fmt: skip
"""By the column that has to bear a price, what the comment says, and what that means."""
KINDS = {BALANCE: ports.DealKind.BALANCE, CREDIT: ports.DealKind.CREDIT}
SIDES = (ports.DealKind.BUY, ports.DealKind.SELL)
ZERO = Decimal(0)
NOTHING = Lots(ZERO)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Ticket:
    """A row of the trades table. Times are the server's, amounts as it writes them."""

    number: int
    login: int
    symbol: str
    cmd: int
    volume: int
    opened: datetime
    closed: datetime | None
    written: datetime | None
    open_price: Decimal
    close_price: Decimal
    commission: Decimal
    swap: Decimal
    profit: Decimal
    taxes: Decimal
    rate: Decimal
    comment: str
    reason: str
    row: Row

    @property
    def lots(self) -> Lots:
        return Lots(Decimal(self.volume).scaleb(-2))

    @property
    def is_trade(self) -> bool:
        return self.cmd in TRADES


def ticket(row: Row) -> Ticket:
    closed = row.moment("CLOSE_TIME")
    written = row.moment("MODIFY_TIME") if row.has("MODIFY_TIME") else None
    digits = row.integer("DIGITS")
    return Ticket(
        number=row.integer("TICKET"), login=row.integer("LOGIN"), symbol=row.text("SYMBOL"),
        cmd=row.integer("CMD"), volume=row.integer("VOLUME"),
        opened=row.moment("OPEN_TIME") or closed or written or EPOCH, closed=closed,
        written=written, open_price=_price(row, "OPEN_PRICE", digits),
        close_price=_price(row, "CLOSE_PRICE", digits), commission=_money(row, "COMMISSION"),
        swap=_money(row, "SWAPS"), profit=_money(row, "PROFIT"),
        taxes=_money(row, "TAXES") if row.has("TAXES") else ZERO,
        rate=row.decimal("CONV_RATE2") if row.has("CONV_RATE2") else ZERO,
        comment=row.text("COMMENT"),
        reason=row.text("REASON") if row.has("REASON") else "", row=row,
    )  # fmt: skip


def _money(row: Row, name: str) -> Decimal:
    """The platform counts in hundredths; what a double has beyond them is noise."""
    return row.decimal(name).quantize(CENT)


def _price(row: Row, name: str, digits: int) -> Decimal:
    price = row.decimal(name)
    return price.quantize(Decimal(1).scaleb(-digits)) if 0 < digits <= 10 else price


class Chains:
    """Which tickets are one position. `known` holds every ticket that may be part of a chain."""

    def __init__(self, known: Iterable[Ticket]) -> None:
        self._known = {one.number: one for one in known}
        self._before: dict[int, int] = {}
        for one in self._known.values():
            if (link := LINK.match(one.comment)) is not None:
                other = int(link[2])
                earlier, later = (other, one.number) if link[1] == "from" else (one.number, other)
                if self._follows(earlier, later):
                    self._before.setdefault(later, earlier)
        self._lots: dict[int, int] = {}
        for number, one in self._known.items():
            root = self.root(number)
            self._lots[root] = self._lots.get(root, 0) + one.volume

    def _follows(self, earlier: int, later: int) -> bool:
        one, other = self._known.get(earlier), self._known.get(later)
        if one is None or other is None or earlier >= later or one.closed is None:
            return False
        return _common(one) == _common(other)

    def root(self, number: int) -> int:
        """The ticket that opened the position. Numbers only fall, so it ends."""
        while number in self._before:
            number = self._before[number]
        return number

    def opened_lots(self, one: Ticket) -> Lots:
        """What a position had when it was opened: all its parts together."""
        volume = self._lots.get(one.number, one.volume)
        return Lots(Decimal(volume).scaleb(-2))


def _common(one: Ticket) -> tuple[object, ...]:
    return one.login, one.symbol, one.cmd, one.opened, one.open_price


def _opened_by(one: Ticket) -> ports.DealReason | None:
    """No money hangs on it, so a number that is new, or none, is another reason."""
    if not one.reason:
        return None
    known = {str(number): reason for number, reason in enumerate(REASONS)}
    return known.get(one.reason, REASON.OTHER)


def _closed_by(one: Ticket) -> ports.DealReason | None:
    """A trader can write such a comment, too: a stop counts only where the ticket has one."""
    for column, said, reason in STOPS:
        if said.search(one.comment) and (not column or _has_price(one.row, column)):
            return reason
    return None


def _has_price(row: Row, column: str) -> bool:
    return row.has(column) and row.decimal(column) > 0


@dataclass(frozen=True)
class Reading:
    """What turns tickets into the port's words: the clock, the chains, contracts by symbol, and
    how many of the platform's units make one of the account's currency, by login.
    """

    clock: Clock
    chains: Chains
    contracts: Mapping[str, Contract | None]
    units: Mapping[int, int]

    def unit(self, login: int) -> Decimal:
        return Decimal(1) / self.units.get(login, 1)

    def contract_size(self, one: Ticket) -> Decimal:
        contract = self.contracts.get(one.symbol)
        return contract.size * self.unit(one.login) if contract else ZERO

    def deals(self, one: Ticket) -> Iterator[tuple[datetime, ports.Deal]]:
        """The deals of a ticket with their times by the server's clock."""
        if one.is_trade:
            if self.chains.root(one.number) == one.number:
                yield one.opened, self._opening(one)
            if one.closed:
                yield one.closed, self._closing(one, one.closed)
        elif one.cmd not in PENDING:
            yield one.opened, self._money_moved(one)

    def _opening(self, one: Ticket) -> ports.Deal:
        return self._deal(
            one, one.opened, ticket=one.number, kind=SIDES[one.cmd], entry=ports.DealEntry.IN,
            lots=self.chains.opened_lots(one), price=one.open_price, reason=_opened_by(one),
        )  # fmt: skip

    def _closing(self, one: Ticket, at: datetime) -> ports.Deal:
        """Everything that a trade costs or brings is booked when it closes."""
        unit = self.unit(one.login)
        by_another = one.comment.startswith(CLOSED_BY)
        return self._deal(
            one, at, ticket=CLOSING + one.number, kind=SIDES[1 - one.cmd],
            entry=ports.DealEntry.CLOSED_BY if by_another else ports.DealEntry.OUT,
            lots=one.lots, closed_lots=one.lots, price=one.close_price,
            position_price=one.open_price, profit=one.profit * unit, swap=one.swap * unit,
            commission=one.commission * unit, fee=one.taxes * unit, reason=_closed_by(one),
        )  # fmt: skip

    def _money_moved(self, one: Ticket) -> ports.Deal:
        return self._deal(
            one, one.opened, ticket=one.number, position=0, symbol="",
            kind=KINDS.get(one.cmd, ports.DealKind.OTHER), entry=ports.DealEntry.OTHER,
            profit=one.profit * self.unit(one.login), contract_size=ZERO,
        )  # fmt: skip

    def _deal(self, one: Ticket, at: datetime, **said: object) -> ports.Deal:
        usual: dict[str, object] = {
            "login": one.login, "order": one.number, "position": self.chains.root(one.number),
            "symbol": one.symbol, "lots": NOTHING, "closed_lots": NOTHING,
            "contract_size": self.contract_size(one), "price": ZERO, "position_price": ZERO,
            "bid": ZERO, "ask": ZERO, "profit": ZERO, "swap": ZERO, "commission": ZERO,
            "fee": ZERO, "profit_rate": one.rate, "comment": one.comment,
            "at": self.clock.utc(at), "platform_time": seconds_of(at) * 1000,
            "raw": one.row.raw,
        }  # fmt: skip
        return ports.Deal(**(usual | said))  # type: ignore[arg-type]

    def position(self, one: Ticket) -> ports.Position:
        """By the number of its chain, which is also what its deals say."""
        unit = self.unit(one.login)
        return ports.Position(
            ticket=self.chains.root(one.number), login=one.login, symbol=one.symbol,
            side=ports.Side.SELL if one.cmd == SELL else ports.Side.BUY, lots=one.lots,
            contract_size=self.contract_size(one), open_price=one.open_price,
            current_price=one.close_price, profit=one.profit * unit, swap=one.swap * unit,
            profit_rate=one.rate, opened_at=self.clock.utc(one.opened), comment=one.comment,
            raw=one.row.raw,
        )  # fmt: skip
