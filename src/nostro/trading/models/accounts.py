"""Trading accounts, their curve and their credentials."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates, Wait
from nostro.kit.money import HALF_EVEN, Money
from nostro.people.models import Client, LegalEntity
from nostro.trading.models.catalogue import Group
from nostro.trading.models.platforms import Platform


class TradingAccount(HasStates):
    """A client's account on a platform. Figures are as read, with the moment of reading.

    `leverage_before` is what news have lowered, and comes back after them; `leverage_notice_at` is
    when the client was told that it falls with equity, to `leverage_notice_cap`; equity does not
    count until `leverage_kept_until`. `leverage_given` is what people gave it above the rules' cap,
    until `leverage_given_until`. `rights_refused` is why the platform would not let the
    account do what its state here says, or no more than that. `reason` and `restricted_until` are
    those of the strongest of its restrictions; one that `sleeps` is dormant again after the last.

    What stood on its platform before this house was `taken_over_at` a moment: the deals before it
    are its history, and nothing that is reckoned here.

    A practice account holds virtual money: `virtual_due` is what the platform is still to be given,
    under `virtual_reference`. Whatever counts money, risk or clients leaves these accounts out.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", "Requested"
        OPENING = "opening", "Opening"
        OPEN = "open", "Open"
        CLOSE_ONLY = "close_only", "Close only"
        READ_ONLY = "read_only", "Read only"
        DISABLED = "disabled", "Disabled"
        DORMANT = "dormant", "Dormant"
        CLOSED = "closed", "Closed"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Not opened"

    moves: ClassVar = {
        Status.REQUESTED: {Status.OPENING, Status.REFUSED},
        Status.OPENING: {Status.OPEN, Status.FAILED, Status.OPENING},
        Status.FAILED: {Status.OPENING, Status.REFUSED},
        Status.OPEN: {
            Status.CLOSE_ONLY, Status.READ_ONLY, Status.DISABLED, Status.DORMANT, Status.CLOSED,
        },
        Status.CLOSE_ONLY: {
            Status.OPEN, Status.DORMANT, Status.READ_ONLY, Status.DISABLED, Status.CLOSED,
        },
        Status.READ_ONLY: {
            Status.OPEN, Status.DORMANT, Status.CLOSE_ONLY, Status.DISABLED, Status.CLOSED,
        },
        Status.DISABLED: {
            Status.OPEN, Status.DORMANT, Status.CLOSE_ONLY, Status.READ_ONLY, Status.CLOSED,
        },
        Status.DORMANT: {
            Status.OPEN, Status.CLOSE_ONLY, Status.READ_ONLY, Status.DISABLED, Status.CLOSED,
        },
        Status.CLOSED: {Status.OPEN},
    }  # fmt: skip
    waits: ClassVar = {
        Status.REQUESTED: Wait("trading.approve_account", timedelta(hours=4)),
        Status.OPENING: Wait("trading.retry_opening", timedelta(hours=1)),
        Status.FAILED: Wait("trading.retry_opening", timedelta(hours=1)),
    }

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="trading_accounts", db_index=False
    )
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, db_index=False)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, null=True)
    login = models.BigIntegerField(null=True)
    name = models.CharField(max_length=40)
    account_type = models.CharField(max_length=20)
    practice = models.BooleanField(default=False)
    virtual_due = models.DecimalField(max_digits=24, decimal_places=8, default=0)
    virtual_reference = models.CharField(max_length=31, blank=True)
    currency = models.CharField(max_length=5)
    leverage = models.PositiveSmallIntegerField(null=True)
    leverage_before = models.PositiveSmallIntegerField(null=True)
    leverage_notice_at = models.DateTimeField(null=True)
    leverage_notice_cap = models.PositiveSmallIntegerField(null=True)
    leverage_kept_until = models.DateTimeField(null=True)
    leverage_given = models.PositiveSmallIntegerField(null=True)
    leverage_given_until = models.DateTimeField(null=True)
    decision = models.BigIntegerField(null=True)
    key = models.CharField(max_length=31, unique=True)
    reason = models.CharField(max_length=200, blank=True)
    restricted_until = models.DateTimeField(null=True)
    sleeps = models.BooleanField(default=False, db_default=False)
    swap_free_until = models.DateTimeField(null=True)
    swap_free_since = models.DateTimeField(null=True)
    idle_notice_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    rights_set_at = models.DateTimeField(null=True)
    rights_refused = models.CharField(max_length=200, blank=True, db_default="")
    moved_from = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="moved_to"
    )
    requested_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    taken_over_at = models.DateTimeField(null=True)
    balance = models.DecimalField(max_digits=24, decimal_places=8, default=0)
    credit = models.DecimalField(max_digits=24, decimal_places=8, default=0)
    equity = models.DecimalField(max_digits=24, decimal_places=8, default=0)
    margin = models.DecimalField(max_digits=24, decimal_places=8, default=0)
    free_margin = models.DecimalField(max_digits=24, decimal_places=8, default=0)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "login"], name="trading_account_login")
        ]
        indexes = [
            models.Index(fields=["client"], name="trading_account_client"),
            models.Index(fields=["login"], name="trading_account_number"),
            models.Index(fields=["-requested_at", "-id"], name="trading_account_newest"),
            models.Index(
                fields=["status", "-requested_at", "-id"], name="trading_account_status"
            ),
            models.Index(
                fields=["due_at", "id"], name="trading_account_due",
                condition=models.Q(due_at__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.platform.name} {self.login or 'new'}"

    def money(self, amount: Decimal) -> Money:
        """A figure as read, to what the account's currency is paid in."""
        return Money.rounded(amount, self.currency, HALF_EVEN)

    @property
    def balance_money(self) -> Money:
        return self.money(self.balance)

    @property
    def equity_money(self) -> Money:
        return self.money(self.equity)

    @property
    def floating_money(self) -> Money:
        """What open trades stand at: equity without balance and credit."""
        return self.money(self.equity - self.balance - self.credit)

    @property
    def free_money(self) -> Money:
        """What could be taken out: free margin without credit, never more than the balance."""
        return self.free_after(Decimal(0))

    def free_after(self, moved: Decimal) -> Money:
        """The same after what came in since the account was read, or left it where below zero."""
        free = min(self.free_margin - self.credit, self.balance) + moved
        return self.money(max(free, Decimal(0)))

    @property
    def margin_money(self) -> Money:
        return self.money(self.margin)

    @property
    def margin_level(self) -> Decimal | None:
        """Equity over margin in per cent; nothing while no trade is open."""
        return self.equity / self.margin * 100 if self.margin else None

    @property
    def ratio(self) -> str:
        return f"1:{self.leverage}" if self.leverage else ""


class EquityPoint(models.Model):
    """Balance and equity of an account at the end of a quarter of an hour in which they moved."""

    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="points", db_index=False
    )
    at = models.DateTimeField()
    balance = models.DecimalField(max_digits=24, decimal_places=8)
    equity = models.DecimalField(max_digits=24, decimal_places=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "at"], name="trading_equity_point_once")
        ]


class OneTimeSecret(models.Model):
    """Credentials behind a link that opens once and expires."""

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="secrets")
    salt = models.CharField(max_length=32)
    token_hash = models.CharField(max_length=64, unique=True)
    sealed = models.TextField(blank=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)

    @property
    def client_id(self) -> int:
        return self.account.client_id
