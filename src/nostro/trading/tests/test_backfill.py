"""A platform that is connected with a past: it is read in the background, beside what is new."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit import Money, Retry
from nostro.kit.problems import Forbidden, Problem
from nostro.trading import deriving, queries, sync
from nostro.trading import operations as trading
from nostro.trading import past as strides
from nostro.trading.adapters.mt5 import history
from nostro.trading.models import (
    Backfill,
    BalanceBreak,
    Deal,
    Platform,
    PlatformPoint,
    TradingAccount,
)
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.sync import Follower, following, rechecking
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

from nostro.trading.tests.make import recorded  # isort: skip

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(platform: Platform) -> TradingAccount:
    made = make.client("SC")
    drain()
    return TradingAccount.objects.get(client=made)


@pytest.fixture
def past(server: "Server", account: TradingAccount) -> int:
    """Some 120 deals of yesterday that nobody has read; how many."""
    login = account.login or 0
    money = Money.of("100000.00 USD")
    PLATFORMS.take(account.platform.slug).change_balance(
        login, money, BalanceKind.BALANCE, reference=f"test{now():%H%M%S%f}"
    )
    server.control("/trade-often", login=login, symbol="EURUSD", lots="0.01", times=60)
    server.control("/advance", to="2026-06-02T09:00:00")
    pages = PLATFORMS.take(account.platform.slug).deals(sync.EARLIEST, now() + deriving.AHEAD)
    return sum(len(one) for one in pages)


@pytest.fixture
def short_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few deals a stride that a small past takes many."""
    monkeypatch.setattr(following, "PAST", 10)
    monkeypatch.setattr(following, "BEAT", 0.0)
    monkeypatch.setattr(strides, "PAST", 10)
    monkeypatch.setattr(history, "PAGE", 10)


def row(platform: Platform) -> Backfill:
    return Backfill.objects.get(platform=platform)


def read_on(follower: Follower, most: int = 400) -> int:
    """Look until the past is read, or so many times; how often it was."""
    for times in range(1, most + 1):
        follower.look()
        if not follower.behind or queries.whole_history(follower.platform):
            return times
    return most


def read_to_the_end(follower: Follower, past: Backfill) -> None:
    """One stride, in as many portions as it comes in."""
    for _ in range(past.deals + 200):
        follower.stride(Act.system(), past)
        if row(follower.platform).reached > past.reached:
            return


def test_the_past_is_read_in_strides_and_every_deal_of_it_once(
    platform: Platform, past: int, short_strides: None
) -> None:
    follower = Follower(platform)

    looks = read_on(follower)

    assert looks > 3
    found = row(platform)
    assert (found.status, found.reached, found.deals) == ("done", found.until, past)
    assert Deal.objects.filter(platform=platform).count() == past
    assert (recorded("BackfillBegun"), recorded("BackfillDone")) == (1, 1)
    assert found.first_deal_at == Deal.objects.earliest("at").at
    follower.look()
    assert recorded("BackfillBegun") == 1


def test_what_is_new_arrives_while_the_past_is_read(
    server: "Server", platform: Platform, account: TradingAccount, past: int, short_strides: None
) -> None:
    follower = Follower(platform)
    follower.look()
    position = server.trade(account.login or 0)

    follower.look()

    assert row(platform).status == "running"
    assert Deal.objects.filter(position=position).exists()
    assert Deal.objects.count() < past
    read_on(follower)
    assert Deal.objects.count() == past + 1


def test_a_worker_that_is_killed_goes_on_where_the_past_was_left(
    platform: Platform, past: int, short_strides: None
) -> None:
    read_on(Follower(platform), most=2)
    left = row(platform)
    assert (left.status, left.reached > left.since) == ("running", True)

    follower = Follower(platform)
    follower.look()
    assert row(platform).reached >= left.reached
    read_on(follower)

    assert (row(platform).deals, Deal.objects.count()) == (past, past)
    assert recorded("BackfillBegun") == 1


def test_a_stride_that_was_kept_and_not_noted_is_read_again_and_kept_once(
    platform: Platform, past: int
) -> None:
    follower = Follower(platform)
    begun = trading.begin_backfill(
        Act.system(), platform, since=sync.EARLIEST, until=follower.connection.server_time()
    )
    pages = follower.connection.deals(begun.since, begun.until)
    deriving.keep(Act.system(), platform, next(pages))  # and then it was killed

    read_on(follower)

    assert Deal.objects.count() == past
    assert queries.whole_history(platform)


def test_a_stride_without_an_answer_is_asked_for_again_and_shorter(
    server: "Server", platform: Platform, past: int, short_strides: None
) -> None:
    follower = Follower(platform)
    follower.look()
    before = queries.open_past(platform)
    assert before is not None
    follower.ahead.forget()
    server.misbehave("half_reply", "DEAL_GET_BATCH")

    with pytest.raises(Retry):  # once what had come of it is kept
        read_to_the_end(follower, before)

    asked = min(before.stride, before.until - before.reached)
    after = row(platform)
    assert (after.reached, after.stride) == (before.reached, asked / 4)
    read_on(follower)
    assert (row(platform).deals, Deal.objects.count()) == (past, past)


