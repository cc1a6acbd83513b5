"""What a new client has done so far, as far as a payment for them asks."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from nostro.kit.money import HALF_UP, Money
from nostro.partners.models import Accrual, Assignment, PlanVersion
from nostro.payments.models import Deposit
from nostro.trading.rates import usd_rates


def plan_at(partner_id: int, moment: datetime) -> PlanVersion | None:
    """The plan version a partner is paid by at a moment."""
    found = (
        Assignment.objects.filter(partner_id=partner_id, starts_at__lte=moment)
        .select_related("version__plan")
        .order_by("-starts_at")
        .first()
    )
    return found.version if found else None


def exchanged(money: Money, currency: str) -> Decimal:
    """An amount in another currency at our mid prices, to its minor unit."""
    if money.currency == currency:
        return money.amount
    rates = usd_rates()
    value = money.amount * rates[money.currency] / rates[currency]
    return Money.rounded(value, currency, HALF_UP).amount


def deposits_of(
    client_id: int, currency: str, *, until: datetime
) -> list[tuple[datetime, Decimal]]:
    """When and how much a client has paid in; charged back money does not count."""
    settled = Deposit.objects.filter(
        client_id=client_id, status=Deposit.Status.SETTLED, settled_at__lte=until
    ).order_by("settled_at")
    return [(one.settled_at or until, exchanged(one.money, currency)) for one in settled]


def paid_for(partner_id: int, client_id: int) -> Decimal:
    """What a partner has got for a new client before, corrections included."""
    lines = Accrual.objects.filter(
        partner_id=partner_id, client_id=client_id, deposit__isnull=False
    )
    return lines.aggregate(total=Sum("amount"))["total"] or Decimal(0)
