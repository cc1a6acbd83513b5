"""A bulk change and its rows: what is to be done, with which things, and what became of each."""

from typing import ClassVar

from django.db import models

from nostro.core.operations import OPERATIONS
from nostro.core.states import HasStates


class BulkChange(HasStates):
    """One operation with the same inputs on many things, carried out as whoever prepared it."""

    class Status(models.TextChoices):
        CHECKING = "checking", "Being checked"
        READY = "ready", "Ready"
        WAITING = "waiting", "Waits for others"
        RUNNING = "running", "Running"
        STOPPED = "stopped", "Stopped"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    moves: ClassVar = {
        Status.CHECKING: {Status.READY, Status.DROPPED},
        Status.READY: {Status.WAITING, Status.RUNNING, Status.DROPPED},
        Status.WAITING: {Status.RUNNING, Status.READY},
        Status.RUNNING: {Status.STOPPED, Status.DONE},
        Status.STOPPED: {Status.RUNNING, Status.DROPPED},
    }

    operation = models.CharField(max_length=100)
    subject_type = models.CharField(max_length=60)
    inputs = models.JSONField()
    reason = models.CharField(max_length=200)
    chosen = models.CharField(max_length=300)
    total = models.PositiveIntegerField()
    maker_id = models.BigIntegerField()
    undoes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="undone_by"
    )
    agreed = models.PositiveSmallIntegerField(default=0)
    run = models.PositiveSmallIntegerField(default=0)
    proposal_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-made_at", "-id"], name="bulk_change_newest")]

    def __str__(self) -> str:
        return f"B-{self.pk}"

    @property
    def title(self) -> str:
        known = OPERATIONS.get(self.operation)
        title = known.title if known else self.operation
        return f"Undo: {title}" if self.undoes_id else title


class BulkRow(models.Model):
    """One thing of a bulk change. `name` is what a file called it, where it was not found.

    `before` are the facts that the operation changes, as they stood right before it. A row that
    undoes another has a `call` of its own: operation, inputs, and the facts it expects to find.
    """

    class Status(models.TextChoices):
        CHOSEN = "chosen", "To be checked"
        PLANNED = "planned", "Planned"
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"
        PROPOSED = "proposed", "Waits for a second person"
        UNKNOWN = "unknown", "No answer yet"

    change = models.ForeignKey(
        BulkChange, on_delete=models.PROTECT, related_name="rows", db_index=False
    )
    number = models.PositiveIntegerField()
    thing_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    said = models.CharField(max_length=300, blank=True)
    people = models.PositiveSmallIntegerField(default=0)
    proposal_id = models.BigIntegerField(null=True)
    act_id = models.UUIDField(null=True)
    before = models.JSONField(null=True)
    call = models.JSONField(null=True)
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "thing_id"], name="bulk_row_once")]
        indexes = [models.Index(fields=["change", "status", "number"], name="bulk_row_next")]

    def __str__(self) -> str:
        return f"{self.change}/{self.number}"
