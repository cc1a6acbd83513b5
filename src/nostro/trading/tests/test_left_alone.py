"""Platforms that are left alone, and followed again."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import Platform
from nostro.trading.staff.platforms import health_of
from nostro.trading.sync.watching import watch
from nostro.trading.tests import make as trading_make
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db


def test_a_server_that_was_switched_off_for_good_is_red_no_more() -> None:
    platform = trading_make.platform()
    trading.platform_troubled(Act.system(), platform, trouble="cannot be reached")

    trading.stop_following(Act.system(), platform, reason="Switched off in June.")

    platform.refresh_from_db()
    assert health_of(Act.system(), platform) == ("Not followed", "line")
    assert (platform.trouble, platform.trouble_since) == ("", None)
    told = Record.objects.get(name="trading.PlatformLeft")
    assert told.data["reason"] == "Switched off in June."


def test_a_platform_is_left_and_followed_for_a_reason_and_once() -> None:
    platform = trading_make.platform()

    def refused(what: str, how: type[Problem], reason: str) -> None:
        before = Record.objects.count()
        with pytest.raises(how):
            getattr(trading, what)(Act.system(), platform, reason=reason)
        assert Record.objects.count() == before

    refused("follow_again", WrongState, "It is back.")
    refused("stop_following", Problem, "  ")
    trading.stop_following(Act.system(), platform, reason="Moved.")
    refused("stop_following", WrongState, "Moved.")
    refused("follow_again", Problem, "")
    trading.follow_again(Act.system(), platform, reason="It is back.")
    platform.refresh_from_db()
    assert (platform.left_at, platform.left_reason) == (None, "")


def test_the_platforms_page_has_the_button_that_fits() -> None:
    platform = trading_make.platform()
    browser = make.browser(make.staff("trading.*"))
    page = f"/staff/trading/platforms/{platform.pk}/"
    assert "Stop following" in browser.get(page).text
    assert "Follow again" not in browser.get(page).text

    trading.stop_following(Act.system(), platform, reason="Switched off in June.")

    shown = browser.get(page).text
    assert "Follow again" in shown and "Stop following" not in shown
    assert "Switched off in June." in shown
    later = now() + timedelta(days=3)
    with clock_at(later):
        assert "Not followed" in browser.get("/staff/trading/platforms/").text


def test_nothing_new_is_opened_on_a_platform_that_is_left_alone() -> None:
    gone, stays = trading_make.platform(slug="mt5-old"), trading_make.platform(slug="mt5-new")
    for one in (gone, stays):
        trading_make.group(one)
    trading.stop_following(Act.system(), gone, reason="Switched off in June.")
    ada = make.client("SC")

    made = trading.request_account(Act.system(), ada, account_type="standard", currency="USD")
    assert made.group is not None and made.group.platform == stays

    trading.stop_following(Act.system(), stays, reason="Switched off, too.")
    with pytest.raises(Problem, match="No trading platform is connected"):
        trading.request_account(Act.system(), ada, account_type="standard", currency="USD")
    assert not queries.offers(ada)


@pytest.fixture
def watching(transactional_db: None, platform: Platform) -> Iterator[None]:
    stop = Event()
    loop = Thread(target=watch, args=(stop,))
    loop.start()
    yield
    stop.set()
    loop.join(timeout=40)
    assert not loop.is_alive()


def reads(platform: Platform, *, patience: float = 60) -> bool:
    """Whether it is read once more."""
    platform.refresh_from_db()
    was, until = platform.read_at, monotonic() + patience
    while monotonic() < until:
        platform.refresh_from_db()
        if platform.read_at != was:
            return True
        sleep(0.2)
    return False


@pytest.mark.django_db(transaction=True)
def test_whoever_watches_lets_a_platform_go_and_takes_it_up_again(
    server: "Server", platform: Platform, watching: None
) -> None:
    assert reads(platform)

    trading.stop_following(Act.system(), platform, reason="A weekend of works.")
    while reads(platform, patience=8):
        sleep(0.1)
    assert not reads(platform, patience=3)

    trading.follow_again(Act.system(), platform, reason="The works are over.")
    assert reads(platform)
