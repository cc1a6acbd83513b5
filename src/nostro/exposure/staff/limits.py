"""Alerts and the limits that raise them."""

from nostro.core.queries import named
from nostro.exposure import operations, queries
from nostro.exposure.decisions import LIMITS
from nostro.exposure.models import Alert, Limit
from nostro.exposure.staff.figures import short
from nostro.ui.actions import Action
from nostro.ui.columns import Badge, Clock, Column, Date, MoneyColumn
from nostro.ui.details import DetailPage, kv
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue
from nostro.ui.timeline import NAMES

TONES = {"open": "bad", "acknowledged": "warn", "cleared": "ok"}

take = Action(operations.acknowledge_alert, key="A")


def _names(ids: set[int]) -> dict[int, tuple[str, str]]:
    found = named(Alert, ids)
    return {pk: (one.title, f"{alert.url}{pk}/") for pk, one in found.items()}


alert = DetailPage(
    room="exposure", slug="alerts", model=Alert, rows=queries.alerts,
    title=lambda row: row.title,
    subtitle=lambda row: f"{row.get_book_display()}, {row.entity or 'the whole house'}",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=lambda act, row: [
        Figure("Net", short(row.net), note="when last told"),
        Figure("Limit", short(row.limit, sign=False)),
        Figure("Furthest", short(row.peak)),
        Figure("Over by", short(row.over.amount, sign=False)),
    ],
    panels=[
        kv(
            "Why it is here",
            [
                Column("why", "Why"), Column("rule", "Rule"), Column("decision", "Decision"),
                Date("raised_at", "Raised"), Date("cleared_at", "Over"),
                Column("owner", "Taken by"), Column("note", "What is done"),
            ],
        ),
    ],
    actions=[take],
    icon="alert-triangle",
)  # fmt: skip

alerts = ListPage(
    room="exposure", slug="alerts", title="Alerts", rows=queries.alerts,
    columns=[
        Clock("due_at"),
        Column("title", "Alert"),
        MoneyColumn("net_money", "Net", sort="net"),
        MoneyColumn("limit_money", "Limit", sort="limit", low=2),
        Column("owner", "Taken by", low=2),
        Date("raised_at", "Raised", sort="raised_at"),
        Badge("status", colors=TONES, words=dict(Alert.Status.choices)),
    ],
    filters=[
        choice("kind", Limit.Kind.choices),
        choice("book", [("a", "A book"), ("b", "B book")]),
    ],
    views=[
        View("Open", status__in=["open", "acknowledged"]),
        View("All", counted=False),
    ],
    actions=[take], inspector=alert, search=["code"], order="-raised_at", icon="alert-triangle",
    empty="No limit is reached. Alerts appear here by themselves.",
)  # fmt: skip

Queue(
    Alert, Alert.Status.OPEN, title="Limits reached", icon="alert-triangle", page=alerts.url,
    line=lambda row: row.title, nothing="No limit is reached.",
)  # fmt: skip

limit = DetailPage(
    room="exposure", slug="limits", model=Limit, rows=queries.limits,
    figures=lambda act, row: [Figure("Limit", row.money)],
    panels=[
        kv(
            "This limit",
            [
                Column("get_kind_display", "Of"), Column("entity", "Legal entity"),
                Column("reason"), Column("set_by", "Set by"), Date("set_at", "Set"),
            ],
        )
    ],
    actions=[operations.remove_limit],
)  # fmt: skip

limits = ListPage(
    room="exposure", slug="limits", title="Limits", rows=queries.limits,
    columns=[
        Column("code", "On", sort="code"), Column("get_kind_display", "Kind"),
        Badge("book", words={"a": "A book", "b": "B book"}),
        MoneyColumn("money", "Limit", sort="amount"),
        Column("reason", low=2, cut=True), Column("set_by", "Set by", low=2),
        Date("set_at", "Set", sort="set_at", low=2),
    ],
    create=[operations.set_limit], inspector=limit, search=["code"], order="code",
    empty=f"Every limit is the rule's own ({LIMITS.name}). One set by hand goes before it.",
)  # fmt: skip

NAMES["exposure.alert"] = _names
