"""The core's own tables: sign-ins, acts, the log, roles, proposals, keys, files, checkpoints."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None, *, kind: str, person_id: int | None = None
    ) -> "User":
        user = User(email=email.strip().lower(), kind=kind, person_id=person_id)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").strip().lower())


class User(AbstractBaseUser):
    """A way to sign in. Who somebody is stands in `people`: staff, a client or a partner."""

    class Kind(models.TextChoices):
        STAFF = "staff", "Staff"
        CLIENT = "client", "Client"
        PARTNER = "partner", "Partner"

    email = models.EmailField(unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    person_id = models.BigIntegerField(null=True)
    is_active = models.BooleanField(default=True)
    email_verified_at = models.DateTimeField(null=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "person_id"], name="core_user_one_per_person")
        ]

    def __str__(self) -> str:
        return f"sign-in {self.pk}"


class ActRow(models.Model):
    """One outermost operation that was carried out. Written by `nostro_begin`, never edited."""

    id = models.UUIDField(primary_key=True)
    operation = models.CharField(max_length=100)
    key = models.CharField(max_length=200)
    inputs_hash = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    api_key_id = models.BigIntegerField(null=True)
    door = models.CharField(max_length=24)
    address = models.CharField(max_length=45)
    device = models.CharField(max_length=200)
    cause_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "core_act"
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "actor_kind", "actor_id", "key"],
                condition=~models.Q(key=""),
                nulls_distinct=False,
                name="core_act_key_once",
            )
        ]


class Record(models.Model):
    """One event. Append-only by trigger; `xid` gives readers the order of commits."""

    id = models.BigAutoField(primary_key=True)
    xid = models.BigIntegerField()
    name = models.CharField(max_length=100)
    at = models.DateTimeField()
    written_at = models.DateTimeField()
    # Both are written by one function and neither ever goes: see the migration `log`.
    act = models.ForeignKey(
        ActRow, on_delete=models.PROTECT, related_name="records", db_constraint=False
    )
    cause_id = models.BigIntegerField(null=True)
    operation = models.CharField(max_length=100)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField(null=True)
    client_id = models.BigIntegerField(null=True)
    entity_id = models.BigIntegerField(null=True)
    data = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["xid", "id"], name="core_record_feed"),
            models.Index(fields=["client_id", "-at", "-id"], name="core_record_client"),
            models.Index(
                fields=["subject_type", "subject_id", "-at", "-id"], name="core_record_subject"
            ),
            models.Index(fields=["name", "-at"], name="core_record_name"),
            models.Index(fields=["-at", "-id"], name="core_record_latest"),
        ]


class Role(models.Model):
    """What a kind of staff may do, ask and see unmasked. Names may be patterns."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=80)
    names = models.JSONField(default=list)
    unmasked = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.title


class Proposal(models.Model):
    """A call that waits for other people to agree: the operation, its subject and its inputs."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Carried out"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    operation = models.CharField(max_length=100)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True)
    client_id = models.BigIntegerField(null=True)
    entity_id = models.BigIntegerField(null=True)
    inputs = models.JSONField()
    reason = models.TextField(blank=True)
    people = models.PositiveSmallIntegerField()
    needs = models.CharField(max_length=100, blank=True)
    decision = models.BigIntegerField(null=True)
    maker_kind = models.CharField(max_length=8)
    maker_id = models.BigIntegerField(null=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPEN)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"P-{self.pk}"


class Agreement(models.Model):
    """One person's word on a proposal. A refusal is kept like an approval."""

    proposal = models.ForeignKey(
        Proposal, on_delete=models.PROTECT, related_name="agreements", db_index=False
    )
    staff_id = models.BigIntegerField()
    agrees = models.BooleanField()
    note = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "staff_id"], name="core_agreement_once")
        ]


class DataKey(models.Model):
    """A client's key, wrapped by the house's. Forgetting it shreds all that it encrypted."""

    client_id = models.BigIntegerField(unique=True, null=True)
    wrapped = models.BinaryField(null=True)
    shredded_at = models.DateTimeField(null=True)


class StoredFile(models.Model):
    """An encrypted file. Its bytes lie in the house's folder, under its random name."""

    token = models.UUIDField(unique=True)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT)
    client_id = models.BigIntegerField(null=True)
    stored_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Setting(models.Model):
    """A vendor's settings, or a house-wide value. Secrets inside are encrypted by field."""

    name = models.CharField(max_length=100, unique=True)
    value = models.JSONField()


class Checkpoint(models.Model):
    """A signed tree head over the log (RFC 6962 tree, C2SP tlog-checkpoint text)."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()


class SealedBlock(models.Model):
    """256 records of the log as one hash, with the tree's peaks after them."""

    number = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    peaks = models.BinaryField()
    xid = models.BigIntegerField()
    record_id = models.BigIntegerField()


def label(thing: Any) -> str:
    """`payments.withdrawal`: how a model is named in the log and in proposals."""
    return str(thing._meta.label_lower)
