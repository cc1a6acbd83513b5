"""Which news windows hold now, and which accounts they concern."""

from collections.abc import Callable

from django.db import models

from nostro.core.acts import Act, now
from nostro.core.queries import query
from nostro.trading.models import NewsWindow, TradingAccount

Status = TradingAccount.Status


@query(finds=NewsWindow)
def news_windows(act: Act) -> models.QuerySet[NewsWindow]:
    """Hours in which leverage is capped around news, the last first."""
    rows = NewsWindow.objects.select_related("entity").order_by("-starts_at", "-id")
    allowed = act.actor.grants.scope.entities
    if allowed is None:
        return rows
    return rows.filter(models.Q(entity=None) | models.Q(entity__in=allowed))


def windows_now() -> Callable[[int], NewsWindow | None]:
    """Legal entity → the strictest window that holds for it now. One statement for all."""
    at = now()
    held = list(NewsWindow.objects.filter(starts_at__lte=at, ends_at__gt=at).order_by("cap", "pk"))

    def of(entity_id: int) -> NewsWindow | None:
        return next((one for one in held if one.entity_id in (None, entity_id)), None)

    return of


def above(window: NewsWindow) -> models.QuerySet[TradingAccount]:
    """Accounts without open trades whose leverage is above what a window allows."""
    rows = TradingAccount.objects.filter(
        status=Status.OPEN, login__isnull=False, leverage__gt=window.cap, position=None
    )
    return rows if window.entity_id is None else rows.filter(entity=window.entity_id)


def lowered() -> models.QuerySet[TradingAccount]:
    """Accounts that news have lowered."""
    rows = TradingAccount.objects.filter(leverage_before__isnull=False, login__isnull=False)
    return rows.select_related("entity", "client", "platform")
