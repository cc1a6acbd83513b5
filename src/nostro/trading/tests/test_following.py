"""One follower that lives, as a worker has it: what fails once is asked for again, and what cannot
be read is named and keeps nothing else from being read.
"""

from decimal import Decimal
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act
from nostro.core.guard import acting_as_system
from nostro.core.jobs import drain
from nostro.core.models import Record, Setting
from nostro.kit import Money, Retry
from nostro.trading import operations as trading
from nostro.trading.models import Deal, Platform, PlatformSymbol, SyncCursor, TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.staff.platforms import unread
from nostro.trading.sync import Follower, follow
from nostro.trading.sync.following import CATALOGUE, STRIDE
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.test_pages import browser_of
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


def quoted() -> int:
    return PlatformSymbol.objects.filter(bid__isnull=False).count()


def test_a_list_that_failed_at_the_first_look_is_asked_for_at_the_next(
    act: Act, server: "Server"
) -> None:
    platform = trading_make.platform(server.settings)
    follower = Follower(platform)
    server.misbehave("drop_before_acting", "SYMBOL_TOTAL")

    with pytest.raises(Retry):
        follower.look()
    assert not PlatformSymbol.objects.exists()
    follower.look()

    assert quoted() == len(follower.symbols) == 14


def test_symbols_that_are_known_are_quoted_while_their_list_fails(
    server: "Server", platform: Platform
) -> None:
    follower = Follower(platform)
    server.misbehave("drop_before_acting", "SYMBOL_TOTAL")

    follower.look()

    assert quoted() == 14
    assert SyncCursor.objects.filter(platform=platform).exists()
    assert CATALOGUE in unread(platform)
    follower.due["catalogue"] = 0.0
    follower.look()
    platform.refresh_from_db()
    assert not platform.unread


def test_what_is_done_every_so_often_is_due_until_it_succeeds(
    server: "Server", platform: Platform
) -> None:
    make.client("SC")
    drain()
    follower = Follower(platform)
    follower.look()
    follower.due |= {"states": float("inf"), "days": 0.0}
    server.misbehave("drop_before_acting", "DAILY_GET_LIGHT")

    with pytest.raises(Retry):
        follower.look()
    assert follower._is_due("days")
    follower.look()

    assert not follower._is_due("days")


def test_a_deal_that_cannot_be_read_is_named_until_it_is_and_the_others_are_there(
    server: "Server", platform: Platform
) -> None:
    make.client("SC")
    drain()
    account = TradingAccount.objects.get()
    follower = Follower(platform)
    follower.look()
    for amount in ("500", "700"):
        connection = PLATFORMS.take(platform.slug)
        connection.change_balance(
            account.login or 0, Money.of(f"{amount} USD"), BalanceKind.BALANCE, reference=amount
        )
    server.misbehave("garble", "DEAL_GET_BATCH")

    follower.look()

    platform.refresh_from_db()
    (name,) = platform.unread
    assert name.startswith("deal ") and "is not a number" in platform.unread[name]
    assert list(Deal.objects.values_list("profit", flat=True)) == [Decimal(700)]
    follower.look()
    assert Deal.objects.count() == 2
    follower.due["catalogue"] = 0.0
    follower.look()
    follower.due["catalogue"] = 0.0
    follower.look()
    platform.refresh_from_db()
    assert not platform.unread


@pytest.mark.django_db(transaction=True)
def test_the_page_says_what_is_wrong_now_and_what_nobody_foresaw(
    server: "Server", platform: Platform
) -> None:
    """First the server is gone, then the settings are, then it lets nobody in."""
    stop = Event()
    loop = Thread(target=follow, args=(platform, stop))

    def says(words: str) -> bool:
        until = monotonic() + 60
        while monotonic() < until:
            platform.refresh_from_db()
            if words in platform.trouble:
                return True
            sleep(0.2)
        return False

    connect(platform, server, port=9)
    loop.start()
    try:
        assert says("cannot be reached")
        with acting_as_system("a test's"):
            Setting.objects.filter(name=PLATFORMS.setting_name(platform.slug)).delete()
        assert says("has no settings yet")
        connect(platform, server, password="Wrong1!x")
        assert says("password is wrong")
    finally:
        stop.set()
        loop.join(timeout=30)


def connect(platform: Platform, server: "Server", **changed: object) -> None:
    trading.add_platform(
        Act.system(), slug=platform.slug, name=platform.name, kind="mt5",
        settings=server.settings | changed,
    )  # fmt: skip


def test_a_group_that_cannot_be_read_is_left_out_and_named(
    server: "Server", platform: Platform
) -> None:
    follower = Follower(platform)
    server.control("/misbehave", what="drop_before_acting", command="GROUP_NEXT", times=2)

    follower.look()

    platform.refresh_from_db()
    assert [name.partition(" of ")[0] for name in platform.unread] == ["group 1"]
    assert "group 1 of" in unread(platform)
    page = browser_of(make.staff("*")).get(f"/staff/trading/platforms/{platform.pk}/")
    assert b"1 not read" in page.content and b"group 1 of" in page.content
    assert Record.objects.filter(name="trading.RecordsSetAside").count() == 1
    follower.look()
    assert Record.objects.filter(name="trading.RecordsSetAside").count() == 1


def test_what_a_long_silence_left_is_kept_as_it_comes_and_once(
    server: "Server", platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nostro.trading.sync.following.PAST", 3)
    make.client("SC")
    drain()
    account = TradingAccount.objects.get()
    login = account.login or 0
    trading_make.paid_in(account, "1000")
    follower = Follower(platform)
    follower.look()
    batches = Record.objects.filter(name="trading.DealsRecorded").count()
    for _ in range(4):
        server.close(server.trade(login, lots="0.01"))
    server.misbehave("drop_before_acting", "DEAL_GET_BATCH")
    with pytest.raises(Retry):
        follower.look()
    assert follower.stride_now < STRIDE  # it may have been too much at a time

    follower.look()
    follower.due["far"] = 0.0
    follower.look()

    trades = Deal.objects.filter(action__in=["buy", "sell"])
    assert trades.count() == trades.values("ticket").distinct().count() == 8
    assert Record.objects.filter(name="trading.DealsRecorded").count() >= batches + 1


def test_an_account_is_read_anew_when_its_figures_can_have_moved(
    server: "Server", platform: Platform
) -> None:
    for _ in range(2):
        make.client("SC")
    drain()
    moved, still = TradingAccount.objects.order_by("pk")
    trading_make.paid_in(moved, "1000")
    follower = Follower(platform)
    follower.look()
    server.trade(moved.login or 0, lots="0.01")

    for _ in range(2):
        follower.due["states"] = 0.0
        follower.look()

    moved.refresh_from_db()
    still.refresh_from_db()
    assert moved.margin > 0
    assert (still.margin == 0, follower.trading) == (True, {moved.login})
