"""Deals, open positions and waiting orders, as they were read from the platforms."""

from datetime import UTC, datetime, timedelta

from django.db import models

from nostro.kit.money import Money
from nostro.trading.models.accounts import TradingAccount
from nostro.trading.models.catalogue import Instrument
from nostro.trading.models.platforms import Platform
from nostro.trading.ports import DealReason

BY_HAND = ["balance", "credit", "bonus", "charge", "correction"]
"""Actions by which somebody moves money on a platform, as trading does not."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

COMMON = {
    DealReason.CLIENT, DealReason.MOBILE, DealReason.WEB, DealReason.EXPERT, DealReason.SIGNAL,
    DealReason.STOP_LOSS, DealReason.TAKE_PROFIT,
}  # fmt: skip
RARE = [one.value for one in DealReason if one not in COMMON]
"""Reasons of few deals among many: these are found by an index of their own."""


class Deal(models.Model):
    """One deal as the platform keeps it. Tickets are unique on a platform, so it is read once.

    `order` and `reason` are nothing where the platform gives none, and of a deal that is no trade
    there is no order. `platform_time_ms` is what the platform's own clock said, in milliseconds
    since 1970 by that clock: `at` is the same moment in UTC, and may be worked out anew from it.

    What deals refer to is checked a statement at a time, by triggers of the table.
    """

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

    platform = models.ForeignKey(
        Platform, on_delete=models.PROTECT, db_index=False, db_constraint=False
    )
    ticket = models.BigIntegerField()
    login = models.BigIntegerField()
    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, null=True, db_index=False, db_constraint=False
    )
    position = models.BigIntegerField(default=0)
    order = models.BigIntegerField(null=True)
    action = models.CharField(max_length=10, choices=Action.choices)
    entry = models.CharField(
        max_length=6,
        choices=[("none", "None"), ("in", "In"), ("out", "Out"), ("inout", "Reversal"),
                 ("outby", "Closed by")],
    )  # fmt: skip
    reason = models.CharField(
        max_length=16, null=True, choices=[(one.value, one.capitalize()) for one in DealReason]
    )
    symbol = models.CharField(max_length=32, blank=True)
    instrument = models.ForeignKey(
        Instrument, on_delete=models.PROTECT, null=True, db_index=False, db_constraint=False
    )
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
    platform_time_ms = models.BigIntegerField(null=True)
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
            models.Index(
                fields=["account"], name="trading_deal_money",
                condition=models.Q(action__in=BY_HAND),
            ),
            models.Index(
                fields=["platform", "login"], name="trading_deal_nobodys",
                condition=models.Q(account__isnull=True),
            ),
            models.Index(
                fields=["reason", "-at", "-id"], name="trading_deal_rare",
                condition=models.Q(reason__in=RARE),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"deal {self.ticket}"

    @property
    def client_id(self) -> int | None:
        return self.account.client_id if self.account else None

    @property
    def entity_id(self) -> int | None:
        return self.account.entity_id if self.account else None

    @property
    def result(self) -> Money | None:
        """What it did to the balance; nothing for an account that is not ours."""
        if self.account is None:
            return None
        return self.account.money(self.profit + self.swap + self.commission + self.fee)

    @property
    def platform_time(self) -> str:
        """What the platform's clock said, to the millisecond; empty where it said nothing."""
        if self.platform_time_ms is None:
            return ""
        said = EPOCH + timedelta(milliseconds=self.platform_time_ms)
        return f"{said:%-d %b %Y %H:%M:%S}.{said.microsecond // 1000:03d}"


class DealCorrection(models.Model):
    """What a platform made of a deal later. The deal stays as it was read; `delta` adds to it.

    `changed` has the figures that read otherwise now, by the deal's own names.
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="corrections")
    gone = models.BooleanField()
    changed = models.JSONField(default=dict)
    delta = models.DecimalField(max_digits=24, decimal_places=8)
    found_at = models.DateTimeField()

    @property
    def was(self) -> dict[str, str]:
        """The figures as they were read first, of those that read otherwise now."""
        read = {name: getattr(self.deal, name) for name in self.changed}
        return {
            name: value if isinstance(value, str) else f"{value.normalize():f}"
            for name, value in read.items()
        }


class Tally(models.Model):
    """What the kept deals make of an account's balance, exactly: the ledger follows in whole cents,
    and loses none of what lies between them.
    """

    account = models.OneToOneField(TradingAccount, on_delete=models.PROTECT, primary_key=True)
    moved = models.DecimalField(max_digits=24, decimal_places=8)


class TakenDeal(models.Model):
    """What a deal that nobody here had asked for was taken into the ledger with, by hand."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="taken")
    amount = models.DecimalField(max_digits=24, decimal_places=8)
    against = models.CharField(max_length=12)
    reason = models.CharField(max_length=200)
    taken_at = models.DateTimeField()


class Position(models.Model):
    """An open position as last read."""

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, db_index=False)
    ticket = models.BigIntegerField()
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, db_index=False)
    symbol = models.CharField(max_length=32)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, null=True, db_index=False)
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


class PendingOrder(models.Model):
    """An order that waits to be filled, as last read."""

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, db_index=False)
    ticket = models.BigIntegerField()
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="orders")
    symbol = models.CharField(max_length=32)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, null=True)
    kind = models.CharField(max_length=20)
    lots = models.DecimalField(max_digits=20, decimal_places=8)
    price = models.DecimalField(max_digits=20, decimal_places=8)
    stop_loss = models.DecimalField(max_digits=20, decimal_places=8)
    take_profit = models.DecimalField(max_digits=20, decimal_places=8)
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "ticket"], name="trading_order_once")
        ]

    def __str__(self) -> str:
        return f"order {self.ticket}"


class PastOrder(models.Model):
    """An order that ended without being filled whole. One that was filled is its deals."""

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, db_index=False)
    ticket = models.BigIntegerField()
    account = models.ForeignKey(
        TradingAccount, on_delete=models.PROTECT, related_name="past_orders", db_index=False
    )
    symbol = models.CharField(max_length=32)
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=20)
    lots = models.DecimalField(max_digits=20, decimal_places=8)
    open_lots = models.DecimalField(max_digits=20, decimal_places=8)
    price = models.DecimalField(max_digits=20, decimal_places=8)
    placed_at = models.DateTimeField()
    done_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "ticket"], name="trading_past_order_once")
        ]
        indexes = [
            models.Index(fields=["account", "-done_at", "-id"], name="trading_past_order_account")
        ]

    def __str__(self) -> str:
        return f"order {self.ticket}"
