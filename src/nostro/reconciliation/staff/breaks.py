"""Breaks: the queue, and one of them with its line and what may be done."""

from typing import Any

from nostro.core.acts import Act
from nostro.reconciliation import operations, queries
from nostro.reconciliation.models import (
    Break,
    Match,
)
from nostro.ui.actions import Action
from nostro.ui.columns import Badge, Clock, Column, Date, Link, MoneyColumn
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue

BREAKS = {"open": "bad", "explained": "ok"}
COUNTERPARTY = "reconciliation.line.counterparty"


def _kind(row: Break) -> str:
    return str(row.get_kind_display())


def _line_of(act: Act, row: Break) -> dict[str, Any]:
    seen = act.actor.grants.unmask(COUNTERPARTY)
    proposed = [] if row.line is None else list(
        row.line.matches.filter(status=Match.Status.PROPOSED)
    )  # fmt: skip
    return {"line": row.line, "unmasked": seen, "proposed": proposed}


def _with_line(act: Act, row: Break) -> str | None:
    return "" if row.status == Break.Status.OPEN and row.line_id else None


def _credit(act: Act, row: Break) -> str | None:
    return _with_line(act, row) if row.amount > 0 else None


def _debit(act: Act, row: Break) -> str | None:
    return _with_line(act, row) if row.amount < 0 else None


def _open(act: Act, row: Break) -> str | None:
    return "" if row.status == Break.Status.OPEN else None


explain = Action(operations.explain_break, when=_open)
give = Action(operations.assign, when=_open)
found = DetailPage(
    room="reconciliation", slug="breaks", model=Break, rows=queries.breaks,
    title=lambda row: f"{row} {_kind(row)}",
    subtitle=lambda row: row.cause,
    pills=lambda act, row: [Pill(row.status_label, BREAKS[row.status])],
    figures=lambda act, row: [Figure("Amount", row.money)],
    panels=[
        template("The line", "reconciliation/line.html", _line_of),
        kv(
            "This break",
            [
                Column("cause"), Column("owner"), Column("account", "Bank account"),
                Link("file", "Statement"), Date("found_at", "Found"), Date("due_at", "Due"),
                Column("explanation"), Column("entry", "Entry"), Column("decision", "Decision"),
            ],
        ),
    ],
    actions=[
        Action(operations.allocate_receipt, when=_credit),
        Action(operations.match_payment, when=_debit),
        explain, give,
    ],
    icon="alert-triangle",
)  # fmt: skip

breaks = ListPage(
    room="reconciliation", slug="breaks", title="Breaks", rows=queries.breaks,
    columns=[
        Clock("due_at", sort="due_at"),
        Column(str, "Break", low=3, quiet=True),
        Column(_kind, "What", sort="kind"),
        MoneyColumn("money", "Amount", sort="amount"),
        Column("cause", low=3, cut=True),
        Column("account", "Account", low=2),
        Column("owner", "Owner", low=2),
        Date("found_at", "Found", sort="found_at", low=2),
        Badge("status", colors=BREAKS, words=dict(Break.Status.choices)),
    ],
    filters=[
        choice("kind", Break.Kind.choices), choice("status", Break.Status.choices),
        date_range("found_at", title="Found"),
    ],
    views=[
        View("Open", status=Break.Status.OPEN),
        View("Mine", status=Break.Status.OPEN, owner_id=lambda act: act.actor.id),
        View("Nobody's", status=Break.Status.OPEN, owner=None),
        View("Overdue", status=Break.Status.OPEN, due_at__lt=lambda act: act.at),
        View("All", counted=False, order="-found_at"),
    ],
    actions=[give], inspector=found, search=["cause", "key"], number="B", order="due_at",
    icon="alert-triangle", empty="Everything agrees. What does not appears here by itself.",
)  # fmt: skip

Queue(
    Break, Break.Status.OPEN, title="Breaks", icon="alert-triangle", page=breaks.url,
    line=lambda row: f"{_kind(row)}, {row.money}", nothing="Everything agrees.",
)  # fmt: skip
