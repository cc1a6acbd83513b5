"""Staff pages of the core: proposals that wait for a second person, and the log of events."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nostro.core import approvals, log
from nostro.core.acts import Act
from nostro.core.events import EVENTS
from nostro.core.models import Agreement, Proposal, Record, label
from nostro.core.operations import OPERATIONS
from nostro.kit.money import Money
from nostro.site import cases as cases
from nostro.ui.actions import Action
from nostro.ui.addresses import STAFF, reached
from nostro.ui.columns import Badge, Clock, Column, Date
from nostro.ui.details import DetailPage, kv, listing, table
from nostro.ui.fields import WIDGETS
from nostro.ui.figures import Pill
from nostro.ui.filters import choice, date_range, flag, text
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue
from nostro.ui.timeline import (
    GROUPS,
    NAMES,
    READINGS,
    Names,
    event_title,
    lines,
    plain,
)

# A view keeps the query of the page it was made on: nobody types that.
WIDGETS["ui.save_view.query"] = lambda: forms.CharField(widget=forms.HiddenInput)
MONEY = re.compile(r"-?\d+(\.\d+)? [A-Z]{3,4}")
STATUS = {"open": "wait", "done": "ok", "refused": "bad", "withdrawn": "line"}


def _title(proposal: Proposal) -> str:
    known = OPERATIONS.get(proposal.operation)
    return known.title if known else proposal.operation


def _name(kind: str, pk: int | None) -> tuple[str, str]:
    found = NAMES[kind]({pk}) if kind in NAMES and pk is not None else {}
    return found.get(pk or 0, (f"{kind.rpartition('.')[2].capitalize()} {pk or ''}".strip(), ""))


def _link(act: Act, kind: str, pk: int | None) -> SafeString:
    name, address = _name(kind, pk)
    url = reached(act.actor, address)
    if not url:
        return format_html("{}", name)
    return format_html('<a class="link" href="{}">{}</a>', url, name)


def _named(kind: str, pk: str, title: str) -> Column:
    """Whom or what a row names by its kind and id, looked up once a row."""

    def found(row: Any) -> tuple[str, str]:
        known: dict[str, tuple[str, str]] = row.__dict__.setdefault("_named", {})
        if pk not in known:
            about = getattr(row, kind, "staff")
            known[pk] = _name(about, getattr(row, pk)) if about else ("", "")
        return known[pk]

    return Column(lambda row: found(row)[0], title, url=lambda row: found(row)[1])


ABOUT = _named("subject_type", "subject_id", "About")


def _about(proposal: Proposal) -> str:
    """The call and the thing it is about: `Adjust, client money EUR`."""
    name, _ = _name(proposal.subject_type, proposal.subject_id)
    return f"{_title(proposal)}, {name}" if proposal.subject_type else _title(proposal)


def _said(value: Any) -> str:
    """An input in words; money with its thousands."""
    if isinstance(value, str) and MONEY.fullmatch(value):
        return str(Money.of(value))
    return plain(value)


def _inputs(act: Act, proposal: Proposal) -> list[SafeString]:
    known = OPERATIONS.get(proposal.operation)
    things = known.input_models if known else {}
    kinds = {"entity_id": "people.legalentity"} | {one: label(things[one]) for one in things}
    return [
        format_html(
            "<span class='quiet grow'>{}</span><span class='text-end'>{}</span>",
            name.removesuffix("_id").replace("_", " ").capitalize(),
            _link(act, kinds[name], value) if name in kinds and value else _said(value),
        )
        for name, value in proposal.inputs.items()
    ]


def _may_say(act: Act, proposal: Proposal) -> str | None:
    """A word can be given while it is open, by others than its maker, and once."""
    if proposal.status != Proposal.Status.OPEN:
        return None
    if act.actor.is_same_person(proposal.maker_kind, proposal.maker_id):
        return "Someone else has to agree to your own proposal."
    if not act.actor.may(proposal.needs):
        return "Your role does not include this approval."
    if proposal.agreements.filter(staff_id=act.actor.id or 0).exists():
        return "You have said your word on this one."
    return ""


def _may_take_back(act: Act, proposal: Proposal) -> str | None:
    own = act.actor.is_same_person(proposal.maker_kind, proposal.maker_id)
    return "" if own and proposal.status == Proposal.Status.OPEN else None


def _to_agree(act: Act) -> models.QuerySet[Proposal]:
    """What waits for this person's word: proposals of others that their role may agree to."""
    waiting = approvals.proposals(act).filter(status=Proposal.Status.OPEN)
    needed = waiting.order_by().values_list("needs", flat=True).distinct()
    return (
        waiting.filter(needs__in=[one for one in needed if act.actor.may(one)])
        .exclude(maker_kind=act.actor.kind, maker_id=act.actor.id)
        .exclude(agreements__staff_id=act.actor.id or 0)
    )


def _agreements(act: Act, proposal: Proposal) -> list[Agreement]:
    return list(proposal.agreements.order_by("at"))


