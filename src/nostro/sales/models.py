"""Tasks: what somebody is to do about a client, until when, and how it ended."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates, Wait
from nostro.people.models import Client, Staff

DUE = models.Q(due_at__isnull=False)


class Task(HasStates):
    """Something to do about a client. `due_at` is what was promised, not a time of the state's."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    class How(models.TextChoices):
        CALL = "call", "Call"
        WRITE = "write", "Write"
        MEET = "meet", "Meet"
        OTHER = "other", "Something else"

    moves: ClassVar = {Status.OPEN: {Status.DONE, Status.DROPPED}}
    waits: ClassVar = {Status.OPEN: Wait("sales.finish_task", timedelta(days=1))}

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="tasks", db_index=False
    )
    owner = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    how = models.CharField(max_length=8, choices=How.choices)
    text = models.CharField(max_length=200)
    outcome = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=60, unique=True, null=True)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["client", "-made_at"], name="sales_task_client"),
            models.Index(fields=["due_at", "id"], name="sales_task_due", condition=DUE),
            models.Index(fields=["status", "-made_at", "-id"], name="sales_task_status"),
        ]

    def __str__(self) -> str:
        return f"TK-{self.pk}"

    @property
    def entity_id(self) -> int:
        return self.client.entity_id
