"""What was lent on trading accounts."""

from datetime import datetime

from django.db import models

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.trading.models import Credit, TradingAccount


@query(finds=Credit, open_to=("client",))
def credits(act: Act) -> models.QuerySet[Credit]:
    """Credit on trading accounts, newest first."""
    rows = Credit.objects.select_related("account__client", "account__platform", "account__entity")
    return visible(act.actor, rows.order_by("-asked_at", "-id"), client="account__client__")


def credits_over(at: datetime) -> models.QuerySet[Credit]:
    """What is still on an account although its time is over."""
    rows = Credit.objects.filter(status=Credit.Status.GIVEN, expires_at__lte=at)
    return rows.select_related("account__platform").order_by("pk")


def credits_on(account: TradingAccount) -> models.QuerySet[Credit]:
    """What of ours is on an account now."""
    on_it = [Credit.Status.GIVEN, Credit.Status.ENDING]
    return Credit.objects.filter(account=account, status__in=on_it).order_by("pk")
