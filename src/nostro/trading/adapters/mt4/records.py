"""Rows about accounts and prices, and the server's own word on them, as the port's dataclasses.

Accounts in cents are counted in the whole currency: a hundred USC are one USD.
"""

from datetime import datetime
from decimal import Decimal

from nostro.kit import Currency, Lots, Retry
from nostro.kit.money import BadMoney
from nostro.trading import ports
from nostro.trading.adapters.mt4.clock import Clock, wall_of
from nostro.trading.adapters.mt4.contracts import Contract
from nostro.trading.adapters.mt4.tables import Row
from nostro.trading.adapters.mt4.writer import Live, LiveGroup

CENTS = {"USC": "USD", "EUC": "EUR", "GBC": "GBP"}
SMALLEST, LARGEST = Lots(Decimal("0.01")), Lots(Decimal(1000))
"""The platform's own hundredth, and its usual limit: the tables do not say a symbol's."""
CENT = Decimal("0.01")
LEVEL = Decimal("0.01")


def units_of(currency: str) -> int:
    """How many of the platform's units make one of the currency."""
    return 100 if currency in CENTS else 1


def currency_of(written: str) -> Currency:
    """Raises `BadMoney`."""
    return Currency(CENTS.get(written, written))


def _amount(row: Row, name: str, units: int) -> Decimal:
    return row.decimal(name).quantize(CENT) / units


def _moment(row: Row, name: str, clock: Clock) -> datetime | None:
    wall = row.moment(name) if row.has(name) else None
    return clock.utc(wall) if wall else None


def _right(*, read_only: bool) -> ports.Right:
    """There is no right of one account to close and no more."""
    return ports.Right.NONE if read_only else ports.Right.FULL


def account(row: Row, clock: Clock) -> ports.PlatformAccount:
    units = units_of(row.text("CURRENCY"))
    return ports.PlatformAccount(
        login=row.integer("LOGIN"), group=row.text("GROUP"), name=row.text("NAME"),
        leverage=row.integer("LEVERAGE"), enabled=bool(row.integer("ENABLE")),
        trading=_right(read_only=bool(row.integer("ENABLE_READONLY"))),
        balance=_amount(row, "BALANCE", units), credit=_amount(row, "CREDIT", units),
        client_code=row.text("ID"), comment=row.text("COMMENT"),
        registered_at=_moment(row, "REGDATE", clock),
        last_seen_at=_moment(row, "LASTDATE", clock), raw=row.raw,
        email=row.text("EMAIL") if row.has("EMAIL") else "",
    )  # fmt: skip


def state(row: Row) -> ports.AccountState:
    units = units_of(row.text("CURRENCY"))
    balance, credit = _amount(row, "BALANCE", units), _amount(row, "CREDIT", units)
    equity = _amount(row, "EQUITY", units)
    return ports.AccountState(
        login=row.integer("LOGIN"), balance=balance, credit=credit, equity=equity,
        margin=_amount(row, "MARGIN", units), free_margin=_amount(row, "MARGIN_FREE", units),
        margin_level=row.decimal("MARGIN_LEVEL").quantize(LEVEL),
        floating=equity - balance - credit, raw=row.raw,
    )  # fmt: skip


def live_account(live: Live, currency: str, clock: Clock) -> ports.PlatformAccount:
    """As the server itself has it, whatever the tables have."""
    units = units_of(currency)
    opened = clock.utc(wall_of(live.registered)) if live.registered else None
    return ports.PlatformAccount(
        login=live.login, group=live.group, name=live.name, leverage=live.leverage,
        enabled=live.enabled, trading=_right(read_only=not live.trading),
        balance=live.balance / units, credit=live.credit / units,
        client_code=live.values.get("id", ""), comment=live.values.get("comment", ""),
        registered_at=opened, last_seen_at=None, raw={**live.values, "CURRENCY": currency},
        email=live.values.get("email", ""),
    )  # fmt: skip


