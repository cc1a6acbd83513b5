"""What stands beside breaks and deals: what is behind a break, what became of a deal later."""

from django.db import models

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.trading.models import BalanceBreak, BreakDeal, Deal, DealCorrection, TakenDeal


@query
def break_deals(act: Act, *, row: BalanceBreak) -> models.QuerySet[BreakDeal]:
    """The deals behind a break, in the order of their tickets."""
    rows = BreakDeal.objects.select_related("deal__account").filter(found_in=row)
    seen = visible(act.actor, rows, client="found_in__account__client__")
    return seen.order_by("deal__ticket")


@query
def deal_corrections(act: Act, *, row: Deal) -> models.QuerySet[DealCorrection]:
    """What the platform made of a deal later, newest first."""
    rows = DealCorrection.objects.select_related("deal__account").filter(deal=row)
    return visible(act.actor, rows, client="deal__account__client__").order_by("-pk")


@query
def taken_deals(act: Act, *, row: Deal) -> models.QuerySet[TakenDeal]:
    """What a deal was taken into the ledger with, by hand."""
    rows = TakenDeal.objects.select_related("deal__account").filter(deal=row)
    return visible(act.actor, rows, client="deal__account__client__").order_by("pk")
