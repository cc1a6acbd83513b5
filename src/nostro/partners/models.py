"""Partners and their tree, links and clicks, plans, what was accrued, statements and payouts.

Everything that decides a commission carries its own time from ≤ T < to, so that the past can be
calculated again as it was.
"""

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from nostro.core.models import User
from nostro.core.states import HasStates, Wait
from nostro.kit.money import HALF_UP, Money
from nostro.partners.plans.agreement import Agreement
from nostro.payments.models import Deposit
from nostro.people.models import Client, LegalEntity
from nostro.trading.models import Deal, DealCorrection


class Partner(HasStates):
    """Somebody who brings clients and is paid for what they trade."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        ENDED = "ended", "Ended"

    moves: ClassVar = {
        Status.ACTIVE: {Status.PAUSED, Status.ENDED},
        Status.PAUSED: {Status.ACTIVE, Status.ENDED},
    }

    user = models.OneToOneField(User, on_delete=models.PROTECT)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT)
    name = models.CharField(max_length=80)
    code = models.CharField(max_length=20, unique=True)
    payout_currency = models.CharField(max_length=5)
    own_client = models.ForeignKey(
        Client, on_delete=models.PROTECT, null=True, related_name="+",
        help_text="Their own file as a client: paid to its wallet, never earned on",
    )  # fmt: skip
    bank_label = models.CharField(max_length=60, blank=True, help_text="Masked: DE89 ·· 3000")
    bank_sealed = models.TextField(blank=True, help_text="The account number, encrypted")
    shows_name = models.BooleanField(default=False, help_text="To partners they did not bring")
    unposted = models.DecimalField(
        max_digits=20, decimal_places=6, default=0,
        help_text="Accrued and finer than can be paid: less than a minor unit",
    )  # fmt: skip
    joined_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def partner_id(self) -> int:
        return self.pk

    @property
    def paid_to(self) -> str:
        """Where payouts go, as the partner is told."""
        if self.own_client_id:
            return "your wallet"
        return f"bank {self.bank_label}" if self.bank_label else "your bank"


class Edge(models.Model):
    """Who stands under whom, from when to when. One parent at a time."""

    child = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="parents", db_index=False
    )
    parent = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="children", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "starts_at"], name="partners_edge_start"),
            models.UniqueConstraint(
                fields=["child"], condition=Q(ends_at=None), name="partners_edge_open"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="partners_edge_forward",
            ),
            models.CheckConstraint(
                condition=~Q(child=F("parent")), name="partners_edge_not_itself"
            ),
        ]
        indexes = [models.Index(fields=["parent", "ends_at"], name="partners_edge_parent")]


class Link(models.Model):
    """A partner's link for one campaign. Its code stands in the address and on the form."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="links")
    code = models.CharField(max_length=40, unique=True)
    campaign = models.CharField(max_length=60, blank=True)
    target = models.CharField(max_length=200, default="/register")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code


class Click(models.Model):
    """Somebody followed a link. Nothing about them is kept.

    `kept_for` is the link whose earlier click stands, where a rule gives it the client.
    """

    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="clicks", db_index=False)
    kept_for = models.ForeignKey(Link, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decision = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["link", "at"], name="partners_click_link")]


class Plan(models.Model):
    """A plan as partners know it by name. What it says stands in its versions."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PlanVersion(models.Model):
    """What a plan says from a moment on. Never edited: another version follows it."""

    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    terms = models.JSONField()
    starts_at = models.DateTimeField()
    made_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="partners_version_number")
        ]

    def __str__(self) -> str:
        return f"{self.plan}, version {self.number}"

    @property
    def agreement(self) -> Agreement:
        return Agreement.model_validate(self.terms)


class Assignment(models.Model):
    """The plan version a partner is paid by, until the next assignment."""

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="assignments", db_index=False
    )
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="assignments")
    starts_at = models.DateTimeField()
    made_at = models.DateTimeField()
    decision = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "starts_at"], name="partners_assignment_once"
            )
        ]


class ClientLink(models.Model):
    """Whose client somebody is, from when to when, and how we know."""

    class How(models.TextChoices):
        LINK = "link", "Link"
        CODE = "code", "Code"
        HAND = "hand", "By hand"

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="partner_links", db_index=False
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="client_links", db_index=False
    )
    link = models.ForeignKey(Link, on_delete=models.PROTECT, null=True, related_name="client_links")
    how = models.CharField(max_length=4, choices=How.choices)
    reason = models.CharField(max_length=200, blank=True)
    decision = models.BigIntegerField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "starts_at"], name="partners_client_start"),
            models.UniqueConstraint(
                fields=["client"], condition=Q(ends_at=None), name="partners_client_open"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="partners_client_forward",
            ),
        ]
        indexes = [models.Index(fields=["partner", "-starts_at"], name="partners_client_partner")]

    def __str__(self) -> str:
        return f"{self.client} through {self.partner}"


class Conflict(models.Model):
    """A claim on a client that was not followed: whose, and why."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    claimant = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    kept = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="+")
    how = models.CharField(max_length=4, choices=ClientLink.How.choices)
    reason = models.CharField(max_length=200)
    decision = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="partners_conflict_newest")]


