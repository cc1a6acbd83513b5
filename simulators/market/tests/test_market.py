from decimal import Decimal
from itertools import pairwise
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.market import DAY, HOUR, INSTRUMENTS, MINUTE, Instrument, Market, ServerZone
from simulators.market.zone import iso, moment

ZONE = ServerZone()
BY_SYMBOL = {row.symbol: row for row in INSTRUMENTS}
TUESDAY = moment("2026-03-03T10:00:00")


def market(seed: int = 7) -> Market:
    return Market(seed, ZONE)


@given(st.lists(st.integers(min_value=0, max_value=200 * DAY), min_size=1, max_size=20))
def test_a_price_is_the_same_in_whatever_order_it_is_asked_for(offsets: list[int]) -> None:
    forward, backward = market(), market()
    moments = [TUESDAY + offset for offset in offsets]
    gold = BY_SYMBOL["XAUUSD"]
    seen = {at: forward.quote(gold, at) for at in moments}
    for at in reversed(moments):
        assert backward.quote(gold, at) == seen[at]


def test_another_seed_is_another_market() -> None:
    euro = BY_SYMBOL["EURUSD"]
    assert market(1).quote(euro, TUESDAY) != market(2).quote(euro, TUESDAY)


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda row: row.symbol)
def test_the_ask_stands_above_the_bid_by_the_spread_in_points(instrument: Instrument) -> None:
    raw = market().quote(instrument, TUESDAY, markup=Decimal(0))
    standard = market().quote(instrument, TUESDAY)
    assert raw.ask - raw.bid == instrument.spread * instrument.point
    assert standard.ask - standard.bid == (instrument.spread + instrument.markup) * instrument.point


def test_a_cross_agrees_with_its_two_dollar_pairs() -> None:
    quotes = {
        name: market().quote(BY_SYMBOL[name], TUESDAY, markup=Decimal(0))
        for name in ("EURUSD", "GBPUSD", "EURGBP")
    }
    implied = quotes["EURUSD"].bid / quotes["GBPUSD"].bid
    assert abs(quotes["EURGBP"].bid - implied) < Decimal("0.0002")


def test_currencies_stand_still_over_the_weekend_and_bitcoin_does_not() -> None:
    saturday, sunday = moment("2026-03-07T12:00:00"), moment("2026-03-08T12:00:00")
    prices = market()
    euro, bitcoin = BY_SYMBOL["EURUSD"], BY_SYMBOL["BTCUSD"]
    assert prices.quote(euro, saturday) == prices.quote(euro, sunday)
    assert prices.quote(bitcoin, saturday) != prices.quote(bitcoin, sunday)
    assert not prices.is_open(euro, saturday)
    assert iso(prices.next_open(euro, saturday)) == "2026-03-08T22:05:00.000+00:00"


def test_a_market_that_is_always_open_moves_on_saturday_too() -> None:
    prices = Market(7, ZONE, always_open=True)
    euro, saturday = BY_SYMBOL["EURUSD"], moment("2026-03-07T12:00:00")
    assert prices.is_open(euro, saturday)
    assert prices.quote(euro, saturday) != prices.quote(euro, saturday + HOUR)


def test_a_quote_changes_four_times_a_second_at_most() -> None:
    euro = BY_SYMBOL["BTCUSD"]
    first = market().quote(euro, TUESDAY)
    assert market().quote(euro, TUESDAY + 249) == first
    assert market().quote(euro, TUESDAY + 250).at == first.at + 250


def test_days_move_about_as_much_as_the_instrument_says() -> None:
    prices, bitcoin = market(), BY_SYMBOL["BTCUSD"]
    closes = [prices.quote(bitcoin, TUESDAY + day * DAY).bid for day in range(365)]
    moves = [float(b / a) - 1 for a, b in pairwise(closes)]
    assert 0.35 < pstdev(moves) * 365**0.5 < 0.75


def test_rates_turn_round_and_a_currency_is_worth_itself() -> None:
    prices = market()
    assert prices.rate("EUR", "EUR", TUESDAY) == 1
    there_and_back = prices.rate("EUR", "JPY", TUESDAY) * prices.rate("JPY", "EUR", TUESDAY)
    assert abs(there_and_back - 1) < Decimal("0.00001")


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        ("2026-01-15T12:00:00", 2),
        ("2026-03-29T00:59:59", 2),
        ("2026-03-29T01:00:00", 3),
        ("2026-10-25T00:59:59", 3),
        ("2026-10-25T01:00:00", 2),
    ],
)
def test_the_server_follows_european_summer_time(at: str, hours: int) -> None:
    assert ZONE.local(moment(at)) - moment(at) == hours * HOUR


@given(st.integers(min_value=0, max_value=800 * DAY // MINUTE))
def test_local_time_turns_back_into_utc_but_for_the_hour_that_comes_twice(minutes: int) -> None:
    at = TUESDAY + minutes * MINUTE
    local = ZONE.local(at)
    assert ZONE.local(ZONE.utc(local)) == local
    assert abs(ZONE.utc(local) - at) in (0, HOUR)


def test_midnight_is_the_servers_own() -> None:
    assert iso(ZONE.next_midnight(TUESDAY)) == "2026-03-03T22:00:00.000+00:00"
    summer = moment("2026-07-01T21:00:00")
    assert iso(ZONE.next_midnight(summer)) == "2026-07-02T21:00:00.000+00:00"
