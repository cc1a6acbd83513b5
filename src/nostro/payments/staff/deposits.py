"""Deposits: how far each has come, what its provider told us, and those that need a look."""

from typing import Any

from django.db.models import Q, QuerySet

from nostro.core.acts import Act
from nostro.kit.money import Money
from nostro.payments import operations, queries
from nostro.payments.models import Deposit, Notice
from nostro.payments.ports import BANKS
from nostro.payments.queries.reasons import decision_behind
from nostro.payments.queries.standing import deposit_standing
from nostro.payments.staff import choices
from nostro.payments.staff.entries import entries_of
from nostro.ui.actions import allow_when, only_in
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Clock, Column, Date, MoneyColumn, Person
from nostro.ui.details import DetailPage, kv, table, template
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.filters import choice, date_range, text
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue

Status = Deposit.Status
TONES = {
    "started": "line", "pending": "info", "settled": "ok", "failed": "bad", "held": "warn",
    "charged_back": "bad",
}  # fmt: skip


def _may_send_back(act: Act, row: Deposit) -> str | None:
    if row.status != Status.HELD:
        return None
    if row.provider.kind in BANKS.kinds():
        return "A wire is sent back from Reconciliation, where its line stands."
    return ""


allow_when(operations.settle_held_deposit, only_in(Status.HELD))
allow_when(operations.send_back_held_deposit, _may_send_back)


def notices_of(act: Act, row: Deposit) -> QuerySet[Notice]:
    """What the provider told us of this deposit: by our key, or by its names for it."""
    named = Q(key__startswith=f"{row.key}:")
    for name in filter(None, (row.reference, row.payment_reference)):
        named |= Q(reference=name) | Q(payment=name)
    return queries.notices(act).filter(named, provider=row.provider_id)[:50]


def _notice_money(row: Notice) -> Money | None:
    return None if row.amount is None else Money(row.amount.normalize(), row.currency)  # type: ignore[arg-type]


def _about(act: Act, row: Deposit) -> dict[str, Any]:
    decision = decision_behind(row.decision)
    keys = [f"deposit/{row.pk}/settled", f"deposit/{row.pk}/charged-back"]
    return {
        "deposit": row,
        "client_url": url_of(row.client),
        "received": row.received_money,
        "decision": decision,
        "decision_url": url_of(decision),
        "rule": f"{decision.version.point} v{decision.version.number}" if decision else "",
        "entries": entries_of(act, keys),
    }


def _pills(act: Act, row: Deposit) -> list[Pill]:
    return [Pill(row.status_label, TONES[row.status])]


deposit = DetailPage(
    room="payments",
    slug="deposits",
    model=Deposit,
    rows=queries.deposits,
    pills=_pills,
    panels=[
        template("", "payments/deposit.html", _about),
        kv(
            "Details",
            [
                Column("method"),
                Column("provider", url=lambda row: url_of(row.provider)),
                Column("instrument", "Paid with"),
                Column("reference"),
                Column("payment_reference", "Payment"),
                Column("key", "Our key"),
                Date("started_at", "Started"),
                Date("settled_at", "Settled"),
            ],
        ),
        table(
            "What the provider told us",
            notices_of,
            [
                Date("received_at", "When"),
                Column("kind"),
                MoneyColumn(_notice_money, "Amount"),
                Column("event_id", "Event", low=2, quiet=True, cut=True),
            ],
            empty="Nothing yet. The provider is also asked every minute.",
            may=queries.notices.name,
        ),
    ],
    actions=[operations.settle_held_deposit, operations.send_back_held_deposit],
    icon="arrow-down-left",
)


def _figures(act: Act) -> list[Figure]:
    now = deposit_standing(act)
    whole = now.settled + now.failed
    share = arithmetic(
        "Since midnight, UTC", ("Settled", now.settled), ("Settled or failed", whole)
    )
    return [
        Figure("Settled today", now.settled),
        Figure("Failed today", now.failed),
        Figure(
            "Success today",
            f"{now.success}%" if now.success is not None else "—",
            why=share if whole else None,
            note="of those that ended",
        ),
        Figure("Under way", now.underway, note="started today"),
        Figure("Need a look", now.held, tone="bad" if now.held else ""),
    ]


def _line(row: Deposit) -> str:
    return f"{row.client.name}, {row.reason}"


deposits = ListPage(
    room="payments",
    slug="deposits",
    title="Deposits",
    rows=queries.deposits,
    columns=[
        Date("started_at", "Started", sort="started_at"),
        Column(str, "Deposit", sort="pk", low=3, quiet=True),
        Person(
            "client.name", "Client", sort="client__last_name", url=lambda row: url_of(row.client)
        ),
        MoneyColumn("money", "Amount", sort="amount"),
        Column("paid_with", low=2),
        Column("provider", low=2, quiet=True),
        Column("entity.code", "Entity", sort="entity__code", low=3, quiet=True),
        Clock("due_at", sort="due_at", low=2),
        Badge("status", sort="status", colors=TONES),
    ],
    filters=[
        choice("status", Status.choices),
        choice("method", choices.methods),
        choice("provider", choices.providers),
        choice("entity", choices.entities),
        date_range("started_at", title="Started"),
        date_range("settled_at", title="Settled"),
        text("reference", "reference__startswith"),
    ],
    views=[
        View("All", counted=False),
        View("Need a look", status=Status.HELD, order="due_at"),
        View("Under way", status__in=[Status.STARTED, Status.PENDING]),
        View("Settled", counted=False, status=Status.SETTLED),
        View("Failed", counted=False, status=Status.FAILED),
        View("Charged back", counted=False, status=Status.CHARGED_BACK),
    ],
    actions=[operations.settle_held_deposit],
    figures=_figures,
    inspector=deposit,
    search=[
        "client__last_name__holds",
        "client__first_name__holds",
        "reference__startswith",
        "payment_reference__startswith",
    ],
    number="DP",
    amount="amount",
    order="-started_at",
    empty="No deposit yet. They appear here as soon as a client starts one.",
    icon="arrow-down-left",
)

Queue(
    Deposit, Status.HELD, title="Deposits that need a look", icon="arrow-down-left",
    page=f"{deposits.url}?view=need-a-look", line=_line, nothing="No deposit needs a look.",
)  # fmt: skip
