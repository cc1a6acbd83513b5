"""How much a client can pay in by which method: the rules in force, asked before a deposit asks.

A table has no largest amount that one could read off it. So the largest one that a method takes is
found by asking: by halves, down to the smallest unit of the currency.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from nostro.core.acts import Act
from nostro.kit.money import Currency, Money
from nostro.payments.decisions import PAY_IN, ROUTING, PayInAnswer, PayInAsked, RouteAsked
from nostro.payments.models import Method, Provider
from nostro.payments.queries import paid_in_since
from nostro.people.models import Client
from nostro.trading.queries.rulings import in_force
from nostro.trading.rates import in_usd, usd_rates

SPANS = (1, 30)
"""The days within which a rule says the most."""


@dataclass(frozen=True)
class Over:
    """A limit of the rule that an amount is over: in USD within so many days; `left` is what may
    still be paid in, in the currency that was asked for.
    """

    most: Decimal
    days: int
    left: Money

    @property
    def span(self) -> str:
        return "within 24 hours" if self.days == 1 else f"within {self.days} days"

    def __str__(self) -> str:
        rest = f"{self.left} of it is left" if self.left else "Nothing of it is left"
        return f"You can pay in up to {self.most:,.2f} USD {self.span}. {rest} for now."


def paid_in(client: Client, at: datetime) -> tuple[Decimal, ...]:
    """What was paid in or is under way, in USD, for each span. One statement."""
    totals = [Decimal(0)] * len(SPANS)
    day, month = (at - timedelta(days=days) for days in SPANS)
    for currency, *sums in paid_in_since(client.pk, day, month):
        for index, amount in enumerate(sums):
            had = Money.rounded(amount or Decimal(0), Currency(currency), ROUND_DOWN)
            totals[index] += in_usd(had)
    return tuple(totals)


def pay_in_asked(
    client: Client, method: Method, money: Money, totals: tuple[Decimal, ...]
) -> PayInAsked:
    """The inputs of `payments.pay_in`."""
    worth = in_usd(money)
    return PayInAsked(
        method=method.slug, entity=client.entity.code, country=client.country,
        level=Decimal(client.level), risk=client.risk or "none", amount=worth,
        total_24h=totals[0] + worth, total_30d=totals[1] + worth,
    )  # fmt: skip


def over(answer: PayInAnswer, money: Money, totals: tuple[Decimal, ...]) -> Over | None:
    """The limit with the least left, where the amount is over one."""
    worth, limits = in_usd(money), (answer.most_24h, answer.most_30d)
    found = [
        (max(most - total, Decimal(0)), most, days)
        for most, total, days in zip(limits, totals, SPANS, strict=True)
        if total + worth > most
    ]
    if not found:
        return None
    left, most, days = min(found)
    rate = usd_rates().get(money.currency, Decimal(1))
    return Over(most, days, Money.rounded(left / rate, money.currency, ROUND_DOWN))


def route_asked(client: Client, method: Method, money: Money) -> RouteAsked:
    """The inputs of `payments.routing`."""
    return RouteAsked(
        method=method.slug, currency=str(money.currency), amount=in_usd(money),
        country=client.country, entity=client.entity.code,
    )  # fmt: skip


class Taking:
    """What the rules in force would say to this client, for as many amounts as one has: four
    statements at most. A deposit asks them anew.
    """

    def __init__(self, act: Act, client: Client) -> None:
        self.client, self.totals = client, paid_in(client, act.at)
        self._route, self._limit = in_force(ROUTING), in_force(PAY_IN)
        self._open = set(Provider.objects.filter(open=True).values_list("methods", "slug"))

    def over(self, method: Method, money: Money) -> Over | None:
        """The limit that this amount is over."""
        asked = pay_in_asked(self.client, method, money, self.totals)
        return over(self._limit(asked), money, self.totals)

    def routed(self, method: Method, money: Money) -> bool:
        """Whether there is an open provider for it."""
        slug = self._route(route_asked(self.client, method, money)).provider
        return (method.pk, slug) in self._open

    def takes(self, method: Method, money: Money) -> bool:
        """Whether a deposit of this amount would start."""
        if not method.takes_deposits or money.currency not in method.currencies:
            return False
        inside = method.least <= money.amount <= method.most
        return inside and self.routed(method, money) and self.over(method, money) is None

    def most(self, method: Method, currency: str) -> Money | None:
        """The most that this method takes; none where it does not take its least. An amount that
        the rules take while they refuse a smaller one is not looked for.
        """
        least = Money.rounded(method.least, currency, ROUND_CEILING)
        most = Money.rounded(method.most, currency, ROUND_DOWN)
        if limit := self.over(method, most):
            most = min(most, limit.left)
        if self.takes(method, most):
            return most
        if not self.takes(method, least):
            return None
        taken, refused = least.minor, most.minor
        while refused - taken > 1:
            middle = (taken + refused) // 2
            if self.takes(method, Money.from_minor(middle, currency)):
                taken = middle
            else:
                refused = middle
        return Money.from_minor(taken, currency)

    def why_not(self, method: Method, money: Money) -> str:
        """That no provider takes this amount by this method, and what is taken instead."""
        most = self.most(method, str(money.currency))
        others = Method.objects.exclude(pk=method.pk).order_by("name")
        whole = [str(one) for one in others if self.takes(one, money)]
        ways = [f"It takes up to {most}."] if most is not None and most < money else []
        if whole:
            ways.append(f"{' or '.join(whole)} takes the whole amount.")
        way = " ".join(ways) or "Ask us how you can pay it in."
        return f"{method} does not take {money} from you right now. {way}"
