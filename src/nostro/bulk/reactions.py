"""How a bulk change goes on: stride by stride, each a job of its own that commits with the one
before it. A worker that is killed loses nothing: its stride is taken up again, and a row that was
done answers as before, for each has its key.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError

from nostro.bulk import operations, queries
from nostro.bulk.events import (
    ChangePrepared,
    ChangeResumed,
    ChangeStarted,
    RowsCarriedOut,
    RowsChecked,
    UndoPrepared,
)
from nostro.bulk.foresight import ANSWERS, FORESIGHT
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.operations.rows import FAILED, WAS_ASKED, Rehearsed, Verdict
from nostro.bulk.undoing import UNDOING, still_so
from nostro.core import approvals
from nostro.core.acts import Act
from nostro.core.approvals import ProposalRefused, ProposalWithdrawn
from nostro.core.doors import resolved, validated
from nostro.core.identity import actor_of
from nostro.core.jobs import every, on
from nostro.core.models import Proposal, Record, User
from nostro.core.operations import OPERATIONS, Operation
from nostro.kit.problems import Forbidden, Problem
from nostro.kit.words import REASON

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


def _why(problem: Problem) -> str:
    """Its sentence as a reason. No person is here to say it shorter, so a long one is cut: refused
    as too long it would leave the change as it is, and the job failing for ever.
    """
    return problem.sentence[:REASON]


@on(ChangePrepared, UndoPrepared, RowsChecked)
def check_rows(act: Act, event: ChangePrepared | UndoPrepared | RowsChecked, key: str) -> None:
    """See what would become of the next rows."""
    change = _change(act)
    foreseen = change.operation in FORESIGHT
    rows = queries.next_rows(change, Row.CHOSEN, FORESEEN if foreseen else REHEARSED)
    if change.status != Status.CHECKING:
        return
    if not rows:  # an undo of which every row is refused from the beginning
        operations.keep_checks(act, change, verdicts=[])
        return
    try:
        verdicts = checked(maker(change, act), change, rows)
    except Problem as problem:
        operations.drop_change(act, change, reason=_why(problem))
        return
    operations.keep_checks(act, change, verdicts=verdicts)


def call_of(own: Act, change: BulkChange) -> tuple[Operation[..., Any], dict[str, Any]]:
    """The operation and its typed inputs, as whoever prepared it may call it today."""
    return _call(own, change.operation, change.inputs)


def _call(
    own: Act, name: str, raw: Mapping[str, Any]
) -> tuple[Operation[..., Any], dict[str, Any]]:
    wanted = OPERATIONS[name]
    if not own.actor.may(wanted.name):
        raise Forbidden(f"The role of who prepared it does not include “{wanted.title}”.")
    return wanted, resolved(own, wanted, validated(wanted, raw))


@dataclass(frozen=True)
class Part:
    """Rows of one stride with which the same is done, or why none of it can be."""

    rows: Sequence[BulkRow]
    wanted: Operation[..., Any]
    inputs: dict[str, Any]
    raw: Mapping[str, Any]
    refused: str = ""
    agreed: int = 0
    """How many others have agreed to this: who agrees to one operation says nothing of another."""
    said: str = ""
    """What is said of rows that are done."""


def parts_of(own: Act, change: BulkChange, rows: Sequence[BulkRow]) -> list[Part]:
    """All rows are one part, except where they undo others: those differ by what they set back.

    Raises a `Problem` where who prepared it may no longer do it at all.
    """
    wanted, inputs = call_of(own, change)
    if change.undoes_id is None:
        return [Part(rows, wanted, inputs, change.inputs, agreed=change.agreed)]
    agreed_to = queries.agreed_to(change)
    alike: dict[str, list[BulkRow]] = defaultdict(list)
    for row in rows:
        alike[json.dumps(row.call, sort_keys=True)].append(row)
    found = []
    for some in alike.values():
        for rows, raw, said in _along(own, change, some):
            name = (some[0].call or {})["operation"]
            try:
                agreed = change.agreed if name == agreed_to else 0
                found.append(Part(rows, *_call(own, name, raw), raw, agreed=agreed, said=said))
            except Problem as problem:
                found.append(Part(rows, OPERATIONS[name], {}, raw, problem.sentence))
    return found


def _along(
    own: Act, change: BulkChange, rows: list[BulkRow]
) -> Iterator[tuple[list[BulkRow], Mapping[str, Any], str]]:
    """Rows with one call, and its inputs; in two where some of their things were changed since in
    what would go along.
    """
    call = rows[0].call or {}
    along = call.get("along")
    if along is None:
        yield rows, call["inputs"], ""
        return
    found = list(_found(own, change, rows).values())
    stands = UNDOING[call["undoes"]].stands(own, found)
    moved = {pk for pk, facts in stands.items() if not still_so(facts, along["expects"])}
    still = [row for row in rows if row.thing_id not in moved]
    others = [row for row in rows if row.thing_id in moved]
    if still:
        yield still, {**call["inputs"], **along["inputs"]}, ""
    if others:
        yield others, call["inputs"], along["stays"]


def checked(own: Act, change: BulkChange, rows: Sequence[BulkRow]) -> list[Verdict]:
    """What would become of each row, and how many other people it would wait for."""
    return [one for part in parts_of(own, change, rows) for one in _checked(own, change, part)]


def _checked(own: Act, change: BulkChange, part: Part) -> Iterator[Verdict]:
    found = _found(own, change, part.rows)
    against: Mapping[int, str] = {}
    if not part.refused:
        foresight = FORESIGHT.get(part.wanted.name)
        if foresight is not None:
            against = foresight(own, list(found.values()), part.inputs)
        else:
            against = _rehearsed(own, change, part, list(found))
    moved = _moved(own, part, found)
    for row in part.rows:
        thing = found.get(row.thing_id)
        why_not = part.refused or GONE
        if thing is not None:
            why_not = part.refused or moved.get(row.pk, "") or against.get(thing.pk, "")
        if why_not:
            yield Verdict(row.pk, Row.REFUSED, _said(thing, why_not))
        else:
            need = approvals.needed(own, part.wanted, thing, part.inputs)
            yield Verdict(row.pk, Row.PLANNED, part.said, people=need.people)


def _found(own: Act, change: BulkChange, rows: Sequence[BulkRow]) -> dict[int | None, Any]:
    ids = [one.thing_id for one in rows if one.thing_id is not None]
    return {one.pk: one for one in queries.things(own, change.subject_type).filter(pk__in=ids)}


def _moved(own: Act, part: Part, found: Mapping[int | None, Any]) -> dict[int, str]:
    """Rows that undo others, and whose things were changed again since; each with what it is."""
    undoing = UNDOING.get((part.rows[0].call or {}).get("undoes", "")) if part.rows else None
    if undoing is None:
        return {}
    stands = undoing.stands(own, list(found.values()))
    said = {}
    for row in part.rows:
        facts = stands.get(row.thing_id or 0)
        if facts is not None and not still_so(facts, (row.call or {})["expects"]):
            said[row.pk] = f"It was changed since: {undoing.words(facts)}."
    return said


def _rehearsed(
    own: Act, change: BulkChange, part: Part, ids: Sequence[int | None]
) -> Mapping[int, str]:
    some = [one for one in ids if one is not None]
    try:
        operations.rehearse_rows(
            own, change, operation=part.wanted.name, ids=some, inputs=part.inputs
        )
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
        parts = parts_of(own, change, rows)
    except Problem as problem:
        operations.stop_change(act, change, reason=_why(problem))
        return
    verdicts = carried_out(own, change, parts)
    operations.keep_verdicts(act, change, verdicts=verdicts)


def carried_out(own: Act, change: BulkChange, parts: Sequence[Part]) -> list[Verdict]:
    """Each row as an operation of its own, by a key of its own."""
    verdicts = {one.row: one for part in parts for one in _carried(own, change, part)}
    rows = [row for part in parts for row in part.rows]
    names = [part.wanted.name for part in parts]
    acts = queries.acts_of(change, names, [key_of(row) for row in rows])
    asked = queries.asked_of_others(change, list(acts.values())) if ANSWERS else set()
    done = []
    for row in rows:
        verdict, act = verdicts[row.pk], acts.get(key_of(row))
        if verdict.status == Row.DONE and act in asked:
            verdict = Verdict(row.pk, Row.UNKNOWN, f"{WAS_ASKED} {verdict.said}".strip(), act=act)
        done.append(verdict)
    return done


def _carried(own: Act, change: BulkChange, part: Part) -> Iterator[Verdict]:
    found = _found(own, change, part.rows)
    _keep_before(own, change, part, found)
    carried = queries.acts_of(change, [part.wanted.name], [key_of(row) for row in part.rows])
    moved = _moved(own, part, found)
    for row in part.rows:
        why_not = part.refused or moved.get(row.pk, "")
        if key_of(row) in carried:  # by a worker that was killed before it could say so
            yield Verdict(row.pk, Row.DONE)
        elif why_not:
            yield Verdict(row.pk, Row.REFUSED, _said(found.get(row.thing_id), why_not))
        else:
            yield _one(own, change, part, row, found.get(row.thing_id))


def _keep_before(own: Act, change: BulkChange, part: Part, found: Mapping[int | None, Any]) -> None:
    """How things stand before anything is done with them, so that it can be undone. Kept first: a
    stride that is taken up again finds them changed.
    """
    undoing = UNDOING.get(part.wanted.name)
    fresh = [row for row in part.rows if row.before is None and row.thing_id in found]
    if undoing is None or part.refused or not fresh:
        return
    stands = undoing.stands(own, [found[row.thing_id] for row in fresh])
    facts = {row.pk: stands[row.thing_id or 0] for row in fresh}
    operations.keep_before(own, change, facts=facts)


def key_of(row: BulkRow) -> str:
    return f"bulk/{row.pk}"


def _one(own: Act, change: BulkChange, part: Part, row: BulkRow, thing: Any) -> Verdict:
    if thing is None:
        return Verdict(row.pk, Row.REFUSED, GONE)
    act = Act(own.actor, cause=own.cause, key=key_of(row), door="bulk")
    wanted, inputs = part.wanted, part.inputs
    try:
        need = approvals.needed(own, wanted, thing, inputs)
        if need.people > part.agreed:
            proposal: Proposal = approvals.propose(
                act, thing, operation=wanted.name, raw=part.raw, need=need, why=change.reason
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
    return Verdict(row.pk, Row.DONE, part.said)


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
