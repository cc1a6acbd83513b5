"""The ledger's tables. Only the posting functions of the database write them.

A transfer takes from one account and gives to another in one asset, so an entry balances by its
shape. Amounts are whole minor units: an ether has eighteen decimal places and fits.
"""

from datetime import date
from typing import Any

from django.db import models

from nostro.kit.money import Money
from nostro.ledger.chart import Account
from nostro.ledger.models.beside import Alarm, Evidence, Opening, Seal, Verification

__all__ = [
    "Alarm", "Asset", "Balance", "Day", "Entry", "Evidence", "Exchange", "Hold", "LedgerAccount",
    "Opening", "Period", "Quote", "Revaluation", "Seal", "Tail", "Transfer", "Verification",
]  # fmt: skip


class Asset(models.Model):
    """A currency or a coin. Its scale never changes."""

    code = models.CharField(max_length=5, primary_key=True)
    scale = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6, choices=[("fiat", "Fiat"), ("crypto", "Crypto")])

    def __str__(self) -> str:
        return self.code


class LedgerAccount(models.Model):
    """One path in one asset. What is `hot` gathers its legs in a tail and never locks a balance."""

    path = models.CharField(max_length=120, db_collation="C")
    title = models.CharField(max_length=120)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT)
    of_clients = models.BooleanField()
    overdraft = models.BooleanField()
    hot = models.BooleanField()
    client_id = models.BigIntegerField(null=True)
    partner_id = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_account"
        constraints = [
            models.UniqueConstraint(fields=["path", "asset"], name="ledger_account_path"),
            models.UniqueConstraint(fields=["id", "asset"], name="ledger_account_asset"),
            models.CheckConstraint(
                condition=models.Q(hot=False) | models.Q(overdraft=True),
                name="ledger_account_hot_is_unrestricted",
            ),
        ]
        indexes = [
            models.Index(fields=["client_id"], name="ledger_account_client"),
            models.Index(fields=["partner_id"], name="ledger_account_partner"),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.asset_id}"

    @property
    def kind(self) -> str:
        """Where in the chart it stands: `client`, `partner`, `provider`, `bank`, `house`."""
        return self.path.partition("/")[0]

    @property
    def on_platform(self) -> bool:
        """Whether what stands there follows a platform, or is on its way there or back."""
        return self.kind == "transit" or "/trading/" in self.path

    @property
    def set_aside(self) -> bool:
        """Whether what stands there waits for a withdrawal or a transfer that knows of it."""
        return self.client_id is not None and self.path.endswith("/held")

    @property
    def policy(self) -> str:
        return "unrestricted" if self.overdraft else "no_overdraft"

    @property
    def mode(self) -> str:
        return "accumulate" if self.hot else "row"

    @property
    def in_chart(self) -> Account:
        """This row as the chart says it."""
        return Account(
            self.path, self.title, "client" if self.of_clients else "house", self.overdraft,
            self.hot, self.client_id, self.partner_id,
        )  # fmt: skip


def _units(**more: Any) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(max_digits=38, decimal_places=0, **more)


class Balance(models.Model):
    """What has been posted to an account. A hot account's balance is this, its checkpoint, plus
    its tail. The day in progress lies on the row; the first posting of another puts it away.
    """

    account = models.OneToOneField(LedgerAccount, on_delete=models.PROTECT, primary_key=True)
    debits = _units()
    credits = _units()
    overdraft = models.BooleanField()
    seq = models.BigIntegerField()
    pending_debits = _units(db_default=0)
    pending_credits = _units(db_default=0)
    day = models.DateField(db_default=date(1, 1, 1))
    day_debits = _units(db_default=0)
    day_credits = _units(db_default=0)
    closed = models.BooleanField(db_default=False)

    class Meta:
        db_table = "ledger_balance"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(overdraft=True)
                | models.Q(credits__gte=models.F("debits") + models.F("pending_debits")),
                name="ledger_balance_no_overdraft",
            ),
        ]


class Tail(models.Model):
    """What a hot account has gathered since its last roll-up."""

    account = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, db_constraint=False, db_index=False
    )
    debits = _units()
    credits = _units()
    legs = models.IntegerField(db_default=1)
    value_date = models.DateField(db_default=date(1, 1, 1))
    recorded_on = models.DateField(db_default=date(1, 1, 1))

    class Meta:
        db_table = "ledger_tail"
        indexes = [models.Index(fields=["account"], name="ledger_tail_account")]


class Day(models.Model):
    """What one account gave and took on one value date, as far as it was recorded on one day.

    Both clocks read it: by value date, and by the day on which it became known.
    """

    account = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, db_constraint=False, db_index=False
    )
    value_date = models.DateField()
    recorded_on = models.DateField()
    debits = _units()
    credits = _units()
    pk = models.CompositePrimaryKey("account", "value_date", "recorded_on")

    class Meta:
        db_table = "ledger_day"


