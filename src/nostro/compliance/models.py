"""Applications with their answers, documents and checks; agreements; sanctions lists and hits.

Whatever tells something about a person is encrypted with that client's key, so that forgetting
the key erases it here as well.
"""

import json
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models

from nostro.core import secrets
from nostro.core.models import StoredFile
from nostro.core.states import HasStates, Wait
from nostro.people.models import Client, LegalEntity


def sealed(client_id: int, value: Any) -> bytes:
    """A value as JSON, encrypted with the client's own key."""
    _, key = secrets.client_key(client_id)
    return secrets.encrypt(key, json.dumps(value, default=str).encode(), b"compliance")


def unsealed(client_id: int, content: bytes | memoryview | None) -> Any:
    """The value again; nothing where nothing was kept. Raises `Shredded` after an erasure."""
    if not content:
        return {}
    _, key = secrets.client_key(client_id)
    return json.loads(secrets.decrypt(key, bytes(content), b"compliance"))


class OfClient(models.Model):
    """Belongs to one client, and through them to a legal entity."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True

    @property
    def entity_id(self) -> int:
        return self.client.entity_id


class Flow(models.Model):
    """The steps of an application. Versions never change: who has begun stays on theirs.

    Empty `entity_code` or `country` means every one; the most exact flow applies.
    """

    entity_code = models.CharField(max_length=4, blank=True)
    country = models.CharField(max_length=2, blank=True)
    kind = models.CharField(max_length=10, default="individual")
    number = models.PositiveIntegerField()
    steps = models.JSONField()
    requires = models.JSONField(help_text="Codes of the checks that must pass")
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entity_code", "country", "kind", "number"], name="compliance_flow_once"
            )
        ]

    def __str__(self) -> str:
        place = " ".join(filter(None, (self.entity_code, self.country))) or "everywhere"
        return f"{self.kind} {place} v{self.number}"


class Questionnaire(models.Model):
    """Weighted questions: points for each answer, and from how many it passes."""

    code = models.SlugField(max_length=40, db_index=False)
    number = models.PositiveIntegerField()
    questions = models.JSONField()
    passes_from = models.PositiveSmallIntegerField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="compliance_questionnaire_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"


class AgreementText(models.Model):
    """What a client agrees to, word for word. A change is a new version to be agreed to anew."""

    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, db_index=False)
    kind = models.SlugField(max_length=20)
    title = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "kind", "number"], name="compliance_agreement_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"


class Acceptance(OfClient):
    """A client agreed to a text: which words (their hash), when, from where."""

    text = models.ForeignKey(AgreementText, on_delete=models.PROTECT)
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "text"], name="compliance_acceptance_once")
        ]


class Application(OfClient, HasStates):
    """A client's wish to become active: answers, agreements, documents, checks, a decision."""

    class Status(models.TextChoices):
        STARTED = "started", "Started"
        CHECKING = "checking", "Being checked"
        REVIEW = "review", "In review"
        MORE_NEEDED = "more_needed", "More needed"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"

    moves: ClassVar = {
        Status.STARTED: {Status.CHECKING},
        Status.CHECKING: {Status.REVIEW, Status.APPROVED},
        Status.REVIEW: {Status.APPROVED, Status.REFUSED, Status.MORE_NEEDED},
        Status.MORE_NEEDED: {Status.CHECKING, Status.REFUSED},
    }
    waits: ClassVar = {
        Status.REVIEW: Wait("compliance.approve_application", timedelta(hours=4)),
    }

    flow = models.ForeignKey(Flow, on_delete=models.PROTECT)
    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT)
    answers_sealed = models.BinaryField(null=True)
    run = models.PositiveSmallIntegerField(default=0, help_text="How often it was sent in")
    started_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    failing = models.JSONField(default=list, help_text="Codes of the checks that did not pass")
    verdict = models.BigIntegerField(null=True, help_text="The decision of the rules")
    risk_decision = models.BigIntegerField(null=True)
    decided_by = models.BigIntegerField(null=True, help_text="Staff; nobody where rules did")
    reopened = models.JSONField(default=list, help_text="Steps the client was asked to redo")
    words_sealed = models.BinaryField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "due_at"], name="compliance_application_queue"),
            models.Index(fields=["client", "-started_at"], name="compliance_application_of"),
            models.Index(fields=["-started_at", "-id"], name="compliance_application_new"),
            models.Index(
                fields=["decided_at"],
                name="compliance_application_decided",
                condition=models.Q(decided_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client"], name="compliance_application_one_open",
                condition=models.Q(status__in=["started", "checking", "review", "more_needed"]),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"A-{self.pk}"

    @property
    def answers(self) -> dict[str, dict[str, Any]]:
        """Step → field → what the client typed."""
        found: dict[str, dict[str, Any]] = unsealed(self.client_id, self.answers_sealed)
        return found

    @property
    def words(self) -> dict[str, str]:
        """What was said about it: to the client (`asked`), and for the file (`note`)."""
        found: dict[str, str] = unsealed(self.client_id, self.words_sealed)
        return found

    @property
    def is_open_to_client(self) -> bool:
        return self.status in (self.Status.STARTED, self.Status.MORE_NEEDED)


class Document(OfClient, HasStates):
    """A paper of a client. What was read from it is encrypted, like the file itself."""

    class Kind(models.TextChoices):
        PASSPORT = "passport", "Passport"
        ID_CARD = "id_card", "Identity card"
        PROOF_OF_ADDRESS = "proof_of_address", "Proof of address"

    class Status(models.TextChoices):
        UPLOADED = "uploaded", "Being read"
        READ = "read", "Read"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        REPLACED = "replaced", "Replaced"

    moves: ClassVar = {
        Status.UPLOADED: {Status.READ, Status.REPLACED},
        Status.READ: {Status.ACCEPTED, Status.REJECTED, Status.REPLACED},
        Status.ACCEPTED: {Status.REPLACED},
        Status.REJECTED: {Status.REPLACED},
    }

    kind = models.CharField(max_length=20, choices=Kind.choices)
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT)
    sent_sha256 = models.CharField(max_length=64, help_text="Of the file as the client sent it")
    pages = models.PositiveSmallIntegerField()
    read_sealed = models.BinaryField()
    number_hash = models.CharField(max_length=64, blank=True, db_index=True)
    expiry_date = models.DateField(null=True)
    uploaded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["client", "-uploaded_at"], name="compliance_document_of"),
            models.Index(fields=["-uploaded_at", "-id"], name="compliance_document_new"),
            models.Index(fields=["expiry_date"], name="compliance_document_expiry"),
            models.Index(fields=["sent_sha256"], name="compliance_document_print"),
        ]

    def __str__(self) -> str:
        return f"D-{self.pk}"

    @property
    def is_identity(self) -> bool:
        return self.kind != self.Kind.PROOF_OF_ADDRESS

    @property
    def reading(self) -> dict[str, Any]:
        """What the file told: `zone`, `texts`, `measures`, `evidence`."""
        found: dict[str, Any] = unsealed(self.client_id, self.read_sealed)
        return found


