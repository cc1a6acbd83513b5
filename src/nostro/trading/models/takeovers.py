"""Accounts that stood on a platform before this house did, and how they become its clients'."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.models import StoredFile
from nostro.core.states import HasStates, Wait
from nostro.kit.money import HALF_EVEN, Currency, Money
from nostro.people.models import Client
from nostro.trading.models.accounts import TradingAccount
from nostro.trading.models.platforms import Platform


class Takeover(HasStates):
    """Logins of a platform, compared with our clients first. Without a file they are those that
    nobody here owns, and whose they are is what the platform keeps beside them.
    """

    class Status(models.TextChoices):
        COMPARING = "comparing", "Being compared"
        READY = "ready", "Ready"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    moves: ClassVar = {
        Status.COMPARING: {Status.READY, Status.DONE, Status.DROPPED},
        Status.READY: {Status.COMPARING, Status.RUNNING, Status.DROPPED},
        Status.RUNNING: {Status.DONE, Status.READY, Status.COMPARING},
        Status.DONE: {Status.COMPARING},
    }
    waits: ClassVar = {Status.READY: Wait("trading.start_takeover", timedelta(hours=24))}

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT)
    stored = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True)
    maker_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(HasStates.Meta):
        indexes = [models.Index(fields=["-made_at", "-id"], name="trading_takeover_newest")]

    def __str__(self) -> str:
        return f"TO-{self.pk}"


class TakeoverRow(models.Model):
    """One login of a takeover: what stands on the platform, whose it is, what becomes of it.

    `named` is what the file called its client, kept only while no client was found.
    """

    class Status(models.TextChoices):
        CHOSEN = "chosen", "To be compared"
        PLANNED = "planned", "Will be taken over"
        REFUSED = "refused", "Refused"
        LEFT = "left", "Nobody's"
        DONE = "done", "Taken over"

    takeover = models.ForeignKey(
        Takeover, on_delete=models.PROTECT, related_name="rows", db_index=False
    )
    number = models.PositiveIntegerField()
    login = models.BigIntegerField(null=True)
    named = models.CharField(max_length=200, blank=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True)
    account = models.OneToOneField(TradingAccount, on_delete=models.PROTECT, null=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    said = models.CharField(max_length=300, blank=True)
    group = models.CharField(max_length=64, blank=True)
    currency = models.CharField(max_length=5, blank=True)
    leverage = models.PositiveIntegerField(null=True)
    balance = models.DecimalField(max_digits=24, decimal_places=8, default=0)
    credit = models.DecimalField(max_digits=24, decimal_places=8, default=0)
    positions = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["takeover", "login"], name="trading_takeover_login")
        ]
        indexes = [
            models.Index(fields=["takeover", "status", "number"], name="trading_takeover_next")
        ]

    def __str__(self) -> str:
        return f"{self.login or f'line {self.number}'}"

    @property
    def balance_money(self) -> Money | None:
        return self._money("balance")

    @property
    def credit_money(self) -> Money | None:
        return self._money("credit")

    @property
    def ratio(self) -> str:
        return f"1:{self.leverage}" if self.leverage else ""

    def _money(self, name: str) -> Money | None:
        """A figure as the platform shows it, where the currency is known."""
        if not self.currency:
            return None
        return Money.rounded(getattr(self, name), Currency(self.currency), HALF_EVEN)
