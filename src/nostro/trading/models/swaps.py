"""Wishes of clients to trade an account without overnight interest."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates, Wait
from nostro.trading.models.accounts import TradingAccount


class SwapFreeRequest(HasStates):
    """One wish, and what became of it. `reason` is the client's, `answer` ours to them."""

    class Status(models.TextChoices):
        ASKED = "asked", "Being looked at"
        GIVEN = "given", "Given"
        REFUSED = "refused", "Refused"
        CANCELLED = "cancelled", "Taken back"

    moves: ClassVar = {Status.ASKED: {Status.GIVEN, Status.REFUSED, Status.CANCELLED}}
    waits: ClassVar = {Status.ASKED: Wait("trading.approve_swap_free", timedelta(hours=24))}

    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="swap_free_requests"
    )
    days = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    why = models.TextField(blank=True, help_text="The rule's answer in words")
    decision = models.BigIntegerField(null=True)
    asked_by = models.BigIntegerField(null=True, help_text="Who of staff asked on behalf")
    asked_at = models.DateTimeField()

    class Meta(HasStates.Meta):
        verbose_name = "wish to trade without swaps"
        verbose_name_plural = "wishes to trade without swaps"
        constraints = [
            models.UniqueConstraint(
                fields=["account"], name="trading_swap_free_one_at_a_time",
                condition=models.Q(status="asked"),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"SF-{self.pk}"

    @property
    def client_id(self) -> int:
        return self.account.client_id

    @property
    def entity_id(self) -> int:
        return self.account.entity_id
