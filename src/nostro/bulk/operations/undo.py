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

KINDS = """
SELECT DISTINCT before, coalesce(call->>'operation', ''), coalesce(call->'inputs', 'null'::jsonb)
  FROM bulk_bulkrow WHERE change_id = %s AND status = 'done'
"""

# joined by what can be hashed: each row finds its kind at once, however many kinds there are
COPIED = """
INSERT INTO bulk_bulkrow (change_id, number, thing_id, name, status, said, people, call)
SELECT %s, row_number() OVER (ORDER BY r.number), r.thing_id, '', g.status, left(g.said, 300), 0,
       g.call
  FROM bulk_bulkrow r
  JOIN jsonb_to_recordset(%s::jsonb) AS g(before jsonb, operation text, inputs jsonb,
    status text, said text, call jsonb)
    ON coalesce(g.before, 'null'::jsonb) = coalesce(r.before, 'null'::jsonb)
   AND g.operation = coalesce(r.call->>'operation', '')
   AND coalesce(g.inputs, 'null'::jsonb) = coalesce(r.call->'inputs', 'null'::jsonb)
 WHERE r.change_id = %s AND r.status = 'done'
"""


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
        cursor.execute(KINDS, [change.pk])
        kinds = [(_read(before), name, _read(inputs)) for before, name, inputs in cursor.fetchall()]
    if not kinds:
        raise NothingToDo("No row of it was done, so there is nothing to set back.")
    made = BulkChange.objects.create(
        status=Status.CHECKING, operation=change.operation, subject_type=change.subject_type,
        inputs=change.inputs, reason=said, chosen=f"What {change} did", total=0, undoes=change,
        maker_id=act.actor.id or 0, made_at=act.at,
    )  # fmt: skip
    given = [_back(act, change, said, *one) for one in kinds]
    with connection.cursor() as cursor:
        cursor.execute(COPIED, [made.pk, json.dumps(given), change.pk])
        made.total = cursor.rowcount
    made.save(update_fields=["total"])
    act.record(UndoPrepared(change.pk, made.total, said), about=made)
    return made


def _read(kept: Any) -> Any:
    return json.loads(kept) if isinstance(kept, str) else kept


def _back(
    act: Act, change: BulkChange, reason: str, before: Any, name: str, inputs: Any
) -> dict[str, Any]:
    """How all rows with these facts are set back; a refusal where nothing does it."""
    found = _call(act, change, reason, before, name or change.operation, inputs)
    kept = {"before": before, "operation": name, "inputs": inputs}
    if isinstance(found, str):
        return {**kept, "status": Row.REFUSED, "said": found, "call": None}
    return {**kept, "status": Row.CHOSEN, "said": "", "call": found}


def _call(
    act: Act, change: BulkChange, reason: str, before: Any, name: str, inputs: Any
) -> dict[str, Any] | str:
    undoing = UNDOING.get(name)
    if undoing is None or before is None:
        return "Nobody kept how it was before."
    wanted = OPERATIONS[name]
    given = resolved(act, wanted, validated(wanted, change.inputs if inputs is None else inputs))
    back = undoing.back(before, reason, act.at)
    if isinstance(back, Call):
        left = dict(undoing.left(given))
        return {
            "operation": back.operation, "inputs": dict(back.inputs), "expects": left,
            "undoes": name,
        }  # fmt: skip
    return back
