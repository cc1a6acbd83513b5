"""Builders of bulk changes."""

from typing import Any

from django.db import models

from nostro.bulk import operations, reactions
from nostro.bulk.models import BulkChange
from nostro.core.acts import Act
from nostro.core.jobs import drain


def prepared(act: Act, operation: str, rows: models.QuerySet[Any], **inputs: Any) -> BulkChange:
    """A change whose rows were checked."""
    reason = inputs.pop("why", "the house's new terms")
    ids = list(rows.values_list("pk", flat=True))
    change = operations.prepare_change(
        act, operation=operation, inputs=inputs, ids=ids, reason=reason
    )
    drain()
    change.refresh_from_db()
    return change


def started(act: Act, change: BulkChange) -> BulkChange:
    operations.start_change(act, change)
    drain()
    reactions.hear_answers(Act.system())
    change.refresh_from_db()
    assert change.status == BulkChange.Status.DONE
    return change


def undo(act: Act, change: BulkChange) -> BulkChange:
    made = operations.undo_change(act, change, reason="It was the wrong list")
    drain()
    made.refresh_from_db()
    return made


def verdicts(change: BulkChange) -> list[tuple[str, str]]:
    rows = change.rows.order_by("number")
    return [(one.status, one.said) for one in rows]
