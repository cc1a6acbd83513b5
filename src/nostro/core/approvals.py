"""Four eyes: any call can become a proposal that other people carry out by agreeing.

Which call, above what amount, by whom, is a rule: `core` asks through `ASK`, and the `rules`
room answers. A refusal is kept like an approval; nothing here is ever deleted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from nostro.core.acts import Act
from nostro.core.events import Event
from nostro.core.inputs import validated
from nostro.core.log import clients_seen
from nostro.core.models import Agreement, Proposal, label
from nostro.core.operations import OPERATIONS, Operation, operation
from nostro.core.queries import query
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, Problem


@dataclass(frozen=True)
class Need:
    """How many other people must agree, with which permission, within what time, and why."""

    people: int = 0
    permission: str = ""
    within: timedelta | None = None
    sentence: str = ""
    decision: int | None = None


Asker = Callable[[Act, Operation[..., Any], models.Model | None, Mapping[str, Any]], Need]
ASK: list[Asker] = []
"""The one who answers: put here by `rules` when it is installed."""

BY_OTHERS: set[str] = set()
"""Operations that take one other person at least, whatever a table says: rooms add their own."""

First = Callable[[Act, Operation[..., Any], models.Model | None, Mapping[str, Any]], object]
FIRST: list[First] = []
"""What is asked before a call is proposed: it refuses what would be refused in the end."""


class OwnProposal(Problem):
    """The person who proposed something may not also agree to it."""


class AlreadySaid(Problem):
    """One person, one word."""


@dataclass(frozen=True)
class ProposalMade(
    Event,
    says="{actor} proposed {subject}: {title}",
    icon="clipboard-text",
    tone="wait",
    group="access",
):
    title: str
    operation: str
    people: int


@dataclass(frozen=True)
class ProposalAgreed(
    Event, says="{actor} agreed to {subject}: {title}", icon="check", tone="ok", group="access"
):
    title: str
    given: int
    people: int


@dataclass(frozen=True)
class ProposalRefused(
    Event, says="{actor} refused {subject}: {title}", icon="x", tone="bad", group="access"
):
    title: str
    note: str


@dataclass(frozen=True)
class ProposalWithdrawn(
    Event, says="{actor} took {subject} back: {title}", icon="x", group="access"
):
    title: str


def needed(
    act: Act, wanted: Operation[..., Any], subject: models.Model | None, inputs: Mapping[str, Any]
) -> Need:
    """What the rules say of this call. Portal users and the system propose nothing here."""
    if act.actor.kind != "staff" or wanted.room == "core":
        return Need()
    need = ASK[0](act, wanted, subject, inputs) if ASK else Need()
    if wanted.name in BY_OTHERS and need.people < 1:
        need = replace(need, people=1, permission=need.permission or wanted.name)
    return need


@operation(lock=False, internal=True, open_to=("staff",))
def propose(
    act: Act,
    subject: models.Model | None,
    *,
    operation: str,
    raw: Mapping[str, Any],
    need: Need,
    why: str = "",
) -> Proposal:
    """Store a call until enough other people agree."""
    proposal = Proposal.objects.create(
        operation=operation,
        subject_type=label(subject) if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        client_id=getattr(subject, "client_id", None),
        entity_id=getattr(subject, "entity_id", None) or raw.get("entity_id"),
        inputs=dict(raw),
        reason=why or need.sentence,
        people=need.people,
        needs=need.permission or operation,
        decision=need.decision,
        maker_kind=act.actor.kind,
        maker_id=act.actor.id,
        made_at=act.at,
        due_at=act.at + need.within if need.within else None,
    )
    title = OPERATIONS[operation].title
    act.record(ProposalMade(title, operation, need.people), about=proposal)
    return proposal


@operation(title="Agree", icon="check", open_to=("staff",))
def agree_to_proposal(act: Act, proposal: Proposal, *, note: str = "") -> Proposal:
    """Give your word. When enough people have, it is carried out at once."""
    _say(act, proposal, agrees=True, note=note)
    given = proposal.agreements.filter(agrees=True).count()
    title = OPERATIONS[proposal.operation].title
    act.record(ProposalAgreed(title, given, proposal.people), about=proposal)
    if given >= proposal.people:
        carry_out(act, proposal)
        _end(proposal, Proposal.Status.DONE, act.at)
    return proposal


@operation(title="Refuse", icon="x", tone="refuse", open_to=("staff",))
def refuse_proposal(act: Act, proposal: Proposal, *, note: str) -> Proposal:
    """Say no, with the reason. The proposal is kept, and nothing is carried out."""
    _say(act, proposal, agrees=False, note=note)
    _end(proposal, Proposal.Status.REFUSED, act.at)
    act.record(ProposalRefused(OPERATIONS[proposal.operation].title, note), about=proposal)
    return proposal


@operation(title="Take back", icon="x", open_to=("staff",))
def withdraw_proposal(act: Act, proposal: Proposal) -> Proposal:
    """Take your own proposal back."""
    if not act.actor.is_same_person(proposal.maker_kind, proposal.maker_id):
        raise OwnProposal("Only who proposed it can take it back.")
    _still_open(proposal)
    _end(proposal, Proposal.Status.WITHDRAWN, act.at)
    act.record(ProposalWithdrawn(OPERATIONS[proposal.operation].title), about=proposal)
    return proposal


def carry_out(act: Act, proposal: Proposal) -> Any:
    """Do what a proposal asks, now that enough people agree. Runs inside their agreement."""
    act = replace(act, proposer=proposal.maker_id)
    operation = OPERATIONS[proposal.operation]
    thing = None
    if operation.subject_type is not None:
        rows = operation.subject_type._base_manager.all()
        rows = rows.select_for_update(no_key=True) if operation.lock else rows
        thing = rows.get(pk=proposal.subject_id)
    inputs = validated(operation, proposal.inputs)
    for name, model in operation.input_models.items():
        if inputs.get(name) is not None:
            inputs[name] = model._base_manager.get(pk=inputs[name])
    return operation(act, thing, **inputs) if thing is not None else operation(act, **inputs)


def _still_open(proposal: Proposal) -> None:
    if proposal.status != Proposal.Status.OPEN:
        raise WrongState(f"{proposal} is {proposal.get_status_display().lower()} already.")


def _say(act: Act, proposal: Proposal, *, agrees: bool, note: str) -> None:
    _still_open(proposal)
    if act.actor.kind != "staff" or act.actor.id is None:
        raise Forbidden("Only staff agree to proposals.")
    if act.actor.is_same_person(proposal.maker_kind, proposal.maker_id):
        raise OwnProposal("Someone else has to agree to your own proposal.")
    if not act.actor.may(proposal.needs):
        raise Forbidden("Your role does not include this approval.")
    if proposal.agreements.filter(staff_id=act.actor.id).exists():
        raise AlreadySaid("You have said your word on this one.")
    Agreement.objects.create(
        proposal=proposal, staff_id=act.actor.id, agrees=agrees, note=note, at=act.at
    )


def _end(proposal: Proposal, status: str, at: datetime) -> None:
    proposal.status, proposal.ended_at = status, at
    proposal.save(update_fields=["status", "ended_at"])


@query(finds=Proposal)
def proposals(act: Act) -> models.QuerySet[Proposal]:
    """Calls that wait for other people, and those that had to."""
    scope = act.actor.grants.scope
    rows = Proposal.objects.order_by("-made_at")
    if act.actor.kind == "staff" and scope.entities is not None:
        nobodys = models.Q(entity_id=None, client_id=None)
        theirs = models.Q(entity_id=None, client_id__in=clients_seen(act))
        rows = rows.filter(models.Q(entity_id__in=scope.entities) | nobodys | theirs)
    if act.actor.kind == "staff" and scope.narrow:
        rows = rows.filter(client_id__in=clients_seen(act))
    return rows
