"""Bank accounts, their statements, what their lines were matched to, and what does not agree."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from django.db import models

from nostro.core.models import StoredFile
from nostro.core.states import HasStates, Wait
from nostro.kit.money import Currency, Money
from nostro.ledger import chart
from nostro.payments.models import Amount
from nostro.people.models import LegalEntity, Staff


def money_of(amount: Decimal, currency: str) -> Money:
    """A stored amount as money: the column keeps eighteen places, money its currency's own."""
    return Money(amount.normalize(), Currency(currency))


class BankAccount(models.Model):
    """An account at a bank. `provider` names the bank on the shelf of banks."""

    provider = models.SlugField()
    name = models.CharField(max_length=60)
    iban = models.CharField(max_length=34)
    currency = models.CharField(max_length=5)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT)
    of_clients = models.BooleanField(default=True)
    opened_with = models.DecimalField(
        max_digits=38,
        decimal_places=18,
        null=True,
        help_text="What stood on it before the ledger began",
    )
    added_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["iban", "currency"], name="reconciliation_account_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.currency}"

    @property
    def chart(self) -> chart.Account:
        """Where it stands in the ledger."""
        return chart.bank(self.iban, of_clients=self.of_clients)


class StatementFile(models.Model):
    """A statement as it came: kept encrypted, whether or not it proves itself."""

    account = models.ForeignKey(
        BankAccount, on_delete=models.PROTECT, related_name="files", db_index=False
    )
    sha256 = models.CharField(max_length=64)
    substance = models.CharField(max_length=64, help_text="What it says, whatever its bytes")
    stored = models.ForeignKey(StoredFile, on_delete=models.PROTECT)
    reference = models.CharField(max_length=60, blank=True)
    opening = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    closing = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    closing_date = models.DateField(null=True)
    line_count = models.PositiveIntegerField()
    proves = models.BooleanField()
    reason = models.TextField()
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "sha256"], name="reconciliation_file_once")
        ]
        indexes = [models.Index(fields=["account", "-read_at"], name="reconciliation_file_newest")]

    def __str__(self) -> str:
        return f"ST-{self.pk}"

    @property
    def entity_id(self) -> int:
        return self.account.entity_id

    @property
    def opening_money(self) -> Money | None:
        return None if self.opening is None else money_of(self.opening, self.account.currency)

    @property
    def closing_money(self) -> Money | None:
        return None if self.closing is None else money_of(self.closing, self.account.currency)


class StatementLine(Amount):
    """One movement at the bank; money in is positive. The same line is kept once."""

    class Status(models.TextChoices):
        OPEN = "open", "Not matched"
        HELD = "held", "Held, its statement does not prove itself"
        MATCHED = "matched", "Matched"
        BROKEN = "broken", "In a break"
        EXPLAINED = "explained", "Explained"

    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(
        BankAccount, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    content_hash = models.CharField(max_length=64)
    booked_date = models.DateField()
    value_date = models.DateField()
    end_to_end_id = models.CharField(max_length=140, blank=True)
    bank_reference = models.CharField(max_length=140, blank=True)
    other_references = models.JSONField(default=list)
    remittance = models.TextField(blank=True)
    counterparty = models.CharField(max_length=140, blank=True)
    iban = models.CharField(max_length=34, blank=True)
    entry = models.CharField(max_length=140, blank=True, help_text="The batch it is a part of")
    status = models.CharField(max_length=10, choices=Status.choices)
    by_hand = models.BooleanField(default=False, help_text="A match of it was undone")
    unallocated_entry = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "content_hash"], name="reconciliation_line_once"
            )
        ]
        indexes = [
            models.Index(fields=["account", "status"], name="reconciliation_line_status"),
            models.Index(fields=["-booked_date", "-id"], name="reconciliation_line_newest"),
        ]

    def __str__(self) -> str:
        return f"line {self.pk}"


class Payout(Amount):
    """What a payment provider says it sent to our bank, net, and the fees it kept."""

    provider = models.SlugField(db_index=False)
    reference = models.CharField(max_length=120)
    fee = models.DecimalField(max_digits=38, decimal_places=18)
    arrival_date = models.DateField()
    lines = models.JSONField(default=list)
    sums = models.BooleanField(help_text="Its lines make its amount")
    recorded_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference"], name="reconciliation_payout_once"
            )
        ]

    def __str__(self) -> str:
        return f"payout {self.reference}"

    @property
    def fees(self) -> Money:
        return money_of(self.fee, self.currency)


