"""API keys, the addresses that listen to the house, and what was sent to each of them.

A key is kept as a hash: who reads the table can use none of them. What is made with a secret
carries it once, in memory, to the person who made it.
"""

from typing import ClassVar

from django.db import models

from nostro.core.models import User
from nostro.core.states import HasStates


class OfUser(models.Model):
    """Belongs to a sign-in: it may do and hear what its owner may, and ends with them."""

    owner = models.ForeignKey(User, on_delete=models.PROTECT, db_index=False)
    name = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    secret: ClassVar[str] = ""
    """Only on the one that was just made."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def client_id(self) -> int | None:
        return self.owner.person_id if self.owner.kind == User.Kind.CLIENT else None

    @property
    def partner_id(self) -> int | None:
        return self.owner.person_id if self.owner.kind == User.Kind.PARTNER else None

    def show_once(self, secret: str) -> None:
        """Carry the secret to its maker: it is in no column."""
        self.__dict__["secret"] = secret


class ApiKey(OfUser):
    """A way for a program to act as its owner, within the names it was given."""

    prefix = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "API key"
        indexes = [models.Index(fields=["owner", "-made_at"], name="hooks_key_owner")]


class Bucket(models.Model):
    """How many requests a key has left just now. Unlogged: losing it costs nobody anything."""

    key = models.OneToOneField(ApiKey, on_delete=models.DO_NOTHING, primary_key=True)
    tokens = models.FloatField()
    taken = models.BooleanField()
    used_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "hooks_bucket"


class Endpoint(OfUser):
    """An address that hears events, in the order of their commits. It stands at a cursor."""

    url = models.URLField(max_length=300)
    sealed_secret = models.CharField(max_length=300)
    events = models.JSONField()
    active = models.BooleanField(default=True)
    xid = models.BigIntegerField()
    record_id = models.BigIntegerField()


class Delivery(HasStates):
    """One event on its way to one address."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        GIVEN_UP = "given_up", "Given up"

    moves: ClassVar = {
        Status.WAITING: {Status.DELIVERED, Status.GIVEN_UP},
        Status.DELIVERED: {Status.WAITING},
        Status.GIVEN_UP: {Status.WAITING},
    }

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    record_id = models.BigIntegerField()
    event = models.CharField(max_length=100)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    http_status = models.PositiveSmallIntegerField(null=True)
    trouble = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "record_id"], name="hooks_delivery_once")
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "id"],
                condition=models.Q(status="waiting"),
                name="hooks_delivery_waiting",
            ),
            models.Index(fields=["status", "-status_at"], name="hooks_delivery_status"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def client_id(self) -> int | None:
        return self.endpoint.client_id

    @property
    def partner_id(self) -> int | None:
        return self.endpoint.partner_id
