"""Which restrictions hold accounts, which are over, and whose account does not follow its client's
standing yet.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import models

from nostro.people.models import Client
from nostro.trading.decisions import StandingAsked
from nostro.trading.models import Restriction, TradingAccount
from nostro.trading.queries.upkeep import OPEN

Status = TradingAccount.Status
RESTRICTED = [Status.CLOSE_ONLY, Status.READ_ONLY, Status.DISABLED]


def restrictions_of(account: TradingAccount) -> list[Restriction]:
    """What restricts an account now, the newest first."""
    return restrictions_on([account]).get(account.pk, [])


def restrictions_on(accounts: Sequence[TradingAccount]) -> dict[int, list[Restriction]]:
    """The same of many accounts, by their ids, in one statement."""
    rows = Restriction.objects.filter(account__in=accounts, ended_at=None)
    found: dict[int, list[Restriction]] = {}
    for one in rows.order_by("-placed_at", "-pk"):
        found.setdefault(one.account_id, []).append(one)
    return found


def restrictions_over(at: datetime) -> models.QuerySet[TradingAccount]:
    """Accounts on which a restriction should have ended by a moment."""
    over = Restriction.objects.filter(ended_at=None, until__lte=at).values("account")
    return TradingAccount.objects.filter(pk__in=over, status__in=RESTRICTED)


def standing_asked(account: TradingAccount) -> StandingAsked | None:
    """The facts that the rule of a client's standing is asked with; none while nothing keeps the
    client from trading.
    """
    client = account.client
    if client.status == Client.Status.ACTIVE:
        return None
    return StandingAsked(
        entity=account.entity.code, status=client.status, practice=account.practice
    )


def bound_by_standing(client_id: int | None = None) -> models.QuerySet[TradingAccount]:
    """Living accounts that the standing of their client restricts, or might: of one client, or of
    all of them. Each knows in `bound` how it is restricted by it now.
    """
    by_standing = Restriction.objects.filter(
        account=models.OuterRef("pk"), cause=Restriction.Cause.CLIENT, ended_at=None
    )
    rows = TradingAccount.objects.filter(status__in=OPEN).annotate(
        bound=models.Subquery(by_standing.values("how")[:1])
    )
    rows = rows.exclude(client__status=Client.Status.ACTIVE, bound=None)
    if client_id is not None:
        rows = rows.filter(client=client_id)
    return rows.select_related("client", "entity", "platform").order_by("pk")
