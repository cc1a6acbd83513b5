"""The server's JSON records as the port's dataclasses. A value may be a string or a number, names
are told apart without their case, and a missing one is zero or empty.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from operator import itemgetter
from typing import Any

from nostro.kit import Currency, Lots
from nostro.kit.money import BadMoney
from nostro.trading import ports
from nostro.trading.adapters.mt5.clock import Clock
from nostro.trading.adapters.mt5.wire import BadPacket

ENABLED, PASSWORD_CHANGE, TRADE_DISABLED = 0x1, 0x2, 0x4
DEFAULT_RIGHTS = 0x163
BALANCE_TYPES = {
    ports.BalanceKind.BALANCE: 2, ports.BalanceKind.CREDIT: 3, ports.BalanceKind.CHARGE: 4,
    ports.BalanceKind.CORRECTION: 5, ports.BalanceKind.BONUS: 6,
}  # fmt: skip
KIND = ports.DealKind
DEAL_KINDS = {
    0: KIND.BUY, 1: KIND.SELL, 2: KIND.BALANCE, 3: KIND.CREDIT, 4: KIND.CHARGE, 5: KIND.CORRECTION,
    6: KIND.BONUS, 7: KIND.COMMISSION, 8: KIND.COMMISSION, 9: KIND.COMMISSION, 10: KIND.AGENT,
    11: KIND.AGENT, 12: KIND.INTEREST, 13: KIND.CANCELLED, 14: KIND.CANCELLED, 15: KIND.DIVIDEND,
    16: KIND.DIVIDEND, 17: KIND.TAX, 18: KIND.AGENT, 19: KIND.COMPENSATION, 20: KIND.COMPENSATION,
}  # fmt: skip
ENTRIES = {
    0: ports.DealEntry.IN, 1: ports.DealEntry.OUT, 2: ports.DealEntry.REVERSED,
    3: ports.DealEntry.CLOSED_BY,
}  # fmt: skip
REASON = ports.DealReason
REASONS = (
    REASON.CLIENT, REASON.EXPERT, REASON.DEALER, REASON.STOP_LOSS, REASON.TAKE_PROFIT,
    REASON.STOP_OUT, REASON.ROLLOVER, REASON.EXTERNAL_CLIENT, REASON.VARIATION_MARGIN,
    REASON.GATEWAY, REASON.SIGNAL, REASON.SETTLEMENT, REASON.TRANSFER, REASON.SYNCHRONISATION,
    REASON.EXTERNAL_SERVICE, REASON.MIGRATION, REASON.MOBILE, REASON.WEB, REASON.SPLIT,
)  # fmt: skip
TRADES = (0, 1)
ORDER_KINDS = (
    ports.OrderKind.BUY, ports.OrderKind.SELL, ports.OrderKind.BUY_LIMIT,
    ports.OrderKind.SELL_LIMIT, ports.OrderKind.BUY_STOP, ports.OrderKind.SELL_STOP,
    ports.OrderKind.BUY_STOP_LIMIT, ports.OrderKind.SELL_STOP_LIMIT, ports.OrderKind.CLOSE_BY,
)  # fmt: skip
PLACED = ports.OrderState.PLACED
ORDER_STATES = (
    PLACED, PLACED, ports.OrderState.CANCELLED, ports.OrderState.PARTIAL, ports.OrderState.FILLED,
    ports.OrderState.REJECTED, ports.OrderState.EXPIRED, PLACED, PLACED, PLACED,
)  # fmt: skip
HEDGED = 2
FILETIME_EPOCH = 11_644_473_600
"""Seconds from 1601, where FILETIME begins, to 1970."""


class Record:
    """One JSON object, read leniently. Names are looked for as they are usually written first."""

    __slots__ = ("_lower", "raw")

    def __init__(self, raw: Any) -> None:
        if not isinstance(raw, dict):
            raise BadPacket("The answer is not a record.")
        self.raw: dict[str, Any] = raw
        self._lower: dict[str, Any] | None = None

    def _value(self, name: str) -> Any:
        value = self.raw.get(name)
        if value is not None:
            return value
        if self._lower is None:
            self._lower = {name.lower(): value for name, value in self.raw.items()}
        return self._lower.get(name.lower())

    def text(self, *names: str) -> str:
        """The first of the spellings that is there and not empty."""
        for name in names:
            value = self._value(name)
            if isinstance(value, bool):
                return str(int(value))
            if value not in (None, ""):
                return value if type(value) is str else str(value)
        return ""

    def decimal(self, name: str) -> Decimal:
        text = self.text(name) or "0"
        try:
            value = Decimal(text)
        except InvalidOperation as error:
            raise BadPacket(f"{name} is {text!r}, which is not a number.") from error
        if not value.is_finite():
            raise BadPacket(f"{name} is {text!r}, which is not a number.")
        return value

    def integer(self, name: str) -> int:
        value = self._value(name)
        if type(value) is str and value.isascii() and value.isdecimal():
            return int(value)
        return int(self.decimal(name))

    def lots(self, name: str) -> Lots:
        """The finer of the two spellings, where a server has it."""
        fine = f"{name}Ext"
        if self.text(fine):
            return _lots(self.decimal(fine), -8)
        return _lots(self.decimal(name), -4)

    def milliseconds(self, name: str) -> int:
        """A time by the server's clock."""
        return self.integer(f"{name}Msc") or self.integer(name) * 1000