class Statement(HasStates):
    """A partner's month, locked: its lines never change, corrections stand in a later one."""

    class Status(models.TextChoices):
        CLOSED = "closed", "To approve"
        HELD = "held", "Held"
        APPROVED = "approved", "Approved"
        PAID = "paid", "Paid"
        CARRIED = "carried", "Carried over"

    moves: ClassVar = {
        Status.CLOSED: {Status.APPROVED, Status.HELD},
        Status.HELD: {Status.APPROVED},
        Status.APPROVED: {Status.PAID},
    }
    waits: ClassVar = {
        Status.CLOSED: Wait("partners.approve_statement", timedelta(hours=48)),
        Status.HELD: Wait("partners.approve_statement", timedelta(hours=96)),
        Status.APPROVED: Wait("partners.pay_out", timedelta(hours=24)),
    }

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="statements", db_index=False
    )
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT)
    period = models.DateField(help_text="The first day of the month")
    currency = models.CharField(max_length=5)
    lines = models.PositiveIntegerField()
    earned = models.DecimalField(max_digits=20, decimal_places=6)
    corrections = models.DecimalField(max_digits=20, decimal_places=6)
    brought = models.DecimalField(max_digits=20, decimal_places=6)
    paid = models.DecimalField(max_digits=20, decimal_places=6)
    carried = models.DecimalField(max_digits=20, decimal_places=6)
    why = models.TextField(blank=True, help_text="The rule's answer in words")
    decision = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "period"], name="partners_statement_once")
        ]
        indexes = [
            models.Index(fields=["status", "due_at"], name="partners_statement_queue"),
            models.Index(fields=["-closed_at", "-id"], name="partners_statement_newest"),
        ]

    def __str__(self) -> str:
        return f"S-{self.period:%Y-%m}-{self.partner.code}"

    @property
    def payable(self) -> Money:
        return Money(self.paid.normalize(), self.currency)  # type: ignore[arg-type]


class Accrual(models.Model):
    """One line: what one partner earns on one deal or one client. Append-only."""

    class Kind(models.TextChoices):
        TRADE = "trade", "Trade"
        ACQUISITION = "acquisition", "New client"
        CORRECTION = "correction", "Correction"

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="accruals", db_index=False
    )
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    level = models.PositiveSmallIntegerField()
    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, null=True, related_name="accruals")
    deposit = models.ForeignKey(Deposit, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, null=True, related_name="+")
    lots = models.DecimalField(max_digits=20, decimal_places=8, default=0)
    base = models.DecimalField(max_digits=20, decimal_places=6)
    rate = models.DecimalField(max_digits=12, decimal_places=4)
    amount = models.DecimalField(max_digits=20, decimal_places=6)
    currency = models.CharField(max_length=5)
    arithmetic = models.JSONField(help_text="Factors from top to bottom, and the whole sentence")
    refusal = models.CharField(max_length=200, blank=True, help_text="Why it earns nothing")
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="corrected_by"
    )
    deal_correction = models.ForeignKey(
        DealCorrection, on_delete=models.PROTECT, null=True, related_name="+",
        help_text="The newest change of the deal that this line has taken in",
    )  # fmt: skip
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, null=True, related_name="accruals"
    )
    at = models.DateTimeField(help_text="The close of the deal: it picks plan, tree and month")
    accrued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "partner", "level", "corrects"], nulls_distinct=False,
                condition=Q(deal__isnull=False), name="partners_accrual_deal",
            ),
            models.UniqueConstraint(
                fields=["deposit", "partner", "level", "corrects"], nulls_distinct=False,
                condition=Q(deposit__isnull=False), name="partners_accrual_deposit",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["partner", "-at", "-id"], name="partners_accrual_partner"),
            models.Index(fields=["partner", "statement"], name="partners_accrual_open"),
            models.Index(fields=["client", "-at"], name="partners_accrual_client"),
            models.Index(fields=["-at", "-id"], name="partners_accrual_newest"),
        ]

    def __str__(self) -> str:
        return f"A-{self.pk}"

    @property
    def sentence(self) -> str:
        return str(self.arithmetic.get("sentence", ""))

    @property
    def factors(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.arithmetic.get("factors", [])
        return found

    @property
    def money(self) -> Money:
        """As pages show it, to the minor unit; the line itself keeps six places."""
        return Money.rounded(self.amount, self.currency, HALF_UP)


class Payout(models.Model):
    """Money that went to a partner for one statement."""

    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, related_name="payout")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="payouts")
    amount = models.DecimalField(max_digits=20, decimal_places=6)
    currency = models.CharField(max_length=5)
    to = models.CharField(max_length=80)
    entry = models.BigIntegerField(help_text="The ledger's entry")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"PO-{self.pk}"

    @property
    def money(self) -> Money:
        return Money(self.amount.normalize(), self.currency)  # type: ignore[arg-type]