def _word(agreement: Agreement) -> str:
    return "Agreed" if agreement.agrees else "Refused"


agree = Action(approvals.agree_to_proposal, when=_may_say)
refuse = Action(approvals.refuse_proposal, when=_may_say)
take_back = Action(approvals.withdraw_proposal, when=_may_take_back)

proposal = DetailPage(
    room="core",
    slug="proposals",
    model=Proposal,
    rows=approvals.proposals,
    title=lambda row: f"{row} {_title(row)}",
    subtitle=lambda row: row.reason,
    pills=lambda act, row: [Pill(row.get_status_display(), STATUS[row.status])],
    panels=[
        kv(
            "What is asked",
            [
                Column(_title, "Operation"),
                ABOUT,
                _named("maker_kind", "maker_id", "Proposed by"),
                Date("made_at", "Proposed"),
                Date("due_at", "Answer until"),
                Column("needs", "Needs the permission"),
            ],
        ),
        listing("With these inputs", _inputs, empty="It takes no inputs."),
        table(
            "Agreements",
            _agreements,
            [
                _named("", "staff_id", "Person"),
                Column(_word, "Word"),
                Column("note"),
                Date("at", "When"),
            ],
            empty="Nobody has said anything yet.",
        ),
    ],
    actions=[agree, refuse, take_back],
)

proposals = ListPage(
    room="core",
    slug="proposals",
    section="approvals",
    title="Proposals",
    rows=approvals.proposals,
    columns=[
        Clock("due_at", sort="due_at", since="made_at"),
        Column(str, "Proposal", low=3, quiet=True),
        Column(_title, "What", cut=True),
        ABOUT,
        Column("people", "Needs", low=2),
        Date("made_at", "Made", sort="made_at", low=2),
        Badge("status", colors=STATUS),
    ],
    filters=[
        choice("status", Proposal.Status.choices),
        text("operation", "operation__icontains"),
        date_range("made_at", title="Made"),
        flag("overdue", "Overdue", status="open", due_at__lt=lambda act: act.at),
    ],
    views=[
        View("Open", status=Proposal.Status.OPEN),
        View("Mine", maker_kind="staff", maker_id=lambda act: act.actor.id),
        View("All", counted=False),
    ],
    actions=[agree, refuse],
    inspector=proposal,
    number="P",
    order="-made_at",
    empty="Nothing waits for a second person. What needs four eyes appears here by itself.",
    icon="clipboard-text",
)

Queue(
    Proposal,
    Proposal.Status.OPEN,
    title="Second person",
    section="approvals",
    icon="clipboard-text",
    page=proposals.url,
    waits_for="core.agree_to_proposal",
    rows=_to_agree,
    since="made_at",
    line=_about,
    nothing="Nobody waits for your agreement.",
)


def _proposal_names(ids: set[int]) -> Names:
    return {pk: (f"P-{pk}", f"{STAFF}core/proposals/{pk}/") for pk in ids}


NAMES["core.proposal"] = _proposal_names


def _say(act: Act, rows: Sequence[Any]) -> None:
    """The sentence of each record on a page, with names looked up together."""
    for row, line in zip(rows, lines(act, rows), strict=True):
        row.line = line


def _in_group(act: Act) -> list[tuple[str, str]]:
    return sorted(((name, event_title(name)) for name in EVENTS), key=lambda one: one[1])


def _rooms(act: Act) -> list[tuple[str, str]]:
    rooms = {name.partition(".")[0] for name in EVENTS}
    return sorted((f"{room}.", room.capitalize()) for room in rooms)


def _operation(row: Record) -> str:
    known = OPERATIONS.get(row.operation)
    return known.title if known else row.operation.rpartition(".")[2].replace("_", " ")


def _told() -> list[str]:
    """Events that say something new: not the looks at a market that come every second."""
    return [one.name for one in EVENTS.values() if one.group != READINGS]


events = ListPage(
    room="core",
    slug="events",
    title="Events",
    rows=log.records,
    columns=[
        Date("at", "When", sort="at"),
        Column("line.text", "What happened"),
        Column(lambda row: event_title(row.name), "Event", sort="name", low=3, quiet=True),
        Column(_operation, "Operation", low=3, quiet=True),
    ],
    filters=[
        choice("name", _in_group, title="Event"),
        choice("room", _rooms, path="name__startswith"),
        choice(
            "actor",
            [("staff", "Staff"), ("client", "Client"), ("system", "System")],
            path="actor_kind",
            title="By",
        ),
        date_range("at", title="When"),
    ],
    views=[
        View("Everything", counted=False, name__in=lambda act: _told()),
        *(
            View(
                title,
                counted=False,
                name__in=lambda act, group=group: [
                    one.name for one in EVENTS.values() if one.group == group
                ],
            )
            for group, title in GROUPS.items()
            if group
        ),
        View("With every reading", counted=False),
    ],
    order="-at",
    prepare=_say,
    empty="Nothing has happened yet. Every change leaves a line here.",
    icon="history",
)
