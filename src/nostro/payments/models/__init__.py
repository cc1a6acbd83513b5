"""Money in and out: methods, providers, deposits, withdrawals, transfers to platforms."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from nostro.core.states import HasStates, Wait
from nostro.kit.money import Money
from nostro.payments.models.amounts import Amount as Amount
from nostro.payments.models.between import ClientTransfer as ClientTransfer
from nostro.payments.models.cards import SavedCard as SavedCard
from nostro.people.models import Client, LegalEntity, Staff
from nostro.trading.models import TradingAccount

DUE = models.Q(due_at__isnull=False)
SETTLED = models.Q(settled_at__isnull=False)
PAID = models.Q(paid_at__isnull=False)
OWNED = models.Q(owner__isnull=False)


def begins(field: str, name: str) -> models.Index:
    """An index for what is the same as something, and for what begins with it."""
    return models.Index(fields=[field], name=name, opclasses=["varchar_pattern_ops"])


class Method(models.Model):
    """A way to pay, as a client knows it."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=40)
    icon = models.CharField(max_length=30)
    takes_deposits = models.BooleanField(default=True)
    pays_out = models.BooleanField(default=True)
    currencies = models.JSONField(default=list)
    least = models.DecimalField(max_digits=20, decimal_places=2)
    most = models.DecimalField(max_digits=20, decimal_places=2)
    speed = models.CharField(max_length=60, help_text="How long it takes, as clients are told")

    def __str__(self) -> str:
        return self.name


class Provider(models.Model):
    """A payment provider or a bank. `slug` names its settings on the shelf."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    methods = models.ManyToManyField(Method, related_name="providers")
    fee_percent = models.DecimalField(max_digits=6, decimal_places=4, default=0)
    refund_days = models.PositiveSmallIntegerField(default=0, help_text="0: cannot refund")
    accounts = models.JSONField(default=dict, help_text="A bank's: our account by currency")
    open = models.BooleanField(default=True)
    notices_refused = models.PositiveIntegerField(default=0)
    notices_refused_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=200, blank=True)
    trouble_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Deposit(Amount, HasStates):
    """A client's wish to pay in, and how far it has come."""

    class Status(models.TextChoices):
        STARTED = "started", "Started"
        PENDING = "pending", "On its way"
        SETTLED = "settled", "Settled"
        FAILED = "failed", "Failed"
        HELD = "held", "Needs a look"
        CHARGED_BACK = "charged_back", "Charged back"

    moves: ClassVar = {
        Status.STARTED: {Status.PENDING, Status.SETTLED, Status.FAILED, Status.HELD},
        Status.PENDING: {Status.SETTLED, Status.FAILED, Status.HELD},
        Status.FAILED: {Status.SETTLED, Status.HELD},
        Status.HELD: {Status.SETTLED, Status.FAILED},
        Status.SETTLED: {Status.CHARGED_BACK},
    }
    waits: ClassVar = {Status.HELD: Wait("payments.settle_held_deposit", timedelta(hours=4))}

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="deposits", db_index=False
    )
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, db_index=False)
    method = models.ForeignKey(Method, on_delete=models.PROTECT, db_index=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, db_index=False)
    decision = models.BigIntegerField(null=True)
    key = models.CharField(max_length=60)
    reference = models.CharField(max_length=120, blank=True)
    payment_reference = models.CharField(max_length=120, blank=True)
    hosted_url = models.URLField(max_length=500, blank=True)
    instrument = models.CharField(max_length=60, blank=True, help_text="Visa •••• 4242")
    card = models.ForeignKey(SavedCard, on_delete=models.PROTECT, null=True, db_index=False)
    fee = models.DecimalField(max_digits=38, decimal_places=18, default=0)
    received = models.DecimalField(
        max_digits=38, decimal_places=18, null=True, help_text="What came, where it is not the sum"
    )
    reason = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    refunded = models.DecimalField(max_digits=38, decimal_places=18, default=0)

    class Meta:
        # Each index is written anew whenever a state changes: none stands beside another one.
        constraints = [models.UniqueConstraint(fields=["key"], name="payments_deposit_key_once")]
        indexes = [
            begins("reference", "payments_deposit_reference"),
            begins("payment_reference", "payments_deposit_payment"),
            models.Index(fields=["client", "-started_at"], name="payments_deposit_client"),
            models.Index(fields=["-started_at", "-id"], name="payments_deposit_newest"),
            models.Index(fields=["status", "-started_at", "-id"], name="payments_deposit_status"),
            models.Index(fields=["settled_at"], name="payments_deposit_settled", condition=SETTLED),
            models.Index(fields=["status_at"], name="payments_deposit_changed"),
            models.Index(fields=["due_at", "id"], name="payments_deposit_due", condition=DUE),
        ]

    def __str__(self) -> str:
        return f"DP-{self.pk}"

    @property
    def paid_with(self) -> str:
        """The card by its name, as it was chosen until the provider told it; else the method's."""
        return self.instrument or self.method.name

    @property
    def received_money(self) -> Money | None:
        """What came, where it is not what was asked for."""
        return None if self.received is None else Money(self.received.normalize(), self.currency)  # type: ignore[arg-type]


