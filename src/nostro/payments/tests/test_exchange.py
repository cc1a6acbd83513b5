"""A client exchanges between own wallets: the rate first, with its spread said, then the yes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from nostro.core.acts import Act, clock_at, now
from nostro.core.doors import call
from nostro.core.models import Record
from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.ledger import chart
from nostro.ledger.models import Exchange, Quote
from nostro.ledger.operations import NotEnoughMoney
from nostro.ledger.operations.exchange import QuoteExpired, QuoteUsed
from nostro.ledger.queries import HouseRates, balance, verify, worth
from nostro.payments.operations import ask_rate, exchange_money
from nostro.payments.operations.exchange import NoRate, NotExchanged
from nostro.people.models import Client
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rates(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    """Somebody above who knows prices."""
    settings.NOSTRO_REQUIRE_MFA = False
    mids = {"EUR": Decimal("1.10"), "BTC": Decimal(90_000)}
    known = HouseRates("USD", mids, "A test", now(), {"PLN": "nobody quotes it"})
    monkeypatch.setattr("nostro.ledger.queries.exchange.HOUSE_RATES", [lambda at: known])


@pytest.fixture
def ada(act: Act) -> Client:
    client = make.client("SC", currency="USD")
    for _ in range(2):
        make.funded(client, "50000.00 USD")
    return client


@pytest.fixture
def room(ada: Client) -> Browser:
    return make.browser(ada)


def stands(client: Client, code: str) -> Money:
    return balance(chart.client_wallet(client.pk), code)


def rated(client: Client, money: str, buys: str = "EUR") -> Quote:
    return ask_rate(make.act_of(client), client, money=Money.of(money), buys=buys)


def test_a_client_sees_the_rate_and_its_spread_before_anything_moves(
    ada: Client, room: Browser
) -> None:
    assert "See the rate" in room.get("/room/exchange/").content.decode()
    asked = {"amount": "1,100.00", "currency": "USD", "buys": "EUR", "key": "one"}
    answer = room.post("/room/exchange/", asked)
    quote = Quote.objects.get()
    assert answer["Location"] == f"/room/exchange/{quote.pk}/?amount=1,100.00"
    page = room.get(answer["Location"]).content.decode()
    assert "995.00" in page  # a thousand at mid, less half a per cent
    assert "0.50%" in page
    assert stands(ada, "USD") == Money.of("100000.00 USD")

    done = room.post(f"/room/exchange/{quote.pk}/", {"amount": "1100.00", "key": "two"})
    assert done["Location"] == "/room/money/"
    room.post(f"/room/exchange/{quote.pk}/", {"amount": "1100.00", "key": "two"})
    assert stands(ada, "EUR") == Money.of("995.00 EUR")
    assert stands(ada, "USD") == Money.of("98900.00 USD")
    assert Exchange.objects.get().entity_id == ada.entity_id
    assert "Exchange of 1,100.00 USD" in room.get("/room/activity/").content.decode()
    assert verify() == []


@pytest.mark.parametrize(
    ("money", "buys", "problem"),
    [
        ("0.00 USD", "EUR", Problem),
        ("-5.00 USD", "EUR", Problem),
        ("5.00 USD", "USD", Problem),
        ("5.00 USD", "PLN", NoRate),
        ("5.00 USD", "XYZ", NoRate),
        ("50000.01 USD", "EUR", NotExchanged),
    ],
)
def test_a_rate_that_is_not_given_says_why_and_promises_nothing(
    ada: Client, money: str, buys: str, problem: type[Problem]
) -> None:
    before = Record.objects.count()
    with pytest.raises(problem):
        rated(ada, money, buys)
    assert not Quote.objects.exists()
    assert Record.objects.count() == before


def test_a_rate_is_taken_once_in_time_by_whom_it_was_given_to_and_for_what(ada: Client) -> None:
    grace, quote = make.client("SC", currency="USD"), rated(ada, "100.00 USD")
    make.funded(grace, "500.00 USD")
    money = Money.of("100.00 USD")
    with pytest.raises(NotFound):
        call(make.act_of(grace), exchange_money, grace, {"quote": quote.pk, "money": str(money)})
    with pytest.raises(NotFound):
        exchange_money(make.act_of(grace), grace, quote=quote, money=money)
    with pytest.raises(NotExchanged):
        exchange_money(make.act_of(ada), ada, quote=quote, money=Money.of("60000.00 USD"))
    with pytest.raises(NotExchanged, match="for USD"):
        exchange_money(make.act_of(ada), ada, quote=quote, money=Money.of("100.00 EUR"))
    with clock_at(now() + timedelta(minutes=2)), pytest.raises(QuoteExpired):
        exchange_money(make.act_of(ada), ada, quote=quote, money=money)
    assert not Exchange.objects.exists()
    exchange_money(make.act_of(ada), ada, quote=quote, money=money)
    with pytest.raises(QuoteUsed):
        exchange_money(make.act_of(ada), ada, quote=quote, money=money)


def test_more_than_there_is_is_not_exchanged(ada: Client) -> None:
    grace = make.client("SC", currency="USD")
    make.funded(grace, "50.00 USD")
    quote = rated(grace, "50.01 USD")
    with pytest.raises(NotEnoughMoney):
        exchange_money(make.act_of(grace), grace, quote=quote, money=Money.of("50.01 USD"))
    assert (stands(grace, "USD"), stands(grace, "EUR")) == (
        Money.of("50.00 USD"), Money.zero("EUR"),
    )  # fmt: skip


def test_coins_cost_more_than_currencies(ada: Client) -> None:
    assert rated(ada, "900.00 USD", "BTC").spread == Decimal("0.015")
    assert rated(ada, "900.00 USD", "EUR").spread == Decimal("0.005")


def test_a_rate_of_another_client_is_not_found(ada: Client, room: Browser) -> None:
    grace = make.client("SC", currency="USD")
    make.funded(grace, "500.00 USD")
    foreign = rated(grace, "50.00 USD")
    assert room.get(f"/room/exchange/{foreign.pk}/?amount=5").status_code == 404
    answer = room.post("/room/exchange/", {"amount": "5", "currency": "JPY", "buys": "EUR"})
    assert answer.status_code == 404
    assert Quote.objects.count() == 1


@given(
    units=st.integers(1, 3000),
    mid=st.decimals("0.002", "300", places=6),
    there=st.sampled_from(["EUR", "JPY"]),
    spread=st.sampled_from([Decimal(0), Decimal("0.005"), Decimal("0.015")]),
)
def test_nothing_is_given_above_what_it_is_worth_at_mid_however_small(
    units: int, mid: Decimal, there: str, spread: Decimal
) -> None:
    """Else whoever changed a cent back and forth would gain by the rounding."""
    quote = Quote(sells_id="USD", buys_id=there, mid=mid, spread=spread)
    amount = Money.from_minor(units, "USD").amount
    at_mid, got = worth(quote, amount)
    assert got <= at_mid
    assert got.amount <= amount * mid
    assert abs(got.amount - amount * mid * (1 - spread)) < Money.from_minor(1, there).amount


def test_who_changes_a_cent_back_and_forth_gains_nothing(
    act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = HouseRates("USD", {"JPY": Decimal(1) / 155}, "A test", now(), {})
    monkeypatch.setattr("nostro.ledger.queries.exchange.HOUSE_RATES", [lambda at: known])
    client = make.client("SC", currency="USD")
    make.funded(client, "10.00 USD")
    for _ in range(5):
        exchange_money(
            make.act_of(client), client, quote=rated(client, "0.01 USD", "JPY"),
            money=Money.of("0.01 USD"),
        )  # fmt: skip
        with pytest.raises(Problem, match="too little"):
            exchange_money(
                make.act_of(client), client, quote=rated(client, "1 JPY", "USD"),
                money=Money.of("1 JPY"),
            )  # fmt: skip
    assert stands(client, "JPY") == Money.of("5 JPY")
    assert stands(client, "USD") == Money.of("9.95 USD")
