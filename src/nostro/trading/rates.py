"""Exchange rates for totals, limits and rules: mid prices of our own platforms. Never for posting.

Falls back to reference rates of 1 June 2026, which a firm without a platform starts from.
"""

from decimal import Decimal
from functools import lru_cache
from time import monotonic

from nostro.kit.money import HALF_EVEN, Money
from nostro.trading.models import PlatformSymbol

REFERENCE = {
    "USD": Decimal(1), "EUR": Decimal("1.16"), "GBP": Decimal("1.34"), "CHF": Decimal("1.25"),
    "PLN": Decimal("0.272"), "AUD": Decimal("0.655"), "JPY": Decimal("0.00667"),
    "ZAR": Decimal("0.057"), "USDT": Decimal(1), "BTC": Decimal(92000), "ETH": Decimal(3100),
}  # fmt: skip


@lru_cache(maxsize=2)
def _mids(_minute: int) -> dict[str, Decimal]:
    rates = dict(REFERENCE)
    quoted = PlatformSymbol.objects.filter(bid__isnull=False, ask__isnull=False)
    for name, bid, ask in quoted.values_list("name", "bid", "ask"):
        if bid is None or ask is None:
            continue
        mid = (bid + ask) / 2
        if len(name) == 6 and name.endswith("USD"):
            rates[name[:3]] = mid
        elif len(name) == 6 and name.startswith("USD") and mid:
            rates[name[3:]] = (1 / mid).quantize(Decimal("1e-8"))
    return rates


def usd_rates() -> dict[str, Decimal]:
    """What one of each currency is worth in USD; read again every minute."""
    return _mids(int(monotonic() // 60))


def in_usd(money: Money) -> Decimal:
    """An amount in USD, to the cent, half even."""
    rate = usd_rates().get(money.currency, Decimal(1))
    return Money.rounded(money.amount * rate, "USD", HALF_EVEN).amount
