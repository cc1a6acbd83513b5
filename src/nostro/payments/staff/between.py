"""Money from one client to another: the queue of those that wait for a person, and each one."""

from typing import Any

from nostro.core.acts import Act
from nostro.payments import operations, queries
from nostro.payments.models import ClientTransfer
from nostro.payments.queries.reasons import decision_behind
from nostro.payments.staff import choices
from nostro.payments.staff.entries import entries_of
from nostro.rules.queries import row_numbers, rows_in_words
from nostro.ui.actions import allow_when
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Clock, Column, Date, MoneyColumn, Person
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Pill
from nostro.ui.filters import choice, date_range
from nostro.ui.forms import SUMMARIES, Summary
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue

Status = ClientTransfer.Status
TONES = {
    "requested": "line", "approval": "line", "settled": "ok", "refused": "bad", "cancelled": "",
}  # fmt: skip


def _may_approve(act: Act, row: ClientTransfer) -> str | None:
    if row.status != Status.APPROVAL:
        return None
    if row.asked_by is not None and row.asked_by == act.actor.id:
        return "You asked for this one on the client's behalf: somebody else approves."
    return ""


def _waits(act: Act, row: ClientTransfer) -> str | None:
    return "" if row.status == Status.APPROVAL else None


allow_when(operations.approve_client_transfer, _may_approve)
allow_when(operations.refuse_client_transfer, _waits)
allow_when(operations.cancel_client_transfer, _waits)


def _whole(act: Act, row: ClientTransfer) -> dict[str, Any]:
    steps = ("hold", "settled", "back")
    decision = decision_behind(row.decision)
    why: dict[str, Any] = {"text": row.why or "Nothing was asked of the rules."}
    if decision is not None:
        numbers, rows = row_numbers(decision), rows_in_words(decision)
        title = f"{decision.version.point} v{decision.version.number}"
        place = f"#row-{numbers[0]}" if numbers else ""
        url = url_of(decision.version) or "/staff/rules/"
        why |= {
            "rule": {"title": f"{title}, {rows}" if rows else title, "url": f"{url}{place}"},
            "reference": str(decision), "inputs_url": url_of(decision),
        }  # fmt: skip
    return {
        "transfer": row, "why": why,
        "sides": [
            (title, person, url_of(person))
            for title, person in (("From", row.client), ("To", row.recipient))
        ],
        "entries": entries_of(act, [f"client-transfer/{row.pk}/{step}" for step in steps]),
    }  # fmt: skip


client_transfer = DetailPage(
    room="payments",
    slug="between-clients",
    model=ClientTransfer,
    rows=queries.client_transfers,
    subtitle=lambda row: f"{row.client} to {row.recipient} · {row.entity.code}",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    panels=[
        template("", "payments/between.html", _whole),
        kv(
            "Details",
            [
                Column("reason"),
                Date("requested_at", "Asked"),
                Date("settled_at", "Arrived"),
            ],
        ),
    ],
    actions=[operations.approve_client_transfer, operations.refuse_client_transfer],
    icon="users",
)

client_transfers = ListPage(
    room="payments",
    slug="between-clients",
    title="Between clients",
    rows=queries.client_transfers,
    columns=[
        Clock("due_at", sort="due_at"),
        Column(str, "Transfer", sort="pk", low=3, quiet=True),
        Person("client.name", "From", sort="client__last_name", url=lambda row: url_of(row.client)),
        Person(
            "recipient.name", "To", sort="recipient__last_name",
            url=lambda row: url_of(row.recipient),
        ),
        MoneyColumn("money", "Amount", sort="usd"),
        Column("entity.code", "Entity", sort="entity__code", low=3, quiet=True),
        Date("requested_at", "Asked", sort="requested_at", low=2),
        Badge("status", "State", sort="status", colors=TONES),
    ],
    filters=[
        choice("status", Status.choices),
        choice("entity", choices.entities),
        date_range("requested_at", title="Asked"),
    ],
    views=[
        View("To approve", status=Status.APPROVAL),
        View("Arrived", counted=False, order="-requested_at", status=Status.SETTLED),
        View("Refused", counted=False, order="-requested_at", status=Status.REFUSED),
        View("All", counted=False, order="-requested_at"),
    ],
    actions=[operations.approve_client_transfer, operations.refuse_client_transfer],
    inspector=client_transfer,
    search=[
        "client__last_name__holds", "client__first_name__holds", "recipient__last_name__holds",
        "recipient__first_name__holds",
    ],
    number="CT",
    amount="amount",
    order="due_at",
    empty="No client waits to send money to another one.",
    icon="users",
)  # fmt: skip

SUMMARIES["payments.clienttransfer"] = lambda row: Summary(
    f"from {row.client.name} to {row.recipient.name}", row.money
)
Queue(
    ClientTransfer, Status.APPROVAL, title="Money to other clients", icon="users",
    page=f"{client_transfers.url}?view=to-approve",
    line=lambda row: f"{row.client.name} to {row.recipient.name}, {row.money}",
    nothing="Nobody waits to send money to another client.",
)  # fmt: skip
