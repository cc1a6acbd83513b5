"""Matches: those that wait to be confirmed, and those that were."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.reconciliation import operations, queries
from nostro.reconciliation.models import (
    Match,
    StatementLine,
    money_of,
)
from nostro.ui.actions import Action
from nostro.ui.columns import Badge, Clock, Column, Date, MoneyColumn
from nostro.ui.details import DetailPage, kv, table
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue

LINES = {"matched": "ok", "explained": "ok", "open": "wait", "broken": "bad", "held": "warn"}
MATCHES = {
    "proposed": "wait", "confirmed": "ok", "refused": "bad", "dropped": "line", "undone": "warn",
}  # fmt: skip
COUNTERPARTY = "reconciliation.line.counterparty"


def _total(row: Match) -> Money:
    zero = Money.zero(row.account.currency)
    return sum((line.money for line in row.lines.all()), zero)


def _variance(row: Match) -> Money | None:
    return money_of(row.variance, row.account.currency) if row.variance else None


def _ours(row: Match) -> SafeString:
    names = {"leg": "payment", "deposit": "deposit", "payout": "payout"}
    said = [f"{names[kind]} {pk}" for kind, _, pk in (one.partition("/") for one in row.ours)]
    return format_html("{}", ", ".join(said))


def _confirmed(act: Act, row: Match) -> str | None:
    return "" if row.status == Match.Status.CONFIRMED else None


def _proposed(act: Act, row: Match) -> str | None:
    return "" if row.status == Match.Status.PROPOSED else None


LINE_COLUMNS = [
    Date("booked_date", "Booked"),
    MoneyColumn("money", "Amount"),
    Column("counterparty", "Other side", masked=COUNTERPARTY, cut=True),
    Column("remittance", "Text", low=2, masked=COUNTERPARTY, cut=True),
    Badge("status", colors=LINES, words=dict(StatementLine.Status.choices)),
]
match = DetailPage(
    room="reconciliation", slug="matches", model=Match, rows=queries.matches,
    title=lambda row: f"{row} by {row.rule}",
    subtitle=lambda row: row.reason,
    pills=lambda act, row: [Pill(row.status_label, MATCHES[row.status])],
    figures=lambda act, row: [
        Figure("Lines", _total(row)),
        *([Figure("Difference", _variance(row), tone="bad")] if row.variance else []),
    ],
    panels=[
        table("Lines of the bank", lambda act, row: row.lines.all(), LINE_COLUMNS),
        kv(
            "Ours",
            [
                Column(_ours, "Movements"), Column("account", "Account"),
                Column("entry", "Entry"), Column("decision", "Decision"),
                Date("made_at", "Found"), Date("undone_at", "Undone"), Column("note"),
            ],
        ),
    ],
    actions=[
        Action(operations.confirm_match, when=_proposed),
        Action(operations.refuse_match, when=_proposed),
        Action(operations.undo_match, when=_confirmed),
    ],
    icon="git-compare",
)  # fmt: skip

matches = ListPage(
    room="reconciliation", slug="matches", title="Matches", rows=queries.matches,
    columns=[
        Clock("due_at"), Column(str, "Match", low=3, quiet=True), Column("rule", "By"),
        MoneyColumn(_total, "Lines"), MoneyColumn(_variance, "Difference", low=2),
        Column(_ours, "Ours", low=2), Column("account", low=3),
        Date("made_at", "Found", sort="made_at", low=2),
        Badge("status", colors=MATCHES, words=dict(Match.Status.choices)),
    ],
    filters=[choice("status", Match.Status.choices), date_range("made_at", title="Found")],
    views=[
        View("To confirm", status=Match.Status.PROPOSED),
        View("Confirmed", counted=False, status=Match.Status.CONFIRMED),
        View("All", counted=False),
    ],
    actions=[Action(operations.confirm_match, when=_proposed)],
    inspector=match, number="M", order="-made_at", icon="git-compare",
    empty="Nothing waits to be confirmed. What a key proves is matched by itself.",
)  # fmt: skip

Queue(
    Match, Match.Status.PROPOSED, title="Matches to confirm", icon="git-compare",
    page=matches.url, line=lambda row: f"{_total(row)} by {row.rule}",
)  # fmt: skip
