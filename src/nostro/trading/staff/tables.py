"""What stands on an account, as tables: trades, orders, deals, days and breaks."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Window
from django.db.models.functions import Lag

from nostro.core.acts import Act
from nostro.kit.money import Money, quoted
from nostro.trading import queries
from nostro.trading.models import (
    BalanceBreak,
    DailyReport,
    Deal,
    PastOrder,
    PendingOrder,
    Position,
    TradingAccount,
)
from nostro.trading.queries.deriving import FIGURES
from nostro.ui.columns import Badge, Column, Date, Link, MoneyColumn, Number
from nostro.ui.details import table
from nostro.ui.templatetags.nostro import MINUS, pill

ENTRIES = {"in": "Opens", "out": "Closes", "inout": "Reverses", "outby": "Closed by", "none": "—"}


def _open_trades(act: Act, row: TradingAccount) -> QuerySet[Position]:
    return queries.positions(act).filter(account=row)


def _orders(act: Act, row: TradingAccount) -> QuerySet[PendingOrder]:
    return queries.orders(act).filter(account=row)


def _past_orders(act: Act, row: TradingAccount) -> QuerySet[PastOrder]:
    return queries.past_orders(act).filter(account=row)[:50]


def deals_of(act: Act, row: TradingAccount) -> QuerySet[Deal]:
    return queries.deals(act).filter(account=row)[:50]


def _days(act: Act, row: TradingAccount) -> QuerySet[DailyReport]:
    before = Window(Lag("balance"), order_by=F("at").asc())
    rows = queries.days(act).filter(account=row)
    return rows.annotate(change=F("balance") - before)[:60]


def _change(row: Any) -> Money | None:
    return row.account.money(row.change) if row.change is not None else None


def _verdict(row: DailyReport) -> str:
    return pill("Agrees", "ok") if row.agrees else pill("Differs", "bad")


def breaks_of(act: Act, row: TradingAccount) -> QuerySet[BalanceBreak]:
    return queries.breaks(act).filter(account=row)


def _digits(row: Any) -> int | None:
    instrument = getattr(row, "instrument", None)
    return instrument.digits if instrument else None


def quote(name: str) -> Callable[[Any], str]:
    """One of a row's prices as its instrument is quoted; nothing where the platform gave none."""

    def said(row: Any) -> str:
        found = getattr(row, name)
        return quoted(found, _digits(row)) if found else ""

    return said


price = quote("price")
price_open = quote("price_open")


def told(figures: dict[str, str]) -> str:
    """Figures of a deal in a cell, by their names."""
    there = [name for name in (*FIGURES, "comment") if name in figures]
    said = ", ".join(f"{name.replace('_', ' ')} {figures[name]}" for name in there)
    return said.replace(" -", f" {MINUS}")


def lots(row: Any) -> Decimal | None:
    return row.lots or None


open_trades = table(
    "Open trades",
    _open_trades,
    [
        Column("ticket", quiet=True, low=2),
        Column("symbol"),
        Badge("side", "Side", colors={"1": "ok", "-1": "bad"}),
        Number("lots", places=2),
        Number(price_open, "Opened at", low=2),
        Number(price, "Now", low=2),
        MoneyColumn("floating", "Result"),
        Date("opened_at", "Since", low=3),
    ],
    empty="Nothing is open.",
    may=queries.positions.name,
)
orders = table(
    "Orders",
    _orders,
    [
        Column("ticket", quiet=True, low=2),
        Column("symbol"),
        Column(lambda row: row.kind.capitalize(), "Order"),
        Number("lots", places=2),
        Number(price, "Price"),
        Date("expires_at", "Until", low=2),
        Date("placed_at", "Since", low=3),
    ],
    empty="No order waits.",
    may=queries.orders.name,
)
past_orders = table(
    "Orders that ended unfilled",
    _past_orders,
    [
        Date("done_at", "Ended"),
        Column("ticket", quiet=True, low=2),
        Column("symbol"),
        Column(lambda row: row.kind.capitalize(), "Order"),
        Number("lots", places=2),
        Number(price, "Price", low=2),
        Column(lambda row: row.state.capitalize(), "How"),
        Date("placed_at", "Placed", low=3),
    ],
    empty="None, or the platform keeps none.",
    may=queries.past_orders.name,
)
days = table(
    "Ends of days, as the platform reports them",
    _days,
    [
        Date("at", "Day"),
        MoneyColumn("balance_money", "Balance"),
        MoneyColumn(_change, "Change", low=2),
        MoneyColumn("credit_money", "Credit", low=3),
        MoneyColumn("equity_money", "Equity", low=2),
        Column(_verdict, "With our deals"),
        Link("found", "Break", low=2),
    ],
    empty="None yet, or the platform makes none.",
    may=queries.days.name,
)
deal_columns = [
    Date("at", "When", sort="at"),
    Column("get_action_display", "Action"),
    Column(lambda row: ENTRIES.get(row.entry, ""), "Entry", low=3),
    Column("get_reason_display", "Reason", low=3),
    Column("symbol"),
    Number(lots, "Lots", places=2),
    Number(price, "Price", low=2),
    MoneyColumn("result", "Result"),
    Link("", "Deal", low=3, quiet=True),
]
