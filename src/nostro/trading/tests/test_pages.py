"""Pages of the room, as clients and staff see them."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.core.models import User
from nostro.people.models import Client, Staff
from nostro.trading import operations as trading
from nostro.trading.models import Deal, OneTimeSecret, Platform, TradingAccount
from nostro.trading.operations import token_of
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import deal, practice
from tests import make

pytestmark = pytest.mark.django_db
STAFF = "/staff/trading/"
LISTS = ("platforms", "accounts", "deals", "positions", "symbols", "groups", "breaks")


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def live(act: Act) -> Platform:
    return trading_make.platform()


@pytest.fixture
def account(live: Platform) -> TradingAccount:
    return trading_make.account(make.client("SC"), live)


def browser_of(person: Client | Staff) -> Browser:
    kind = "staff" if isinstance(person, Staff) else "client"
    browser = Browser()
    browser.force_login(User.objects.get(kind=kind, person_id=person.pk))
    return browser


def test_a_client_opens_an_account_in_two_clicks(live: Platform) -> None:
    trading_make.group(live)
    ada = make.client("SC")
    browser = browser_of(ada)

    offered = browser.get("/room/accounts/open/")
    assert b"standard/USD" in offered.content
    answer = browser.post("/room/accounts/open/", {"kind": "standard/USD"})

    made = TradingAccount.objects.get(client=ada)
    assert answer["Location"] == f"/room/accounts/{made.pk}/"
    assert made.status == TradingAccount.Status.OPENING


def test_a_refusal_is_said_on_the_page_and_opens_nothing(live: Platform) -> None:
    trading_make.group(live)
    ada = make.client("SC")

    answer = browser_of(ada).post("/room/accounts/open/", {"kind": "standard/PLN"})

    assert answer.status_code == 422
    assert b"We do not offer standard accounts in PLN." in answer.content
    assert not TradingAccount.objects.exists()


def test_a_deal_without_a_market_says_so_by_a_dash(live: Platform, account: TradingAccount) -> None:
    trading.record_deals(Act.system(), live, deals=[deal(1, account.login or 0)])

    shown = browser_of(make.staff("trading.*")).get(f"{STAFF}deals/{Deal.objects.get().pk}/").text

    assert "0E-8" not in shown
    assert re.search(r"Market bid</dt><dd[^>]*><span[^>]*>—", shown)


def test_credentials_are_shown_by_a_press_and_never_again(account: TradingAccount) -> None:
    browser = browser_of(account.client)
    secret = OneTimeSecret.objects.get(account=account)
    url = f"/room/accounts/credentials/{secret.pk}/{token_of(secret)}/"

    looked = browser.get(url)
    assert b"Main-pass1" not in looked.content
    shown = browser.post(url)
    assert b"Main-pass1" in shown.content and shown["Cache-Control"] == "no-store"
    again = browser.post(url)

    assert again.status_code == 410
    assert b"Main-pass1" not in again.content + browser.get(url).content


def test_an_accounts_page_shows_what_was_traded(account: TradingAccount, live: Platform) -> None:
    trading.record_deals(Act.system(), live, deals=[deal(1, account.login or 0)])
    browser = browser_of(account.client)

    for url in ("/room/accounts/", f"/room/accounts/{account.pk}/"):
        answer = browser.get(url)
        assert answer.status_code == 200
        assert str(account.login).encode() in answer.content


def test_another_clients_account_is_not_there(account: TradingAccount) -> None:
    stranger = browser_of(make.client("SC"))
    secret = OneTimeSecret.objects.get(account=account)
    link = f"/room/accounts/credentials/{secret.pk}/{token_of(secret)}/"

    for pk in (account.pk, 10**9):
        assert stranger.get(f"/room/accounts/{pk}/").status_code == 404
        assert stranger.post(f"/room/accounts/{pk}/leverage/", {"leverage": 5}).status_code == 404
        assert stranger.post(f"/room/accounts/{pk}/passwords/").status_code == 404
    assert stranger.post(link).status_code == 404
    assert str(account.login).encode() not in stranger.get("/room/accounts/").content
    secret.refresh_from_db()
    assert secret.opened_at is None


def test_staff_open_every_list_and_the_page_of_each_thing(
    account: TradingAccount, live: Platform
) -> None:
    trading.record_deals(Act.system(), live, deals=[deal(1, account.login or 0)])
    browser = browser_of(make.staff("trading.*", "core.*", "people.*"))

    for slug in LISTS:
        assert browser.get(f"{STAFF}{slug}/").status_code == 200
    page = browser.get(f"{STAFF}accounts/{account.pk}/")
    assert str(account).encode() in page.content
    assert browser.get(f"{STAFF}platforms/{live.pk}/").status_code == 200


def test_staff_of_another_entity_or_without_the_role_see_nothing(account: TradingAccount) -> None:
    abroad = browser_of(make.staff("trading.*", entities=["CY"]))
    outside = browser_of(make.staff("people.*"))

    assert str(account).encode() not in abroad.get(f"{STAFF}accounts/").content
    assert abroad.get(f"{STAFF}accounts/{account.pk}/").status_code == 404
    assert outside.get(f"{STAFF}accounts/").status_code == 403


def test_accounts_open_to_whom_platforms_are_not_shown(account: TradingAccount) -> None:
    support = browser_of(make.staff("trading.accounts", "people.clients"))
    page = support.get(f"{STAFF}accounts/")

    assert page.status_code == 200
    assert f">{account}<" in page.text
    assert "Platform</span>" not in page.text


def test_a_clients_page_says_what_a_month_of_trading_made(
    account: TradingAccount, live: Platform, act: Act
) -> None:
    recent = [
        deal(1, account.login or 0, at=act.at - timedelta(days=2), profit=Decimal("12.50")),
        deal(2, account.login or 0, at=act.at - timedelta(days=1), commission=Decimal("-2.00")),
        deal(3, account.login or 0, at=act.at - timedelta(days=40), profit=Decimal("99.00")),
    ]
    virtual = practice_of(account)
    recent.append(deal(4, virtual.login or 0, at=act.at, profit=Decimal("777.00")))
    trading.record_deals(Act.system(), live, deals=recent)
    url = f"/staff/people/clients/{account.client_id}/"
    shown = browser_of(make.staff("people.*", "trading.*")).get(url).text
    hidden = browser_of(make.staff("people.*")).get(url).text

    assert "Equity, 1 account<" in shown
    assert re.search(r"Client P/L, 30 days</dt><dd>.*?10\.50", shown, re.S)
    assert re.search(r"Lots, 30 days</dt><dd>0\.20</dd>.*?2 deals", shown, re.S)
    why = shown.partition("Client P/L, 30 days</dt>")[2].partition("</dd>")[0]
    assert "Closed trades" in why
    assert "12.50" in why
    assert "−2.00" in why
    assert "30 days" not in hidden


def practice_of(account: TradingAccount) -> TradingAccount:
    """The same client's account with virtual money, which is nobody's result."""
    trading.add_group(
        Act.system(), account.platform, path=r"demo\SC-USD-Standard", entity=account.entity,
        currency="USD", account_type="standard", practice=True,
    )  # fmt: skip
    asked = practice(account.client)
    return trading.account_opened(
        Act.system(), asked, login=990_001, main="Main-pass1", investor="Look-only1"
    )


def test_an_account_is_found_by_its_login_and_its_client(account: TradingAccount) -> None:
    browser = browser_of(make.staff("trading.*", "people.*"))
    for asked, found in (
        (str(account.login), True),
        (account.client.last_name, True),
        ("7", False),
    ):
        shown = browser.get(f"{STAFF}accounts/", {"q": asked}).text
        assert (f"/staff/trading/accounts/{account.pk}/" in shown) is found
