"""Platforms, and how far each has been read: forwards as deals are made, and back into its past."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates


class Platform(models.Model):
    """One trading server. `slug` is also the name of its settings on the shelf, and `unread` are
    the records of it that cannot be read, by name, each with why. `apart` are the symbols of which
    it sums up other open lots than are kept here (`queries.LotsApart.said`), `unmapped` its groups
    that nobody has said anything about, each with its currency. Nothing is read of it from
    `left_at` on, while there is one.
    """

    slug = models.SlugField(unique=True)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    live = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True)
    lag_ms = models.PositiveIntegerField(null=True)
    clock_offset_seconds = models.IntegerField(default=0)
    trouble = models.CharField(max_length=200, blank=True)
    trouble_since = models.DateTimeField(null=True)
    unread = models.JSONField(default=dict)
    apart = models.JSONField(default=dict)
    unmapped = models.JSONField(default=dict)
    left_at = models.DateTimeField(null=True)
    left_reason = models.CharField(max_length=200, blank=True, db_default="")

    def __str__(self) -> str:
        return self.name

    @property
    def mark(self) -> str:
        """The short word on cards: MT5, cTrader."""
        return {"ctrader": "cTrader"}.get(self.kind, self.kind.upper())


class SyncCursor(models.Model):
    """How far a platform's deals have been read, the orders of its past, and its days."""

    platform = models.OneToOneField(Platform, on_delete=models.PROTECT, primary_key=True)
    read_to = models.DateTimeField()
    last_ticket = models.BigIntegerField(default=0)
    orders_to = models.DateTimeField(null=True)
    days_to = models.DateTimeField(null=True)


class PlatformPoint(models.Model):
    """A quarter of an hour of a platform: the worst lag in it, and its clock against ours."""

    platform = models.ForeignKey(
        Platform, on_delete=models.PROTECT, related_name="points", db_index=False
    )
    at = models.DateTimeField()
    lag_ms = models.PositiveIntegerField(null=True)
    clock_offset_seconds = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "at"], name="trading_platform_point_once")
        ]


class Backfill(HasStates):
    """The past of a platform that was connected with one: read in strides, beside what is new.

    `rate` is deals a second of late, `pace` how many seconds of the past are read in one.
    """

    class Status(models.TextChoices):
        RUNNING = "running", "Being read"
        STOPPED = "stopped", "Stopped"
        DONE = "done", "Read"

    moves: ClassVar = {
        Status.RUNNING: {Status.STOPPED, Status.DONE},
        Status.STOPPED: {Status.RUNNING, Status.DONE},
    }

    platform = models.OneToOneField(Platform, on_delete=models.PROTECT, primary_key=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    reached = models.DateTimeField()
    first_deal_at = models.DateTimeField(null=True)
    stride = models.DurationField()
    deals = models.PositiveBigIntegerField(default=0)
    rate = models.PositiveIntegerField(default=0)
    pace = models.PositiveBigIntegerField(default=0)
    begun_at = models.DateTimeField()
    worked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"past of {self.platform}"

    @property
    def left(self) -> timedelta | None:
        """About how long it still takes, at the pace of late."""
        if self.status != self.Status.RUNNING or not self.pace:
            return None
        seconds = (self.until - self.reached).total_seconds() / self.pace
        return timedelta(seconds=max(seconds, 1))

    @property
    def ends_at(self) -> datetime | None:
        return self.worked_at + self.left if self.left is not None else None


class Sending(models.Model):
    """What a platform was asked to do once, under a reference of ours, and when the last time."""

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, db_index=False)
    reference = models.CharField(max_length=31)
    tried_at = models.DateTimeField()
    times = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "reference"], name="trading_sending_reference_once"
            )
        ]

    def __str__(self) -> str:
        return self.reference
