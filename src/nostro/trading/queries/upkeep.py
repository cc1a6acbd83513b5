"""Accounts that something is due on: moved, rights that differ, closed ones."""

from django.db import models

from nostro.trading.models import TradingAccount

OPEN = [
    TradingAccount.Status.OPEN, TradingAccount.Status.CLOSE_ONLY, TradingAccount.Status.READ_ONLY,
    TradingAccount.Status.DISABLED, TradingAccount.Status.DORMANT,
]  # fmt: skip
"""States in which an account lives on its platform, and is followed there."""


def heir_of(account: TradingAccount) -> TradingAccount | None:
    """The account on another platform that took over from this one."""
    rows = TradingAccount.objects.filter(moved_from=account)
    return rows.select_related("platform", "client").first()


def rights_differ() -> models.QuerySet[TradingAccount]:
    """Accounts that may do something else on their platform than their state here says."""
    return TradingAccount.objects.exclude(rights_refused="").filter(login__isnull=False)


def unarchived() -> models.QuerySet[TradingAccount]:
    """Closed accounts that their platforms still list."""
    rows = TradingAccount.objects.filter(status=TradingAccount.Status.CLOSED, archived_at=None)
    return rows.filter(login__isnull=False).select_related("entity", "platform")
