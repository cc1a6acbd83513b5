"""Whose trading stands out: summed a client in the database, decided by a rule."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nostro.core.acts import Act, now
from nostro.exposure import queries
from nostro.exposure.tests.make import Market, market
from nostro.exposure.tests.test_pages import ALL, URL, signed_in
from nostro.kit import Lots
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading.models import TradingAccount
from nostro.trading.ports import DealEntry, DealKind
from nostro.trading.tests import make as on_trading
from tests import make

pytestmark = pytest.mark.django_db


class Trader:
    """A client with an account, whose trades are read as a platform tells them."""

    tickets = 5_000

    def __init__(self, on: Market, last_name: str, code: str = "SC", **more: Any) -> None:
        self.client: Client = make.client(code, last_name=last_name)
        self.account: TradingAccount = on.account(self.client)
        self.on = on

    def trades(self, times: int, *, held: float, profit: str, ago: float = 3600) -> None:
        """Open and closed again after some seconds, each with that result."""
        deals = []
        for number in range(times):
            Trader.tickets += 2
            opened = now() - timedelta(seconds=ago + held + number)
            about = {"position": Trader.tickets, "lots": Lots("1.00")}
            login = self.account.login or 0
            deals += [
                on_trading.deal(Trader.tickets, login, at=opened, **about),
                on_trading.deal(
                    Trader.tickets + 1, login, kind=DealKind.SELL, entry=DealEntry.OUT,
                    at=opened + timedelta(seconds=held), profit=Decimal(profit),
                    closed_lots=Lots("1.00"), **about,
                ),
            ]  # fmt: skip
        trading.record_deals(Act.system(), self.on.platform, deals=deals)


@pytest.fixture
def on(act: Act) -> Market:
    return market()


def names(act: Act, **more: Any) -> list[str]:
    return [one.client.last_name for one in queries.toxic_flow(act, **more)]


def test_wins_within_seconds_stand_out_and_patience_does_not(act: Act, on: Market) -> None:
    quick, patient = Trader(on, "Swift"), Trader(on, "Patience")
    quick.trades(9, held=4, profit="15.00")
    quick.trades(1, held=4, profit="-20.00")
    patient.trades(12, held=5400, profit="400.00")

    (found,) = queries.toxic_flow(act)

    assert found.client == quick.client
    assert (found.closed, found.winning, found.won) == (10, Decimal(90), Decimal("115.00"))
    assert found.held == timedelta(seconds=4)
    assert "somebody has seen the price before us" in found.why


def test_what_loses_what_is_little_and_what_is_over_does_not_stand_out(
    act: Act, on: Market
) -> None:
    Trader(on, "Unlucky").trades(20, held=4, profit="-15.00")
    Trader(on, "Few").trades(4, held=4, profit="500.00")
    Trader(on, "Yesterday").trades(20, held=4, profit="15.00", ago=90_000)
    assert names(act) == []


def test_results_are_compared_in_dollars_and_the_largest_comes_first(act: Act, on: Market) -> None:
    Trader(on, "Dollar").trades(10, held=4, profit="10.50")
    Trader(on, "Euro", code="CY").trades(10, held=4, profit="10.00")
    assert names(act) == ["Euro", "Dollar"], "a euro is 1.08 dollars"


def test_what_is_passed_on_costs_others(act: Act, on: Market) -> None:
    Trader(on, "Swift").trades(10, held=4, profit="15.00")
    assert names(act, book="a") == []
    assert names(act, book="both") == ["Swift"]


def test_practice_with_virtual_money_costs_nobody(act: Act, on: Market) -> None:
    trader = Trader(on, "Virtual")
    trading.add_group(
        act, on.platform, path=r"demo\SC-USD-Standard", entity=make.entity("SC"), currency="USD",
        account_type="standard", practice=True,
    )  # fmt: skip
    trader.account = trading.account_opened(
        act, on_trading.practice(trader.client), login=990_001, main="Main-pass1",
        investor="Look-only1",
    )  # fmt: skip
    trader.trades(10, held=4, profit="15.00")
    assert names(act) == []


def test_another_entitys_dealer_hears_of_nobody_here(act: Act, on: Market) -> None:
    Trader(on, "Swift").trades(10, held=4, profit="15.00")
    make.entity("UK")
    assert names(make.act_of(make.staff(*ALL, entities=["SC"]))) == ["Swift"]
    assert names(make.act_of(make.staff(*ALL, entities=["UK"]))) == []


def test_the_page_names_them_with_the_arithmetic_and_says_where_nothing_stands_out(
    act: Act, on: Market, django_assert_max_num_queries: Any
) -> None:
    browser = signed_in(make.staff(*ALL))
    assert "Nothing stands out today" in browser.get(URL).text
    for name in ("Swift", "Swifter"):
        Trader(on, name).trades(10, held=4, profit="15.00")
    shown = browser.get(URL).text
    panel = shown.partition("Toxic flow")[2].partition("</section>")[0]
    assert "10 closed, 100% won, held 4 s" in panel
    assert "Half held no longer than" in panel
    assert "Toxic flow" not in signed_in(make.staff("exposure.*")).get(URL).text
    queries.toxic_flow(act)
    with django_assert_max_num_queries(4):
        assert len(queries.toxic_flow(act)) == 2
