"""Ways that were used before: offered first by their names, and nobody else's."""

import re
from datetime import timedelta

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record
from nostro.kit import Money
from nostro.kit.problems import NotFound
from nostro.payments.models import Deposit, Method, SavedCard
from nostro.payments.operations import forget_card, settle_deposit, start_deposit
from nostro.payments.operations.cards import CardGone
from nostro.payments.ports import CardOnFile
from nostro.payments.queries import saved_cards, ways_paid
from nostro.payments.tests import make
from nostro.payments.tests.test_pages import signed_in
from nostro.people.models import Client
from tests import make as house

pytestmark = pytest.mark.django_db
VISA, MASTERCARD = "Visa •••• 4242", "Mastercard •••• 4444"


def kept(name: str) -> CardOnFile:
    """As a provider tells of a card whose owner had it kept."""
    return CardOnFile(f"cus_{name[-4:]}/pm_{name[-4:]}", f"print of {name}", name)


@pytest.fixture
def ada() -> Client:
    """Paid by one card, then by another, both saved; then by wire and by a card that was not."""
    who = make.client()
    house.methods()
    for days, method, card in ((9, "card", VISA), (6, "card", MASTERCARD), (3, "bank", "")):
        with clock_at(now() - timedelta(days=days)):
            deposit = make.started(who, method=method)
            settle_deposit(
                Act.system(), deposit, received=deposit.money, instrument=card,
                card=kept(card) if card else None,
            )  # fmt: skip
    return who


def visa() -> SavedCard:
    return SavedCard.objects.get(label=VISA)


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


def test_a_saved_card_is_chosen_and_stays_named_until_the_provider_speaks(ada: Client) -> None:
    browser, card = signed_in(ada), Method.objects.get(slug="card")
    form = {"amount": "120", "currency": "USD", "method": f"{card.pk} {visa().pk}", "key": "once"}
    answer = browser.post("/room/deposit/", form)
    deposit = Deposit.objects.get(status=Deposit.Status.STARTED)
    assert answer["Location"] == f"/room/deposits/{deposit.pk}/?go=1"
    assert (deposit.paid_with, deposit.card) == (VISA, visa())
    assert f"with your {VISA}" in browser.get(f"/room/deposits/{deposit.pk}/").text

    settle_deposit(Act.system(), deposit, received=deposit.money, instrument=MASTERCARD)
    deposit.refresh_from_db()
    assert deposit.paid_with == MASTERCARD, "what paid is what the provider tells"


def test_a_card_that_was_not_saved_is_typed_again_and_so_not_offered(ada: Client) -> None:
    deposit = make.started(ada)
    settle_deposit(Act.system(), deposit, received=deposit.money, instrument="Visa •••• 1111")
    shown = signed_in(ada).get("/room/deposit/?amount=500&currency=USD").text
    assert "1111" not in shown
    assert titles(shown)[0] == "Bank"
    assert "Last used" not in shown


def test_the_same_card_saved_again_stays_one(ada: Client) -> None:
    deposit = make.started(ada)
    again = CardOnFile("cus_new/pm_new", f"print of {VISA}", VISA)
    settle_deposit(Act.system(), deposit, received=deposit.money, card=again)
    assert SavedCard.objects.filter(client=ada).count() == 2
    assert visa().token == "cus_new/pm_new"
    assert Record.objects.filter(name="payments.CardSaved").count() == 2


def test_what_the_provider_calls_a_card_stands_in_no_row_and_no_record(ada: Client) -> None:
    stored = bytes(SavedCard.objects.values_list("sealed", flat=True)[0])
    assert b"pm_" not in stored
    assert visa().token == "cus_4242/pm_4242"
    assert not Record.objects.filter(data__icontains="pm_").exists()


def test_a_card_of_another_client_opens_nothing_at_any_door(ada: Client) -> None:
    other = make.client(first_name="Grace", last_name="Hopper")
    card, browser = Method.objects.get(slug="card"), signed_in(other)
    before = Record.objects.count()
    form = {"amount": "50", "currency": "USD", "method": f"{card.pk} {visa().pk}"}
    assert browser.post("/room/deposit/", form).status_code in (404, 422)
    assert browser.get(f"/room/cards/{visa().pk}/").status_code == 404
    assert browser.post(f"/room/cards/{visa().pk}/").status_code == 404
    with pytest.raises(NotFound, match="no such saved card"):
        start_deposit(Act.system(), other, money=Money.of("50.00 USD"), method=card, card=visa())
    assert Record.objects.count() == before
    assert not Deposit.objects.filter(status=Deposit.Status.STARTED).exists()
    assert visa().forgotten_at is None


def test_a_forgotten_card_is_offered_no_more_and_opens_nothing(ada: Client) -> None:
    browser, card = signed_in(ada), visa()
    assert VISA in browser.get("/room/money/").text
    assert "Forget this card" in browser.get(f"/room/cards/{card.pk}/").text
    assert browser.post(f"/room/cards/{card.pk}/")["Location"] == "/room/money/"
    assert list(saved_cards(house.act_of(ada))) == [SavedCard.objects.get(label=MASTERCARD)]
    browser.get("/room/money/")
    shown = browser.get("/room/deposit/?amount=500&currency=USD").text
    assert VISA not in titles(shown)
    before = Record.objects.count()
    method = Method.objects.get(slug="card")
    with pytest.raises(NotFound):
        start_deposit(
            house.act_of(ada), ada, money=Money.of("50.00 USD"), method=method, card=visa()
        )
    with pytest.raises(CardGone):
        forget_card(house.act_of(ada), visa())
    assert Record.objects.count() == before


def test_a_refused_choice_stays_chosen(ada: Client) -> None:
    card = Method.objects.get(slug="card")
    form = {"amount": "60000", "currency": "USD", "method": f"{card.pk} {visa().pk}"}
    answer = signed_in(ada).post("/room/deposit/", form)
    assert answer.status_code == 422
    assert "takes 10.00 to 50,000.00" in answer.text


def test_another_client_sees_no_card_of_this_one(ada: Client) -> None:
    other = make.client(first_name="Grace", last_name="Hopper")
    assert ways_paid(house.act_of(other), ada.pk) == []
    assert list(saved_cards(house.act_of(other))) == []
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
