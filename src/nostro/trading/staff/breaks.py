"""Balances that their own deals do not explain: the queue, and the page of one."""

from nostro.trading import operations, queries
from nostro.trading.models import BalanceBreak
from nostro.ui.actions import Action, only_in
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Clock, Column, Date, Link, MoneyColumn, Person
from nostro.ui.details import DetailPage, kv
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue

Status = BalanceBreak.Status
TONES = {"open": "bad", "explained": "ok"}
explain = Action(operations.explain_break, when=only_in(Status.OPEN))


def _figures(row: BalanceBreak) -> list[Figure]:
    shown, derived = row.account.money(row.shown), row.account.money(row.derived)
    why = arithmetic(
        "On the platform",
        ("Its balance", shown),
        ("What its deals add up to", derived),
        ("Difference", row.difference),
    )
    return [
        Figure("Difference", row.difference, tone="bad", why=why),
        Figure("The platform shows", shown),
        Figure("Its deals make", derived),
    ]


balance_break = DetailPage(
    room="trading",
    slug="breaks",
    model=BalanceBreak,
    rows=queries.breaks,
    title=lambda row: f"{row} {row.account}",
    subtitle=lambda row: row.cause,
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=lambda act, row: _figures(row),
    panels=[
        kv(
            "Where",
            [
                Link("account"),
                Person("account.client.name", "Client", url=lambda row: url_of(row.account.client)),
                Column("cause"),
                Column("note", "Explained by"),
                Date("found_at", "Found"),
                Clock("due_at", "Explain within"),
            ],
        )
    ],
    actions=[explain],
    icon="alert-triangle",
)

breaks = ListPage(
    room="trading",
    slug="breaks",
    title="Balance breaks",
    rows=queries.breaks,
    columns=[
        Clock("due_at", sort="due_at"),
        Link("account"),
        Person("account.client.name", "Client", low=2, url=lambda row: url_of(row.account.client)),
        MoneyColumn("difference"),
        Column("cause", cut=True, low=2),
        Date("found_at", "Found", sort="found_at", low=3),
        Badge("status", colors=TONES),
    ],
    views=[View("Open", status=Status.OPEN), View("All", counted=False)],
    actions=[explain],
    inspector=balance_break,
    number="BB",
    order="-found_at",
    empty="Every balance is what its deals make it. They are derived anew every minute.",
    icon="alert-triangle",
)

Queue(
    BalanceBreak,
    Status.OPEN,
    title="Balance breaks",
    icon="alert-triangle",
    page=breaks.url,
    line=lambda row: f"{row.account}, {row.difference}",
    nothing="Every balance is what its deals make it.",
)
