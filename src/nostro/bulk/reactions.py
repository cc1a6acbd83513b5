"""How a bulk change goes on: stride by stride, each a job of its own that commits with the one
before it. A worker that is killed loses nothing: its stride is taken up again, and a row that was
done answers as before, for each has its key.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DatabaseError

from nostro.bulk import operations, queries
from nostro.bulk.events import (
    ChangePrepared,
    ChangeResumed,
    ChangeStarted,
    RowsCarriedOut,
    RowsChecked,
)
from nostro.bulk.foresight import ANSWERS, FORESIGHT
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.operations.rows import FAILED, Rehearsed, Verdict
from nostro.core import approvals
from nostro.core.acts import Act
from nostro.core.approvals import ProposalRefused, ProposalWithdrawn
from nostro.core.doors import resolved, validated
from nostro.core.identity import actor_of
from nostro.core.jobs import every, on
from nostro.core.models import Proposal, Record, User
from nostro.core.operations import OPERATIONS, Operation
from nostro.kit.problems import Forbidden, Problem

log = logging.getLogger("nostro.bulk")

FORESEEN, REHEARSED, CARRIED = 500, 50, 50
"""Rows of a stride: foreseen in sets, tried one by one, carried out."""
Status = BulkChange.Status
Row = BulkRow.Status
GONE = "It is not there any more, or you may not see it."


def _change(act: Act) -> BulkChange:
    """The change that the event in hand is about."""
    record = Record.objects.filter(pk=act.cause or 0).values("subject_id")
    return BulkChange.objects.get(pk__in=record)


def maker(change: BulkChange, act: Act, key: str = "") -> Act:
    """Acting as whoever prepared it, with what they may do today."""
    user = User.objects.filter(kind=User.Kind.STAFF, person_id=change.maker_id).first()
    if user is None:
        raise Forbidden("Whoever prepared it cannot sign in any more.")
    return Act(actor_of(user), cause=act.cause, key=key, door="bulk")


def _said(thing: Any, sentence: str) -> str:
    """The sentence without the thing's own name, which stands beside it: alike are counted."""
    return sentence.replace(str(thing), "It")


@on(ChangePrepared, RowsChecked)
def check_rows(act: Act, event: ChangePrepared | RowsChecked, key: str) -> None:
    """See what would become of the next rows."""
    change = _change(act)
    foreseen = change.operation in FORESIGHT
    rows = queries.next_rows(change, Row.CHOSEN, FORESEEN if foreseen else REHEARSED)
    if change.status != Status.CHECKING or not rows:
        return
    try:
        verdicts = checked(maker(change, act), change, rows)
    except Problem as problem:
        operations.drop_change(act, change, reason=problem.sentence)
        return
    operations.keep_checks(act, change, verdicts=verdicts)


def call_of(own: Act, change: BulkChange) -> tuple[Operation[..., Any], dict[str, Any]]:
    """The operation and its typed inputs, as whoever prepared it may call it today."""
    wanted = OPERATIONS[change.operation]
    if not own.actor.may(wanted.name):
        raise Forbidden(f"The role of who prepared it does not include “{wanted.title}”.")
    return wanted, resolved(own, wanted, validated(wanted, change.inputs))


def checked(own: Act, change: BulkChange, rows: Sequence[BulkRow]) -> list[Verdict]:
    """What would become of each row, and how many other people it would wait for."""
    wanted, inputs = call_of(own, change)
    ids = [one.thing_id for one in rows if one.thing_id is not None]
    found = {one.pk: one for one in queries.things(own, change.subject_type).filter(pk__in=ids)}
    foresight = FORESIGHT.get(wanted.name)
    if foresight is not None:
        against = foresight(own, list(found.values()), inputs)
    else:
        against = _rehearsed(own, change, list(found), inputs)
    verdicts = []
    for row in rows:
        thing = found.get(row.thing_id)
        why_not = against.get(thing.pk, "") if thing is not None else GONE
        if why_not or thing is None:
            verdicts.append(Verdict(row.pk, Row.REFUSED, _said(thing, why_not)))
        else:
            need = approvals.needed(own, wanted, thing, inputs)
            verdicts.append(Verdict(row.pk, Row.PLANNED, people=need.people))
    return verdicts


