"""The ledger's tables. Only the posting function of the database writes them.

A transfer takes from one account and gives to another in one asset, so an entry balances by its
shape. Amounts are whole minor units: an ether has eighteen decimal places and fits.
"""

from django.db import models


class Asset(models.Model):
    """A currency or a coin. Its scale never changes."""

    code = models.CharField(max_length=5, primary_key=True)
    scale = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6, choices=[("fiat", "Fiat"), ("crypto", "Crypto")])

    def __str__(self) -> str:
        return self.code


class LedgerAccount(models.Model):
    """One path in one asset."""

    path = models.CharField(max_length=120)
    title = models.CharField(max_length=120)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT)
    of_clients = models.BooleanField()
    overdraft = models.BooleanField()
    hot = models.BooleanField()
    client_id = models.BigIntegerField(null=True)
    partner_id = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()

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


class Balance(models.Model):
    """What has been posted to an account. A hot account's balance is this plus its tail."""

    account = models.OneToOneField(LedgerAccount, on_delete=models.PROTECT, primary_key=True)
    debits = models.DecimalField(max_digits=38, decimal_places=0)
    credits = models.DecimalField(max_digits=38, decimal_places=0)
    overdraft = models.BooleanField()
    seq = models.BigIntegerField()

    class Meta:
        db_table = "ledger_balance"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(overdraft=True) | models.Q(credits__gte=models.F("debits")),
                name="ledger_balance_no_overdraft",
            ),
            models.CheckConstraint(
                condition=models.Q(debits__gte=0, credits__gte=0), name="ledger_balance_positive"
            ),
        ]


class Tail(models.Model):
    """What a hot account has gathered since its last roll-up."""

    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, db_constraint=False)
    debits = models.DecimalField(max_digits=38, decimal_places=0)
    credits = models.DecimalField(max_digits=38, decimal_places=0)

    class Meta:
        db_table = "ledger_tail"


class Entry(models.Model):
    """One thing that happened to money, made of transfers. A correction is another entry."""

    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=200)
    entity_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    act = models.UUIDField()
    decision = models.BigIntegerField(null=True)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True)
    key = models.CharField(max_length=160, unique=True)
    payload = models.CharField(max_length=32)

    class Meta:
        db_table = "ledger_entry"
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["-effective_at", "-id"], name="ledger_entry_effective"),
            models.Index(fields=["act"], name="ledger_entry_act"),
        ]

    def __str__(self) -> str:
        return f"E-{self.pk}"


class Transfer(models.Model):
    """One leg: from `source` (debited) to `target` (credited)."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="transfers")
    leg = models.PositiveSmallIntegerField()
    # The database checks (account, asset) in one: see the migration `posting`.
    source = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="given", db_constraint=False
    )
    target = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="taken", db_constraint=False
    )
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, db_constraint=False)
    units = models.DecimalField(max_digits=38, decimal_places=0)
    source_seq = models.BigIntegerField(null=True)
    source_balance = models.DecimalField(max_digits=38, decimal_places=0, null=True)
    target_seq = models.BigIntegerField(null=True)
    target_balance = models.DecimalField(max_digits=38, decimal_places=0, null=True)

    class Meta:
        db_table = "ledger_transfer"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(units__gt=0), name="ledger_transfer_positive"
            ),
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")), name="ledger_transfer_two_accounts"
            ),
            models.UniqueConstraint(fields=["source", "source_seq"], name="ledger_transfer_source"),
            models.UniqueConstraint(fields=["target", "target_seq"], name="ledger_transfer_target"),
            models.UniqueConstraint(fields=["entry", "leg"], name="ledger_transfer_leg"),
        ]


class Verification(models.Model):
    """One proof of the whole ledger: when, over how many entries, and what did not hold."""

    at = models.DateTimeField()
    entries = models.BigIntegerField()
    flaws = models.JSONField(default=list)

    class Meta:
        db_table = "ledger_verification"
        indexes = [models.Index(fields=["-at"], name="ledger_verification_newest")]

    def __str__(self) -> str:
        return f"verification {self.pk}"
