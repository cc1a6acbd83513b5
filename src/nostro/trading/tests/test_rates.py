"""Mids that the ledger may post by: our platforms' newest prices, or a reason why there is none."""

from datetime import timedelta
from decimal import Decimal

import pytest

from nostro.core.acts import Act, now
from nostro.core.operations import operation
from nostro.ledger.queries import house_rates
from nostro.trading.events import MarketRead
from nostro.trading.models import Platform, PlatformSymbol
from nostro.trading.rates import fresh_mids
from nostro.trading.tests import make

pytestmark = pytest.mark.django_db


@operation(internal=True)
def quote_symbol(act: Act, *, name: str, bid: str, ask: str, days: int) -> PlatformSymbol:
    """A price as a platform last said it."""
    made = PlatformSymbol.objects.create(
        platform=Platform.objects.get(), name=name, bid=Decimal(bid), ask=Decimal(ask),
        contract_size=100000, digits=5, tick_at=act.at - timedelta(days=days),
    )  # fmt: skip
    act.record(MarketRead(0, 1, 0), about=made)
    return made


def test_without_a_price_nobody_tells_the_house_rates(act: Act) -> None:
    assert fresh_mids(now()) is None
    assert house_rates(now()) is None


def test_the_newest_mids_are_told_and_a_stale_one_says_why_it_is_not(act: Act) -> None:
    make.platform()
    for name, bid, ask, days in (
        ("EURUSD", "1.0999", "1.1001", 0), ("USDJPY", "149.9", "150.1", 1),
        ("GBPUSD", "1.30", "1.31", 9), ("US500", "5000", "5001", 0),
    ):  # fmt: skip
        quote_symbol(Act.system(), name=name, bid=bid, ask=ask, days=days)
    found = house_rates(now())
    assert found is not None
    assert (found.currency, found.mids["EUR"]) == ("USD", Decimal("1.1"))
    assert found.mids["JPY"] == Decimal("0.006666666667")
    assert found.missing["GBP"] == "its last price is 9 days old"
    assert found.missing["CHF"] == "no platform quotes it against USD"
    assert "EUR" not in found.missing