def test_what_was_read_ahead_is_read_anew_after_a_stop(
    server: "Server", platform: Platform, past: int, short_strides: None
) -> None:
    follower = Follower(platform)
    follower.look()
    trading.stop_backfill(Act.system(), platform, reason="Too much at noon.")
    follower.look()
    trading.resume_backfill(Act.system(), platform)
    left = queries.open_past(platform)
    assert left is not None
    server.misbehave("half_reply", "DEAL_GET_BATCH")

    with pytest.raises(Retry):
        read_to_the_end(follower, left)


def test_no_balance_is_doubted_while_half_of_its_history_is_unread(
    platform: Platform, past: int, short_strides: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rechecking, "RECHECKS", ((0.0, deriving.AHEAD),))
    follower = Follower(platform)
    follower.look()
    follower.rechecks.turn()
    follower.look()
    assert (row(platform).status, BalanceBreak.objects.count()) == ("running", 0)

    read_on(follower)
    follower.rechecks.turn()

    # The past begins with money that nobody here asked for: that is the ledger's doubt.
    assert set(BalanceBreak.objects.values_list("kind", flat=True)) == {"ledger"}
    assert queries.whole_history(platform)


def test_a_trade_that_ends_before_its_opening_was_read_learns_when_it_was_opened(
    server: "Server", platform: Platform, account: TradingAccount, past: int, short_strides: None
) -> None:
    position = server.trade(account.login or 0)
    server.control("/advance", to="2026-06-03T09:00:00")
    follower = Follower(platform)
    follower.look()
    ticket = server.close(position)
    follower.look()
    assert Deal.objects.get(ticket=ticket).opened_at is None

    read_on(follower)

    opening = Deal.objects.get(position=position, entry="in")
    closing = Deal.objects.get(ticket=ticket)
    assert (closing.opened_at, closing.price_open) == (opening.at, opening.price)


def test_a_person_stops_the_past_and_lets_it_go_on(
    platform: Platform, past: int, short_strides: None
) -> None:
    dealer = make.act_of(make.staff("trading.*"))
    follower = Follower(platform)
    read_on(follower, most=2)

    trading.stop_backfill(dealer, platform, reason="The market opens")
    left = row(platform)
    follower.look()
    follower.look()
    assert (row(platform).reached, row(platform).status) == (left.reached, "stopped")
    assert row(platform).left is None

    trading.resume_backfill(make.act_of(make.staff("trading.*")), platform)
    read_on(follower)
    assert (row(platform).status, Deal.objects.count()) == ("done", past)


def test_a_past_that_cannot_be_stopped_or_resumed_is_said(
    platform: Platform, past: int, short_strides: None
) -> None:
    dealer = make.act_of(make.staff("trading.*"))
    with pytest.raises(WrongState, match="no past"):
        trading.stop_backfill(dealer, platform, reason="x")
    Follower(platform).look()
    with pytest.raises(Problem, match="Say why"):
        trading.stop_backfill(dealer, platform, reason=" ")
    with pytest.raises(WrongState, match="being read"):
        trading.resume_backfill(dealer, platform)
    with pytest.raises(Forbidden):
        trading.stop_backfill(make.act_of(make.staff("payments.*")), platform, reason="x")

    assert row(platform).status == "running"
    assert not Record.objects.filter(name="trading.BackfillStopped").exists()


def test_the_platforms_page_says_how_far_the_past_is_read(
    platform: Platform, past: int, short_strides: None
) -> None:
    browser = make.browser(make.staff("*"))
    url = f"/staff/trading/platforms/{platform.pk}/"
    assert "The past" not in browser.get(url).text
    follower = Follower(platform)
    read_on(follower, most=2)

    page = browser.get(url).text
    assert "The past" in page
    assert "deals a second" in page
    assert f"/staff/do/trading.stop_backfill/{platform.pk}" in page

    read_on(follower)
    page = browser.get(url).text
    assert f"{past:,} deals" in page
    assert "stop_backfill" not in page


def test_what_came_how_late_is_known_by_the_hour_and_the_minute(
    platform: Platform, past: int
) -> None:
    follower = Follower(platform)
    read_on(follower)

    for step, steps in ((timedelta(hours=1), 24), (timedelta(minutes=1), 60)):
        found = queries.throughput(platform, now(), step=step, steps=steps)
        assert (len(found), sum(one.deals for one in found)) == (steps, past)
    last = queries.throughput(platform, now(), step=timedelta(hours=1), steps=2)
    assert any(one.offset is not None for one in last)
    assert PlatformPoint.objects.filter(platform=platform).count() <= 2
    page = make.browser(make.staff("*")).get(f"/staff/trading/platforms/{platform.pk}/").text
    assert "Deals by the hour" in page
