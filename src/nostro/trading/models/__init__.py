"""Platforms, what is traded on them, trading accounts, and the deals and positions read back."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates, Wait
from nostro.kit.money import HALF_EVEN, Money
from nostro.people.models import Client, LegalEntity
from nostro.trading.models.platforms import Backfill as Backfill
from nostro.trading.models.platforms import Platform as Platform
from nostro.trading.models.platforms import PlatformPoint as PlatformPoint
from nostro.trading.models.platforms import SyncCursor as SyncCursor

BOOKS = [("a", "A book"), ("b", "B book")]


class Instrument(models.Model):
    """What is traded, whatever a platform calls it: EURUSD.m and EURUSD are one."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    asset_class = models.CharField(
        max_length=10,
        choices=[
            ("fx_major", "Major FX"), ("fx_minor", "Minor FX"), ("metal", "Metals"),
            ("index", "Indices"), ("energy", "Energy"), ("share", "Shares"), ("crypto", "Crypto"),
        ],
    )  # fmt: skip
    base = models.CharField(max_length=10)
    quote = models.CharField(max_length=5)
    contract_size = models.DecimalField(max_digits=20, decimal_places=8)
    digits = models.PositiveSmallIntegerField()
    pip = models.DecimalField(max_digits=20, decimal_places=10)

    def __str__(self) -> str:
        return self.code


class PlatformSymbol(models.Model):
    """A symbol on a platform, and the instrument it is. Unmapped ones wait for a person."""

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT)
    name = models.CharField(max_length=32)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, null=True)
    contract_size = models.DecimalField(max_digits=20, decimal_places=8)
    digits = models.PositiveSmallIntegerField()
    bid = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    ask = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    tick_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "name"], name="trading_symbol_once")
        ]

    def __str__(self) -> str:
        return self.name


class Group(models.Model):
    """A group on a platform: currency, book, account type, and whose licence it is under."""

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT)
    path = models.CharField(max_length=64)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT)
    currency = models.CharField(max_length=5)
    account_type = models.CharField(max_length=20)
    book = models.CharField(max_length=1, choices=BOOKS, default="b")
    swap_free = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "path"], name="trading_group_once")
        ]

    def __str__(self) -> str:
        return self.path


class TradingAccount(HasStates):
    """A client's account on a platform. Figures are as read, with the moment of reading."""

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
        Status.OPENING: {Status.OPEN, Status.FAILED},
        Status.FAILED: {Status.OPENING, Status.REFUSED},
        Status.OPEN: {
            Status.CLOSE_ONLY, Status.READ_ONLY, Status.DISABLED, Status.DORMANT, Status.CLOSED,
        },
        Status.CLOSE_ONLY: {Status.OPEN, Status.READ_ONLY, Status.DISABLED, Status.CLOSED},
        Status.READ_ONLY: {Status.OPEN, Status.CLOSE_ONLY, Status.DISABLED, Status.CLOSED},
        Status.DISABLED: {Status.OPEN, Status.CLOSE_ONLY, Status.READ_ONLY, Status.CLOSED},
        Status.DORMANT: {Status.OPEN, Status.READ_ONLY, Status.DISABLED, Status.CLOSED},
    }  # fmt: skip
    waits: ClassVar = {
        Status.REQUESTED: Wait("trading.approve_account", timedelta(hours=4)),
        Status.FAILED: Wait("trading.retry_opening", timedelta(hours=1)),
    }

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="trading_accounts")
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, null=True)
    login = models.BigIntegerField(null=True)
    name = models.CharField(max_length=40)
    account_type = models.CharField(max_length=20)
    currency = models.CharField(max_length=5)
    leverage = models.PositiveSmallIntegerField(null=True)
    decision = models.BigIntegerField(null=True)
    key = models.CharField(max_length=31, unique=True)
    reason = models.CharField(max_length=200, blank=True)
    restricted_until = models.DateTimeField(null=True)
    swap_free_until = models.DateTimeField(null=True)
    idle_notice_at = models.DateTimeField(null=True)
    moved_from = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="moved_to"
    )
    requested_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
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
        free = min(self.free_margin - self.credit, self.balance)
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

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="points")
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


