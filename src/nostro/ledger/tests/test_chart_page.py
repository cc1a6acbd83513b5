"""What stands above and around the chart of accounts: figures, currencies, tabs."""

from typing import Any

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.kit import Money
from nostro.ledger import chart, queries
from nostro.ledger.operations import Move
from nostro.ledger.staff.chart import figures_of
from nostro.ledger.tests.make import PROVIDER, moved
from nostro.ui.figures import Figure

pytestmark = pytest.mark.django_db
CHART = "/staff/ledger/chart/"
CLEARING, BANK, FEES = PROVIDER, chart.bank("GB1"), chart.provider_fees("tests")


def between(source: chart.Account, target: chart.Account, money: str) -> None:
    moved(Move(Money.of(money), source, target))


def figures(currency: str = "EUR") -> dict[str, Figure]:
    act = Act.system()
    lines = queries.chart_of_accounts(act)
    found = figures_of(act, lines, queries.Moment(), currency)
    return {one.label: one for one in found}


def eur(text: str) -> Money:
    return Money.of(f"{text} EUR")


# ── What is held for clients, and what is owed to them ──


def test_a_provider_s_fee_is_spent_and_not_held_for_clients() -> None:
    between(CLEARING, chart.client_wallet(1), "100.00 EUR")
    between(FEES, CLEARING, "3.00 EUR")
    found = figures()
    assert found["Held for clients"].value == eur("97.00")
    assert found["Owed to clients"].value == eur("100.00")
    assert "3.00 EUR less than owed" in found["Held for clients"].note


def test_the_firm_s_own_banks_and_reserves_are_not_held_for_clients() -> None:
    between(BANK, chart.client_wallet(1), "100.00 EUR")
    between(chart.bank("GB2", of_clients=False), chart.house_funding(), "500.00 EUR")
    between(chart.provider_reserve("tests"), chart.house_funding(), "9.00 EUR")
    held = figures()["Held for clients"]
    assert (held.value, held.note) == (eur("100.00"), "as much as owed")


def test_credit_and_bonuses_are_never_owed_to_clients() -> None:
    between(BANK, chart.client_wallet(1), "100.00 EUR")
    between(chart.house_bonus(), chart.client_credit(1, "mt5-live", 7), "50.00 EUR")
    between(chart.house_bonus(), chart.client_bonus(1), "20.00 EUR")
    assert figures()["Owed to clients"].value == eur("100.00")


def test_what_one_client_owes_is_not_taken_from_what_another_is_owed() -> None:
    between(BANK, chart.client_wallet(1), "100.00 EUR")
    between(chart.client_debt(2), chart.chargebacks(), "30.00 EUR")
    between(chart.client_trading(2, "mt5-live", 8), chart.house_pnl("b"), "10.00 EUR")
    owed = figures()["Owed to clients"]
    assert owed.value == eur("100.00")
    assert owed.why is not None
    assert [one.value for one in owed.why.rows] == [eur("100.00")]


def test_both_figures_stand_on_the_page(ada: Any, browser: Browser) -> None:
    found = browser.get(CHART).content.decode()
    assert "Owed to clients" in found
    assert "as much as owed" in found


# ── Currencies ──


def test_every_currency_is_a_link_though_five_have_a_column(browser: Browser) -> None:
    codes = ("EUR", "USD", "GBP", "CHF", "JPY", "PLN", "AUD")
    for code in codes:
        between(CLEARING, chart.client_wallet(1), f"7 {code}")
    found = browser.get(CHART).content.decode()
    for code in codes:
        assert f'href="{CHART}?currency={code}"' in found
    assert found.count('<th scope="col" class="num') == 5
    sixth = browser.get(f"{CHART}?currency=AUD").content.decode()
    assert sixth.index('<a href="/staff/ledger/chart/?currency=AUD">AUD')
    assert 'aria-current="true">AUD<' in sixth
