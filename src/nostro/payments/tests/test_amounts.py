"""The palette finds the ledger's entries by an amount, for whoever may read them."""

import pytest
from django.conf import LazySettings
from django.core.cache import caches

from nostro.kit import Money
from nostro.payments.models import Withdrawal
from nostro.payments.operations import request_withdrawal
from nostro.payments.tests import make
from tests import make as house

pytestmark = pytest.mark.django_db
MAY = ("payments.*", "people.clients", "ledger.transfers", "ledger.entries")


@pytest.fixture
def large(settings: LazySettings) -> Withdrawal:
    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()
    ada = house.client("SC", first_name="Ada", last_name="Lovelace")
    house.funded(ada, "14000.00 USD")
    money = Money.of("12400.00 USD")
    bank = make.bank_account(ada)
    return request_withdrawal(house.act_of(ada), ada, money=money, destination=bank)


@pytest.mark.parametrize("asked", ["lovel 12400", "12,400.00 usd", "12400.00", "12400 ada"])
def test_an_amount_finds_the_entry_that_moved_it(large: Withdrawal, asked: str) -> None:
    shown = house.browser(house.staff(*MAY)).get("/palette", {"q": asked}).text
    entries = shown[shown.index("Entries") :]
    assert f"{large} held" in entries
    assert "/staff/ledger/entries/" in entries


@pytest.mark.parametrize("asked", ["12400", "price 12400", "12400.01", "12400 eur"])
def test_another_name_amount_or_currency_finds_no_entry(large: Withdrawal, asked: str) -> None:
    assert "Entries" not in house.browser(house.staff(*MAY)).get("/palette", {"q": asked}).text


def test_entries_of_other_entities_are_not_found(large: Withdrawal) -> None:
    house.entity("UK")
    for browser in (
        house.browser(house.staff(*MAY, entities=["UK"])),
        house.browser(house.staff("people.clients")),
    ):
        shown = browser.get("/palette", {"q": "12400.00"}).text
        assert f"{large} held" not in shown
