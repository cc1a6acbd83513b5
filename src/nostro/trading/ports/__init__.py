"""What trading needs from a platform, in the words every platform shares.

Moments are UTC, amounts are exact, volumes are lots; what a platform said beyond that is kept in
`raw`, so that nothing is lost before we learn to read it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from nostro.core.shelves import Shelf
from nostro.kit import Currency, Lots, Money
from nostro.trading.ports.accounts import AccountChange as AccountChange
from nostro.trading.ports.accounts import AccountRequest as AccountRequest
from nostro.trading.ports.accounts import AccountState as AccountState
from nostro.trading.ports.accounts import PasswordKind as PasswordKind
from nostro.trading.ports.accounts import PlatformAccount as PlatformAccount
from nostro.trading.ports.accounts import Raw as Raw
from nostro.trading.ports.accounts import Right as Right

REFERENCE_LENGTH = 31
"""The longest comment every platform keeps whole."""

NOT_OFFERED = "not offered"
"""The code of a refusal where a platform has no such thing at all."""

CAN_CLOSE_ONLY, CAN_LOOK = "close only", "look"
"""What not every platform has: a right to close and no more, and a password only to look. Settings
of those that have it name it in `can`.
"""


class BalanceKind(StrEnum):
    BALANCE = "balance"
    CREDIT = "credit"
    CHARGE = "charge"
    CORRECTION = "correction"
    BONUS = "bonus"


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class DealKind(StrEnum):
    """A trade, or why money moved without one."""

    BUY = "buy"
    SELL = "sell"
    BALANCE = "balance"
    CREDIT = "credit"
    CHARGE = "charge"
    CORRECTION = "correction"
    BONUS = "bonus"
    COMMISSION = "commission"
    AGENT = "agent"
    INTEREST = "interest"
    CANCELLED = "cancelled"
    DIVIDEND = "dividend"
    TAX = "tax"
    COMPENSATION = "compensation"
    FEE = "fee"
    """Charged by the platform itself; a charge is booked by a person."""
    OTHER = "other"


class DealEntry(StrEnum):
    IN = "in"
    OUT = "out"
    REVERSED = "reversed"
    CLOSED_BY = "closed by"
    OTHER = "other"


class DealReason(StrEnum):
    """By whom or what a deal was made, as far as platforms tell these apart."""

    CLIENT = "client"
    MOBILE = "mobile"
    WEB = "web"
    EXPERT = "expert"
    SIGNAL = "signal"
    DEALER = "dealer"
    STOP_LOSS = "stop loss"
    TAKE_PROFIT = "take profit"
    STOP_OUT = "stop-out"
    ROLLOVER = "rollover"
    EXTERNAL_CLIENT = "external client"
    EXTERNAL_SERVICE = "external service"
    VARIATION_MARGIN = "variation margin"
    GATEWAY = "gateway"
    SETTLEMENT = "settlement"
    TRANSFER = "transfer"
    SYNCHRONISATION = "synchronisation"
    MIGRATION = "migration"
    SPLIT = "split"
    OTHER = "other"


class OrderKind(StrEnum):
    BUY = "buy"
    SELL = "sell"
    BUY_LIMIT = "buy limit"
    SELL_LIMIT = "sell limit"
    BUY_STOP = "buy stop"
    SELL_STOP = "sell stop"
    BUY_STOP_LIMIT = "buy stop limit"
    SELL_STOP_LIMIT = "sell stop limit"
    CLOSE_BY = "close by"
    OTHER = "other"


class OrderState(StrEnum):
    PLACED = "placed"
    PARTIAL = "filled in part"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    OTHER = "other"


@dataclass(slots=True)  # they come by the million, and to freeze one costs as much as to read it
class Deal:
    """One entry of a trading account's history. Charges are negative; `profit` is the amount of a
    deal that is no trade. `platform_time` is what the platform's own clock said, in milliseconds
    since 1970 by that clock, and 0 where it said nothing. `order` is 0 and `reason` nothing where
    the platform gives none.
    """

    ticket: int
    login: int
    order: int
    position: int
    kind: DealKind
    entry: DealEntry
    symbol: str
    lots: Lots
    closed_lots: Lots
    contract_size: Decimal
    price: Decimal
    position_price: Decimal
    bid: Decimal
    ask: Decimal
    profit: Decimal
    swap: Decimal
    commission: Decimal
    fee: Decimal
    profit_rate: Decimal
    comment: str
    at: datetime
    platform_time: int
    raw: Raw = field(repr=False)
    reason: DealReason | None = None


@dataclass(frozen=True)
class Position:
    ticket: int
    login: int
    symbol: str
    side: Side
    lots: Lots
    contract_size: Decimal
    open_price: Decimal
    current_price: Decimal
    profit: Decimal
    swap: Decimal
    profit_rate: Decimal
    opened_at: datetime
    comment: str
    raw: Raw = field(repr=False)


@dataclass(frozen=True)
class Order:
    """A wish to trade: `lots` as asked for, `open_lots` not filled yet. A price is 0 where there is
    none, and `done_at` says when the order ended.
    """

    ticket: int
    login: int
    position: int
    symbol: str
    kind: OrderKind
    state: OrderState
    lots: Lots
    open_lots: Lots
    price: Decimal
    trigger_price: Decimal
    stop_loss: Decimal
    take_profit: Decimal
    placed_at: datetime
    expires_at: datetime | None
    done_at: datetime | None
    comment: str
    raw: Raw = field(repr=False)


@dataclass(frozen=True)
class DailyReport:
    """Where an account stood at the end of a platform's day; `at` is that moment."""

    login: int
    at: datetime
    group: str
    balance: Decimal
    credit: Decimal
    equity: Decimal
    margin: Decimal
    free_margin: Decimal
    floating: Decimal
    raw: Raw = field(repr=False)


