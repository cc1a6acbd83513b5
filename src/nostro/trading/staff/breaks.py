"""Balances that their own deals do not explain: the queue, and the page of one."""

from django.db.models import Q, QuerySet

from nostro.core import log
from nostro.core.acts import Act
from nostro.core.models import Record, label
from nostro.trading import operations, queries
from nostro.trading.events import BalanceBreakFound
from nostro.trading.models import BalanceBreak, BreakDeal
from nostro.trading.staff.tables import told
from nostro.ui.actions import Action, only_in
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Clock, Column, Date, Link, MoneyColumn, Person
from nostro.ui.details import DetailPage, kv, table
from nostro.ui.figures import Figure, Pill, arithmetic
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue

Status = BalanceBreak.Status
TONES = {"open": "bad", "explained": "ok", "healed": "quiet"}
WHY = {"gone": "bad", "changed": "wait", "late": "wait", "unasked": "bad"}
WRONG = {"gone": "Gone", "changed": "Changed", "late": "Written later", "unasked": "Not asked for"}
SIDES = {
    "balance": ("The platform shows", "Its deals make"),
    "credit": ("The platform lends", "Its deals make"),
    "ledger": ("The ledger holds", "The platform's deals make"),
    "lent": ("The platform lends", "Asked for here"),
    "kept": ("The platform lends", "The ledger has of it"),
    "closed": ("The platform shows", "A closed account holds"),
}
explain = Action(operations.explain_break, when=only_in(Status.OPEN))


def _of_terms(act: Act, row: BalanceBreak) -> str | None:
    return "" if row.kind in BalanceBreak.TERMS and row.healed_at is None else None


take, send = (Action(one, when=_of_terms) for one in (operations.take_terms, operations.send_terms))


def _figures(row: BalanceBreak) -> list[Figure]:
    if row.kind in BalanceBreak.TERMS:
        return [Figure("Here", row.here), Figure("On the platform", row.there)]
    shown, derived = row.account.money(row.shown), row.account.money(row.derived)
    here, there = SIDES[row.kind]
    why = arithmetic(
        row.get_kind_display(), (here, shown), (there, derived), ("Difference", row.difference)
    )
    tone = "" if row.healed_at else "bad"
    return [
        Figure("Difference", row.difference, tone=tone, why=why),
        Figure(here, shown),
        Figure(there, derived),
    ]


def _deals(act: Act, row: BalanceBreak) -> QuerySet[BreakDeal]:
    return queries.break_deals(act, row=row)


def _story(act: Act, row: BalanceBreak) -> QuerySet[Record]:
    """What was said of the break, and that it was found, which is said of its account."""
    own = Q(subject_type=label(row), subject_id=row.pk)
    found = Q(
        subject_type=label(row.account), subject_id=row.account_id,
        name=BalanceBreakFound.name, data__break_id=row.pk,
    )  # fmt: skip
    return log.records(act).filter(own | found)


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
        table(
            "Deals behind it",
            _deals,
            [
                Link("deal", "Our deal"),
                Date("deal.at", "When", low=2),
                Badge("why", "What is wrong", colors=WHY, words=WRONG),
                Column(lambda row: told(row.was), "Here it is"),
                Column(lambda row: told(row.now), "There it is"),
            ],
            empty="None is known yet. The account's whole history is read next; what somebody did "
            "to the balance without a deal stays without one.",
            may=queries.break_deals.name,
        ),
        kv(
            "Where",
            [
                Link("account"),
                Person("account.client.name", "Client", url=lambda row: url_of(row.account.client)),
                Column("get_kind_display", "What differs"),
                Column("cause"),
                Column("note", "Explained by"),
                Date("found_at", "Found"),
                Clock("due_at", "Explain within"),
                Date("healed_at", "Healed"),
            ],
        ),
    ],
    actions=[take, send, explain],
    timeline=_story,
    icon="alert-triangle",
)

breaks = ListPage(
    room="trading",
    slug="breaks",
    title="Breaks",
    rows=queries.breaks,
    columns=[
        Clock("due_at", sort="due_at"),
        Link("account"),
        Person("account.client.name", "Client", low=2, url=lambda row: url_of(row.account.client)),
        Badge("kind", "Where", low=3),
        MoneyColumn("apart", "Difference"),
        Column("cause", cut=True, low=2),
        Date("found_at", "Found", sort="found_at", low=3),
        Badge("status", colors=TONES),
    ],
    views=[
        View("Open", status=Status.OPEN),
        View("Standing", healed_at=None),
        View("Group, leverage, rights", kind__in=list(BalanceBreak.TERMS), healed_at=None),
        View("Healed", counted=False, status=Status.HEALED),
        View("All", counted=False),
    ],
    actions=[take, send, explain],
    inspector=balance_break,
    number="BB",
    order="-found_at",
    empty="Every balance is what its deals make it, and accounts are on the platforms what they "
    "are here. Both are looked at every minute.",
    icon="alert-triangle",
)

Queue(
    BalanceBreak,
    Status.OPEN,
    title="Balance breaks",
    icon="alert-triangle",
    page=breaks.url,
    line=lambda row: f"{row.account}, {row.apart}: {row.cause}",
    nothing="Every balance is what its deals make it.",
)
