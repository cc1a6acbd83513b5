"""Exchange rates: mid prices of our own platforms.

`usd_rates` serves totals, limits and rules, and never a posting: it falls back to reference rates
of 1 June 2026, which a firm without a platform starts from. `fresh_mids` has no such fallback,
and says of each currency without a fresh price why there is none: the ledger posts by it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from time import monotonic

from nostro.kit.money import HALF_EVEN, Money
from nostro.ledger.queries import HOUSE_RATES, HouseRates, currencies
from nostro.trading.instruments import code_of
from nostro.trading.models import PlatformSymbol

REFERENCE = {
    "USD": Decimal(1), "EUR": Decimal("1.16"), "GBP": Decimal("1.34"), "CHF": Decimal("1.25"),
    "PLN": Decimal("0.272"), "AUD": Decimal("0.655"), "JPY": Decimal("0.00667"),
    "ZAR": Decimal("0.057"), "USDT": Decimal(1), "BTC": Decimal(92000), "ETH": Decimal(3100),
}  # fmt: skip


def _quoted() -> Iterator[tuple[str, Decimal, datetime | None]]:
    """Each currency that a platform quotes against USD: its mid in USD and when, oldest first."""
    rows = PlatformSymbol.objects.filter(bid__isnull=False, ask__isnull=False).order_by("tick_at")
    fields = ("instrument__code", "name", "bid", "ask", "tick_at")
    for known, name, bid, ask, tick_at in rows.values_list(*fields):
        mid = ((bid or Decimal(0)) + (ask or Decimal(0))) / 2
        code = known or code_of(name)
        if len(code) != 6 or not mid:
            continue
        if code.endswith("USD"):
            yield code[:3], mid, tick_at
        elif code.startswith("USD"):
            yield code[3:], (1 / mid).quantize(Decimal("1e-12")), tick_at


@lru_cache(maxsize=2)
def _mids(_minute: int) -> dict[str, Decimal]:
    return REFERENCE | {code: mid for code, mid, _ in _quoted()}


def usd_rates() -> dict[str, Decimal]:
    """What one of each currency is worth in USD; read again every minute."""
    return _mids(int(monotonic() // 60))


def in_usd(money: Money) -> Decimal:
    """An amount in USD, to the cent, half even."""
    rate = usd_rates().get(money.currency, Decimal(1))
    return Money.rounded(money.amount * rate, "USD", HALF_EVEN).amount


FRESH = timedelta(hours=80)
"""Markets rest from Friday evening to Sunday evening, and over a holiday beside it."""


def fresh_mids(at: datetime) -> HouseRates | None:
    """The newest mid of each currency in USD by our platforms; nothing before there is any."""
    mids: dict[str, Decimal] = {}
    seen: dict[str, datetime] = {}
    for code, mid, tick_at in _quoted():
        if tick_at is not None and tick_at <= at:
            mids[code], seen[code] = mid, tick_at
    if not mids:
        return None
    missing = {code: _why(code, seen, at) for code in currencies() if code != "USD"}
    why = {code: reason for code, reason in missing.items() if reason}
    return HouseRates("USD", mids, "Mid prices of our platforms", max(seen.values()), why)


def _why(code: str, seen: dict[str, datetime], at: datetime) -> str:
    if code not in seen:
        return "no platform quotes it against USD"
    age = at - seen[code]
    return f"its last price is {age.days} days old" if age > FRESH else ""


HOUSE_RATES.append(fresh_mids)
