"""Ways that were used before: offered first by their names, and nobody else's."""

import re
from datetime import timedelta

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record
from nostro.kit import Money
from nostro.payments.models import Deposit, Method
from nostro.payments.operations import settle_deposit, start_deposit
from nostro.payments.operations.deposits import OtherCard
from nostro.payments.queries import ways_paid
from nostro.payments.tests import make
from nostro.payments.tests.test_pages import signed_in
from nostro.people.models import Client
from tests import make as house

pytestmark = pytest.mark.django_db
VISA, MASTERCARD = "Visa •••• 4242", "Mastercard •••• 4444"


@pytest.fixture
def ada() -> Client:
    """Paid by one card, then by another, then by wire; one more card was declined."""
    who = make.client()
    house.methods()
    for days, method, card in ((9, "card", VISA), (6, "card", MASTERCARD), (3, "bank", "")):
        with clock_at(now() - timedelta(days=days)):
            deposit = make.started(who, method=method)
            settle_deposit(Act.system(), deposit, received=deposit.money, instrument=card)
    return who


def titles(shown: str) -> list[str]:
    return [one.strip() for one in re.findall(r'class="p-what">([^<]*)', shown)]


def chosen(shown: str) -> str:
    found = re.search(r'value="([^"]*)" checked', shown)
    assert found
    return found.group(1)


def test_what_paid_last_is_offered_first_and_cards_by_their_names(ada: Client) -> None:
    shown = signed_in(ada).get("/room/deposit/?amount=500&currency=USD").text
    assert titles(shown)[:4] == ["Bank", MASTERCARD, VISA, "Another card"]
    assert shown.count("Last used") == 1
    assert "Continue with Bank" in shown


def test_a_card_that_paid_before_is_chosen_and_stays_named_until_the_provider_speaks(
    ada: Client,
) -> None:
    browser, card = signed_in(ada), Method.objects.get(slug="card")
    form = {"amount": "120", "currency": "USD", "method": f"{card.pk} {VISA}", "key": "once"}
    answer = browser.post("/room/deposit/", form)
    deposit = Deposit.objects.get(status=Deposit.Status.STARTED)
    assert answer["Location"] == f"/room/deposits/{deposit.pk}/?go=1"
    assert deposit.paid_with == VISA
    assert f"with your {VISA}" in browser.get(f"/room/deposits/{deposit.pk}/").text

    settle_deposit(Act.system(), deposit, received=deposit.money, instrument=MASTERCARD)
    deposit.refresh_from_db()
    assert deposit.paid_with == MASTERCARD, "what paid is what the provider tells"


def test_a_card_that_never_paid_is_refused_and_nothing_is_begun(ada: Client) -> None:
    before = Record.objects.count()
    card = Method.objects.get(slug="card")
    with pytest.raises(OtherCard, match="Take another card"):
        start_deposit(
            house.act_of(ada), ada, money=Money.of("50.00 USD"), method=card, card="Visa •••• 1111"
        )
    assert Record.objects.count() == before
    assert not Deposit.objects.filter(status=Deposit.Status.STARTED).exists()


def test_a_refused_choice_stays_chosen(ada: Client) -> None:
    card = Method.objects.get(slug="card")
    form = {"amount": "120", "currency": "USD", "method": f"{card.pk} Visa •••• 1111"}
    answer = signed_in(ada).post("/room/deposit/", form)
    assert answer.status_code == 422
    assert "Take another card" in answer.text
    form["method"] = f"{card.pk} {VISA}"
    form["amount"] = "60000"
    assert "takes 10.00 to 50,000.00" in signed_in(ada).post("/room/deposit/", form).text


def test_another_client_sees_no_card_of_this_one(ada: Client) -> None:
    other = make.client(first_name="Grace", last_name="Hopper")
    assert ways_paid(house.act_of(other), ada.pk) == []
    shown = signed_in(other).get("/room/deposit/?amount=500&currency=USD").text
    assert VISA not in shown
    assert "Last used" not in shown


def test_whoever_never_paid_in_is_offered_every_way_as_new() -> None:
    who = make.client()
    house.methods()
    browser: Browser = signed_in(who)
    assert titles(browser.get("/room/deposit/?amount=500&currency=USD").text)[:2] == [
        "Bank", "Card",
    ]  # fmt: skip
