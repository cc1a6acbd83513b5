"""Wishes for another leverage than an account has."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates, Wait
from nostro.trading.models.accounts import TradingAccount


class LeverageRequest(HasStates):
    """One wish, and what became of it: `cap` is what the rules allowed then, `reason` the client's,
    `answer` ours to them. `days` are those a leverage above the cap is given for, at most while it
    is looked at. It is given once the platform has set it.
    """

    class Status(models.TextChoices):
        ASKED = "asked", "Being looked at"
        SENT = "sent", "Asked of the platform"
        GIVEN = "given", "Given"
        REFUSED = "refused", "Refused"
        CANCELLED = "cancelled", "Taken back"

    moves: ClassVar = {
        Status.ASKED: {Status.SENT, Status.REFUSED, Status.CANCELLED},
        Status.SENT: {Status.GIVEN, Status.REFUSED},
    }
    waits: ClassVar = {Status.ASKED: Wait("trading.approve_leverage", timedelta(hours=24))}

    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="leverage_requests"
    )
    leverage = models.PositiveSmallIntegerField()
    was = models.PositiveSmallIntegerField()
    cap = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    why = models.TextField(blank=True, help_text="The rule's answer in words")
    decision = models.BigIntegerField(null=True)
    asked_by = models.BigIntegerField(null=True, help_text="Who of staff asked on behalf")
    asked_at = models.DateTimeField()

    class Meta(HasStates.Meta):
        verbose_name = "wish for another leverage"
        verbose_name_plural = "wishes for another leverage"
        constraints = [
            models.UniqueConstraint(
                fields=["account"], name="trading_leverage_one_at_a_time",
                condition=models.Q(status__in=["asked", "sent"]),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"LV-{self.pk}"

    @property
    def client_id(self) -> int:
        return self.account.client_id

    @property
    def entity_id(self) -> int:
        return self.account.entity_id

    @property
    def ratio(self) -> str:
        return f"1:{self.leverage}"

    @property
    def above(self) -> bool:
        """Whether more is asked for than the rules allowed then."""
        return self.leverage > self.cap
