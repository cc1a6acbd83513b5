"""What a provider has taken for us and not paid out yet, gross: fees are still to come off it."""

from decimal import Decimal

from django.db.models import Count, Sum

from nostro.kit.money import Money
from nostro.payments.models import Deposit, Provider
from nostro.reconciliation.models import Payout, money_of

TAKEN = ("charge", "payment")


def unpaid_gross(provider: Provider, currency: str) -> tuple[Money, int]:
    """Deposits settled less those already in payouts, and how many deposits they are."""
    settled = Deposit.objects.filter(
        provider=provider, currency=currency, settled_at__isnull=False
    ).aggregate(total=Sum("amount"), count=Count("pk"))
    paid, count = Money.zero(currency), 0
    batches = Payout.objects.filter(provider=provider.slug, currency=currency)
    for lines in batches.values_list("lines", flat=True):
        for line in lines:
            if line["kind"] in TAKEN:
                paid += Money.of(f"{line['gross']} {currency}")
                count += 1
    total = money_of(settled["total"] or Decimal(0), currency)
    return total - paid, max(settled["count"] - count, 0)
