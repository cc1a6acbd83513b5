"""Leverage around news: it falls, nobody gets more, and it goes back by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act, clock_at, now
from nostro.core.doors import call
from nostro.core.jobs import drain
from nostro.core.models import Proposal, Record
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.people.models import Client
from nostro.rules.deciding import POINTS
from nostro.rules.models import Decision
from nostro.trading import foresight, queries, reactions
from nostro.trading import operations as trading
from nostro.trading.models import NewsWindow, Platform, TradingAccount
from nostro.trading.operations.accounts import TooMuchLeverage
from nostro.trading.ports import PLATFORMS
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import paid_in, recorded
from nostro.trading.tests.test_pages import browser_of
from tests import make

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


def window(**more: Any) -> NewsWindow:
    given = {
        "title": "US jobs report", "about": "USD", "cap": 50, "starts_at": now(),
        "ends_at": now() + HOUR, **more,
    }  # fmt: skip
    return trading.add_news_window(Act.system(), **given)


def a_minute(later: timedelta = timedelta(0)) -> None:
    with clock_at(now() + later):
        reactions.follow_news(Act.system(door="schedule"))
        drain()


def there(account: TradingAccount) -> int:
    return PLATFORMS.take(account.platform.slug).account(account.login or 0).leverage


def test_leverage_falls_when_news_begin_and_goes_back_when_they_are_over(
    account: TradingAccount,
) -> None:
    assert there(account) == 500
    window()

    a_minute()
    account.refresh_from_db()
    assert (account.leverage, there(account), account.leverage_before) == (50, 50, 500)
    a_minute()
    assert recorded("NewsLowered") == 1, "once a window"

    a_minute(HOUR)
    account.refresh_from_db()
    assert (account.leverage, there(account), account.leverage_before) == (500, 500, None)
    assert (recorded("NewsLowered"), recorded("NewsPassed")) == (1, 1)
    said = Record.objects.get(name="trading.NewsLowered")
    assert said.data["title"] == "US jobs report"


def test_an_account_with_open_trades_keeps_its_leverage_and_its_trades(
    account: TradingAccount, server: Server
) -> None:
    from nostro.trading import sync

    paid_in(account, "1000")
    server.trade(account.login or 0, lots="0.1")
    sync.sync_once(Act.system(), account.platform)
    window()

    a_minute()

    account.refresh_from_db()
    assert (account.leverage, there(account)) == (500, 500)
    assert account.position_set.count() == 1
    assert recorded("NewsLowered") == 0


def test_nobody_gets_more_than_the_cap_meanwhile(account: TradingAccount, ada: Client) -> None:
    window()
    a_minute()
    account.refresh_from_db()
    records = Record.objects.count()

    with pytest.raises(TooMuchLeverage, match="leverage is at most 1:50"):
        trading.ask_leverage(make.act_of(ada), account, leverage=100)
    assert Record.objects.count() == records

    act = Act.system()
    seen = foresight.leverage_changes(act, [account], {"leverage": 100})
    assert "1:1 to 1:50" in seen[account.pk]


def test_a_client_reads_why_leverage_is_low(account: TradingAccount, ada: Client) -> None:
    window()

    page = browser_of(ada).get(f"/room/accounts/{account.pk}/").text

    assert "Around “US jobs report” leverage is at most 1:50" in page


def test_what_a_client_chose_meanwhile_stays_after_the_news(
    account: TradingAccount, ada: Client
) -> None:
    window()
    a_minute()
    account.refresh_from_db()
    trading.ask_leverage(make.act_of(ada), account, leverage=20)
    drain()
    asked = Decision.objects.filter(point="trading.leverage").latest("pk")
    assert asked.inputs["news"] is True

    a_minute(HOUR)

    account.refresh_from_db()
    assert (account.leverage, there(account)) == (20, 20)


def test_a_window_that_is_ended_early_lets_leverage_go_back(account: TradingAccount) -> None:
    made = window()
    a_minute()

    trading.end_news_window(Act.system(), made, reason="The report was put off.")
    a_minute()

    account.refresh_from_db()
    assert (account.leverage, there(account)) == (500, 500)
    with pytest.raises(WrongState, match="is over"):
        trading.end_news_window(Act.system(), made, reason="again")


def test_a_window_of_another_licence_or_hour_changes_nothing(account: TradingAccount) -> None:
    window(entity=make.entity("UK"))
    window(starts_at=now() + HOUR, ends_at=now() + 2 * HOUR)

    a_minute()

    account.refresh_from_db()
    assert (account.leverage, recorded("NewsLowered")) == (500, 0)
    assert queries.leverage_cap(account) == 500


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"title": " "}, "Say which news"),
        ({"about": "ABC"}, "No instrument or currency is called “ABC”"),
        ({"ends_at": None}, "It ends after it begins"),
        ({"starts_at": -2, "ends_at": -1}, "That has passed"),
        ({"ends_at": 73}, "3 days at most"),
        ({"cap": 0}, "1:1 to 1:1000"),
        ({"cap": 1001}, "1:1 to 1:1000"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(
    platform: Platform, more: dict[str, Any], said: str
) -> None:
    records = Record.objects.count()
    begins = now()
    hours = {
        key: begins + (value or 0) * HOUR if key.endswith("_at") else value
        for key, value in more.items()
    }

    with pytest.raises(Problem, match=said):
        window(**{"starts_at": begins, **hours})

    assert not NewsWindow.objects.exists()
    assert Record.objects.count() == records


def test_two_people_agree_to_news_and_the_page_lists_them(platform: Platform) -> None:
    tom = make.staff("trading.*", "people.entities")
    given = {
        "title": "US jobs report", "about": "USD", "cap": 50,
        "starts_at": now().isoformat(), "ends_at": (now() + HOUR).isoformat(),
    }  # fmt: skip

    made = call(make.act_of(tom), trading.add_news_window, None, given, why="Payrolls at 12:30")

    assert isinstance(made, Proposal)
    assert not NewsWindow.objects.exists()
    made_at_once = window()
    page = browser_of(tom).get("/staff/trading/news/").text
    assert "US jobs report" in page
    assert "1:50" in page
    one = browser_of(tom).get(f"/staff/trading/news/{made_at_once.pk}/").text
    assert "Holds now" in one


def test_questions_from_before_are_read_as_without_news() -> None:
    point = POINTS["trading.leverage"]
    old = {"entity": "SC", "category": "retail", "account_type": "standard", "equity": "10"}

    assert point.thawed(old).news is False
    assert point.thawed({**old, "news": True}).news is True


def test_many_accounts_are_foreseen_with_one_look_at_the_windows(act: Act) -> None:
    first = trading_make.many(30)
    rows = list(trading_make.everything().select_related("entity", "client", "group", "platform"))
    with CaptureQueriesContext(connection) as seen:
        foresight.leverage_changes(act, rows, {"leverage": 100})

    assert first.leverage == 500
    assert sum("trading_newswindow" in one["sql"] for one in seen) == 1
