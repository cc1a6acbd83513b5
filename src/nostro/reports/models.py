"""Projections: what the log says, added up. They may be emptied and built again at any time."""

from django.db import models


class Projection(models.Model):
    """How far the figures have followed the feed."""

    name = models.CharField(max_length=20, primary_key=True)
    xid = models.BigIntegerField(default=0)
    record_id = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Milestones(models.Model):
    """How far one client has come, and when: the first event of each kind counts."""

    client_id = models.BigIntegerField(primary_key=True)
    entity_id = models.BigIntegerField()
    registered_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    funded_at = models.DateTimeField(null=True)
    traded_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["registered_at"], name="reports_milestones_since")]

    def __str__(self) -> str:
        return f"milestones of client {self.client_id}"


class Hour(models.Model):
    """What one measure came to in one hour, by legal entity and by what it is about.

    `entity_id` is 0 where the events belong to no entity. `about` is an instrument's code, a
    partner's id or a currency. `amount` is USD, or lots where volume is measured.
    """

    measure = models.CharField(max_length=20)
    entity_id = models.BigIntegerField()
    about = models.CharField(max_length=32)
    starts_at = models.DateTimeField()
    count = models.BigIntegerField()
    amount = models.DecimalField(max_digits=30, decimal_places=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "starts_at", "entity_id", "about"], name="reports_hour_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure} at {self.starts_at:%Y-%m-%d %H:00}"


class Turnaround(models.Model):
    """How long one thing waited for a decision, and whose it was. Open ones have no end."""

    kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    entity_id = models.BigIntegerField()
    since = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    staff_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_id"], name="reports_turnaround_once")
        ]
        indexes = [
            models.Index(fields=["kind", "decided_at"], name="reports_turnaround_decided"),
            models.Index(fields=["staff_id", "decided_at"], name="reports_turnaround_staff"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