def _rehearsed(
    own: Act, change: BulkChange, ids: Sequence[int], inputs: Mapping[str, Any]
) -> Mapping[int, str]:
    try:
        operations.rehearse_rows(own, change, ids=ids, inputs=inputs)
    except Rehearsed as rehearsed:
        return rehearsed.said
    raise RuntimeError("A rehearsal always raises.")


@on(ChangeStarted, ChangeResumed, RowsCarriedOut)
def carry_rows_out(
    act: Act, event: ChangeStarted | ChangeResumed | RowsCarriedOut, key: str
) -> None:
    """Carry the next rows out, unless it was stopped meanwhile."""
    change = _change(act)
    if change.status != Status.RUNNING or change.run != event.run:
        return
    rows = queries.next_rows(change, Row.PLANNED, CARRIED)
    try:
        own = maker(change, act)
        wanted, inputs = call_of(own, change)
    except Problem as problem:
        operations.stop_change(act, change, reason=problem.sentence)
        return
    verdicts = carried_out(own, change, wanted, inputs, rows)
    operations.keep_verdicts(act, change, verdicts=verdicts)


def carried_out(
    own: Act, change: BulkChange, wanted: Operation[..., Any], inputs: dict[str, Any],
    rows: Sequence[BulkRow],
) -> list[Verdict]:  # fmt: skip
    """Each row as an operation of its own, by a key of its own."""
    ids = [one.thing_id for one in rows if one.thing_id is not None]
    found = {one.pk: one for one in queries.things(own, change.subject_type).filter(pk__in=ids)}
    verdicts = {
        row.pk: _one(own, change, wanted, inputs, row, found.get(row.thing_id)) for row in rows
    }
    acts = queries.acts_of(change, [key_of(row) for row in rows])
    asked = queries.asked_of_others(change, list(acts.values())) if ANSWERS else set()
    done = []
    for row in rows:
        verdict, act = verdicts[row.pk], acts.get(key_of(row))
        if verdict.status == Row.DONE and act in asked:
            verdict = Verdict(row.pk, Row.UNKNOWN, "The platform was asked.", act=act)
        done.append(verdict)
    return done


def key_of(row: BulkRow) -> str:
    return f"bulk/{row.pk}"


def _one(
    own: Act, change: BulkChange, wanted: Operation[..., Any], inputs: dict[str, Any],
    row: BulkRow, thing: Any,
) -> Verdict:  # fmt: skip
    if thing is None:
        return Verdict(row.pk, Row.REFUSED, GONE)
    act = Act(own.actor, cause=own.cause, key=key_of(row), door="bulk")
    try:
        need = approvals.needed(own, wanted, thing, inputs)
        if need.people > change.agreed:
            proposal: Proposal = approvals.propose(
                act, thing, operation=wanted.name, raw=change.inputs, need=need, why=change.reason
            )
            return Verdict(row.pk, Row.PROPOSED, f"{proposal}", need.people, proposal.pk)
        wanted(act, thing, **inputs)
    except Problem as problem:
        return Verdict(row.pk, Row.REFUSED, _said(thing, problem.sentence))
    except DatabaseError:
        raise  # whether it was done is not known: the key says so at the next try
    except Exception:
        log.exception("%s on %s failed", wanted.name, thing.pk)
        return Verdict(row.pk, Row.REFUSED, FAILED)
    return Verdict(row.pk, Row.DONE)


@on(ProposalRefused, ProposalWithdrawn)
def take_back(act: Act, event: ProposalRefused | ProposalWithdrawn, key: str) -> None:
    """A change that others did not agree to is ready again, and nothing was done."""
    record = Record.objects.get(pk=act.cause or 0)
    waiting = BulkChange.objects.filter(status=Status.WAITING, proposal_id=record.subject_id)
    for change in waiting:
        operations.return_change(act, change, proposal_id=record.subject_id or 0)


@every("* * * * *")
def hear_answers(act: Act) -> None:
    """What platforms and colleagues have said of rows since they were carried out."""
    for change in queries.open_changes():
        if queries.answers(change):
            operations.keep_answers(Act.system(door="schedule"), change)
