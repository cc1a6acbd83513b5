"""Toxic flow: clients who won from the house within seconds, as a rule says what stands out.

The day's closed trades are summed a client in the database; the rule is asked about those sums.
What is known of a trade is how long it stood and what it made: prices after it are not kept.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import (
    Aggregate,
    Case,
    Count,
    DecimalField,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    Sum,
    Value,
    When,
)

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.exposure.decisions import TOXIC, Flow
from nostro.people.models import Client
from nostro.people.queries import clients
from nostro.trading.models import Deal
from nostro.trading.queries import in_force_with_words
from nostro.trading.rates import usd_rates

DAY = timedelta(days=1)
MOST_ASKED = 500
"""About so many clients the rule is asked, those who won most."""
CLOSING = ("out", "inout", "outby")


class Median(Aggregate):
    """The middle of a group's values: half of them are not larger."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Quick:
    """A client whose trading stands out: `won` in USD after costs, `why` as the rule says it."""

    client: Client
    closed: int
    winning: Decimal
    held: timedelta
    won: Decimal
    why: str


@query
def toxic_flow(act: Act, *, book: str = "b", most: int = 5) -> list[Quick]:
    """Clients whose closed trades of the last 24 hours stand out by the rule, most won first."""
    asked = in_force_with_words(TOXIC)
    found: list[tuple[int, Flow, timedelta, str]] = []
    for client_id, closed, winners, held, won in _summed(act, book):
        flow = Flow(
            closed=Decimal(closed), held=Decimal(str(round(held.total_seconds(), 3))),
            winning=round(Decimal(100 * winners) / closed), won=round(won, 2),
        )  # fmt: skip
        verdict, why = asked(flow)
        if verdict.stands_out:
            found.append((client_id, flow, held, why))
    known = clients(act).in_bulk([pk for pk, *_ in found[:most]])
    return [
        Quick(known[pk], int(flow.closed), flow.winning, held, flow.won, why)
        for pk, flow, held, why in found[:most]
        if pk in known
    ]


def _summed(act: Act, book: str) -> list[tuple[int, int, int, timedelta, Decimal]]:
    """Client, closed trades, how many won, the median time held and the USD won. One statement."""
    money = DecimalField(max_digits=38, decimal_places=18)
    rates = [When(account__currency=code, then=Value(rate)) for code, rate in usd_rates().items()]
    made = F("profit") + F("swap") + F("commission") + F("fee")
    kinds = [Deal.Action.BUY, Deal.Action.SELL]
    rows = visible(act.actor, Deal.objects.all(), client="account__client__")
    rows = rows.filter(
        at__gt=act.at - DAY, at__lte=act.at, action__in=kinds, entry__in=CLOSING,
        opened_at__isnull=False, platform__live=True, account__practice=False,
    )  # fmt: skip
    if book != "both":
        inside = Q(account__group__book=book)
        rows = rows.filter(inside | Q(account__group=None) if book == "b" else inside)
    stood = ExpressionWrapper(F("at") - F("opened_at"), output_field=DurationField())
    usd = ExpressionWrapper(made * Case(*rates, default=Value(Decimal(0))), output_field=money)
    sums = rows.order_by().values_list("account__client_id").annotate(
        closed=Count("pk"), winners=Count("pk", filter=Q(profit__gt=0)), held=Median(stood),
        won=Sum(usd),
    )  # fmt: skip
    return list(sums.filter(won__gt=0).order_by("-won", "account__client_id")[:MOST_ASKED])
