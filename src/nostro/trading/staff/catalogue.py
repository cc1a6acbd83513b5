"""What platforms call things: symbols and the instruments they are, groups and their books."""

from decimal import Decimal
from typing import Any

from nostro.core.acts import Act
from nostro.trading import operations, queries
from nostro.trading.models import Group, Instrument, PlatformSymbol
from nostro.trading.staff.accounts import MONEY, entities, practice_mark
from nostro.ui.columns import Badge, Column, Date, Link, Number
from nostro.ui.details import DetailPage, kv
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice
from nostro.ui.lists import ListPage, View

BOOK = {"a": "info", "b": "line"}


def _figure(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():,f}"


def _size(row: Any) -> str:
    return _figure(row.contract_size)


def _quote(name: str) -> Any:
    def shown(row: PlatformSymbol) -> str:
        value = getattr(row, name)
        return "" if value is None else f"{value:,.{row.digits}f}"

    return shown


def _mapped(act: Act, row: PlatformSymbol) -> list[Pill]:
    return [Pill("Known", "ok") if row.instrument else Pill("Not known", "wait")]


symbol = DetailPage(
    room="trading",
    slug="symbols",
    model=PlatformSymbol,
    rows=queries.symbols,
    subtitle=lambda row: str(row.platform),
    pills=_mapped,
    panels=[
        kv(
            "What it is",
            [
                Column("instrument.name", "Instrument"),
                Column("instrument.get_asset_class_display", "Class"),
                Column("waits", "Why it waits"),
                Column(_size, "One lot is"),
                Column("digits"),
                Column(_quote("bid"), "Bid"),
                Column(_quote("ask"), "Ask"),
                Date("tick_at", "Quoted"),
            ],
        )
    ],
    actions=[operations.map_symbol],
    icon="list",
)

symbols = ListPage(
    room="trading",
    slug="symbols",
    title="Symbols",
    rows=queries.symbols,
    columns=[
        Link("", "Symbol", sort="name"),
        Column("platform"),
        Column("instrument", "Instrument"),
        Column("instrument.get_asset_class_display", "Class", low=2),
        Number(_size, "One lot is", low=3),
        Number(_quote("bid"), "Bid", low=2),
        Number(_quote("ask"), "Ask", low=2),
        Date("tick_at", "Quoted", low=3),
    ],
    filters=[
        choice("instrument__asset_class", Instrument._meta.get_field("asset_class").choices or (),
               title="Class"),
    ],
    views=[
        View("All", counted=False),
        View("Not known", instrument=None),
    ],
    actions=[operations.map_symbol],
    create=[operations.add_instrument],
    inspector=symbol,
    search=["name", "instrument__name"],
    order="name",
    empty="No symbol was read yet. They come with the platform.",
    live=["trading.platform"],
)  # fmt: skip

group = DetailPage(
    room="trading",
    slug="groups",
    model=Group,
    rows=queries.groups,
    subtitle=lambda row: f"{row.platform} · {row.entity}",
    pills=lambda act, row: [
        Pill("Practice", "info") if row.practice else Pill(row.get_book_display(), BOOK[row.book])
    ],
    figures=lambda act, row: [
        Figure("Accounts", row.tradingaccount_set.filter(status__in=queries.OPEN).count())
    ],
    panels=[
        kv(
            "What it is for",
            [
                Column("path"),
                Column("currency"),
                Column("account_type"),
                Column("get_book_display", "Book"),
                Column(lambda row: "none" if row.swap_free else "charged", "Swaps"),
            ],
        )
    ],
    actions=[operations.set_book, operations.change_group],
    icon="folder",
)

groups = ListPage(
    room="trading",
    slug="groups",
    title="Groups",
    rows=queries.groups,
    columns=[
        Link("", "Group", sort="path"),
        Column(practice_mark, "", low=2),
        Column("platform", low=2),
        Column("entity", sort="entity__name", low=2),
        Column("currency", sort="currency"),
        Column("account_type", sort="account_type", low=2),
        Badge("book", sort="book", colors=BOOK),
    ],
    filters=[
        choice("entity", entities),
        choice("book", [("a", "A book"), ("b", "B book")]),
        choice("practice", MONEY, title="Money"),
    ],
    actions=[operations.set_book],
    inspector=group,
    search=["path"],
    order="path",
    empty="No group is known. They come with the platform.",
    icon="folder",
)
