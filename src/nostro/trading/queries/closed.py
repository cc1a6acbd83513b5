"""Closed accounts on which something happened afterwards."""

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from nostro.trading.models import BalanceBreak, BreakDeal, Deal, Platform, TradingAccount

CLOSED = BalanceBreak.Kind.CLOSED


def closed_accounts(platform: Platform) -> QuerySet[TradingAccount]:
    """Closed accounts with real money that the platform still lists."""
    rows = TradingAccount.objects.filter(platform=platform, status=TradingAccount.Status.CLOSED)
    rows = rows.filter(login__isnull=False, archived_at=None, practice=False)
    return rows.select_related("platform").order_by("login")


def stirred(platform: Platform) -> list[int]:
    """The logins of closed accounts with a deal after their closing, or with a break."""
    late = Deal.objects.filter(account=OuterRef("pk"), at__gt=OuterRef("status_at"))
    standing = BalanceBreak.objects.filter(account=OuterRef("pk"), healed_at=None)
    rows = closed_accounts(platform).filter(Q(Exists(late)) | Q(Exists(standing)))
    return [one for one in rows.values_list("login", flat=True) if one is not None]


def after_closing(accounts: Iterable[TradingAccount]) -> dict[int, list[Deal]]:
    """Account → its deals after the closing that no break of a closed account names yet."""
    named = BreakDeal.objects.filter(deal=OuterRef("pk"), found_in__kind=CLOSED)
    rows = Deal.objects.filter(account__in=[one.pk for one in accounts]).exclude(Exists(named))
    found: dict[int, list[Deal]] = {}
    for one in rows.filter(at__gt=F("account__status_at")).order_by("ticket"):
        found.setdefault(one.account_id or 0, []).append(one)
    return found


def closed_breaks(platform: Platform) -> QuerySet[BalanceBreak]:
    """Breaks of closed accounts that stand, also of those that were opened again."""
    rows = BalanceBreak.objects.filter(account__platform=platform, kind=CLOSED, healed_at=None)
    return rows.select_related("account").order_by("pk")
