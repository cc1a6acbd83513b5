"""Accounts that nobody uses: since when nothing was traded on them, and nobody signed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.functions import Coalesce, Greatest

from nostro.trading.models import Deal, TradingAccount
from nostro.ui.models import SignIn

Status = TradingAccount.Status


@dataclass(frozen=True)
class Unused:
    """An account and the last signs of its owner: a trade, or that it was opened or woken; and when
    they last signed in, as far as it is known.
    """

    account: TradingAccount
    traded_at: datetime
    seen_at: datetime | None

    def seen(self, at: datetime | None) -> "Unused":
        """The same, with a sign-in that somebody else knows of."""
        known = [one for one in (self.seen_at, at) if one is not None]
        return Unused(self.account, self.traded_at, max(known, default=None))

    @property
    def used_at(self) -> datetime:
        """The last sign of either kind."""
        return max(self.traded_at, self.seen_at or self.traded_at)

    @property
    def used_since(self) -> bool:
        """Whether it was used after it fell dormant."""
        return self.account.status == Status.DORMANT and self.used_at > self.account.status_at

    def days(self, at: datetime) -> tuple[int, int, int]:
        """Days without a trade, without a sign-in, and since a notice that nothing came after. Who
        never signed in is counted from the last trade, and -1 is no notice.
        """
        told = self.account.idle_notice_at
        noticed = (at - told).days if told and told > self.used_at else -1
        return (at - self.traded_at).days, (at - (self.seen_at or self.traded_at)).days, noticed


def unused(before: datetime, *, client_id: int | None = None) -> list[Unused]:
    """Accounts with real money that were used last before a moment, and all that sleep. One
    statement for all of them; or for those of one client.
    """
    rows = _with_trades(practice=False).annotate(seen_at=_seen())
    quiet = models.Q(idle_from__lt=before) & (models.Q(seen_at=None) | models.Q(seen_at__lt=before))
    rows = rows.filter(quiet | models.Q(status=Status.DORMANT))
    if client_id is not None:
        rows = rows.filter(client=client_id)
    return [
        Unused(one, one.__dict__["idle_from"], one.__dict__["seen_at"])
        for one in rows.select_related("client", "entity", "group", "platform")
    ]


def idle_since(
    before: datetime, *, practice: bool = False
) -> list[tuple[TradingAccount, datetime]]:
    """Accounts that were traded on last before a moment, each with which that is. With real money,
    or those for practice.
    """
    rows = _with_trades(practice=practice).filter(idle_from__lt=before, opened_at__lt=before)
    found = rows.select_related("client", "entity", "group")
    return [(one, one.__dict__["idle_from"]) for one in found]


def _with_trades(*, practice: bool) -> models.QuerySet[Any]:
    """Accounts without open trades, with their newest trade, or when each was opened or woken. One
    that sleeps is not woken by having fallen asleep.
    """
    last = Deal.objects.filter(account=models.OuterRef("pk"), action__in=["buy", "sell"])
    newest = models.Subquery(last.order_by("-at").values("at")[:1])
    used = [Status.OPEN, Status.DORMANT]
    rows = TradingAccount.objects.filter(
        status__in=used, opened_at__isnull=False, practice=practice, position=None
    )
    traded = Coalesce(newest, "opened_at")
    return rows.annotate(
        idle_from=models.Case(
            models.When(status=Status.OPEN, then=Greatest(traded, "status_at")), default=traded
        )
    )


def _seen() -> models.Subquery:
    """When the owner last signed in to the trader room."""
    mine = SignIn.objects.filter(kind="client", person_id=models.OuterRef("client_id"))
    return models.Subquery(mine.order_by("-at").values("at")[:1])
