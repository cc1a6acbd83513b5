"""Practice accounts as clients and staff see them: apart, and said so."""

from decimal import Decimal

import pytest

from nostro.core.acts import Act
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.test_pages import browser_of
from tests import make

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def live(act: Act) -> Platform:
    made = trading_make.platform()
    trading.add_group(
        Act.system(), made, path=r"demo\SC-USD-Standard", entity=make.entity("SC"), currency="USD",
        account_type="standard", practice=True,
    )  # fmt: skip
    return made


@pytest.fixture
def grace(live: Platform) -> Client:
    return trading_make.newcomer()


def practising(client: Client, login: int = 990_001) -> TradingAccount:
    made = trading.request_practice(
        make.act_of(client), client, account_type="standard", currency="USD", balance=Decimal(900)
    )
    return trading.account_opened(
        Act.system(), made, login=login, main="Main-pass1", investor="Look-only1"
    )


def test_who_has_only_registered_practises_in_two_clicks(grace: Client) -> None:
    browser = browser_of(grace)

    assert b"/room/accounts/practice/" in browser.get("/room/accounts/").content
    offered = browser.get("/room/accounts/practice/").content.decode()
    assert "standard/USD" in offered
    assert "From 100 to 100,000" in offered
    answer = browser.post("/room/accounts/practice/", {"kind": "standard/USD", "balance": "10000"})

    made = TradingAccount.objects.get(client=grace)
    assert answer["Location"] == f"/room/accounts/{made.pk}/"
    assert (made.practice, made.status, made.virtual_due) == (True, Status.OPENING, Decimal(10000))


@pytest.mark.parametrize(
    ("balance", "said"),
    [("50", "begins with 100 to 100,000 USD"), ("", "required"), ("much", "decimal")],
)
def test_a_bad_amount_is_said_on_the_page_and_opens_nothing(
    grace: Client, balance: str, said: str
) -> None:
    given = {"kind": "standard/USD", "balance": balance}

    answer = browser_of(grace).post("/room/accounts/practice/", given)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not TradingAccount.objects.exists()


def test_an_address_is_asked_for_before_anything_is_offered(live: Platform) -> None:
    stranger = make.client("SC", active=False)

    shown = browser_of(stranger).get("/room/accounts/practice/").content.decode()

    assert "Confirm your e-mail address first" in shown
    assert (
        "/room/accounts/practice/"
        not in browser_of(stranger).get("/room/accounts/").content.decode()
    )


def test_practice_stands_apart_in_the_room_and_offers_no_money(grace: Client) -> None:
    made = practising(grace)

    room = browser_of(grace).get("/room/accounts/").content.decode()
    own = browser_of(grace).get(f"/room/accounts/{made.pk}/").content.decode()

    assert ">Practice</span>" in room
    assert "/room/transfer/" not in room
    assert "End practice" in own


def test_a_client_ends_practice_by_a_press(grace: Client) -> None:
    made = practising(grace)

    browser_of(grace).post(f"/room/accounts/{made.pk}/end/", {})

    made.refresh_from_db()
    assert made.status == Status.CLOSED


def test_staff_see_practice_marked_filtered_and_apart(live: Platform) -> None:
    trading_make.group(live)
    ada = make.client("SC")
    made = practising(ada)
    real = trading_make.account(ada, live)
    browser = browser_of(make.staff("trading.*", "people.*"))

    for address, seen, unseen in (
        ("accounts/", real, made),
        ("accounts/?view=practice", made, real),
        ("accounts/?view=all&practice=True", made, real),
        ("accounts/?view=all&practice=False", real, made),
    ):
        shown = browser.get(f"/staff/trading/{address}").content.decode()
        assert f"/accounts/{seen.pk}/" in shown, address
        assert f"/accounts/{unseen.pk}/" not in shown, address
    page = browser.get(f"/staff/trading/accounts/{made.pk}/").content.decode()
    assert ">Practice</span>" in page
    for view in ("deals/?view=practice", "positions/?view=practice", "groups/?practice=True"):
        assert browser.get(f"/staff/trading/{view}").status_code == 200
    client = browser.get(f"/staff/people/clients/{ada.pk}/?tab=trading").content.decode()
    assert "Practice accounts" in client
    assert f"/accounts/{made.pk}/" in client
