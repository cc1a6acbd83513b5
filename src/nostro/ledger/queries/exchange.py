"""What exchanging left the house long or short of, and what that is worth at the house's mids.

The ledger hears of no prices. Whoever above does puts a callable into `HOUSE_RATES`; the first
that answers is believed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import models

from nostro.core.acts import Act
from nostro.core.log import clients_seen
from nostro.core.queries import query
from nostro.kit.money import DOWN, HALF_EVEN, Money
from nostro.kit.problems import Forbidden
from nostro.ledger.models import Exchange, LedgerAccount, Quote, Revaluation
from nostro.ledger.queries.limits import limits_of, sees_all
from nostro.ledger.queries.standing import balances_by_value_date


@dataclass(frozen=True)
class HouseRates:
    """What one of each currency is worth in `currency` at mid, and why others are `missing`."""

    currency: str
    mids: Mapping[str, Decimal]
    source: str
    at: datetime
    missing: Mapping[str, str] = field(default_factory=dict)


HOUSE_RATES: list[Callable[[datetime], HouseRates | None]] = []


def house_rates(at: datetime) -> HouseRates | None:
    """The mids that somebody above knows at a moment; nothing where nobody does."""
    return next((found for ask in HOUSE_RATES if (found := ask(at)) is not None), None)


@query(finds=Quote, open_to=("client",))
def quotes(act: Act) -> models.QuerySet[Quote]:
    """Rates that were promised, newest first; a client's own, for staff those of clients they see
    and those at which their entities exchanged.
    """
    rows, limits = Quote.objects.order_by("-id"), limits_of(act)
    if act.actor.kind == "client":
        return rows.filter(client_id=act.actor.id)
    if limits.entities is not None:
        made = Exchange.objects.filter(quote=models.OuterRef("pk"), entity_id__in=limits.entities)
        rows = rows.filter(models.Q(client_id__in=clients_seen(act)) | models.Exists(made))
    return rows if limits.clients is None else rows.filter(client_id__in=limits.clients)


@query(finds=Exchange, open_to=("client",))
def exchanges(act: Act) -> models.QuerySet[Exchange]:
    """Exchanges that were made, newest first; a client's own."""
    rows, limits = Exchange.objects.select_related("quote").order_by("-id"), limits_of(act)
    if act.actor.kind == "client":
        return rows.filter(client_id=act.actor.id)
    if limits.entities is not None:
        rows = rows.filter(entity_id__in=limits.entities)
    return rows if limits.clients is None else rows.filter(client_id__in=limits.clients)


def _whole_firm(act: Act) -> None:
    if not sees_all(act):
        raise Forbidden("Positions are the whole firm’s, and your role sees a part of it.")


@query(finds=Revaluation)
def revaluations(act: Act) -> models.QuerySet[Revaluation]:
    """Days on which exchange positions were valued at mid, newest first. For those who see all."""
    _whole_firm(act)
    return Revaluation.objects.order_by("-day")


@dataclass(frozen=True)
class Position:
    """One currency: what the house is long (above zero) or short of, and its worth at mid."""

    money: Money
    rate_then: Decimal | None
    rate_now: Decimal | None
    worth: Money | None
    missing: str
    account_id: int

    @property
    def currency(self) -> str:
        return str(self.money.currency)


@dataclass(frozen=True)
class Positions:
    """Every position, what they gained since they were last valued, and the rates behind it."""

    rows: list[Position]
    last: Revaluation | None
    rates: HouseRates | None

    @property
    def unrealised(self) -> Money | None:
        """What a revaluation now would gain or lose; nothing where a rate is missing."""
        if self.rates is None or any(one.worth is None for one in self.rows):
            return None
        return sum((one.worth for one in self.rows if one.worth), Money.zero(self.rates.currency))


@query
def exchange_positions(act: Act) -> Positions:
    """What the whole firm is long or short of, at the last revaluation's mids and at today's. For
    those who see all of it.
    """
    _whole_firm(act)
    last = Revaluation.objects.order_by("-day").first()
    rates = house_rates(act.at)
    accounts = LedgerAccount.objects.filter(path__startswith="fx_position/").order_by("asset")
    found = balances_by_value_date({one.path for one in accounts}, date(9999, 12, 30))
    rows = []
    for one in accounts:
        money = found[one.path].get(one.asset_id, Money.zero(one.asset_id))
        if money:
            rows.append(_position(one, money, last, rates))
    return Positions(rows, last, rates)


def _position(
    account: LedgerAccount, money: Money, last: Revaluation | None, rates: HouseRates | None
) -> Position:
    code = account.asset_id
    then = last.rates.get(code) if last else None
    if last and code == last.asset_id:
        then = "1"
    now = Decimal(1) if rates and code == rates.currency else None
    if rates and now is None:
        now = rates.mids.get(code) if code not in rates.missing else None
    worth = Money.rounded(money.amount * now, rates.currency, HALF_EVEN) if rates and now else None
    missing = "" if now is not None else "nobody tells it"
    if rates and code in rates.missing:
        missing = rates.missing[code]
    return Position(money, Decimal(then) if then else None, now, worth, missing, account.pk)


def needs_revaluation(day: date) -> bool:
    """Whether there are positions at a day's end, and neither it nor a later day was valued."""
    if Revaluation.objects.filter(day__gte=day).exists():
        return False
    paths = LedgerAccount.objects.filter(path__startswith="fx_position/").values_list("path")
    found = balances_by_value_date({path for (path,) in paths}, day)
    return any(money for kept in found.values() for money in kept.values())


def worth(quote: Quote, amount: Decimal) -> tuple[Money, Money]:
    """What an amount is worth at mid, and what is given for it.

    Half-even, as all that is exchanged; but never more than it is worth at mid: of the smallest
    amounts rounding is more than the spread, and who changes them back and forth would gain.
    """
    exact = amount * quote.mid
    at_mid = Money.rounded(exact, quote.buys_id, HALF_EVEN)
    got = Money.rounded(exact * (1 - quote.spread), quote.buys_id, HALF_EVEN)
    return at_mid, min(got, Money.rounded(exact, quote.buys_id, DOWN))