class Match(HasStates):
    """Lines and movements of ours that belong together. Undone ones stay as history."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "To confirm"
        CONFIRMED = "confirmed", "Confirmed"
        REFUSED = "refused", "Refused"
        DROPPED = "dropped", "Overtaken"
        UNDONE = "undone", "Undone"

    moves: ClassVar = {
        Status.PROPOSED: {Status.CONFIRMED, Status.REFUSED, Status.DROPPED},
        Status.CONFIRMED: {Status.UNDONE},
    }
    waits: ClassVar = {Status.PROPOSED: Wait("reconciliation.confirm_match", timedelta(hours=4))}

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="matches")
    rule = models.CharField(max_length=40)
    lines = models.ManyToManyField(StatementLine, related_name="matches")
    ours = models.JSONField(help_text="leg/<id>, deposit/<id> or payout/<id>")
    paid = models.JSONField(default=list, help_text="Those of ours that are paid because of it")
    variance = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    reason = models.TextField()
    entry = models.BigIntegerField(null=True)
    decision = models.BigIntegerField(null=True)
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "matches"
        indexes = [models.Index(fields=["status", "due_at"], name="reconciliation_match_queue")]

    def __str__(self) -> str:
        return f"M-{self.pk}"

    @property
    def entity_id(self) -> int:
        return self.account.entity_id


class Break(HasStates, Amount):
    """Something that does not agree: with an owner, an age, a cause, a clock, a proposed entry."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        EXPLAINED = "explained", "Explained"

    class Kind(models.TextChoices):
        CREDIT = "credit", "Unknown credit"
        DEBIT = "debit", "Unknown debit"
        RETURNED = "returned", "Payment came back"
        STATEMENT = "statement", "Statement does not prove itself"
        BANK = "bank", "Ledger and bank differ"
        PROVIDER = "provider", "Ledger and provider differ"
        PAYOUT = "payout", "Payout does not sum"
        MISSING = "missing", "Sent and not on a statement"
        SHORTFALL = "shortfall", "Client money short"

    moves: ClassVar = {Status.OPEN: {Status.EXPLAINED}}
    waits: ClassVar = {Status.OPEN: Wait("reconciliation.explain_break", timedelta(days=1))}

    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, null=True)
    account = models.ForeignKey(
        BankAccount, on_delete=models.PROTECT, null=True, related_name="breaks"
    )
    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, null=True)
    line = models.ForeignKey(
        StatementLine, on_delete=models.PROTECT, null=True, related_name="breaks"
    )
    owner = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    cause = models.TextField()
    proposal = models.JSONField(null=True, help_text="source, target: what explaining may post")
    decision = models.BigIntegerField(null=True)
    entry = models.BigIntegerField(null=True)
    explanation = models.TextField(blank=True)
    found_at = models.DateTimeField()
    explained_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(status="open"), name="reconciliation_break_once"
            )
        ]
        indexes = [models.Index(fields=["status", "due_at"], name="reconciliation_break_queue")]

    def __str__(self) -> str:
        return f"B-{self.pk}"


class ProviderComparison(models.Model):
    """One look at a provider's balance beside our clearing account, at one moment."""

    provider = models.SlugField(db_index=False)
    currency = models.CharField(max_length=5)
    ours = models.DecimalField(max_digits=38, decimal_places=18)
    fees = models.DecimalField(
        max_digits=38, decimal_places=18, help_text="Agreed fees not yet booked"
    )
    theirs = models.DecimalField(max_digits=38, decimal_places=18)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["provider", "currency", "-at"], name="reconciliation_provider_newest"
            )
        ]

    @property
    def difference(self) -> Money:
        return money_of(self.theirs - (self.ours - self.fees), self.currency)


class ClientMoneyReport(models.Model):
    """What we owe clients beside what is set aside for them, at the close of one day, signed."""

    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, db_index=False)
    currency = models.CharField(max_length=5)
    day_date = models.DateField()
    revision = models.PositiveSmallIntegerField(default=1)
    as_of = models.DateTimeField(help_text="Everything effective before this")
    known_at = models.DateTimeField(help_text="As far as it had been recorded by then")
    resource = models.DecimalField(max_digits=38, decimal_places=18)
    requirement = models.DecimalField(max_digits=38, decimal_places=18)
    parts = models.JSONField()
    floating = models.JSONField(help_text="Open results by account, as the platforms said them")
    opened = models.JSONField(help_text="What stood on the bank accounts before the ledger")
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "currency", "day_date", "revision"],
                name="reconciliation_money_once",
            )
        ]

    def __str__(self) -> str:
        return f"CM-{self.pk}"

    @property
    def resource_money(self) -> Money:
        return money_of(self.resource, self.currency)

    @property
    def requirement_money(self) -> Money:
        return money_of(self.requirement, self.currency)

    @property
    def difference(self) -> Money:
        return self.resource_money - self.requirement_money