class CheckResult(models.Model):
    """What one check said in one run. Its sentence and evidence are encrypted."""

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="checks", db_index=False
    )
    run = models.PositiveSmallIntegerField()
    code = models.SlugField(max_length=40, db_index=False)
    verdict = models.CharField(max_length=6)
    required = models.BooleanField()
    said_sealed = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "run", "code"], name="compliance_check_once"
            )
        ]

    def __str__(self) -> str:
        return self.code


class ListVersion(models.Model):
    """One loading of one sanctions list."""

    list = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    entries = models.PositiveIntegerField()
    added = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    removed = models.PositiveIntegerField()
    unread = models.JSONField()
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list", "number"], name="compliance_list_once")
        ]

    def __str__(self) -> str:
        return f"{self.list} v{self.number}"


class ListedEntry(models.Model):
    """One listed person or thing as it stood from one version until another."""

    list = models.CharField(max_length=20)
    entry_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=12)
    names = models.JSONField()
    weak_names = models.JSONField()
    birth_dates = models.JSONField()
    countries = models.JSONField()
    identifiers = models.JSONField()
    programmes = models.JSONField()
    content_hash = models.CharField(max_length=64)
    since = models.PositiveIntegerField(help_text="The list version that brought it")
    until = models.PositiveIntegerField(null=True, help_text="The one that took it away")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["list", "entry_id"], condition=models.Q(until=None),
                name="compliance_entry_current",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.list} {self.entry_id}"


class Hit(OfClient, HasStates):
    """A client may be somebody on a list. What was said of it holds for these data alone: when
    the entry or the client's details change, it is a new hit.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CLEARED = "cleared", "Not them"
        CONFIRMED = "confirmed", "Is them"

    moves: ClassVar = {Status.OPEN: {Status.CLEARED, Status.CONFIRMED}}
    waits: ClassVar = {Status.OPEN: Wait("compliance.clear_hit", timedelta(hours=4))}

    entry = models.ForeignKey(ListedEntry, on_delete=models.PROTECT)
    content_hash = models.CharField(max_length=64)
    asked_hash = models.CharField(max_length=64, help_text="Of the client's name, birth, countries")
    score = models.DecimalField(max_digits=5, decimal_places=4)
    threshold = models.DecimalField(max_digits=5, decimal_places=4)
    list_version = models.PositiveIntegerField()
    said_sealed = models.BinaryField()
    found_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "content_hash", "asked_hash"], name="compliance_hit_once"
            )
        ]
        indexes = [models.Index(fields=["status", "due_at"], name="compliance_hit_queue")]

    def __str__(self) -> str:
        return f"H-{self.pk}"

    @property
    def said(self) -> dict[str, Any]:
        """`name` on the list, `factors` (code, change, sentence), and the `note` of who decided."""
        found: dict[str, Any] = unsealed(self.client_id, self.said_sealed)
        return found