class Entry(models.Model):
    """One thing that happened to money, made of transfers. A correction is another entry.

    `effective_at` is when it was so; `value_date` the day it counts for, which is later where its
    own day was closed already.
    """

    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=200)
    entity_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    value_date = models.DateField()
    act = models.UUIDField()
    decision = models.BigIntegerField(null=True)
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False)
    scope = models.CharField(max_length=40, db_default="", db_collation="C")
    key = models.CharField(max_length=160, db_collation="C")
    payload = models.CharField(max_length=32)

    class Meta:
        db_table = "ledger_entry"
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["key", "scope"], name="ledger_entry_key_once"),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=models.Q(reverses__isnull=False),
                name="ledger_entry_reversed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["-effective_at", "-id"], name="ledger_entry_effective"),
            models.Index(fields=["recorded_at"], name="ledger_entry_recorded"),
            models.Index(fields=["act"], name="ledger_entry_act"),
        ]

    def __str__(self) -> str:
        return f"E-{self.pk}"

    @property
    def touched(self) -> "list[LedgerAccount]":
        """The accounts between which it moved money."""
        legs = self.transfers.select_related("source", "target")
        return [account for leg in legs for account in (leg.source, leg.target)]

    @property
    def whose(self) -> str:
        """What four eyes are asked about undoing it: any client's money is a client's."""
        return "client" if any(one.client_id for one in self.touched) else self.kind

    @property
    def largest_leg(self) -> Money | None:
        """The largest amount that it moved; what four eyes are asked about undoing it."""
        legs = self.transfers.values_list("units", "asset_id")
        moved = [Money.from_minor(int(units), asset) for units, asset in legs]
        return max(moved, key=lambda one: one.amount, default=None)


class Hold(models.Model):
    """Money promised and not moved yet: one immutable row. What became of it is another row.

    A `pending` row counts against its source at once. A `post` (in part or whole; the rest is
    released) or a `void` row names it in `pending`, and there is at most one.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        POST = "post", "Posted"
        VOID = "void", "Released"

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="holds")
    state = models.CharField(max_length=7, choices=State.choices)
    pending = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False)
    source = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="holds_given", db_constraint=False
    )
    target = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="holds_taken", db_constraint=False
    )
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    units = _units()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_hold"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(units__gte=0, units__lt=10**38), name="ledger_hold_amount"
            ),
            models.CheckConstraint(
                condition=models.Q(state="pending", pending__isnull=True, units__gt=0)
                | models.Q(state="post", pending__isnull=False, units__gt=0)
                | models.Q(state="void", pending__isnull=False),
                name="ledger_hold_shape",
            ),
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")), name="ledger_hold_two_accounts"
            ),
            models.UniqueConstraint(
                fields=["pending"],
                condition=models.Q(pending__isnull=False),
                name="ledger_hold_ends_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(expires_at__isnull=False),
                name="ledger_hold_expiry",
            )
        ]

    def __str__(self) -> str:
        return f"H-{self.pk}"


class Transfer(models.Model):
    """One leg: from `source` (debited) to `target` (credited).

    On a kept account `seq` counts its legs without a gap and `balance` stands after each; on a
    hot one `seq` is the transfer's own number. `pending` is the hold that it carries out.
    """

    # The database looks up entry, accounts and their asset for all rows of a statement at once:
    # the migration `sets`. Units are checked by a domain.
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="transfers", db_index=False,
        db_constraint=False,
    )  # fmt: skip
    leg = models.SmallIntegerField()
    source = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="given", db_constraint=False,
        db_index=False,
    )  # fmt: skip
    target = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="taken", db_constraint=False,
        db_index=False,
    )  # fmt: skip
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    units = _units()
    source_seq = models.BigIntegerField()
    source_balance = models.DecimalField(max_digits=38, decimal_places=0, null=True)
    target_seq = models.BigIntegerField()
    target_balance = models.DecimalField(max_digits=38, decimal_places=0, null=True)
    pending = models.ForeignKey(
        Hold, on_delete=models.PROTECT, null=True, related_name="transfers", db_index=False
    )

    class Meta:
        db_table = "ledger_transfer"
        constraints = [
            models.UniqueConstraint(fields=["source", "source_seq"], name="ledger_transfer_source"),
            models.UniqueConstraint(fields=["target", "target_seq"], name="ledger_transfer_target"),
            models.UniqueConstraint(fields=["entry", "leg"], name="ledger_transfer_leg"),
        ]

    @property
    def state(self) -> str:
        return "posted" if self.pending_id is None else "post"


class Period(models.Model):
    """Days that are closed: all up to and with `through`, of one legal entity or of the firm."""

    entity_id = models.BigIntegerField(null=True)
    through = models.DateField()
    closed_at = models.DateTimeField()
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_period"

    def __str__(self) -> str:
        return f"to {self.through:%-d %b %Y}"


class Quote(models.Model):
    """A promise to exchange at a rate until it expires. Used once, by one exchange."""

    source = models.CharField(max_length=60)
    sells = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    buys = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    mid = models.DecimalField(max_digits=38, decimal_places=18)
    spread = models.DecimalField(max_digits=9, decimal_places=8)
    client_id = models.BigIntegerField(null=True)
    quoted_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_quote"

    def __str__(self) -> str:
        return f"Q-{self.pk}"


class Exchange(models.Model):
    """One exchange at one quote: its entry, what was given and got, and what it earned."""

    quote = models.OneToOneField(Quote, on_delete=models.PROTECT)
    entry_id = models.BigIntegerField(unique=True)
    client_id = models.BigIntegerField(null=True)
    entity_id = models.BigIntegerField(null=True)
    given = _units()
    got = _units()
    earned = _units()

    class Meta:
        db_table = "ledger_exchange"

    def __str__(self) -> str:
        return f"X-{self.pk}"


class Revaluation(models.Model):
    """Exchange positions at the mid of one day: rates, positions, and what changed since."""

    day = models.DateField(unique=True)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    rates = models.JSONField()
    positions = models.JSONField()
    result = _units()
    entry_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "ledger_revaluation"

    def __str__(self) -> str:
        return f"revaluation of {self.day:%-d %b %Y}"
