"""Copy trading and money managers: who follows trades what the master trades, in parts."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.market import DAY, HOUR, MINUTE
from simulators.trading.denied import Denied
from simulators.trading.following import LATEST, SOONEST, Kind, Share, Strategy, allocated
from simulators.trading.records import (
    BALANCE,
    BUY,
    ENTRY_IN,
    ENTRY_OUT,
    SELL,
    STOP_OUT,
    Account,
    Deal,
)
from simulators.trading.tests.conftest import MONDAY, Funded, venue
from simulators.trading.venue import Venue

HEDGING, NETS = "real\\SC-USD-Standard", "real\\SC-USD-Netting"


def deals(server: Venue, login: int) -> list[Deal]:
    server.store.flush()
    return server.store.deals.select('"login" = ? AND "action" < 2', [login], 'ORDER BY "deal"')


def copying(master: Account, *followers: tuple[Account, str]) -> Strategy:
    shares = tuple(Share(one.login, ratio) for one, ratio in followers)
    return Strategy(master.login, Kind.COPY, shares)


def managing(master: Account, *accounts: tuple[Account, str]) -> Strategy:
    shares = tuple(Share(one.login, share) for one, share in accounts)
    return Strategy(master.login, Kind.ALLOCATION, shares)


def held(server: Venue, account: Account) -> int:
    return sum(one.volume for one in server.store.open_of(account.login))


def test_followers_trade_at_their_ratio_some_milliseconds_later(
    server: Venue, funded: Funded
) -> None:
    master, half, twice = (funded(HEDGING, "50000") for _ in range(3))
    server.follow(copying(master, (half, "0.5"), (twice, "2")))
    opened = server.trade(master.login, "EURUSD", SELL, 3_000)
    for follower, volume in ((half, 1_500), (twice, 6_000)):
        (copied,) = deals(server, follower.login)
        assert (copied.action, copied.volume, copied.entry) == (SELL, volume, ENTRY_IN)
        assert SOONEST <= copied.time_msc - opened.time_msc <= LATEST
    server.close(opened.position_id, 1_000)
    assert [held(server, one) for one in (master, half, twice)] == [2_000, 1_000, 4_000]
    server.close(opened.position_id)
    assert [held(server, one) for one in (master, half, twice)] == [0, 0, 0]
    assert [one.entry for one in deals(server, half.login)] == [ENTRY_IN, ENTRY_OUT, ENTRY_OUT]


def test_what_is_too_small_or_too_dear_is_not_copied(server: Venue, funded: Funded) -> None:
    master, small, poor = funded(HEDGING, "50000"), funded(HEDGING, "50000"), funded(HEDGING, "10")
    server.follow(copying(master, (small, "0.01"), (poor, "10")))
    opened = server.trade(master.login, "EURUSD", BUY, 1_000)
    assert deals(server, small.login) == deals(server, poor.login) == []
    server.close(opened.position_id)
    assert deals(server, small.login) == deals(server, poor.login) == []


def test_an_account_that_may_not_trade_or_is_gone_is_left_out(
    server: Venue, funded: Funded
) -> None:
    master, *accounts = (funded(HEDGING, "100000") for _ in range(4))
    server.follow(managing(master, *zip(accounts, ("1", "1", "2"), strict=True)))
    accounts[0].rights |= 4
    server.store.drop_account(accounts[1])
    server.trade(master.login, "EURUSD", BUY, 1_000)
    assert held(server, accounts[2]) == 1_000
    assert deals(server, accounts[0].login) == []


def test_a_follower_whose_margin_is_gone_is_stopped_out_and_the_master_is_not(
    server: Venue, funded: Funded
) -> None:
    stopped = 0
    opened = []
    followers = []
    for side in (BUY, SELL):
        master, follower = funded(HEDGING, "50000"), funded(HEDGING, "3000")
        server.follow(copying(master, (follower, "10")))
        opened.append(server.trade(master.login, "XAUUSD", side, 2_000).position_id)
        followers.append(follower)
    server.advance(MONDAY + 20 * DAY, 15 * MINUTE)
    for follower in followers:
        reasons = {one.reason for one in deals(server, follower.login)}
        stopped += STOP_OUT in reasons
    assert stopped
    assert set(opened) <= set(server.store.positions)


def test_a_master_who_nets_turns_and_the_followers_turn_with_him(
    server: Venue, funded: Funded
) -> None:
    master, follower = funded(NETS, "50000"), funded(HEDGING, "50000")
    server.follow(copying(master, (follower, "1")))
    server.trade(master.login, "EURUSD", BUY, 2_000)
    server.trade(master.login, "EURUSD", BUY, 1_000)
    assert held(server, follower) == 3_000
    server.trade(master.login, "EURUSD", SELL, 1_000)
    assert held(server, follower) == 2_000
    server.trade(master.login, "EURUSD", SELL, 5_000)
    (turned,) = server.store.open_of(follower.login)
    assert (turned.action, turned.volume) == (SELL, 3_000)


def test_a_managers_order_is_split_by_share_and_adds_up(server: Venue, funded: Funded) -> None:
    master, *accounts = (funded(HEDGING, "100000") for _ in range(4))
    server.follow(managing(master, *zip(accounts, ("1", "1", "1"), strict=True)))
    opened = server.trade(master.login, "EURUSD", BUY, 10_000)
    assert [held(server, one) for one in accounts] == [3_400, 3_300, 3_300]
    moments = {deals(server, one.login)[0].time_msc for one in accounts}
    assert moments == {opened.time_msc}
    server.close(opened.position_id, 5_000)
    assert sum(held(server, one) for one in accounts) == 5_000
    server.close(opened.position_id)
    assert sum(held(server, one) for one in accounts) == 0


def test_without_shares_the_equities_of_the_moment_decide(server: Venue, funded: Funded) -> None:
    master, large, little = (funded(HEDGING, one) for one in ("100000", "90000", "10000"))
    server.follow(managing(master, (large, "0"), (little, "0")))
    server.trade(master.login, "EURUSD", BUY, 10_000)
    assert [held(server, one) for one in (large, little)] == [9_000, 1_000]


@given(
    st.integers(0, 50_000), st.sampled_from([1, 100, 1000]),
    st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=12),
)  # fmt: skip
def test_an_allocation_adds_up_and_nobody_is_off_by_a_step(
    steps: int, step: int, weights: list[Decimal]
) -> None:
    parts = allocated(steps * step, weights, step)
    total = sum(weights)
    assert sum(parts) == (steps * step if total else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert part % step == 0
        if total:
            assert abs(part - steps * step * weight / total) < step


def test_who_follows_whom_is_refused_where_it_makes_no_sense_and_changes_nothing(
    server: Venue, funded: Funded
) -> None:
    master, other, third, nets = (funded(one, "5000") for one in (HEDGING, HEDGING, HEDGING, NETS))
    server.follow(copying(master, (other, "1")))
    stranger = Account(1, HEDGING, "Stranger", 100)
    for wrong in (
        copying(master, (master, "1")), copying(third, (other, "1")), copying(other, (third, "1")),
        copying(third, (master, "1")), copying(master, (nets, "1")), copying(master, (other, "0")),
        copying(master, (other, "-1")), copying(master, (other, "NaN")),
        copying(master, (other, "1"), (other, "2")), copying(master, (stranger, "1")),
        managing(master, (other, "-1")),
    ):  # fmt: skip
        with pytest.raises(Denied):
            server.follow(wrong)
    assert server.floor.crowd.strategies == {master.login: copying(master, (other, "1"))}


def lived(home: Path, *, stride: int, restarted: bool) -> list[Deal]:
    """Twenty days of a master's robot, followers and a money manager's accounts."""
    server = venue(home)
    server.freeze(MONDAY)
    made = []
    for _ in range(8):
        account = Account(server.store.next("login"), HEDGING, "Client", 500)
        server.store.keep_account(account)
        server.change_balance(account, BALANCE, Decimal(20_000))
        made.append(account)
    master, manager, *others = made
    server.follow(copying(master, (others[0], "0.5"), (others[1], "1.5")))
    server.follow(managing(manager, (others[2], "0"), (others[3], "0"), (others[4], "0")))
    for at in range(MONDAY + stride, MONDAY + 20 * DAY + 1, stride):
        server.advance(at, 15 * MINUTE)
        if restarted and at == MONDAY + 10 * DAY:
            server.shut()
            server = venue(home)
    server.store.flush()
    found = server.store.deals.select('"action" < 2', (), 'ORDER BY "deal"')
    followed = {one.login for one in found} & {one.login for one in others[:5]}
    assert len(followed) == 5
    server.shut()
    return found


def test_a_crowd_lives_the_same_however_time_is_cut_and_over_a_restart(tmp_path: Path) -> None:
    whole = lived(tmp_path / "a", stride=20 * DAY, restarted=False)
    assert whole == lived(tmp_path / "b", stride=6 * HOUR, restarted=False)
    assert whole == lived(tmp_path / "c", stride=10 * DAY, restarted=True)


def test_followers_do_nothing_by_themselves_and_go_on_alone_once_it_ends(
    server: Venue, funded: Funded
) -> None:
    master, follower = funded(HEDGING, "20000"), funded(HEDGING, "20000")
    server.follow(copying(master, (follower, "1")))
    server.advance(MONDAY + 20 * DAY, 15 * MINUTE)
    opens = [one for one in deals(server, follower.login) if one.entry == ENTRY_IN]
    assert opens
    assert all(one.comment.startswith("copy of ") for one in opens)
    server.follow(copying(master))
    count = len(deals(server, follower.login))
    server.trade(master.login, "EURUSD", BUY, 100)
    assert len(deals(server, follower.login)) == count
