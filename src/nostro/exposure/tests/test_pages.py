"""The live page and its neighbours: what they show, and to whom."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.exposure.models import Alert, Fill, LiquidityProvider, PositionBreak, ProviderPosition
from nostro.exposure.operations import set_limit
from nostro.exposure.reactions import watch_limits
from nostro.exposure.tests.conftest import Line
from nostro.exposure.tests.make import Market, market
from nostro.people.models import Staff
from tests import make

pytestmark = pytest.mark.django_db
URL = "/staff/exposure/now/"
ALL = ("exposure.*", "trading.*", "people.*")


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any) -> None:
    """These tests are about pages; how staff prove who they are is tested where it is done."""
    settings.NOSTRO_REQUIRE_MFA = False


def signed_in(person: Staff) -> Browser:
    browser = Browser()
    browser.force_login(person.user)
    return browser


@pytest.fixture
def gold(act: Act) -> Market:
    """Ten lots of gold, sold by a client of the Seychelles."""
    markets = market()
    account = markets.account(make.client("SC", last_name="Bankole"))
    markets.hold(account, "XAUUSD", -1, "10.00", "2400.40")
    set_limit(act, kind="instrument", code="XAUUSD", amount=Decimal(2_000_000), reason="test")
    watch_limits(Act.system())
    return markets


def test_the_page_shows_the_net_its_alert_and_who_is_behind(gold: Market) -> None:
    body = signed_in(make.staff(*ALL)).get(URL).content.decode()
    assert "−2.40 M" in body
    assert "XAUUSD over its limit" in body
    assert "Selling 1.67 lots brings it back" in body
    assert "Bankole" in body


def test_the_live_part_is_the_book_alone_and_moves_with_the_price(gold: Market) -> None:
    browser = signed_in(make.staff(*ALL))
    gold.quote("XAUUSD", "2410.00", "2410.40")
    part = browser.get(f"{URL}?part=live", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div id="book"')
    assert "+10,000" in part
    assert "data-live-every" in part
    held = browser.get(f"{URL}?hold=1").content.decode()
    assert "data-live-every" not in held


def test_a_shock_is_answered_in_words(gold: Market) -> None:
    browser = signed_in(make.staff(*ALL))
    assert "loses 120,020 USD" in browser.get(f"{URL}?move=-5&on=").content.decode()
    assert browser.get(f"{URL}?move=nonsense&on=NOSUCH").status_code == 200
    assert browser.get(f"{URL}?book=z&open=%3Cb%3E").status_code == 200


def test_another_entity_and_another_role_see_nothing_of_it(gold: Market) -> None:
    make.entity("UK")
    theirs = signed_in(make.staff(*ALL, entities=["UK"])).get(URL).content.decode()
    assert "XAUUSD" not in theirs
    assert "Bankole" not in theirs
    assert "Nothing is carried" in theirs
    assert signed_in(make.staff("payments.*")).get(URL).status_code == 403


def test_a_dealer_without_access_to_people_sees_figures_and_no_names(gold: Market) -> None:
    said = signed_in(make.staff("exposure.*")).get(URL)
    assert said.status_code == 200
    assert "−2.40 M" in said.content.decode()
    assert "Bankole" not in said.content.decode()


def test_alerts_and_limits_have_their_pages(gold: Market) -> None:
    browser = signed_in(make.staff(*ALL))
    found = Alert.objects.get()
    for page in ("alerts/", f"alerts/{found.pk}/", "limits/"):
        assert browser.get(f"/staff/exposure/{page}").status_code == 200


def test_providers_fills_positions_and_breaks_have_their_pages(gold: Market, line: Line) -> None:
    first = line.server.fill("XAU/USD", "sell", quantity="400")
    line.until(1)
    line.server.order("correct", exec_id=first, quantity="300")
    line.server.order("move", symbol="XAU/USD", side="buy", units="7")
    line.until(1)
    line.compare()
    browser, stranger = signed_in(make.staff(*ALL)), signed_in(make.staff("payments.*"))
    for model, slug, said in (
        (LiquidityProvider, "providers", "Primus LP"), (Fill, "fills", "XAU/USD"),
        (ProviderPosition, "positions", "XAUUSD"), (PositionBreak, "breaks", "+7"),
    ):  # fmt: skip
        row = model.objects.order_by("pk").first()
        assert row is not None
        for page in (f"{slug}/", f"{slug}/{row.pk}/"):
            answer = browser.get(f"/staff/exposure/{page}")
            assert answer.status_code == 200
            assert said in answer.content.decode()
            assert stranger.get(f"/staff/exposure/{page}").status_code in (403, 404)
    assert "Corrected later" in browser.get("/staff/exposure/fills/").content.decode()


def test_the_page_shows_what_is_left_after_hedges_to_whom_the_house_is_shown(
    gold: Market, line: Line
) -> None:
    line.server.fill("XAU/USD", "sell", quantity="400", price="2400")
    line.until(1)
    body = signed_in(make.staff(*ALL)).get(URL).content.decode()
    assert "After hedges" in body
    assert "40%" in body
    assert "hedged at Primus LP" in body
    assert "Sold 400 XAU/USD at Primus LP, 2,400.00" in body
    part = signed_in(make.staff(*ALL, entities=["SC"])).get(URL).content.decode()
    assert "−2.40 M" in part
    assert "Primus" not in part


def test_the_page_asks_the_same_few_statements_however_much_is_hedged(
    gold: Market, line: Line, django_assert_max_num_queries: Any
) -> None:
    browser, live = signed_in(make.staff(*ALL)), {"HX-Request": "true"}
    browser.get(f"{URL}?part=live", headers=live)
    for symbol in ("XAU/USD", "EUR/USD", "USD/JPY"):
        line.server.fill(symbol, "buy", quantity="100")
    line.until(3)
    with django_assert_max_num_queries(30):
        browser.get(f"{URL}?part=live", headers=live)


def test_a_net_is_split_on_its_page_for_those_who_may_see_by_what(gold: Market) -> None:
    dealer = signed_in(make.staff("exposure.*", "people.*", "trading.*", "partners.partners"))
    shown = dealer.get("/staff/exposure/now/?open=XAUUSD&by=country").text
    assert "Cyprus" in shown
    assert 'name="by" value="country" aria-pressed="true"' in shown
    assert "Share of XAUUSD" in shown
    assert "No partner" in dealer.get("/staff/exposure/now/?open=XAUUSD&by=partner").text
    other = signed_in(make.staff("exposure.*"))
    shown = other.get("/staff/exposure/now/?open=XAUUSD&by=country").text
    assert "Cyprus" not in shown
