"""Trading, summed up for whoever looks at a client."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from django.db.models import Count, F, QuerySet, Sum

from nostro.kit.money import Money
from nostro.trading.models import Deal, DealCorrection

MOVED = F("profit") + F("swap") + F("commission") + F("fee")


@dataclass(frozen=True)
class Traded:
    """Trades of some time: how many deals, their lots, and by currency what they came to.

    `parts` says by currency of what that is made, in the order in which it is told.
    """

    deals: int
    lots: Decimal
    result: dict[str, Money]
    parts: dict[str, list[tuple[str, Money]]]


PARTS = ("Closed trades", "Swap", "Commission and fees", "Corrections since")


def traded(deals: QuerySet[Deal]) -> Traded:
    """Profit of the trades among these deals, with swap, commission, fees and corrections."""
    trades = deals.filter(action__in=(Deal.Action.BUY, Deal.Action.SELL)).order_by()
    rows = trades.values_list("account__currency")
    costs = F("commission") + F("fee")
    found = list(
        rows.annotate(Count("pk"), Sum("lots"), Sum("profit"), Sum("swap"), costs=Sum(costs))
    )
    made = {currency: [*amounts, Decimal(0)] for currency, _, _, *amounts in found}
    later = DealCorrection.objects.filter(deal__in=trades.values("pk")).order_by()
    for currency, delta in later.values_list("deal__account__currency").annotate(Sum("delta")):
        made[currency][-1] += delta
    return Traded(
        sum(count for _, count, *_ in found),
        sum((lots for _, _, lots, *_ in found), Decimal(0)),
        {code: _rounded(sum(amounts, Decimal(0)), code) for code, amounts in made.items()},
        {
            code: [
                (words, _rounded(amount, code))
                for words, amount in zip(PARTS, amounts, strict=True)
                if amount or words == PARTS[0]
            ]
            for code, amounts in made.items()
        },
    )


def _rounded(amount: Decimal, code: str) -> Money:
    return Money.rounded(amount, code, ROUND_HALF_EVEN)
