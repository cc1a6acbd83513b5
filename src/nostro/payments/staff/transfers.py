"""Transfers between wallets and trading accounts, and where each of them stands."""

from typing import Any

from nostro.core.acts import Act
from nostro.payments import queries
from nostro.payments.models import Transfer
from nostro.payments.staff import choices
from nostro.payments.staff.entries import entries_of
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Column, Date, Link, MoneyColumn, Person
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range, text
from nostro.ui.lists import ListPage, View

Status = Transfer.Status
TONES = {"requested": "line", "in_transit": "info", "settled": "ok", "failed": "bad"}
DIRECTIONS = [("in", "To the trading account"), ("out", "To the wallet")]


def _entries(act: Act, row: Transfer) -> dict[str, Any]:
    steps = ("sent", "settled", "back")
    return {"entries": entries_of(act, [f"transfer/{row.pk}/{step}" for step in steps])}


transfer = DetailPage(
    room="payments",
    slug="transfers",
    model=Transfer,
    rows=queries.transfers,
    subtitle=lambda row: f"{row.client.name} · {row.client.number} · {row.entity.code}",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=lambda act, row: [Figure(row.get_direction_display(), row.money)],
    panels=[
        kv(
            "Details",
            [
                Link("account"),
                Column("reference", "Stands on the platform as"),
                Column("ticket"),
                Column("reason"),
                Date("requested_at", "Asked"),
                Date("settled_at", "Settled"),
            ],
        ),
        template("", "payments/entries.html", _entries),
    ],
    icon="arrows-left-right",
)


transfers = ListPage(
    room="payments",
    slug="transfers",
    title="Transfers",
    rows=queries.transfers,
    columns=[
        Date("requested_at", "Asked", sort="requested_at"),
        Column(str, "Transfer", sort="pk", low=3, quiet=True),
        Person(
            "client.name", "Client", sort="client__last_name", url=lambda row: url_of(row.client)
        ),
        MoneyColumn("money", "Amount", sort="amount"),
        Column("get_direction_display", "Direction", low=2),
        Column("account", low=2, quiet=True),
        Badge("status", sort="status", colors=TONES),
    ],
    filters=[
        choice("status", Status.choices),
        choice("direction", DIRECTIONS),
        choice("entity", choices.entities),
        date_range("requested_at", title="Asked"),
        text("reference", "reference__startswith"),
    ],
    views=[
        View("All", counted=False),
        View("On their way", status__in=[Status.REQUESTED, Status.IN_TRANSIT]),
        View("Failed", counted=False, status=Status.FAILED),
    ],
    inspector=transfer,
    search=["client__last_name__holds", "client__first_name__holds", "reference__startswith"],
    number="T",
    amount="amount",
    order="-requested_at",
    empty="No transfer yet. They appear here as soon as a client moves money.",
    icon="arrows-left-right",
)