class Destination(models.Model):
    """Where a client may be paid: a card that paid in, or a bank account in their own name."""

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="destinations", db_index=False
    )
    kind = models.CharField(max_length=8, choices=[("card", "Card"), ("bank", "Bank account")])
    label = models.CharField(max_length=60, help_text="Masked: AT61 ·· 3201")
    holder = models.CharField(max_length=80)
    sealed = models.TextField(help_text="The account number, encrypted")
    fingerprint = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    usable_from = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "fingerprint"], name="payments_dest_once")
        ]

    def __str__(self) -> str:
        return self.label


class Withdrawal(Amount, HasStates):
    """A client's wish to have money back, and how far it has come."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "Being checked"
        APPROVAL = "approval", "Approval"
        SECOND = "second", "Second approval"
        ASKED = "asked", "Client asked"
        APPROVED = "approved", "Approved"
        SENT = "sent", "Sent"
        PAID = "paid", "Paid"
        REFUSED = "refused", "Refused"
        CANCELLED = "cancelled", "Cancelled"
        STUCK = "stuck", "Not confirmed"
        RETURNED = "returned", "Came back"

    OPEN_LEGS: ClassVar = ("planned", "unknown", "failed", "returned")
    """Legs in these states still hold money that has not left."""
    moves: ClassVar = {
        Status.REQUESTED: {Status.APPROVAL, Status.APPROVED, Status.REFUSED, Status.CANCELLED},
        Status.APPROVAL: {
            Status.SECOND, Status.ASKED, Status.APPROVED, Status.REFUSED, Status.CANCELLED,
        },
        Status.SECOND: {Status.ASKED, Status.APPROVED, Status.REFUSED, Status.CANCELLED},
        Status.ASKED: {
            Status.APPROVAL, Status.SECOND, Status.APPROVED, Status.REFUSED, Status.CANCELLED,
        },
        Status.APPROVED: {Status.SENT, Status.STUCK, Status.REFUSED},
        Status.SENT: {Status.PAID, Status.STUCK, Status.RETURNED},
        Status.PAID: {Status.RETURNED, Status.SENT},
        Status.STUCK: {Status.SENT, Status.PAID, Status.REFUSED, Status.RETURNED},
        Status.RETURNED: {Status.SENT, Status.PAID, Status.REFUSED, Status.STUCK},
    }  # fmt: skip
    waits: ClassVar = {
        Status.APPROVAL: Wait("payments.approve_withdrawal", timedelta(hours=4)),
        Status.SECOND: Wait("payments.approve_withdrawal", timedelta(hours=4)),
        Status.STUCK: Wait("payments.look_into_withdrawal", timedelta(hours=1)),
        Status.RETURNED: Wait("payments.look_into_withdrawal", timedelta(hours=4)),
    }

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="withdrawals", db_index=False
    )
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, db_index=False)
    destination = models.ForeignKey(
        Destination, on_delete=models.PROTECT, null=True, db_index=False
    )
    owner = models.ForeignKey(
        Staff, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    usd = models.DecimalField(max_digits=20, decimal_places=2, help_text="When it was asked for")
    people = models.PositiveSmallIntegerField(default=0, help_text="How many must approve")
    queue = models.CharField(max_length=12, blank=True, help_text="Whose word the rule asks for")
    question = models.CharField(max_length=300, blank=True, help_text="What the client is asked")
    answer = models.CharField(max_length=300, blank=True)
    why = models.TextField(blank=True, help_text="The rule's answer in words")
    decision = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    asked_by = models.BigIntegerField(null=True, help_text="Who of staff asked on behalf")
    note = models.CharField(max_length=200, blank=True, help_text="How the client asked them")
    requested_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "due_at"], name="payments_withdrawal_queue"),
            models.Index(fields=["client", "-requested_at"], name="payments_withdrawal_client"),
            models.Index(fields=["-requested_at", "-id"], name="payments_withdrawal_newest"),
            models.Index(
                fields=["owner", "-requested_at"],
                name="payments_withdrawal_owner",
                condition=OWNED,
            ),
            models.Index(fields=["paid_at"], name="payments_withdrawal_paid", condition=PAID),
            models.Index(fields=["due_at", "id"], name="payments_withdrawal_due", condition=DUE),
        ]

    def __str__(self) -> str:
        return f"W-{self.pk}"


class Leg(Amount):
    """A part of a withdrawal on its own way: back to a card first, the rest to a bank."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        SENT = "sent", "Sent"
        PAID = "paid", "Paid"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Not confirmed"
        RETURNED = "returned", "Came back"
        GIVEN_BACK = "back", "Back in the wallet"

    withdrawal = models.ForeignKey(
        Withdrawal, on_delete=models.PROTECT, related_name="legs", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    deposit = models.ForeignKey(Deposit, on_delete=models.PROTECT, null=True)
    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, null=True)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT)
    reason = models.CharField(max_length=200)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PLANNED)
    key = models.CharField(max_length=35, unique=True)
    reference = models.CharField(max_length=120, blank=True)
    sent_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["withdrawal", "number"], name="payments_leg_number")
        ]
        indexes = [models.Index(fields=["reference"], name="payments_leg_reference")]


