"""Liquidity providers, what they filled for us, and what they say that we hold with them."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Exists, OuterRef

from nostro.core.states import HasStates, Wait
from nostro.exposure.ports import Marks
from nostro.trading.models import Instrument

ZERO = Decimal(0)


class LiquidityProvider(models.Model):
    """One session with a provider. `slug` is also the name of its settings on the shelf.

    `next_sent` and `next_received` are the marks up to which everything is kept. `missed_from` is
    since when fills may be missing, `heard_at` when the line last stood.
    """

    slug = models.SlugField(unique=True)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    live = models.BooleanField(default=True)
    next_sent = models.PositiveBigIntegerField(default=1)
    next_received = models.PositiveBigIntegerField(default=1)
    begin_anew = models.BooleanField(default=False)
    added_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)
    last_fill_at = models.DateTimeField(null=True)
    lag_ms = models.PositiveIntegerField(null=True)
    missed_from = models.DateTimeField(null=True)
    compared_at = models.DateTimeField(null=True)
    compare_trouble = models.CharField(max_length=200, blank=True)
    trouble = models.CharField(max_length=200, blank=True)
    trouble_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def marks(self) -> Marks:
        return Marks(self.next_sent, self.next_received)


class ProviderPosition(models.Model):
    """What we hold of one symbol at a provider, in units of the base, negative where short.

    `held` is what the fills that stand add up to, `brought` what a person took over beside them,
    `theirs` what the provider said when it was asked, at `price` in the quote currency for one
    unit; `held_then` is what the fills made at that moment, with what was found by asking.
    """

    provider = models.ForeignKey(LiquidityProvider, on_delete=models.PROTECT, db_index=False)
    symbol = models.CharField(max_length=64)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, null=True)
    held = models.DecimalField(max_digits=28, decimal_places=8, default=ZERO)
    brought = models.DecimalField(max_digits=28, decimal_places=8, default=ZERO)
    held_then = models.DecimalField(max_digits=28, decimal_places=8, default=ZERO)
    theirs = models.DecimalField(max_digits=28, decimal_places=8, null=True)
    price = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    theirs_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "symbol"], name="exposure_provider_symbol_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.symbol} at {self.provider.name}"

    @property
    def ours(self) -> Decimal:
        return self.held + self.brought

    @property
    def ours_then(self) -> Decimal:
        return self.held_then + self.brought

    @property
    def difference(self) -> Decimal:
        """What the provider held beyond what we knew of; nothing before it was asked."""
        return ZERO if self.theirs is None else self.theirs - self.ours_then

    @property
    def lots(self) -> Decimal | None:
        size = self.instrument.contract_size if self.instrument else ZERO
        return self.ours / size if size else None


class Fills(models.QuerySet["Fill"]):
    """Fills, with what has become of them."""

    def judged(self) -> "Fills":
        """Each with `replaced`: whether a later one corrects or cancels it."""
        return self.annotate(replaced=_replaced())

    def standing(self) -> "Fills":
        """What counts: neither a cancellation, nor corrected or cancelled by a later one."""
        return self.exclude(kind=Fill.Kind.CANCELLED).filter(~_replaced())


def _replaced() -> Exists:
    later = Fill.objects.filter(
        provider=OuterRef("provider"), session=OuterRef("session"), corrects=OuterRef("exec_id")
    )
    return Exists(later.exclude(corrects=""))


class Fill(models.Model):
    """One execution as the provider reported it. Nothing about it is edited: what corrects or
    cancels it is another row that names it in `corrects`.
    """

    class Kind(models.TextChoices):
        TRADE = "trade", "Fill"
        CORRECTED = "corrected", "Correction"
        CANCELLED = "cancelled", "Cancellation"

    class Origin(models.TextChoices):
        COPY = "copy", "Drop copy"
        ASKED = "asked", "Asked for"
        GONE = "gone", "Not among its trades"

    provider = models.ForeignKey(LiquidityProvider, on_delete=models.PROTECT, db_index=False)
    position = models.ForeignKey(ProviderPosition, on_delete=models.PROTECT, related_name="fills")
    session = models.CharField(max_length=200)
    exec_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    origin = models.CharField(max_length=6, choices=Origin.choices)
    corrects = models.CharField(max_length=255, blank=True)
    order_id = models.CharField(max_length=64, blank=True)
    client_order_id = models.CharField(max_length=64, blank=True)
    account = models.CharField(max_length=64, blank=True)
    currency = models.CharField(max_length=10, blank=True)
    side = models.SmallIntegerField(choices=[(1, "Buy"), (-1, "Sell")])
    quantity = models.DecimalField(max_digits=28, decimal_places=8)
    price = models.DecimalField(max_digits=20, decimal_places=8)
    order_quantity = models.DecimalField(max_digits=28, decimal_places=8, null=True)
    cumulative = models.DecimalField(max_digits=28, decimal_places=8, null=True)
    remaining = models.DecimalField(max_digits=28, decimal_places=8, null=True)
    at = models.DateTimeField()
    trade_date = models.DateField()
    value_date = models.DateField(null=True)
    read_at = models.DateTimeField()

    objects = Fills.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "session", "exec_id"], name="exposure_fill_once"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="exposure_fill_positive"
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider", "session", "corrects"], name="exposure_fill_corrects",
                condition=~models.Q(corrects=""),
            ),
            models.Index(fields=["-at", "-id"], name="exposure_fill_newest"),
            models.Index(fields=["provider", "-at"], name="exposure_fill_provider"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.exec_id

    @property
    def signed(self) -> Decimal:
        """Units, negative where we sold."""
        return self.side * self.quantity


class PositionBreak(HasStates):
    """A position at a provider that our fills do not explain."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        EXPLAINED = "explained", "Explained"
        SETTLED = "settled", "Agrees again"

    moves: ClassVar = {
        Status.OPEN: {Status.EXPLAINED, Status.SETTLED},
        Status.EXPLAINED: {Status.SETTLED},
    }
    waits: ClassVar = {Status.OPEN: Wait("exposure.explain_break", timedelta(hours=4))}

    position = models.ForeignKey(ProviderPosition, on_delete=models.PROTECT)
    theirs = models.DecimalField(max_digits=28, decimal_places=8)
    ours = models.DecimalField(max_digits=28, decimal_places=8)
    cause = models.CharField(max_length=400)
    note = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["position"], condition=models.Q(status="open"),
                name="exposure_position_break_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"PB-{self.pk}"

    @property
    def difference(self) -> Decimal:
        return self.theirs - self.ours