@lru_cache(maxsize=1024)
def _lots(volume: Decimal, places: int) -> Lots:
    """Few volumes are traded, and often."""
    return Lots(volume.scaleb(places))


def records(document: Any) -> list[Record]:
    """The records of an answer, which is an array, a single one, or nothing."""
    if document is None:
        return []
    return [Record(raw) for raw in (document if isinstance(document, list) else [document])]


def integers(document: Any) -> list[int]:
    """An array of logins, each a string or a number."""
    if not isinstance(document, Iterable) or isinstance(document, str | Mapping):
        return []
    try:
        return [int(item) for item in document]
    except (TypeError, ValueError) as error:
        raise BadPacket("The answer is not a list of logins.") from error


def _moment(record: Record, name: str, clock: Clock) -> datetime | None:
    at = record.milliseconds(name)
    return clock.utc(at) if at else None


def _right(rights: int) -> ports.Right:
    return ports.Right.NONE if rights & TRADE_DISABLED else ports.Right.FULL


def account(record: Record, clock: Clock) -> ports.PlatformAccount:
    rights = record.integer("Rights")
    whole = " ".join(filter(None, map(record.text, ("FirstName", "MiddleName", "LastName"))))
    return ports.PlatformAccount(
        login=record.integer("Login"), group=record.text("Group"),
        name=record.text("Name") or whole, leverage=record.integer("Leverage"),
        enabled=bool(rights & ENABLED), trading=_right(rights),
        balance=record.decimal("Balance"), credit=record.decimal("Credit"),
        client_code=record.text("ID"), comment=record.text("Comment"),
        registered_at=_moment(record, "Registration", clock),
        last_seen_at=_moment(record, "LastAccess", clock), raw=record.raw,
        email=record.text("Email"),
    )  # fmt: skip


def state(record: Record) -> ports.AccountState:
    return ports.AccountState(
        login=record.integer("Login"), balance=record.decimal("Balance"),
        credit=record.decimal("Credit"), equity=record.decimal("Equity"),
        margin=record.decimal("Margin"), free_margin=record.decimal("MarginFree"),
        margin_level=record.decimal("MarginLevel"), floating=record.decimal("Floating"),
        raw=record.raw,
    )  # fmt: skip


_whole = itemgetter(
    "Deal", "Login", "Order", "PositionID", "Action", "Entry", "TimeMsc", "Reason"
)  # fmt: skip
_volumes = itemgetter("VolumeExt", "VolumeClosedExt")
_exact = itemgetter(
    "ContractSize",
    "Price",
    "PricePosition",
    "MarketBid",
    "MarketAsk",
    "Profit",
    "Storage",
    "Commission",
    "Fee",
    "RateProfit",
)


@lru_cache(maxsize=8192)
def _finite(said: str) -> Decimal:
    """Most figures of a deal are zero, or those of the deal before it."""
    number = Decimal(said)
    if not number.is_finite():
        raise ValueError
    return number


@lru_cache(maxsize=1024)
def _volume(said: str) -> Lots:
    return _lots(_finite(said), -8)


def deal(record: Record, clock: Clock) -> ports.Deal:
    """Deals come by the million, so one that is printed as servers usually do is read in one go;
    any other name by name.
    """
    raw = record.raw
    try:
        ticket, login, order, position, action, entry, at, why = map(int, _whole(raw))
        lots, closed = map(_volume, _volumes(raw))
        contract, price, opened, bid, ask, profit, swap, commission, fee, rate = map(
            _finite, _exact(raw)
        )
        symbol, comment = raw["Symbol"], raw["Comment"]
    except (KeyError, ValueError, TypeError, InvalidOperation):
        return _deal_by_names(record, clock)
    if not (at and type(symbol) is type(comment) is str):
        return _deal_by_names(record, clock)
    return ports.Deal(
        ticket, login, order, position, DEAL_KINDS.get(action, KIND.OTHER),
        ENTRIES.get(entry, ports.DealEntry.OTHER), symbol, lots, closed, contract, price, opened,
        bid, ask, profit, swap, commission, fee, rate, comment, clock.utc(at), at, raw,
        _reason(action, why),
    )  # fmt: skip


@lru_cache(maxsize=256)
def _reason(action: int, why: int) -> ports.DealReason | None:
    """Money that moved without a trade bears the number of a client where nobody set another."""
    if action not in TRADES and not why:
        return None
    return _one_of(REASONS, why, REASON.OTHER)


