"""What is traded on platforms, and the groups accounts are kept in."""

from typing import Any, ClassVar

from django.db import models

from nostro.people.models import LegalEntity
from nostro.trading.models.platforms import Platform

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
    """A symbol on a platform, and the instrument it is. Unmapped ones wait for a person, and
    `waits` says why where the name alone is clear.
    """

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, db_index=False)
    name = models.CharField(max_length=32)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, null=True)
    contract_size = models.DecimalField(max_digits=20, decimal_places=8)
    digits = models.PositiveSmallIntegerField()
    bid = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    ask = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    tick_at = models.DateTimeField(null=True)
    waits = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "name"], name="trading_symbol_once")
        ]

    def __str__(self) -> str:
        return self.name


class Group(models.Model):
    """A group on a platform: currency, book, account type, whose licence it is under, and whether
    its money is virtual. Accounts with real money are opened on platforms that are `FOLLOWED`.
    """

    FOLLOWED: ClassVar[dict[str, Any]] = {"platform__live": True, "platform__left_at": None}

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, db_index=False)
    path = models.CharField(max_length=64)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT)
    currency = models.CharField(max_length=5)
    account_type = models.CharField(max_length=20)
    book = models.CharField(max_length=1, choices=BOOKS, default="b")
    swap_free = models.BooleanField(default=False)
    practice = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "path"], name="trading_group_once")
        ]

    def __str__(self) -> str:
        return self.path
