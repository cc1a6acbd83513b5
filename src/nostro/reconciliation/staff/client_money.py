"""Client money: what is required beside what is set aside, day by day."""

from typing import Any

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.reconciliation import queries
from nostro.reconciliation.models import (
    ClientMoneyReport,
)
from nostro.reconciliation.queries.segregation import reproduces
from nostro.ui.columns import Column, Date, MoneyColumn
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import date_range
from nostro.ui.lists import ListPage, View


def _parts(act: Act, row: ClientMoneyReport) -> dict[str, Any]:
    words = [
        ("free", "Clients' free money"),
        ("margined", "Equity on trading accounts"),
        ("unallocated", "Unallocated receipts"),
        ("in_transit", "Paid out, not yet cleared"),
        ("to_platforms", "On its way to platforms"),
    ]
    return {
        "parts": [(text, Money.of(f"{row.parts[name]} {row.currency}")) for name, text in words],
        "aside": Money.of(f"{row.parts['at_providers']} {row.currency}"),
        "reproduces": reproduces(row),
    }


def _verdict(row: ClientMoneyReport) -> Pill:
    if row.difference.amount < 0:
        return Pill("Shortfall", "bad")
    return Pill("Excess", "warn") if row.difference else Pill("Exactly enough", "ok")


def _clients(row: ClientMoneyReport) -> str:
    count = row.parts["clients"]
    return "one client" if count == 1 else f"{count} clients"


report = DetailPage(
    room="reconciliation", slug="client-money", model=ClientMoneyReport,
    rows=queries.client_money,
    title=lambda row: f"Client money, {row.entity.code} {row.currency}",
    subtitle=lambda row: f"As at the close of {row.day_date:%-d %B %Y}, revision {row.revision}",
    pills=lambda act, row: [_verdict(row)],
    figures=lambda act, row: [
        Figure("Difference", row.difference, note=_clients(row),
               tone="bad" if row.difference.amount < 0 else ""),
    ],
    panels=[
        template("What is required", "reconciliation/client_money.html", _parts),
        kv(
            "Signed",
            [
                Date("known_at", "Made"), Column(lambda row: f"{row.digest[:24]}…", "Digest"),
                Column(lambda row: f"{row.signature[:24]}…", "Signature"),
            ],
        ),
    ],
    icon="scale",
)  # fmt: skip

reports = ListPage(
    room="reconciliation", slug="client-money", title="Client money", rows=queries.client_money,
    columns=[
        Date("day_date", "Close of", sort="day_date"), Column("entity.code", "Entity"),
        Column("currency"), MoneyColumn("resource_money", "Resource", sort="resource", low=2),
        MoneyColumn("requirement_money", "Requirement", sort="requirement", low=2),
        MoneyColumn("difference", "Difference"),
        Column(lambda row: row.revision, "Revision", low=2),
    ],
    filters=[date_range("day_date", title="Day")],
    views=[View("All", counted=False)],
    inspector=report, number="CM", order="-day_date", icon="scale",
    empty="The first report is made tomorrow morning, as at the close of today.",
)  # fmt: skip
