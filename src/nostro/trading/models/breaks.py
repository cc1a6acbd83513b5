"""Balances that do not add up: the platform's with its deals, the ledger's with the platform's."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates, Wait
from nostro.kit.money import Money
from nostro.trading.models.accounts import TradingAccount
from nostro.trading.models.deals import Deal


class BalanceBreak(HasStates):
    """Two figures of an account that should be one: `shown` where it stands, `derived` from deals.

    It stands, explained or not, until the difference is no more; the same one that comes again is
    another break. Group, leverage and rights are words: `here` and `there`, on the platform.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        EXPLAINED = "explained", "Explained"
        HEALED = "healed", "Healed"

    class Kind(models.TextChoices):
        BALANCE = "balance", "Platform's balance"
        CREDIT = "credit", "Platform's credit"
        LEDGER = "ledger", "Our ledger"
        LENT = "lent", "Credit nobody asked for"
        KEPT = "kept", "Credit in our ledger"
        GROUP = "group", "Group"
        LEVERAGE = "leverage", "Leverage"
        RIGHTS = "rights", "Rights"
        CLOSED = "closed", "Closed account"

    TERMS: ClassVar = (Kind.GROUP, Kind.LEVERAGE, Kind.RIGHTS)

    moves: ClassVar = {
        Status.OPEN: {Status.EXPLAINED, Status.HEALED},
        Status.EXPLAINED: {Status.HEALED},
    }
    waits: ClassVar = {Status.OPEN: Wait("trading.explain_break", timedelta(hours=4))}

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.BALANCE)
    shown = models.DecimalField(max_digits=24, decimal_places=8)
    derived = models.DecimalField(max_digits=24, decimal_places=8)
    here = models.CharField(max_length=200, blank=True, db_default="")
    there = models.CharField(max_length=200, blank=True, db_default="")
    cause = models.TextField()
    note = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField()
    healed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["account", "kind"], name="trading_break_standing",
                condition=models.Q(healed_at__isnull=True),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"BB-{self.pk}"

    @property
    def client_id(self) -> int:
        return self.account.client_id

    @property
    def entity_id(self) -> int:
        return self.account.entity_id

    @property
    def difference(self) -> Money:
        return self.account.money(self.shown - self.derived)

    @property
    def apart(self) -> Money | str:
        """What is between the two, in the words of either."""
        return f"{self.here} here, {self.there} there" if self.there else self.difference


class BreakDeal(models.Model):
    """A deal behind a break: the figures that we have of it, and those that the platform has."""

    class Why(models.TextChoices):
        GONE = "gone", "Gone from the platform"
        CHANGED = "changed", "Changed on the platform"
        LATE = "late", "Written into the past"
        UNASKED = "unasked", "Nobody here asked for it"

    found_in = models.ForeignKey(
        BalanceBreak, on_delete=models.PROTECT, related_name="traces", db_index=False
    )
    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="traces")
    why = models.CharField(max_length=8, choices=Why.choices)
    was = models.JSONField(default=dict)
    now = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["found_in", "deal"], name="trading_break_deal_once")
        ]


class DailyReport(models.Model):
    """Where a platform says that an account stood at the end of its day, and what our deals until
    then make of it. `found` is the break that a difference was written down as.
    """

    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="days", db_index=False
    )
    at = models.DateTimeField()
    balance = models.DecimalField(max_digits=24, decimal_places=8)
    credit = models.DecimalField(max_digits=24, decimal_places=8)
    equity = models.DecimalField(max_digits=24, decimal_places=8)
    derived = models.DecimalField(max_digits=24, decimal_places=8)
    derived_credit = models.DecimalField(max_digits=24, decimal_places=8)
    found = models.ForeignKey(BalanceBreak, on_delete=models.PROTECT, null=True)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "at"], name="trading_daily_report_once")
        ]

    def __str__(self) -> str:
        return f"{self.account} on {self.at:%-d %b %Y}"

    @property
    def client_id(self) -> int:
        return self.account.client_id

    @property
    def agrees(self) -> bool:
        """Whether balance and credit are what our deals make them."""
        return self.balance == self.derived and self.credit == self.derived_credit

    @property
    def balance_money(self) -> Money:
        return self.account.money(self.balance)

    @property
    def credit_money(self) -> Money:
        return self.account.money(self.credit)

    @property
    def equity_money(self) -> Money:
        return self.account.money(self.equity)
