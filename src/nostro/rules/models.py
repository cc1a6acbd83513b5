"""Versions of decision tables, and every decision that was ever made with them."""

from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates


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

    point = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    jdm = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    note = models.TextField(blank=True)
    author_id = models.BigIntegerField(null=True, help_text="Staff; empty for the built-in one")
    reviewer_id = models.BigIntegerField(null=True)
    active_from = models.DateTimeField(null=True)
    active_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["point", "number"], name="rules_version_number"),
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