def live_state(live: Live, currency: str) -> ports.AccountState:
    units = units_of(currency)
    floating = live.equity - live.balance - live.credit
    return ports.AccountState(
        login=live.login, balance=live.balance / units, credit=live.credit / units,
        equity=live.equity / units, margin=live.margin / units,
        free_margin=live.free_margin / units, margin_level=live.margin_level,
        floating=floating / units, raw=live.values,
    )  # fmt: skip


def group(live: LiveGroup) -> ports.Group | None:
    """Nothing of a group whose currency is none: no account of the house can be in it."""
    try:
        currency = currency_of(live.currency)
    except BadMoney:
        return None
    return ports.Group(
        name=live.name, currency=currency, margin_call=live.margin_call,
        stop_out=live.stop_out, hedging=True, raw=live.raw,
    )  # fmt: skip


def symbol(row: Row, contract: Contract) -> ports.Symbol:
    digits = row.integer("DIGITS")
    return ports.Symbol(
        name=row.text("SYMBOL"), path="", description="", base=contract.base,
        profit_currency=contract.profit, margin_currency=contract.margin, digits=digits,
        contract_size=contract.size, tick_size=Decimal(1).scaleb(-digits), smallest=SMALLEST,
        largest=LARGEST, step=SMALLEST, swap_long=Decimal(0), swap_short=Decimal(0), raw=row.raw,
    )  # fmt: skip


def tick(row: Row, clock: Clock) -> ports.Tick | None:
    """Nothing of a symbol that was never quoted."""
    at = row.moment("TIME")
    point = Decimal(1).scaleb(-row.integer("DIGITS"))
    bid, ask = (row.decimal(name).quantize(point) for name in ("BID", "ASK"))
    if at is None or bid <= 0:
        return None
    return ports.Tick(symbol=row.text("SYMBOL"), bid=bid, ask=ask, at=clock.utc(at))


ORDER_KINDS = {
    2: ports.OrderKind.BUY_LIMIT, 3: ports.OrderKind.SELL_LIMIT, 4: ports.OrderKind.BUY_STOP,
    5: ports.OrderKind.SELL_STOP,
}  # fmt: skip
"""By the number of the command: orders that wait."""


def order(row: Row, clock: Clock) -> ports.Order:
    """An order that waits, or that ended unfilled: a filled one is a trade under its ticket."""
    volume = Lots(row.decimal("VOLUME").scaleb(-2))
    point = Decimal(1).scaleb(-row.integer("DIGITS"))
    done, placed = _moment(row, "CLOSE_TIME", clock), _moment(row, "OPEN_TIME", clock)
    state = ports.OrderState.PLACED
    if done is not None:
        lapsed = row.text("COMMENT").startswith("expiration")
        state = ports.OrderState.EXPIRED if lapsed else ports.OrderState.CANCELLED
    if placed is None:
        raise Retry(f"Order {row.integer('TICKET')} has no time.")
    return ports.Order(
        ticket=row.integer("TICKET"), login=row.integer("LOGIN"), position=0,
        symbol=row.text("SYMBOL"),
        kind=ORDER_KINDS.get(row.integer("CMD"), ports.OrderKind.OTHER), state=state, lots=volume,
        open_lots=volume, price=row.decimal("OPEN_PRICE").quantize(point),
        trigger_price=Decimal(0), stop_loss=row.decimal("SL").quantize(point),
        take_profit=row.decimal("TP").quantize(point), placed_at=placed,
        expires_at=_moment(row, "EXPIRATION", clock), done_at=done, comment=row.text("COMMENT"),
        raw=row.raw,
    )  # fmt: skip


def daily(row: Row, clock: Clock, units: int) -> ports.DailyReport:
    at = _moment(row, "TIME", clock)
    if at is None:
        raise Retry(f"A daily report of {row.integer('LOGIN')} has no time.")
    return ports.DailyReport(
        login=row.integer("LOGIN"), at=at, group=row.text("GROUP"),
        balance=_amount(row, "BALANCE", units), credit=_amount(row, "CREDIT", units),
        equity=_amount(row, "EQUITY", units), margin=_amount(row, "MARGIN", units),
        free_margin=_amount(row, "MARGIN_FREE", units), floating=_amount(row, "PROFIT", units),
        raw=row.raw,
    )  # fmt: skip
