"""Limits that people set, the alerts they raise, and readings of the book over the day; providers
and their fills stand in a file beside.
"""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates, Wait
from nostro.exposure.models.providers import (
    Fill,
    Fills,
    LiquidityProvider,
    PositionBreak,
    ProviderPosition,
)
from nostro.kit.money import Currency, Money
from nostro.people.models import LegalEntity, Staff
from nostro.trading.models import BOOKS

__all__ = [
    "Alert", "Fill", "Fills", "Limit", "LiquidityProvider", "PositionBreak", "ProviderPosition",
    "Reading",
]  # fmt: skip


class Limit(models.Model):
    """How much of an instrument or a currency a book may carry, where the rule is not enough.

    Without a legal entity it holds for the whole house.
    """

    class Kind(models.TextChoices):
        INSTRUMENT = "instrument", "Instrument"
        CURRENCY = "currency", "Currency"
        TOTAL = "total", "Sum of nets"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    code = models.CharField(max_length=32, blank=True)
    book = models.CharField(max_length=1, choices=BOOKS)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, null=True)
    amount = models.DecimalField(max_digits=20, decimal_places=2)
    reason = models.CharField(max_length=200)
    set_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code", "book", "entity"],
                nulls_distinct=False,
                name="exposure_limit_once",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="exposure_limit_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code or 'Sum of nets'}, {self.get_book_display()}"

    @property
    def money(self) -> Money:
        return Money(self.amount, Currency("USD"))


class Alert(HasStates):
    """A limit that is reached. Raised at the entry level, cleared only below the exit level."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Seen"
        CLEARED = "cleared", "Over"

    moves: ClassVar = {
        Status.OPEN: {Status.ACKNOWLEDGED, Status.CLEARED},
        Status.ACKNOWLEDGED: {Status.CLEARED},
    }
    waits: ClassVar = {Status.OPEN: Wait("exposure.acknowledge_alert", timedelta(minutes=30))}

    rule = models.CharField(max_length=60)
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Limit.Kind.choices)
    code = models.CharField(max_length=32, blank=True)
    book = models.CharField(max_length=1, choices=BOOKS)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, null=True)
    net = models.DecimalField(max_digits=20, decimal_places=2, help_text="As last looked at")
    peak = models.DecimalField(max_digits=20, decimal_places=2, help_text="The furthest it went")
    limit = models.DecimalField(max_digits=20, decimal_places=2)
    decision = models.BigIntegerField(null=True)
    why = models.TextField(blank=True)
    owner = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "key"],
                condition=~models.Q(status="cleared"),
                name="exposure_alert_once",
            )
        ]
        indexes = [models.Index(fields=["status", "-raised_at"], name="exposure_alert_newest")]

    def __str__(self) -> str:
        return f"{self.title}, {self.get_book_display()}"

    @property
    def title(self) -> str:
        return f"{self.code or 'The sum of nets'} over its limit"

    @property
    def net_money(self) -> Money:
        return Money(self.net, Currency("USD"))

    @property
    def limit_money(self) -> Money:
        return Money(self.limit, Currency("USD"))

    @property
    def peak_money(self) -> Money:
        return Money(self.peak, Currency("USD"))

    @property
    def over(self) -> Money:
        """How much has to go to be back at the limit; nothing where it is below."""
        return max(abs(self.net_money) - self.limit_money, Money.zero("USD"))


class Reading(models.Model):
    """The nets of one moment: legal entity → book → code → USD. What the day's chart draws."""

    at = models.DateTimeField(unique=True)
    nets = models.JSONField()
    positions = models.PositiveIntegerField()