class Deal(models.Model):
    """One deal as the platform keeps it. Tickets are unique on a platform, so it is read once."""

    class Action(models.TextChoices):
        BUY = "buy", "Buy"
        SELL = "sell", "Sell"
        BALANCE = "balance", "Balance"
        CREDIT = "credit", "Credit"
        CHARGE = "charge", "Charge"
        CORRECTION = "correction", "Correction"
        BONUS = "bonus", "Bonus"
        COMMISSION = "commission", "Commission"
        OTHER = "other", "Other"

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT)
    ticket = models.BigIntegerField()
    login = models.BigIntegerField()
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, null=True)
    position = models.BigIntegerField(default=0)
    action = models.CharField(max_length=10, choices=Action.choices)
    entry = models.CharField(
        max_length=6,
        choices=[("none", "None"), ("in", "In"), ("out", "Out"), ("inout", "Reversal"),
                 ("outby", "Closed by")],
    )  # fmt: skip
    symbol = models.CharField(max_length=32, blank=True)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, null=True)
    lots = models.DecimalField(max_digits=20, decimal_places=8)
    lots_closed = models.DecimalField(max_digits=20, decimal_places=8, default=0)
    contract_size = models.DecimalField(max_digits=20, decimal_places=8)
    price = models.DecimalField(max_digits=20, decimal_places=8)
    price_open = models.DecimalField(max_digits=20, decimal_places=8, default=0)
    bid = models.DecimalField(max_digits=20, decimal_places=8, default=0)
    ask = models.DecimalField(max_digits=20, decimal_places=8, default=0)
    profit = models.DecimalField(max_digits=24, decimal_places=8)
    swap = models.DecimalField(max_digits=24, decimal_places=8)
    commission = models.DecimalField(max_digits=24, decimal_places=8)
    fee = models.DecimalField(max_digits=24, decimal_places=8, default=0)
    rate_profit = models.DecimalField(max_digits=20, decimal_places=8, default=1)
    comment = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "ticket"], name="trading_deal_once")
        ]
        indexes = [
            models.Index(fields=["account", "-at", "-id"], name="trading_deal_account"),
            models.Index(fields=["-at", "-id"], name="trading_deal_newest"),
            models.Index(fields=["platform", "position"], name="trading_deal_position"),
        ]

    def __str__(self) -> str:
        return f"deal {self.ticket}"

    @property
    def result(self) -> Money | None:
        """What it did to the balance; nothing for an account that is not ours."""
        if self.account is None:
            return None
        return self.account.money(self.profit + self.swap + self.commission + self.fee)


class DealCorrection(models.Model):
    """What a platform made of a deal later. The deal stays as it was read; `delta` adds to it."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="corrections")
    gone = models.BooleanField()
    delta = models.DecimalField(max_digits=24, decimal_places=8)
    found_at = models.DateTimeField()


class Position(models.Model):
    """An open position as last read."""

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT)
    ticket = models.BigIntegerField()
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT)
    symbol = models.CharField(max_length=32)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, null=True)
    side = models.SmallIntegerField(choices=[(1, "Long"), (-1, "Short")])
    lots = models.DecimalField(max_digits=20, decimal_places=8)
    contract_size = models.DecimalField(max_digits=20, decimal_places=8)
    price_open = models.DecimalField(max_digits=20, decimal_places=8)
    price = models.DecimalField(max_digits=20, decimal_places=8)
    profit = models.DecimalField(max_digits=24, decimal_places=8)
    swap = models.DecimalField(max_digits=24, decimal_places=8)
    rate_profit = models.DecimalField(max_digits=20, decimal_places=8, default=1)
    opened_at = models.DateTimeField()
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "ticket"], name="trading_position_once")
        ]
        indexes = [models.Index(fields=["account"], name="trading_position_account")]

    def __str__(self) -> str:
        return f"position {self.ticket}"

    @property
    def floating(self) -> Money:
        return self.account.money(self.profit + self.swap)


class BalanceBreak(HasStates):
    """A platform's balance that its own deals do not explain."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        EXPLAINED = "explained", "Explained"

    moves: ClassVar = {Status.OPEN: {Status.EXPLAINED}}
    waits: ClassVar = {Status.OPEN: Wait("trading.explain_break", timedelta(hours=4))}

    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT)
    shown = models.DecimalField(max_digits=24, decimal_places=8)
    derived = models.DecimalField(max_digits=24, decimal_places=8)
    cause = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField()

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
