"""What stands beside the money: why it was moved by hand, files of opening balances, alarms.

None of these rows moves anything, so they are written like those of any other room.
"""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.models import StoredFile
from nostro.core.states import HasStates, Wait


class Evidence(models.Model):
    """Why money is moved by hand: a file that shows it, or a thing of the house that says it."""

    stored = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True)
    client_id = models.BigIntegerField(null=True)
    entity_id = models.BigIntegerField(null=True)
    kept_by = models.BigIntegerField(null=True)
    kept_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_evidence"
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stored__isnull=False) | models.Q(subject_id__isnull=False),
                name="ledger_evidence_is_something",
            )
        ]

    def __str__(self) -> str:
        return f"EV-{self.pk}"


class Opening(HasStates):
    """A file of opening balances: what its dry run found, and whether it was posted."""

    class Status(models.TextChoices):
        FAULTY = "faulty", "Not clean"
        CLEAN = "clean", "Clean"
        POSTED = "posted", "Posted"
        DROPPED = "dropped", "Dropped"

    moves: ClassVar = {
        Status.FAULTY: {Status.CLEAN, Status.FAULTY, Status.DROPPED},
        Status.CLEAN: {Status.CLEAN, Status.FAULTY, Status.POSTED, Status.DROPPED},
    }
    waits: ClassVar = {Status.CLEAN: Wait("ledger.post_opening", timedelta(hours=24))}

    sha256 = models.CharField(max_length=64, unique=True)
    stored = models.ForeignKey(StoredFile, on_delete=models.PROTECT)
    entity_id = models.BigIntegerField(null=True)
    day = models.DateField()
    lines = models.PositiveIntegerField()
    faulty = models.PositiveIntegerField()
    faults = models.JSONField(default=list)
    totals = models.JSONField(default=dict)
    read_by = models.BigIntegerField(null=True)
    posted_at = models.DateTimeField(null=True)

    class Meta(HasStates.Meta):
        db_table = "ledger_opening"
        verbose_name = "file of opening balances"
        verbose_name_plural = "opening balances"

    def __str__(self) -> str:
        return f"OB-{self.pk}"


class Alarm(HasStates):
    """The ledger does not hold. It stays until a person says why, once the proof holds again."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        RESOLVED = "resolved", "Resolved"

    moves: ClassVar = {Status.OPEN: {Status.RESOLVED}}
    waits: ClassVar = {Status.OPEN: Wait("ledger.resolve_alarm", timedelta(hours=1))}

    raised_at = models.DateTimeField()
    broken_at = models.DateTimeField(help_text="When a proof found it broken for the last time")
    flaws = models.JSONField(default=list)
    resolved_by = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)

    class Meta(HasStates.Meta):
        db_table = "ledger_alarm"
        constraints = [
            models.UniqueConstraint(
                fields=["status"],
                condition=models.Q(status="open"),
                name="ledger_alarm_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"AL-{self.pk}"


class Verification(models.Model):
    """One proof of the whole ledger: when, over how many entries, and what did not hold."""

    at = models.DateTimeField()
    entries = models.BigIntegerField()
    flaws = models.JSONField(default=list)
    through = models.BigIntegerField(db_default=0)
    whole = models.BooleanField(db_default=True)

    class Meta:
        db_table = "ledger_verification"
        indexes = [models.Index(fields=["-at"], name="ledger_verification_newest")]

    def __str__(self) -> str:
        return f"verification {self.pk}"


class Seal(models.Model):
    """What some entries and their transfers read when they were sealed, in one digest.

    Each digest covers the one before, so nothing sealed changes without breaking all that follow;
    the log says each (`EntriesSealed`), and its own seal is signed. Of up to ten thousand entries.
    """

    first = models.BigIntegerField()
    last = models.BigIntegerField()
    entries = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_seal"
        constraints = [models.UniqueConstraint(fields=["first"], name="ledger_seal_once")]

    def __str__(self) -> str:
        return f"SL-{self.pk}"
