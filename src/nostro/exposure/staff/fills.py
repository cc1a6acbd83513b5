"""What providers filled: the list, and one fill with what was made of it later."""

from typing import Any

from nostro.core.acts import Act
from nostro.exposure import queries
from nostro.exposure.models import Fill
from nostro.exposure.staff.figures import units
from nostro.kit.money import quoted
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Column, Date, Link, Number
from nostro.ui.details import DetailPage, kv, table
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range, text
from nostro.ui.lists import ListPage, View
from nostro.ui.templatetags.nostro import pill

SIDES = {"1": "ok", "-1": "bad"}


def standing_of(row: Any) -> tuple[str, str]:
    """What has become of it, in words and their tone."""
    if row.kind == Fill.Kind.CANCELLED:
        return "Cancellation", "bad"
    if row.replaced:
        return "Corrected later", "line"
    return ("Correction", "info") if row.kind == Fill.Kind.CORRECTED else ("Counts", "ok")


def _price(row: Fill) -> str:
    instrument = row.position.instrument
    return quoted(row.price, instrument.digits if instrument else None)


def _units(value: Any) -> str:
    return "" if value is None else units(value)


fill = DetailPage(
    room="exposure",
    slug="fills",
    model=Fill,
    rows=queries.fills,
    title=lambda row: f"Fill {row.exec_id}",
    subtitle=lambda row: f"{row.provider} · {row.session}",
    pills=lambda act, row: [Pill(*standing_of(row))],
    figures=lambda act, row: [
        Figure(row.get_side_display(), units(row.quantity), note=row.position.symbol),
        Figure("Price", _price(row)),
    ],
    panels=[
        kv(
            "What happened",
            [
                Link("provider"),
                Link("position", "Position"),
                Date("at", "When"),
                Date("trade_date", "Trade date"),
                Date("value_date", "Value date"),
                Column("account", "Our account there"),
                Column("currency", "Units of"),
                Column("corrects", "Corrects"),
            ],
        ),
        kv(
            "Its order",
            [
                Column("order_id", "Order"),
                Column("client_order_id", "Our number"),
                Column(lambda row: _units(row.order_quantity), "Ordered"),
                Column(lambda row: _units(row.cumulative), "Filled with this"),
                Column(lambda row: _units(row.remaining), "Left then"),
            ],
        ),
        table(
            "What was made of it",
            rows=lambda act, row: queries.history_of(row),
            columns=[
                Date("at", "When"),
                Link("", "Fill", url=url_of),
                Column(lambda row: pill(*standing_of(row)), "State"),
                Number(lambda row: units(row.signed, sign=True), "Units"),
                Number(_price, "Price"),
            ],
        ),
        kv("How it was read", [Badge("origin"), Date("read_at", "Read")], side=True),
    ],
    timeline=False,
    icon="arrows-exchange",
)


def _providers(act: Act) -> list[tuple[Any, str]]:
    return [(one.pk, one.name) for one in queries.providers(act)]


fills = ListPage(
    room="exposure",
    slug="fills",
    title="Fills",
    rows=queries.fills,
    columns=[
        Date("at", "When", sort="at"),
        Link("", "Fill", low=3, quiet=True, url=url_of),
        Link("provider", low=2),
        Column("position.symbol", "Symbol"),
        Badge("side", colors=SIDES),
        Number(lambda row: units(row.quantity), "Units"),
        Number(_price, "Price"),
        Column(lambda row: pill(*standing_of(row)), "State", low=2),
        Badge("origin", low=3, title="Came by"),
    ],
    filters=[
        choice("provider", _providers),
        choice("side", [("1", "Buy"), ("-1", "Sell")]),
        text("symbol", "position__symbol__istartswith"),
        text("order", "order_id__istartswith"),
        date_range("at", title="When"),
    ],
    views=[
        View("Everything", counted=False),
        View("Corrections", counted=False, kind__in=["corrected", "cancelled"]),
        View("Not by drop copy", counted=False, origin__in=["asked", "gone"]),
    ],
    inspector=fill,
    search=["exec_id", "order_id"],
    order="-at",
    empty="No provider has reported a fill yet. They arrive within a second.",
    icon="arrows-exchange",
    live=["exposure.liquidityprovider"],
)
