"""What the page says of a method's limits is what would be accepted, by the rules in force."""

import re
from collections.abc import Mapping
from decimal import Decimal

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.kit import Money
from nostro.payments.models import Deposit, Method
from nostro.payments.operations import pause_provider, set_method, settle_deposit, start_deposit
from nostro.payments.operations.deposits import NoProvider
from nostro.payments.queries.taking import Taking
from nostro.payments.tests import make
from nostro.payments.tests.test_pages import signed_in
from nostro.people.models import Client
from tests import make as house

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Client:
    """May pay in up to 100,000 USD a day; cards are routed up to 50,000 USD, a wire always."""
    who = make.client()
    house.methods()
    for slug, name, icon in (("card", "Card", "credit-card"), ("bank", "Bank transfer", "bank")):
        set_method(
            Act.system(), slug=slug, name=name, icon=icon, currencies=["USD", "EUR"],
            least=Decimal(20), most=Decimal(60000), speed="At once",
        )  # fmt: skip
    return who


def method(slug: str) -> Method:
    return Method.objects.get(slug=slug)


def most(who: Client, slug: str, currency: str) -> Money | None:
    return Taking(house.act_of(who), who).most(method(slug), currency)


def row(browser: Browser, amount: str, currency: str, slug: str) -> Mapping[str, str]:
    """What the page says of one method: its limits, and why not this amount."""
    shown = browser.get("/room/deposit/", {"amount": amount, "currency": currency}).text
    found = re.search(
        rf'value="{method(slug).pk}"(?P<marks>[^>]*)><span class="p-facts"><span>(?P<limits>[^<]*)'
        r"(?P<rest>.*?)</label>", shown, re.DOTALL,
    )  # fmt: skip
    assert found
    return found.groupdict()


def test_the_most_that_is_stated_is_taken_and_a_cent_more_is_not(ada: Client) -> None:
    limit = most(ada, "card", "EUR")
    assert limit is not None
    assert Money.of("40000.00 EUR") < limit < Money.of("50000.00 EUR")
    before = Record.objects.count()
    more = limit + Money.of("0.01 EUR")
    with pytest.raises(NoProvider):
        start_deposit(house.act_of(ada), ada, money=more, method=method("card"))
    assert Record.objects.count() == before
    start_deposit(house.act_of(ada), ada, money=limit, method=method("card"))
    assert Deposit.objects.get().money == limit


def test_what_no_provider_takes_is_refused_with_what_is_taken_instead(ada: Client) -> None:
    with pytest.raises(NoProvider) as refused:
        start_deposit(house.act_of(ada), ada, money=Money.of("50000.01 USD"), method=method("card"))
    assert refused.value.sentence == (
        "Card does not take 50,000.01 USD from you right now. It takes up to 50,000.00 USD."
        " Bank transfer takes the whole amount."
    )
    assert not Deposit.objects.exists()


def test_the_page_states_what_the_rules_take_and_offers_that_instead(ada: Client) -> None:
    card = row(signed_in(ada), "55000", "USD", "card")
    assert card["limits"] == "20 to 50,000"
    assert "disabled" in card["marks"]
    assert "Card takes up to 50,000.00." in card["rest"]
    assert "Pay in 50,000.00 instead" in card["rest"]
    bank = row(signed_in(ada), "55000", "USD", "bank")
    assert (bank["limits"], "disabled" in bank["marks"]) == ("20 to 60,000", False)


def test_what_was_paid_in_lowers_the_limit_that_is_stated(ada: Client) -> None:
    for _ in range(2):
        made = make.started(ada, "30000.00 USD", method="bank")
        settle_deposit(Act.system(), made, received=made.money)
    bank = row(signed_in(ada), "45000", "USD", "bank")
    assert bank["limits"] == "20 to 40,000"
    assert "40,000.00 is left of what you can pay in within 24 hours" in bank["rest"]
    assert "Pay in 40,000.00 instead" in bank["rest"]
    shown = signed_in(ada).get("/room/deposit/?amount=45000&currency=USD").text
    assert "100,000.00 USD within 24 hours. 40,000.00 USD of it is left for now." in shown
    assert "Pay in 40,000.00 USD instead" in shown
    assert "disabled" not in row(signed_in(ada), "40000", "USD", "bank")["marks"]


def test_where_nothing_is_left_no_limit_is_stated_and_nothing_can_be_chosen(ada: Client) -> None:
    for amount in ("50000.00 USD", "49990.00 USD"):
        make.started(ada, amount, method="bank")
    bank = row(signed_in(ada), "500", "USD", "bank")
    assert (bank["limits"], "disabled" in bank["marks"]) == ("–", True)
    assert "10.00 USD of it is left for now" in bank["rest"]


def test_a_method_whose_provider_is_paused_says_so_and_names_another(ada: Client) -> None:
    pause_provider(Act.system(), method("card").providers.get(), reason="Trouble.")
    card = row(signed_in(ada), "500", "USD", "card")
    assert card["limits"] == "–"
    assert "Card does not take 500.00 USD from you right now." in card["rest"]
    assert "Bank transfer takes the whole amount." in card["rest"]
    pause_provider(Act.system(), method("bank").providers.get(), reason="Trouble.")
    assert "Ask us how you can pay it in." in row(signed_in(ada), "500", "USD", "card")["rest"]


def test_the_last_cent_of_a_limit_is_the_same_wherever_it_is_said(ada: Client) -> None:
    made = make.started(ada, "60000.00 USD", method="bank")
    settle_deposit(Act.system(), made, received=made.money)
    limit = Taking(house.act_of(ada), ada).over(method("bank"), Money.of("59000.00 EUR"))
    assert limit is not None
    assert most(ada, "bank", "EUR") == limit.left
    start_deposit(house.act_of(ada), ada, money=limit.left, method=method("bank"))
    assert Deposit.objects.filter(amount=limit.left.amount).exists()


def test_an_amount_under_the_least_is_led_to_the_least(ada: Client) -> None:
    card = row(signed_in(ada), "19.50", "USD", "card")
    assert "Card takes 20.00 at least." in card["rest"]
    assert "Pay in 20.00 instead" in card["rest"]
