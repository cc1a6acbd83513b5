"""What keeps an account from trading: restrictions, each with its cause, its reason and its end."""

from django.db import models

from nostro.trading.models.accounts import TradingAccount


class Restriction(models.Model):
    """One restriction, in force until `ended_at`. The strongest of those in force is what the
    account is; the others wait beneath it.
    """

    class Cause(models.TextChoices):
        PERSON = "person", "Decided by people"
        CLIENT = "client", "The client's standing"
        MOVE = "move", "Its move to another platform"

    class How(models.TextChoices):
        """From the weakest to the strongest."""

        CLOSE_ONLY = "close_only", "Close only"
        READ_ONLY = "read_only", "Read only"
        DISABLED = "disabled", "Disabled"

    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="restrictions", db_index=False
    )
    cause = models.CharField(max_length=8, choices=Cause.choices)
    how = models.CharField(max_length=12, choices=How.choices)
    reason = models.CharField(max_length=200)
    until = models.DateTimeField(null=True)
    decision = models.BigIntegerField(null=True)
    placed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "cause"], name="trading_restriction_once",
                condition=models.Q(ended_at=None) & ~models.Q(cause="person"),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["account"], name="trading_restriction_in_force",
                condition=models.Q(ended_at=None),
            ),
            models.Index(
                fields=["until"], name="trading_restriction_end",
                condition=models.Q(ended_at=None, until__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.get_how_display()

    @property
    def strength(self) -> int:
        return list(self.How.values).index(self.how)