class Approval(models.Model):
    """One person's approval. The same person never gives two."""

    withdrawal = models.ForeignKey(
        Withdrawal, on_delete=models.PROTECT, related_name="approvals", db_index=False
    )
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["withdrawal", "staff"], name="payments_approval_once")
        ]


class Check(models.Model):
    """One thing that was looked at when a withdrawal was asked for."""

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="checks")
    code = models.CharField(max_length=40)
    passed = models.BooleanField()
    sentence = models.CharField(max_length=200)
    figure = models.CharField(max_length=60, blank=True)


class Transfer(Amount, HasStates):
    """Money between a wallet and a trading account. Its reference stands on the platform too."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "Requested"
        IN_TRANSIT = "in_transit", "On its way"
        SETTLED = "settled", "Settled"
        FAILED = "failed", "Failed"

    moves: ClassVar = {
        Status.REQUESTED: {Status.IN_TRANSIT, Status.FAILED},
        Status.IN_TRANSIT: {Status.SETTLED, Status.FAILED},
    }

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="transfers", db_index=False
    )
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, db_index=False)
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="transfers")
    direction = models.CharField(
        max_length=4, choices=[("in", "To the trading account"), ("out", "To the wallet")]
    )
    reference = models.CharField(max_length=31)
    ticket = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    requested_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                name="payments_transfer_once",
                opclasses=["varchar_pattern_ops"],
            )
        ]
        indexes = [
            models.Index(fields=["client", "-requested_at"], name="payments_transfer_client"),
            models.Index(fields=["-requested_at", "-id"], name="payments_transfer_newest"),
            models.Index(
                fields=["status", "-requested_at", "-id"], name="payments_transfer_status"
            ),
        ]

    def __str__(self) -> str:
        return f"T-{self.pk}"


class Notice(models.Model):
    """What a provider told us by webhook: kept before it is read, told apart by the event's id."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, db_index=False)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    reference = models.CharField(max_length=120, blank=True, db_index=True)
    payment = models.CharField(max_length=120, blank=True, db_index=True)
    key = models.CharField(max_length=200, blank=True, db_index=True, help_text="Ours, echoed")
    amount = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    currency = models.CharField(max_length=5, blank=True)
    body = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="payments_notice_once")
        ]

    def __str__(self) -> str:
        return self.event_id
