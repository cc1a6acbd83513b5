"""Undoing a bulk change: a bulk change of its own, which sets back those rows that still stand as
the first one left them. Each row is looked through first, and each has its verdict.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection

from nostro.bulk import queries
from nostro.bulk.events import UndoPrepared
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.operations.changes import NothingToDo, Status
from nostro.bulk.undoing import UNDOING, Call, Facts
from nostro.core.acts import Act
from nostro.core.doors import resolved, validated
from nostro.core.operations import OPERATIONS, operation
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, Problem
from nostro.kit.words import whole

Row = BulkRow.Status

KEPT = """
UPDATE bulk_bulkrow AS r SET before = g.before
  FROM jsonb_to_recordset(%s::jsonb) AS g(id bigint, before jsonb)
 WHERE r.id = g.id AND r.change_id = %s AND r.before IS NULL
"""

# what each row was left as, where only its event says it
ROWS = """
WITH was AS (
  SELECT r.number, r.thing_id, coalesce(r.before, 'null'::jsonb) AS before,
         coalesce(r.call->>'operation', '') AS operation,
         coalesce(r.call->'inputs', 'null'::jsonb) AS inputs,
         coalesce((SELECT jsonb_object_agg(f.key, e.data->f.value)
                     FROM jsonb_each_text(%s::jsonb->e.name) AS f), '{}'::jsonb) AS reached
    FROM bulk_bulkrow r LEFT JOIN core_record e ON e.act_id = r.act_id AND e.name = ANY(%s)
   WHERE r.change_id = %s AND (r.status = 'done' OR r.status IN ('refused', 'unknown')
     AND r.act_id IS NOT NULL AND coalesce(r.call->>'operation', %s) = ANY(%s)))
"""

KINDS = f"{ROWS} SELECT DISTINCT before, operation, inputs, reached FROM was"  # noqa: S608

# joined by what can be hashed: each row finds its kind at once, however many kinds there are
COPIED = f"""
{ROWS}
INSERT INTO bulk_bulkrow (change_id, number, thing_id, name, status, said, people, call)
SELECT %s, row_number() OVER (ORDER BY r.number), r.thing_id, '', g.status, left(g.said, 300), 0,
       g.call
  FROM was AS r
  JOIN jsonb_to_recordset(%s::jsonb) AS g(before jsonb, operation text, inputs jsonb,
    reached jsonb, status text, said text, call jsonb)
    ON coalesce(g.before, 'null'::jsonb) = r.before AND g.operation = r.operation
   AND coalesce(g.inputs, 'null'::jsonb) = r.inputs AND g.reached = r.reached
"""  # noqa: S608


@operation(internal=True, open_to=("staff",), lock=False, reading=True)
def keep_before(act: Act, change: BulkChange, *, facts: Mapping[int, Facts]) -> None:
    """Write down how things stood before they are changed, row by row, once."""
    given = json.dumps([{"id": pk, "before": dict(one)} for pk, one in facts.items()])
    with connection.cursor() as cursor:
        cursor.execute(KEPT, [given, change.pk])


@operation(title="Undo", icon="arrow-back-up", open_to=("staff",))
def undo_change(act: Act, change: BulkChange, *, reason: str) -> BulkChange:
    """Prepare a bulk change that sets back what this one did, where it still stands.

    Nothing is changed before it was looked through and started.
    """
    if act.actor.kind != "staff" or not act.actor.may(change.operation):
        raise Forbidden(f"Your role does not include “{change.title}”.")
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    if why_not := queries.not_undone(change):
        raise WrongState(why_not)
    said = whole(reason)
    with connection.cursor() as cursor:
        cursor.execute(KINDS, _rows_of(change))
        kinds = [
            (_read(before), name, _read(inputs), _read(reached))
            for before, name, inputs, reached in cursor.fetchall()
        ]
    if not kinds:
        raise NothingToDo("No row of it was done, so there is nothing to set back.")
    made = BulkChange.objects.create(
        status=Status.CHECKING, operation=change.operation, subject_type=change.subject_type,
        inputs=change.inputs, reason=said, chosen=f"What {change} did", total=0, undoes=change,
        maker_id=act.actor.id or 0, made_at=act.at,
    )  # fmt: skip
    given = [_back(act, change, said, *one) for one in kinds]
    with connection.cursor() as cursor:
        cursor.execute(COPIED, [*_rows_of(change), made.pk, json.dumps(given)])
        made.total = cursor.rowcount
    made.save(update_fields=["total"])
    act.record(UndoPrepared(change.pk, made.total, said), about=made)
    return made


def _rows_of(change: BulkChange) -> list[Any]:
    """The events that say how something was left, their names, the change, and what of it counts
    whatever the outside world has answered.
    """
    events = {name: facts for one in UNDOING.values() for name, facts in one.reached.items()}
    holding = [name for name, one in UNDOING.items() if one.holds]
    return [json.dumps(events), list(events), change.pk, change.operation, holding]


def _read(kept: Any) -> Any:
    return json.loads(kept) if isinstance(kept, str) else kept


def _back(
    act: Act, change: BulkChange, reason: str, before: Any, name: str, inputs: Any, reached: Facts
) -> dict[str, Any]:
    """How all rows with these facts are set back; a refusal where nothing does it."""
    found = _call(act, change, reason, before, name or change.operation, inputs, reached)
    kept = {"before": before, "operation": name, "inputs": inputs, "reached": reached}
    if isinstance(found, str):
        return {**kept, "status": Row.REFUSED, "said": found, "call": None}
    return {**kept, "status": Row.CHOSEN, "said": "", "call": found}


def _call(
    act: Act, change: BulkChange, reason: str, before: Any, name: str, inputs: Any, reached: Facts
) -> dict[str, Any] | str:
    undoing = UNDOING.get(name)
    if undoing is None or before is None:
        return "Nobody kept how it was before."
    wanted = OPERATIONS[name]
    given = resolved(act, wanted, validated(wanted, change.inputs if inputs is None else inputs))
    back = undoing.back(before, reason, act.at)
    if not isinstance(back, Call):
        return back
    told = {fact for facts in undoing.reached.values() for fact in facts}
    known = {fact: reached[fact] for fact in told if reached.get(fact) is not None}
    along = {fact: value for fact, value in back.along.items() if fact in known}
    left = {fact: value for fact, value in known.items() if fact not in back.along}
    named = {back.change: change.pk} if back.change else {}
    call = {
        "operation": back.operation, "inputs": {**back.inputs, **named}, "undoes": name,
        "expects": {**left, **undoing.left(given)},
    }  # fmt: skip
    if along:
        expects = {fact: known[fact] for fact in along}
        call["along"] = {"inputs": along, "expects": expects, "stays": back.stays}
    return call
