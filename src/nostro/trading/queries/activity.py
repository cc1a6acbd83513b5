"""Trading, summed up for whoever looks at a client."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from django.db.models import Count, F, QuerySet, Sum

from nostro.kit.money import Money
from nostro.trading.models import Deal, DealCorrection

MOVED = F("profit") + F("swap") + F("commission") + F("fee")


@dataclass(frozen=True)
class Traded:
    """Trades of some time: how many deals, their lots, and by currency what they came to."""

    deals: int
    lots: Decimal
    result: dict[str, Money]


def traded(deals: QuerySet[Deal]) -> Traded:
    """Profit of the trades among these deals, with swap, commission, fees and corrections."""
    trades = deals.filter(action__in=(Deal.Action.BUY, Deal.Action.SELL)).order_by()
    rows = trades.values_list("account__currency")
    found = list(rows.annotate(Count("pk"), Sum("lots"), moved=Sum(MOVED)))
    sums = {currency: moved for currency, _, _, moved in found}
    later = DealCorrection.objects.filter(deal__in=trades.values("pk")).order_by()
    for currency, delta in later.values_list("deal__account__currency").annotate(Sum("delta")):
        sums[currency] += delta
    return Traded(
        sum(count for _, count, _, _ in found),
        sum((lots for _, _, lots, _ in found), Decimal(0)),
        {code: Money.rounded(amount, code, ROUND_HALF_EVEN) for code, amount in sums.items()},
    )
