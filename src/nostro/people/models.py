"""The people and the firm: legal entities, brands, desks, staff, clients, notes."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.access import Rows
from nostro.core.models import Role, StoredFile, User
from nostro.core.states import HasStates, Wait
from nostro.ui.words import Words, WordsIndex


class LegalEntity(models.Model):
    """A licensed firm. Everything that belongs to a client belongs to one of these."""

    code = models.CharField(max_length=4, unique=True)
    name = models.CharField(max_length=80)
    licence = models.CharField(max_length=40)
    regulator = models.CharField(max_length=20)
    country = models.CharField(max_length=2)
    address = models.CharField(max_length=160)
    base_currency = models.CharField(max_length=5)
    risk_warning_percent = models.PositiveSmallIntegerField()
    pack = models.CharField(max_length=40, help_text="The regulator's policy pack it starts from")

    class Meta:
        verbose_name = "legal entity"
        verbose_name_plural = "legal entities"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """A name that clients know. One brand may stand before several legal entities."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    colour = models.CharField(max_length=7)
    entities = models.ManyToManyField(LegalEntity, related_name="brands")

    def __str__(self) -> str:
        return self.name


class Desk(models.Model):
    """A group of staff that looks after some clients together."""

    name = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name


class Staff(models.Model):
    """Somebody who works here. Roles say what they may do; entities and desk, whom they see."""

    user = models.OneToOneField(User, on_delete=models.PROTECT)
    name = models.CharField(max_length=80)
    title = models.CharField(max_length=80)
    roles = models.ManyToManyField(Role)
    entities = models.ManyToManyField(LegalEntity, blank=True)
    desk = models.ForeignKey(Desk, on_delete=models.PROTECT, null=True)
    own_clients_only = models.BooleanField(default=False)
    countries = models.JSONField(default=list)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def staff_id(self) -> int:
        return self.pk

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()


class Client(HasStates):
    """A client of one legal entity, individual or corporate."""

    class Status(models.TextChoices):
        REGISTERED = "registered", "Registered"
        IN_REVIEW = "in_review", "In review"
        ACTIVE = "active", "Active"
        RESTRICTED = "restricted", "Restricted"
        REFUSED = "refused", "Refused"
        CLOSED = "closed", "Closed"

    class Risk(models.TextChoices):
        UNKNOWN = "", "Not scored"
        LOW = "low", "Low risk"
        MEDIUM = "medium", "Medium risk"
        HIGH = "high", "High risk"

    moves: ClassVar = {
        Status.REGISTERED: {Status.IN_REVIEW, Status.ACTIVE, Status.REFUSED, Status.CLOSED},
        Status.IN_REVIEW: {Status.ACTIVE, Status.REFUSED, Status.CLOSED},
        Status.ACTIVE: {Status.RESTRICTED, Status.CLOSED},
        Status.RESTRICTED: {Status.ACTIVE, Status.CLOSED},
        Status.REFUSED: {Status.IN_REVIEW},
    }

    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT)
    kind = models.CharField(
        max_length=10,
        choices=[("individual", "Individual"), ("corporate", "Corporate")],
        default="individual",
    )
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    email = models.EmailField()
    phone = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, verbose_name="country of residence")
    nationality = models.CharField(max_length=2, blank=True)
    birth_date = models.DateField(null=True)
    address = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=5, default="en")
    category = models.CharField(
        max_length=12,
        choices=[("retail", "Retail"), ("professional", "Professional")],
        default="retail",
    )
    level = models.PositiveSmallIntegerField(default=0, help_text="Verification level, 0 to 2")
    risk = models.CharField(max_length=6, choices=Risk.choices, default="", blank=True)
    risk_score = models.PositiveSmallIntegerField(null=True)
    owner = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="clients")
    desk = models.ForeignKey(Desk, on_delete=models.PROTECT, null=True)
    partner_id = models.BigIntegerField(null=True)
    referral_code = models.CharField(max_length=40, blank=True)
    external_number = models.CharField(max_length=40, blank=True, db_default="")
    account_type = models.CharField(max_length=20, default="standard")
    base_currency = models.CharField(max_length=5)
    email_confirmed_at = models.DateTimeField(null=True)
    registered_at = models.DateTimeField()

    objects = Rows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email"], name="people_client_email"),
            models.UniqueConstraint(
                fields=["external_number"], name="people_client_external",
                condition=~models.Q(external_number=""),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["-registered_at", "-id"], name="people_client_newest"),
            models.Index(fields=["entity", "-registered_at"], name="people_client_entity"),
            models.Index(fields=["partner_id"], name="people_client_partner"),
            models.Index(fields=["last_name", "first_name"], name="people_client_name"),
            models.Index(fields=["status", "-registered_at", "-id"], name="people_client_status"),
            models.Index(
                fields=["risk", "-registered_at", "-id"], name="people_client_risk",
                condition=~models.Q(risk=""),
            ),
            WordsIndex(
                Words("last_name"), Words("first_name"), Words("email"), name="people_client_words"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def client_id(self) -> int:
        return self.pk

    @property
    def number(self) -> str:
        return f"C-{self.pk}"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class ClientImport(HasStates):
    """A file of clients from another system: checked line by line, agreed to, then brought over."""

    class Status(models.TextChoices):
        CHECKING = "checking", "Being checked"
        READY = "ready", "Ready"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    moves: ClassVar = {
        Status.CHECKING: {Status.READY, Status.DONE, Status.DROPPED},
        Status.READY: {Status.CHECKING, Status.RUNNING, Status.DROPPED},
        Status.RUNNING: {Status.DONE, Status.CHECKING},
        Status.DONE: {Status.CHECKING},
    }
    waits: ClassVar = {Status.READY: Wait("people.start_import", timedelta(hours=24))}

    stored = models.ForeignKey(StoredFile, on_delete=models.PROTECT)
    maker_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(HasStates.Meta):
        verbose_name = "import of clients"
        verbose_name_plural = "imports of clients"
        indexes = [models.Index(fields=["-made_at", "-id"], name="people_import_newest")]

    def __str__(self) -> str:
        return f"CI-{self.pk}"


class ClientImportRow(models.Model):
    """What becomes of one line of an import. What the line says stays in the file."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Will be brought over"
        REFUSED = "refused", "Refused"
        DONE = "done", "Brought over"

    found_in = models.ForeignKey(
        ClientImport, on_delete=models.PROTECT, related_name="rows", db_index=False
    )
    number = models.PositiveIntegerField()
    client = models.OneToOneField(Client, on_delete=models.PROTECT, null=True)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, null=True)
    country = models.CharField(max_length=2, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    said = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["found_in", "number"], name="people_import_row_once")
        ]
        indexes = [
            models.Index(fields=["found_in", "status", "number"], name="people_import_row_next")
        ]

    def __str__(self) -> str:
        return f"line {self.number}"


class EmailCode(models.Model):
    """A six-digit code that proves an e-mail address. Kept as a hash, short-lived, few tries."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    code_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Note(models.Model):
    """What staff wrote about a client. Never edited, only superseded by another."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True)
    text = models.TextField()
    pinned = models.BooleanField(default=False)
    at = models.DateTimeField()
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="superseded_by"
    )

    def __str__(self) -> str:
        return f"note {self.pk}"


class Tag(models.Model):
    """A word on a client."""

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="tags", db_index=False
    )
    text = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "text"], name="people_tag_once")]
