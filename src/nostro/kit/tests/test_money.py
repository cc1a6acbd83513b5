from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nostro.kit.money import (
    HALF_EVEN,
    BadMoney,
    Currency,
    Lots,
    MixedCurrencies,
    Money,
    Rate,
    quoted,
)

amounts = st.integers(min_value=-(10**15), max_value=10**15)
currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD", "ETH", "USDT"])


def test_a_float_is_never_money() -> None:
    with pytest.raises(TypeError):
        Money(0.1, Currency("USD"))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["NaN USD", "Infinity USD", "1e30 USD", "x USD", " USD", "1 US1"])
def test_what_is_not_an_amount_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadMoney) as problem:
        Money.of(text)
    assert problem.value.sentence.endswith(".")


@pytest.mark.parametrize("text", ["1.001 USD", "1.5 JPY", "0.0000001 USDT"])
def test_finer_than_payable_is_an_error_and_not_a_rounding(text: str) -> None:
    with pytest.raises(BadMoney):
        Money.of(text)


def test_currencies_never_mix() -> None:
    with pytest.raises(MixedCurrencies):
        Money.of("1.00 USD") + Money.of("1.00 EUR")
    with pytest.raises(MixedCurrencies):
        assert Money.of("1.00 USD") < Money.of("2.00 EUR")


@given(amounts, currencies, st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_a_split_loses_nothing(units: int, currency: str, weights: list[int]) -> None:
    if not any(weights):
        weights = [1]
    whole = Money.from_minor(units, currency)
    parts = whole.split(weights)
    assert sum((part.minor for part in parts), 0) == units


@given(amounts, currencies)
def test_minor_units_go_there_and_back(units: int, currency: str) -> None:
    assert Money.from_minor(units, currency).minor == units


def test_rounding_is_said_aloud() -> None:
    assert Money.rounded(Decimal("0.125"), "USD", HALF_EVEN) == Money.of("0.12 USD")
    assert str(Money.of("1234.5 USD")) == "1,234.50 USD"


def test_rates_are_positive_and_lots_are_fine_but_not_endless() -> None:
    with pytest.raises(BadMoney):
        Rate("0")
    with pytest.raises(BadMoney):
        Lots("0.000000001")
    assert Lots("0.01") == Decimal("0.01")


def test_a_price_is_shown_in_the_places_of_its_instrument_and_loses_none_of_its_own() -> None:
    assert quoted(Decimal("1.08400000"), 5) == "1.08400"
    assert quoted(Decimal("1.0840125"), 5) == "1.0840125"
    assert quoted(Decimal("64250.00000000"), 1) == "64,250.0"
    assert quoted(Decimal("151"), 0) == "151"
    assert quoted(Decimal("2.50000000")) == "2.50"
