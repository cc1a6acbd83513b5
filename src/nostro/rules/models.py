"""Versions of decision tables, every decision made with them, and what a draft would change."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates, Wait


class Version(HasStates):
    """One version of one point's table. Once it has been active it never changes again."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PROPOSED = "proposed", "Waits for a second person"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"
        DROPPED = "dropped", "Dropped"

    moves: ClassVar = {
        Status.DRAFT: {Status.PROPOSED, Status.DROPPED},
        Status.PROPOSED: {Status.ACTIVE, Status.DRAFT, Status.DROPPED},
        Status.ACTIVE: {Status.RETIRED},
    }
    waits: ClassVar = {Status.PROPOSED: Wait("rules.activate_version", timedelta(days=1))}

    point = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    jdm = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    cases = models.JSONField(default=list)
    note = models.TextField(blank=True)
    author_id = models.BigIntegerField(null=True, help_text="Staff; empty for the built-in one")
    authors = models.JSONField(default=list)
    reviewer_id = models.BigIntegerField(null=True)
    active_from = models.DateTimeField(null=True)
    active_to = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "version of a rule"
        verbose_name_plural = "versions of rules"
        constraints = [
            models.UniqueConstraint(fields=["point", "number"], name="rules_version_number"),
            models.UniqueConstraint(
                fields=["point"],
                condition=models.Q(status__in=["draft", "proposed"]),
                name="rules_version_one_draft",
            ),
            models.UniqueConstraint(
                fields=["point"], condition=models.Q(status="active"), name="rules_version_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point} v{self.number}"


class Decision(models.Model):
    """One answer with all it takes to explain and replay it. Append-only."""

    point = models.CharField(max_length=60)
    version = models.ForeignKey(Version, on_delete=models.PROTECT)
    at = models.DateTimeField()
    act = models.UUIDField()
    inputs = models.JSONField()
    answers = models.JSONField()
    rows = models.JSONField()
    trace = models.JSONField()
    cautious = models.BooleanField()
    reason = models.TextField(blank=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True)
    client_id = models.BigIntegerField(null=True)
    entity_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["point", "-at"], name="rules_decision_point"),
            models.Index(fields=["subject_type", "subject_id"], name="rules_decision_subject"),
            models.Index(fields=["client_id", "-at"], name="rules_decision_client"),
            models.Index(fields=["act"], name="rules_decision_act"),
        ]

    def __str__(self) -> str:
        return f"D-{self.pk}"


class BackTest(models.Model):
    """A draft asked the questions of the past: how many answers would change, and which rows hit.

    It runs in pieces; `cursor` is the last decision it has asked again.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped, the draft was changed"

    version = models.ForeignKey(
        Version, on_delete=models.PROTECT, related_name="back_tests", db_index=False
    )
    against = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64)
    days = models.PositiveSmallIntegerField()
    since = models.DateTimeField()
    last = models.BigIntegerField(help_text="The newest decision it asks again")
    total = models.PositiveIntegerField()
    asked = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    totals = models.JSONField(default=list)
    hits = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    author_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["version", "-at"], name="rules_backtest_newest")]

    def __str__(self) -> str:
        return f"back-test of {self.version}"


class Flip(models.Model):
    """One decision that a draft would have made otherwise."""

    back_test = models.ForeignKey(
        BackTest, on_delete=models.PROTECT, related_name="flips", db_index=False
    )
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["back_test", "decision"], name="rules_flip_once")
        ]

    def __str__(self) -> str:
        return f"flip of {self.decision}"
