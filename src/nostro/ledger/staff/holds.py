"""Holds: money set aside and not moved yet, with the clock until which it stays so."""

from typing import Any

from nostro.core.acts import Act
from nostro.ledger import operations, queries
from nostro.ledger.models import Hold
from nostro.ledger.staff.naming import AccountColumn, entry_url, money_of, with_names
from nostro.ledger.staff.narrowing import currencies, entities
from nostro.ui.actions import Action
from nostro.ui.columns import Clock, Column, Date, MoneyColumn
from nostro.ui.details import DetailPage, kv
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range, text
from nostro.ui.lists import ListPage, View


def _names(act: Act, rows: list[Any]) -> None:
    with_names(rows)


hold = DetailPage(
    room="ledger",
    slug="holds",
    model=Hold,
    rows=queries.holds,
    title=lambda row: f"{row} {row.entry.text}",
    subtitle=lambda row: f"{row.source_named} for {row.target_named}",
    pills=lambda act, row: [Pill("Held", "wait")],
    figures=lambda act, row: [Figure("Held", money_of(row))],
    panels=[
        kv(
            "What is held",
            [
                AccountColumn("source_named", "Taken from"),
                AccountColumn("target_named", "For"),
                Column("entry", "Entry", url=lambda row: entry_url(row.entry_id)),
                Date("entry.recorded_at", "Since"),
                Date("expires_at", "Until"),
            ],
        )
    ],
    actions=[Action(operations.carry_out_hold), Action(operations.release_hold)],
    prepare=_names,
    icon="lock",
)

holds = ListPage(
    room="ledger",
    slug="holds",
    title="Holds",
    rows=queries.holds,
    columns=[
        Clock("expires_at", "Until", sort="expires_at", since="entry.recorded_at"),
        Column(str, "Hold", sort="pk", url=lambda row: f"/staff/ledger/holds/{row.pk}/"),
        Column("entry.text", "What for", cut=True),
        AccountColumn("source_named", "Taken from"),
        AccountColumn("target_named", "For", low=3),
        MoneyColumn(money_of, "Amount", sort="units"),
        Date("entry.recorded_at", "Since", sort="entry__recorded_at", low=2),
    ],
    filters=[
        choice("currency", currencies, path="asset"),
        choice("entity", entities, path="entry__entity_id"),
        text("account", "source__path__startswith"),
        date_range("recorded_at", path="entry__recorded_at", title="Since"),
    ],
    views=[
        View("Open", counted=False),
        View("Expiring", expires_at__isnull=False, order="expires_at", counted=False),
        View("Without an end", expires_at=None, counted=False),
    ],
    actions=[Action(operations.carry_out_hold), Action(operations.release_hold)],
    inspector=hold,
    search=["entry__text", "source__path"],
    number="H",
    order="pk",
    prepare=_names,
    empty="Nothing is held. What a withdrawal sets aside stands on accounts of its own.",
    icon="lock",
)
