"""Credit lent on trading accounts: it carries trades, and is never the client's to withdraw."""

from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates
from nostro.kit.money import Money
from nostro.trading.models.accounts import TradingAccount


class Credit(HasStates):
    """One credit on one account, given and taken back whole. `reference` is what its deals bear;
    `left` is what the platform still had of it when it was to be taken back, where that was less.
    """

    class Status(models.TextChoices):
        ASKED = "asked", "Asked of the platform"
        GIVEN = "given", "Given"
        ENDING = "ending", "Being taken back"
        ENDED = "ended", "Taken back"
        REFUSED = "refused", "Refused"

    moves: ClassVar = {
        Status.ASKED: {Status.GIVEN, Status.REFUSED},
        Status.GIVEN: {Status.ENDING, Status.ENDED},
        Status.ENDING: {Status.ENDED, Status.GIVEN},
    }
    waits: ClassVar = {}

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="credits")
    amount = models.DecimalField(max_digits=24, decimal_places=8)
    left = models.DecimalField(max_digits=24, decimal_places=8, null=True)
    reason = models.CharField(max_length=200)
    trouble = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=31, unique=True)
    decision = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(HasStates.Meta):
        indexes = [
            models.Index(
                fields=["expires_at"], name="trading_credit_end",
                condition=models.Q(expires_at__isnull=False, status="given"),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"CR-{self.pk}"

    @property
    def money(self) -> Money:
        return self.account.money(self.amount)

    @property
    def to_take(self) -> Money:
        """What of it is taken back."""
        return self.money if self.left is None else self.account.money(self.left)

    @property
    def client_id(self) -> int:
        return self.account.client_id

    @property
    def entity_id(self) -> int:
        return self.account.entity_id
