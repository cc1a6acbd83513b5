"""Deals and open positions over all accounts, as the platforms keep them."""

from typing import Any

from django.db.models import QuerySet

from nostro.core.acts import Act
from nostro.trading import operations, queries
from nostro.trading.models import Deal, DealCorrection, TakenDeal
from nostro.trading.ports import DealReason
from nostro.trading.staff.accounts import MONEY
from nostro.trading.staff.tables import ENTRIES, lots, price, price_open, quote, told
from nostro.ui.actions import Action
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Column, Date, Link, MoneyColumn, Number, Person
from nostro.ui.details import DetailPage, kv, table
from nostro.ui.figures import Pill
from nostro.ui.filters import choice, date_range, text
from nostro.ui.lists import ListPage, View

SIDE = {"1": "ok", "-1": "bad"}
REASONS = [(one.value, one.capitalize()) for one in DealReason]
NOT_SAID = "The platform does not say"


def reason(row: Deal) -> str:
    return row.get_reason_display() or NOT_SAID


def order(row: Deal) -> int | str:
    """Money that moved without a trade has none."""
    trade = row.action in (Deal.Action.BUY, Deal.Action.SELL)
    return row.order or (NOT_SAID if trade else "")


def platform_time(row: Deal) -> str:
    return row.platform_time or NOT_SAID


def _client_url(row: Any) -> str:
    return url_of(row.account.client) if row.account else ""


def _money(name: str) -> Any:
    """A part of a deal in its account's currency."""

    def part(row: Deal) -> Any:
        return row.account.money(getattr(row, name)) if row.account else getattr(row, name)

    return part


def _may_take(act: Act, row: Deal) -> str | None:
    return "" if queries.loose_deal(row, act.at) else None


def _corrections(act: Act, row: Deal) -> QuerySet[DealCorrection]:
    return queries.deal_corrections(act, row=row).filter(deal__account__isnull=False)


def _now(row: DealCorrection) -> str:
    return "Gone" if row.gone else told(row.changed) or "As it was read"


def _taken(act: Act, row: Deal) -> QuerySet[TakenDeal]:
    return queries.taken_deals(act, row=row)


take = Action(operations.propose_taking, when=_may_take)

deal = DetailPage(
    room="trading",
    slug="deals",
    model=Deal,
    rows=queries.deals,
    title=lambda row: f"Deal {row.ticket}",
    subtitle=lambda row: f"{row.platform} · login {row.login}",
    pills=lambda act, row: [Pill(row.get_action_display(), "line")],
    panels=[
        kv(
            "What happened",
            [
                Link("account"),
                Person("account.client.name", "Client", url=_client_url),
                Column("symbol"),
                Column(lambda row: ENTRIES.get(row.entry, ""), "Entry"),
                Column(reason, "Reason"),
                Number(lots, "Lots", places=2),
                Column(price, "Price"),
                Column(price_open, "Opened at"),
                Date("opened_at", "Opened"),
                Date("at", "When"),
                Column(platform_time, "By the platform's clock"),
                Column("position"),
                Column(order, "Order"),
                Column("comment"),
            ],
        ),
        kv(
            "What it did to the balance",
            [
                MoneyColumn(_money("profit"), "Profit"),
                MoneyColumn(_money("swap"), "Swap"),
                MoneyColumn(_money("commission"), "Commission"),
                MoneyColumn(_money("fee"), "Fee"),
                MoneyColumn("result", "Together"),
            ],
        ),
        table(
            "What the platform made of it later",
            _corrections,
            [
                Date("found_at", "Seen"),
                Column(lambda row: told(row.was) or "—", "As it was read"),
                Column(_now, "As it is"),
                MoneyColumn(lambda row: row.deal.account.money(row.delta), "To the balance"),
            ],
            empty="It is as it was read.",
            may=queries.deal_corrections.name,
        ),
        table(
            "Taken into the ledger",
            _taken,
            [
                Date("taken_at", "When"),
                MoneyColumn(lambda row: row.deal.account.money(row.amount), "Amount"),
                Column(lambda row: row.against.capitalize(), "Against"),
                Column("reason"),
            ],
            empty="Nothing by hand.",
            may=queries.taken_deals.name,
            side=True,
        ),
        kv(
            "How it was read",
            [
                Date("read_at", "Read"),
                Column(quote("bid"), "Market bid"),
                Column(quote("ask"), "Market ask"),
            ],
            side=True,
        ),
    ],
    actions=[take],
    timeline=False,
    icon="arrows-exchange",
)


def _platforms(act: Act) -> list[tuple[Any, str]]:
    return [(one.pk, one.name) for one in queries.platforms(act)]


deals = ListPage(
    room="trading",
    slug="deals",
    title="Deals",
    rows=queries.deals,
    columns=[
        Date("at", "When", sort="at"),
        Link("", "Deal", low=3, quiet=True, url=url_of),
        Person("account.client.name", "Client", url=_client_url),
        Column("login", low=2, quiet=True),
        Badge("action", colors={"buy": "ok", "sell": "bad"}, low=2),
        Column(lambda row: ENTRIES.get(row.entry, ""), "Entry", low=3),
        Column("get_reason_display", "Reason", low=3),
        Column("symbol"),
        Number(lots, "Lots", places=2, low=2),
        Number(price, "Price", low=2),
        MoneyColumn("result", "Result"),
    ],
    filters=[
        choice("platform", _platforms),
        choice("action", Deal.Action.choices),
        choice("reason", REASONS),
        text("symbol", "symbol__istartswith"),
        text("login", "login__contains"),
        choice("account__practice", MONEY, title="Money"),
        date_range("at", title="When"),
    ],
    views=[
        View("Everything", counted=False),
        View("Practice", counted=False, account__practice=True),
        View("Trades", counted=False, action__in=["buy", "sell"]),
        View("Money", counted=False, action__in=["balance", "credit", "bonus", "charge"]),
        View("Not ours", account=None),
    ],
    inspector=deal,
    order="-at",
    empty="No deal was read yet. They arrive within seconds of the platform's.",
    icon="arrows-exchange",
    live=["trading.platform"],
)

positions = ListPage(
    room="trading",
    slug="positions",
    title="Open trades",
    rows=queries.positions,
    columns=[
        Date("opened_at", "Since", sort="opened_at", low=2),
        Person("account.client.name", "Client", url=_client_url),
        Link("account", low=2),
        Column("symbol", sort="symbol"),
        Badge("side", colors=SIDE, low=2),
        Number("lots", sort="lots", places=2),
        Number(price_open, "Opened at", low=3),
        Number(price, "Now", low=2),
        MoneyColumn("floating", "Result", sort="profit"),
    ],
    filters=[
        choice("side", [("1", "Long"), ("-1", "Short")]),
        text("symbol", "symbol__istartswith"),
        choice("platform", _platforms),
    ],
    views=[
        View("Real money", counted=False, account__practice=False),
        View("Practice", counted=False, account__practice=True),
    ],
    order="-opened_at",
    empty="Nothing is open on any platform.",
    icon="chart-line",
    live=["trading.platform"],
)
