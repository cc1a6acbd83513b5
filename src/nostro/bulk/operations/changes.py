"""A bulk change as a whole: prepared, agreed to, started, stopped, resumed, dropped."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from nostro.bulk import queries
from nostro.bulk.events import (
    ChangeDropped,
    ChangePrepared,
    ChangeProposed,
    ChangeResumed,
    ChangeReturned,
    ChangeStarted,
    ChangeStopped,
)
from nostro.bulk.models import BulkChange, BulkRow
from nostro.core.acts import Act, frame
from nostro.core.approvals import Need, agree_to_proposal, propose
from nostro.core.doors import resolved, validated
from nostro.core.files import Upload
from nostro.core.models import Proposal, label
from nostro.core.operations import OPERATIONS, Operation, operation
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.kit.words import whole

MOST = 100_000
Status = BulkChange.Status

CHOSEN = """
INSERT INTO bulk_bulkrow (change_id, number, thing_id, name, status, said, people)
SELECT %s, n, id, '', %s, '', 0 FROM unnest(%s::bigint[]) WITH ORDINALITY AS given(id, n)
"""


class TooMany(Problem):
    """More rows than one bulk change holds."""


class NothingToDo(Problem):
    """A bulk change of which no row would be carried out."""


class NotYours(Problem):
    """A bulk change is carried out as whoever prepared it, so it is theirs to start."""

    status = 403


@operation(internal=True, open_to=("staff",), title="Prepare a bulk change")
def prepare_change(
    act: Act,
    *,
    operation: str,
    inputs: Mapping[str, Any],
    ids: Sequence[int],
    reason: str,
    chosen: str = "",
    missing: Sequence[tuple[str, str]] = (),
) -> BulkChange:
    """Choose what is to be done with which things. Each row is checked before anything is done.

    `missing` are names of a file without a row of ours, each with why it has none.
    """
    wanted = _wanted(act, operation)
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    rows = list(dict.fromkeys(ids))
    total = len(rows) + len(missing)
    if not rows:
        raise NothingToDo("No row was chosen.")
    if total > MOST:
        raise TooMany(f"{total:,} rows are too many for one bulk change. {MOST:,} are the most.")
    resolved(act, wanted, validated(wanted, inputs))
    model = wanted.subject_type
    assert model is not None
    change = BulkChange.objects.create(
        status=Status.CHECKING, operation=wanted.name, subject_type=model._meta.label_lower,
        inputs=dict(inputs), reason=whole(reason), chosen=chosen[:300], total=total,
        maker_id=act.actor.id or 0, made_at=act.at,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN, [change.pk, BulkRow.Status.CHOSEN, rows])
    BulkRow.objects.bulk_create(
        BulkRow(
            change=change, number=number, name=name[:60], said=why[:300],
            status=BulkRow.Status.REFUSED, at=act.at,
        )
        for number, (name, why) in enumerate(missing, len(rows) + 1)
    )  # fmt: skip
    said = ChangePrepared(wanted.title, wanted.name, total, change.reason)
    act.record(said, about=change)
    return change


def _wanted(act: Act, name: str) -> Operation[..., Any]:
    """An operation that may be done in bulk by who asks."""
    if act.actor.kind != "staff" or act.actor.id is None:
        raise Forbidden("Only staff change many things at once.")
    wanted = OPERATIONS.get(name)
    if wanted is None or wanted.internal or wanted.subject_type is None:
        raise NotFound("There is no such action on these rows.")
    if not act.actor.may(name):
        raise Forbidden(f"Your role does not include “{wanted.title}”.")
    if takes_files(wanted):
        raise Problem(f"“{wanted.title}” takes a file, so it is done one by one.")
    return wanted


def takes_files(wanted: Operation[..., Any]) -> bool:
    kinds = [one.annotation for one in wanted.inputs.model_fields.values()]
    return any(Upload in (kind, *getattr(kind, "__args__", ())) for kind in kinds)


def _may(act: Act, change: BulkChange, *, makers_alone: bool = False) -> None:
    own = act.actor.is_same_person("staff", change.maker_id)
    if act.actor.kind == "system" or (own and act.actor.may(change.operation)):
        return
    if makers_alone:
        raise NotYours("Only who prepared it starts it: it is carried out in their name.")
    if not own and not act.actor.may(change.operation):
        raise Forbidden(f"Your role does not include “{change.title}”.")


@operation(
    title="Start", icon="player-play", open_to=("staff",),
    confirm="What is refused stays as it is; the other rows are carried out in the background.",
)  # fmt: skip
def start_change(act: Act, change: BulkChange) -> BulkChange | Proposal:
    """Carry it out, row by row. Where one row would wait for other people, all of it does."""
    agreed = any(one is agree_to_proposal for one in frame().stack)
    if not agreed:
        _may(act, change, makers_alone=True)
    if change.status not in (Status.READY, Status.WAITING) or (
        change.status == Status.WAITING and not agreed
    ):
        raise WrongState(f"{change} is {change.status_label.lower()}.")
    tally = queries.tally(change)
    if not tally.planned:
        raise NothingToDo("Every row is refused, so there is nothing to start.")
    if tally.people and not agreed:
        return _proposed(act, change, tally.people)
    change.move_to(Status.RUNNING, started_at=act.at, run=1, agreed=_people(change, agreed))
    act.record(ChangeStarted(change.title, 1), about=change)
    return change


def _people(change: BulkChange, agreed: bool) -> int:
    """How many people have agreed to it."""
    if not agreed:
        return 0
    rows = Proposal.objects.filter(
        operation=start_change.name, subject_type=label(change), subject_id=change.pk,
        status=Proposal.Status.OPEN,
    )  # fmt: skip
    return max(rows.values_list("people", flat=True), default=0)


def _proposed(act: Act, change: BulkChange, people: int) -> Proposal:
    said = f"{change.title} for {change.total:,} rows: {change.reason}"
    need = Need(people=people, permission=queries.waited_for(change), sentence=said)
    proposal = propose(act, change, operation=start_change.name, raw={}, need=need, why=said)
    change.move_to(Status.WAITING, proposal_id=proposal.pk)
    act.record(ChangeProposed(people), about=change)
    return proposal


@operation(internal=True)
def return_change(act: Act, change: BulkChange, *, proposal_id: int) -> BulkChange:
    """The others did not agree: nothing was done, and it can be changed or dropped."""
    change.move_to(Status.READY, proposal_id=None)
    act.record(ChangeReturned(proposal_id), about=change)
    return change


@operation(title="Stop", icon="player-pause", tone="refuse", open_to=("staff",))
def stop_change(act: Act, change: BulkChange, *, reason: str) -> BulkChange:
    """Stop after the rows that are under way. What is done stays done; the rest can go on later."""
    _may(act, change)
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    change.move_to(Status.STOPPED)
    act.record(ChangeStopped(whole(reason)), about=change)
    return change


@operation(title="Go on", icon="player-play", open_to=("staff",))
def resume_change(act: Act, change: BulkChange) -> BulkChange:
    """Go on with the rows that were not reached."""
    _may(act, change, makers_alone=True)
    change.move_to(Status.RUNNING, run=change.run + 1)
    act.record(ChangeResumed(change.run), about=change)
    return change


@operation(title="Drop", icon="trash", tone="refuse", open_to=("staff",))
def drop_change(act: Act, change: BulkChange, *, reason: str) -> BulkChange:
    """Give it up. Rows that are done stay done, and the verdicts are kept."""
    _may(act, change)
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    change.move_to(Status.DROPPED, ended_at=act.at)
    act.record(ChangeDropped(whole(reason)), about=change)
    return change