@dataclass(frozen=True)
class Symbol:
    name: str
    path: str
    description: str
    base: str
    profit_currency: str
    margin_currency: str
    digits: int
    contract_size: Decimal
    tick_size: Decimal
    smallest: Lots
    largest: Lots
    step: Lots
    swap_long: Decimal
    swap_short: Decimal
    raw: Raw = field(repr=False)


@dataclass(frozen=True)
class Group:
    name: str
    currency: Currency
    margin_call: Decimal
    stop_out: Decimal
    hedging: bool
    raw: Raw = field(repr=False)


@dataclass(frozen=True)
class Tick:
    symbol: str
    bid: Decimal
    ask: Decimal
    at: datetime


class TradingPlatform(Protocol):
    """Speaks to one platform server. Keeps no state of ours and never touches our database.

    Every call raises only `Retry`, `Refused` or `Unknown`. A write that ends in `Unknown` may have
    happened: look it up by its key or reference before asking again. A record that cannot be read
    is left out of a list and named by `unread`, unless a key or reference is looked for in it.
    """

    def open_account(self, request: AccountRequest, *, key: str) -> int:
        """Open an account and return its login. `key` (≤ 31 characters) is kept with it."""

    def find_account(self, key: str, *, group: str = "*") -> int | None:
        """The login opened with this key, looked for in the groups of a mask."""

    def logins(self, group: str = "*") -> list[int]:
        """Every login in the groups of a mask."""

    def account(self, login: int) -> PlatformAccount: ...
    def accounts(self, logins: Sequence[int]) -> list[PlatformAccount]:
        """Those of the logins that exist."""

    def account_state(self, login: int) -> AccountState: ...

    def account_states(self, logins: Sequence[int]) -> list[AccountState]:
        """Where those of the logins that exist stand now."""

    def standings(self, logins: Sequence[int]) -> dict[int, tuple[Decimal, Decimal]]:
        """Balance and credit of those of the logins that exist, as cheaply as the platform can."""

    def change_account(self, login: int, change: AccountChange) -> PlatformAccount: ...
    def set_password(self, login: int, password: str, kind: PasswordKind) -> None: ...

    def give_sign_in(self, login: int, *, email: str, password: str) -> None:
        """Let the owner sign in, where that takes more than a login. May be done again."""

    def check_password(self, login: int, password: str, kind: PasswordKind) -> bool: ...

    def change_balance(
        self,
        login: int,
        money: Money,
        kind: BalanceKind,
        *,
        reference: str,
        check_margin: bool = True,
    ) -> int:
        """Move money in (positive) or out, and return the platform's ticket.

        It is not idempotent: `reference` (1 to 31 characters) is how it is found again.
        """

    def find_balance_operation(self, login: int, reference: str, since: datetime) -> int | None:
        """The ticket of the balance operation with this reference."""

    def deals(
        self,
        since: datetime,
        until: datetime,
        *,
        logins: Sequence[int] | None = None,
        offset: int = 0,
    ) -> Iterator[tuple[Deal, ...]]:
        """Deals page by page, account by account in the order of the logins; without them all, as
        the platform has them.

        `offset` leaves out as many deals from the start, to go on after an interruption.
        """

    def positions(self, logins: Sequence[int] | None = None) -> Iterator[tuple[Position, ...]]:
        """Open positions page by page."""

    def exposure(self) -> dict[str, tuple[Lots, Lots]]:
        """Lots bought and sold by symbol, of all open positions, as the platform adds them up."""

    def orders(self, logins: Sequence[int] | None = None) -> Iterator[tuple[Order, ...]]:
        """Orders that wait to be filled, page by page."""

    def order_history(
        self, since: datetime, until: datetime, *, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[Order, ...]]:
        """Orders that ended between two moments, account by account in the order of the logins."""

    def daily_reports(
        self, since: datetime, until: datetime, *, logins: Sequence[int] | None = None
    ) -> Iterator[tuple[DailyReport, ...]]:
        """Ends of days between two moments, account by account in the order of the logins."""

    def archive_account(self, login: int) -> None:
        """Take an account without trades out of sight. Doing it again is harmless."""

    def restore_account(self, login: int) -> None:
        """Bring an archived account back as it was. Doing it again is harmless."""

    def symbols(self) -> list[Symbol]: ...
    def groups(self) -> list[Group]: ...

    def ticks(self, symbols: Sequence[str], since_id: int = 0) -> tuple[list[Tick], int]:
        """Quotes newer than a mark, and the mark to ask with next."""

    def server_time(self) -> datetime: ...

    def queue_seconds(self) -> float:
        """How long the server may hold a request before it acts on it. What cannot be found after
        that will not happen any more.
        """

    def unread(self) -> dict[str, str]:
        """Names of the records that were left out since this was asked last, each with why."""

    def close(self) -> None:
        """Say goodbye. The next call connects again."""


PLATFORMS: Shelf[TradingPlatform] = Shelf("platforms")


def can(kind: str, what: str) -> bool:
    """Whether platforms of a kind have what not every platform has."""
    return what in getattr(PLATFORMS.kinds().get(kind), "can", ())