def _deal_by_names(record: Record, clock: Clock) -> ports.Deal:
    at, action, said = record.milliseconds("Time"), record.integer("Action"), record.text("Reason")
    why = int(said) if said.isascii() and said.isdecimal() else -1
    return ports.Deal(
        ticket=record.integer("Deal"), login=record.integer("Login"),
        order=record.integer("Order"), position=record.integer("PositionID"),
        kind=DEAL_KINDS.get(action, KIND.OTHER),
        entry=ENTRIES.get(record.integer("Entry"), ports.DealEntry.OTHER),
        symbol=record.text("Symbol"), lots=record.lots("Volume"),
        closed_lots=record.lots("VolumeClosed"), contract_size=record.decimal("ContractSize"),
        price=record.decimal("Price"), position_price=record.decimal("PricePosition"),
        bid=record.decimal("MarketBid"), ask=record.decimal("MarketAsk"),
        profit=record.decimal("Profit"), swap=record.decimal("Storage"),
        commission=record.decimal("Commission"), fee=record.decimal("Fee"),
        profit_rate=record.decimal("RateProfit"), comment=record.text("Comment"),
        at=clock.utc(at), platform_time=at, raw=record.raw,
        reason=_reason(action, why) if said else None,
    )  # fmt: skip


def position(record: Record, clock: Clock) -> ports.Position:
    return ports.Position(
        ticket=record.integer("Position"), login=record.integer("Login"),
        symbol=record.text("Symbol"),
        side=ports.Side.SELL if record.integer("Action") == 1 else ports.Side.BUY,
        lots=record.lots("Volume"), contract_size=record.decimal("ContractSize"),
        open_price=record.decimal("PriceOpen"), current_price=record.decimal("PriceCurrent"),
        profit=record.decimal("Profit"), swap=record.decimal("Storage"),
        profit_rate=record.decimal("RateProfit"),
        opened_at=clock.utc(record.milliseconds("TimeCreate")), comment=record.text("Comment"),
        raw=record.raw,
    )  # fmt: skip


def order(record: Record, clock: Clock) -> ports.Order:
    return ports.Order(
        ticket=record.integer("Order"), login=record.integer("Login"),
        position=record.integer("PositionID"), symbol=record.text("Symbol"),
        kind=_one_of(ORDER_KINDS, record.integer("Type"), ports.OrderKind.OTHER),
        state=_one_of(ORDER_STATES, record.integer("State"), ports.OrderState.OTHER),
        lots=record.lots("VolumeInitial"), open_lots=record.lots("VolumeCurrent"),
        price=record.decimal("PriceOrder"), trigger_price=record.decimal("PriceTrigger"),
        stop_loss=record.decimal("PriceSL"), take_profit=record.decimal("PriceTP"),
        placed_at=clock.utc(record.milliseconds("TimeSetup")),
        expires_at=_moment(record, "TimeExpiration", clock),
        done_at=_moment(record, "TimeDone", clock), comment=record.text("Comment"), raw=record.raw,
    )  # fmt: skip


def _one_of[T](known: Sequence[T], number: int, other: T) -> T:
    return known[number] if 0 <= number < len(known) else other


def daily(record: Record, clock: Clock) -> ports.DailyReport:
    """Some servers say the time in seconds, some as a FILETIME of tenths of microseconds."""
    seconds = record.integer("Datetime")
    if not seconds:
        seconds = record.integer("Timestamp") // 10_000_000 - FILETIME_EPOCH
    if seconds <= 0:
        raise BadPacket("A daily report has no time.")
    return ports.DailyReport(
        login=record.integer("Login"), at=clock.utc(seconds * 1000), group=record.text("Group"),
        balance=record.decimal("Balance"), credit=record.decimal("Credit"),
        equity=record.decimal("ProfitEquity"), margin=record.decimal("Margin"),
        free_margin=record.decimal("MarginFree"), floating=record.decimal("Profit"),
        raw=record.raw,
    )  # fmt: skip


def symbol(record: Record) -> ports.Symbol:
    return ports.Symbol(
        name=record.text("Symbol"), path=record.text("Path"),
        description=record.text("Description"), base=record.text("CurrencyBase"),
        profit_currency=record.text("CurrencyProfit"),
        margin_currency=record.text("CurrencyMargin"), digits=record.integer("Digits"),
        contract_size=record.decimal("ContractSize"), tick_size=record.decimal("TickSize"),
        smallest=record.lots("VolumeMin"), largest=record.lots("VolumeMax"),
        step=record.lots("VolumeStep"), swap_long=record.decimal("SwapLong"),
        swap_short=record.decimal("SwapShort"), raw=record.raw,
    )  # fmt: skip


def group(record: Record) -> ports.Group:
    try:
        currency = Currency(record.text("Currency"))
    except BadMoney as error:
        raise BadPacket(f"Group {record.text('Group')} has no currency.") from error
    return ports.Group(
        name=record.text("Group"), currency=currency,
        margin_call=record.decimal("MarginCall"), stop_out=record.decimal("MarginStopOut"),
        hedging=record.integer("MarginMode") == HEDGED, raw=record.raw,
    )  # fmt: skip


def tick(record: Record, clock: Clock) -> ports.Tick:
    return ports.Tick(
        symbol=record.text("Symbol"), bid=record.decimal("Bid"), ask=record.decimal("Ask"),
        at=clock.utc(record.milliseconds("Datetime")),
    )  # fmt: skip
