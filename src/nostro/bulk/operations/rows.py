"""The rows of a bulk change: checked without changing anything, and what became of each."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from nostro.bulk import queries
from nostro.bulk.events import (
    ChangeChecked,
    ChangeCompleted,
    RowsAnswered,
    RowsCarriedOut,
    RowsChecked,
)
from nostro.bulk.models import BulkChange, BulkRow
from nostro.core.acts import Act, frame
from nostro.core.operations import OPERATIONS, operation
from nostro.kit.problems import Problem

Status = BulkChange.Status
Row = BulkRow.Status
log = logging.getLogger("nostro.bulk")
WAS_ASKED = "The platform was asked."
FAILED = "This failed on our side. Nothing was changed here."

# what waits for others is done later, when things may stand otherwise: how they were is forgotten
KEEP = """
UPDATE bulk_bulkrow AS r SET status = g.status, said = g.said, people = g.people,
  proposal_id = g.proposal, act_id = g.act, at = %s,
  before = CASE WHEN g.status <> 'proposed' THEN r.before END
FROM jsonb_to_recordset(%s::jsonb) AS g(
  id bigint, status text, said text, people smallint, proposal bigint, act uuid)
WHERE r.id = g.id AND r.change_id = %s AND r.status = %s
RETURNING r.status
"""


@dataclass(frozen=True)
class Verdict:
    """What becomes of one row, or has become."""

    row: int
    status: str
    said: str = ""
    people: int = 0
    proposal: int | None = None
    act: UUID | None = None

    @property
    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.row, "status": self.status, "said": self.said[:300], "people": self.people,
            "proposal": self.proposal, "act": str(self.act) if self.act else None,
        }  # fmt: skip


@dataclass
class Rehearsed(Exception):
    """What each thing answered, on the way out of a transaction that is taken back."""

    said: dict[int, str] = field(default_factory=dict)


class _TakenBack(Exception):
    """One thing was tried; what it did is taken back."""


@operation(internal=True, open_to=("staff",), lock=False)
def rehearse_rows(
    act: Act, change: BulkChange, *, operation: str, ids: Sequence[int], inputs: Mapping[str, Any]
) -> None:
    """Carry the operation out for each thing, and take everything back. It always raises.

    Operations never touch the outside world, so what is taken back has not happened.
    """
    wanted, found = OPERATIONS[operation], Rehearsed()
    for thing in queries.things(act, change.subject_type).filter(pk__in=ids):
        pk = int(thing.pk)
        try:
            with transaction.atomic():
                try:
                    wanted.check(act, thing)
                    wanted(act, thing, **inputs)
                    _delivered()
                finally:
                    frame().unsent.clear()
                raise _TakenBack
        except _TakenBack:
            found.said[pk] = ""
        except Problem as problem:
            found.said[pk] = problem.sentence
        except DatabaseError:
            raise
        except Exception:
            log.exception("%s on %s failed", wanted.name, pk)
            found.said[pk] = FAILED
        frame().recorded.clear()
    raise found


def _delivered() -> None:
    """Send what was left for later now: the database may refuse it."""
    if frame().unsent:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")


def _keep(act: Act, change: BulkChange, verdicts: Sequence[Verdict], was: str) -> list[str]:
    """Write verdicts down where none stands yet; the statuses of those rows."""
    if not verdicts:
        return []
    given = json.dumps([one.as_json for one in verdicts])
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [act.at, given, change.pk, was])
        return [status for (status,) in cursor.fetchall()]


@operation(internal=True)
def keep_checks(act: Act, change: BulkChange, *, verdicts: Sequence[Verdict]) -> BulkChange:
    """Write down what would become of rows. After the last one the change is ready."""
    kept = _keep(act, change, verdicts, Row.CHOSEN)
    act.record(RowsChecked(len(kept), kept.count(Row.REFUSED)), about=change)
    if change.status == Status.CHECKING and not queries.next_rows(change, Row.CHOSEN, 1):
        tally = queries.tally(change)
        change.move_to(Status.READY)
        act.record(ChangeChecked(tally.planned, tally.refused), about=change)
    return change


@operation(internal=True)
def keep_verdicts(act: Act, change: BulkChange, *, verdicts: Sequence[Verdict]) -> BulkChange:
    """Write down what became of rows. After the last one the change is done."""
    kept = _keep(act, change, verdicts, Row.PLANNED)
    answered(change)
    said = RowsCarriedOut(len(kept), kept.count(Row.REFUSED), change.run)
    act.record(said, about=change)
    if change.status == Status.RUNNING and not queries.next_rows(change, Row.PLANNED, 1):
        tally = queries.tally(change)
        change.move_to(Status.DONE, ended_at=act.at)
        still = tally.proposed + tally.unknown
        act.record(ChangeCompleted(tally.done, tally.refused, still), about=change)
    return change


@operation(internal=True)
def keep_answers(act: Act, change: BulkChange) -> BulkChange:
    """Write down what the outside world, and other people, have said of rows meanwhile."""
    act.record(RowsAnswered(answered(change)), about=change)
    return change


ANSWERED = """
UPDATE bulk_bulkrow AS r SET status = g.status, at = g.at, act_id = coalesce(g.act, r.act_id),
  said = CASE WHEN g.status = 'done' AND r.status = 'unknown'
              THEN left(trim(concat(trim(replace(r.said, %s, '')), ' ', g.said)), 300)
              ELSE left(g.said, 300) END
FROM jsonb_to_recordset(%s::jsonb) AS g(
  id bigint, status text, said text, at timestamptz, act uuid)
WHERE r.id = g.id AND r.change_id = %s
"""


def answered(change: BulkChange) -> int:
    """Settle rows that were open and are answered; how many those were."""
    found = queries.answers(change)
    if not found:
        return 0
    given = [
        {"id": one.row, "status": one.status, "at": one.at.isoformat(),
         "said": WAS_ASKED if one.status == Row.UNKNOWN else one.said,
         "act": str(one.act) if one.act else None}
        for one in found
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED, [WAS_ASKED, json.dumps(given), change.pk])
    return len(given)
