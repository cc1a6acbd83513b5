"""Wishes to trade without swaps: the queue of those that wait for a person, and each one."""

from nostro.core.acts import Act
from nostro.people.countries import country_name
from nostro.trading import operations, queries
from nostro.trading.models import SwapFreeRequest
from nostro.trading.staff.accounts import entities
from nostro.trading.staff.wishes import why_here
from nostro.ui.actions import allow_when
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Clock, Column, Date, Link, Person
from nostro.ui.details import DetailPage, kv, template
from nostro.ui.figures import Figure, Pill
from nostro.ui.filters import choice, date_range
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue

Status = SwapFreeRequest.Status
TONES = {"asked": "wait", "given": "ok", "refused": "bad", "cancelled": ""}


def _may_give(act: Act, row: SwapFreeRequest) -> str | None:
    if row.status != Status.ASKED:
        return None
    own = row.asked_by is not None and row.asked_by == act.actor.id
    return "Somebody else gives what you asked for." if own else ""


def _waits(act: Act, row: SwapFreeRequest) -> str | None:
    return "" if row.status == Status.ASKED else None


allow_when(operations.approve_swap_free, _may_give)
allow_when(operations.refuse_swap_free, _waits)
allow_when(operations.cancel_swap_free, _waits)
allow_when(
    operations.ask_swap_free,
    lambda act, row: "" if queries.swap_free_days(row) else None,
)


request = DetailPage(
    room="trading",
    slug="swap-free",
    model=SwapFreeRequest,
    rows=queries.swap_free_requests,
    subtitle=lambda row: f"{row.account} · {row.account.client.name} · {row.account.entity}",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    figures=lambda act, row: [Figure("Days", row.days)],
    panels=[
        template("", "trading/wish.html", why_here),
        kv(
            "Details",
            [
                Link("account"),
                Person("account.client.name", "Client", url=lambda row: url_of(row.account.client)),
                Column(lambda row: country_name(row.account.client.country), "Lives in"),
                Column("reason", "The client says"),
                Column("answer", "We answered"),
                Date("asked_at", "Asked"),
            ],
        ),
    ],
    actions=[operations.approve_swap_free, operations.refuse_swap_free],
    icon="moon",
)

requests = ListPage(
    room="trading",
    slug="swap-free",
    title="Swap-free wishes",
    rows=queries.swap_free_requests,
    columns=[
        Clock("due_at", sort="due_at"),
        Link("", "Wish", sort="pk"),
        Person("account.client.name", "Client", url=lambda row: url_of(row.account.client)),
        Link("account", "Account", low=2),
        Column("days", "Days", sort="days"),
        Column("reason", "The client says", cut=True, low=2),
        Date("asked_at", "Asked", sort="asked_at", low=3),
        Badge("status", sort="status", colors=TONES),
    ],
    filters=[
        choice("status", Status.choices),
        choice("entity", entities, path="account__entity"),
        date_range("asked_at", title="Asked"),
    ],
    views=[
        View("To decide", status=Status.ASKED),
        View("Given", counted=False, order="-asked_at", status=Status.GIVEN),
        View("Refused", counted=False, order="-asked_at", status=Status.REFUSED),
        View("All", counted=False, order="-asked_at"),
    ],
    actions=[operations.approve_swap_free, operations.refuse_swap_free],
    inspector=request,
    search=["account__client__last_name__holds", "account__login__numbered"],
    number="SF",
    order="due_at",
    empty="No client waits for an answer about swaps.",
    icon="moon",
)

Queue(
    SwapFreeRequest, Status.ASKED, title="Swap-free wishes", icon="moon",
    page=f"{requests.url}?view=to-decide",
    line=lambda row: f"{row.account.client.name}, {row.account}, {row.days} days",
    nothing="No client waits for an answer about swaps.",
)  # fmt: skip
