"""Accounts that something is due on: moved, rights that differ, closed ones."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from nostro.trading.models import TradingAccount

OPEN = [
    TradingAccount.Status.OPEN, TradingAccount.Status.CLOSE_ONLY, TradingAccount.Status.READ_ONLY,
    TradingAccount.Status.DISABLED, TradingAccount.Status.DORMANT,
]  # fmt: skip
"""States in which an account lives on its platform, and is followed there."""


def overdue_openings(at: datetime) -> models.QuerySet[TradingAccount]:
    """Accounts that their platform was to open, or to bring back from its archive, and has not
    within the time that this may take: the line is down, or whoever asked has given up.
    """
    opening = TradingAccount.Status.OPENING
    late = Q(status_at__lt=at - TradingAccount.waits[opening].within)
    archived = Q(status=TradingAccount.Status.OPEN, archived_at__isnull=False)
    return TradingAccount.objects.filter(Q(status=opening) | archived, late)


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
