"""Robots and time: what they do follows from the seed alone."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from simulators.market import DAY, HOUR, MINUTE, ServerZone
from simulators.trading import robots
from simulators.trading.records import (
    BALANCE,
    BUY,
    CLOSE_ONLY,
    ENTRY_IN,
    ENTRY_OUT,
    TRADE_DISABLED,
    Account,
    Deal,
)
from simulators.trading.tests.conftest import MONDAY, Funded, venue
from simulators.trading.venue import Venue

STEP = 15 * MINUTE
GROUPS = ("real\\SC-USD-Standard", "real\\SC-EUR-Raw", "real\\CY-USD-Standard",
          "real\\UK-GBP-Standard", "real\\SC-USD-Netting")  # fmt: skip


def populated(home: Path, seed: int = 7, clients: int = 40) -> Venue:
    server = venue(home, seed)
    server.freeze(MONDAY)
    for number in range(clients):
        group = server.store.groups[GROUPS[number % len(GROUPS)]]
        account = Account(server.store.next("login"), group.group, "Client", group.leverage)
        server.store.keep_account(account)
        server.change_balance(account, BALANCE, Decimal(300 * (number + 1)))
    server.store.commit()
    return server


def trades(server: Venue) -> list[Deal]:
    server.store.flush()
    return server.store.deals.select('"action" < 2', (), 'ORDER BY "deal"')


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    server = populated(tmp_path_factory.mktemp("quarter"))
    for day in range(1, 91):
        server.advance(MONDAY + day * DAY, STEP)
    yield server
    server.shut()


def test_the_same_calls_leave_the_same_deals_and_another_seed_others(tmp_path: Path) -> None:
    histories = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        server = populated(tmp_path / name, seed, clients=10)
        server.advance(MONDAY + 20 * DAY, 900_000)
        histories.append(trades(server))
        server.shut()
    assert histories[0] == histories[1] != histories[2]
    assert histories[0]


def test_one_long_stride_and_many_short_ones_are_the_same(tmp_path: Path) -> None:
    long, short = populated(tmp_path / "long"), populated(tmp_path / "short")
    long.advance(MONDAY + 10 * DAY, STEP)
    for hour in range(0, 10 * 24 + 1, 6):
        short.advance(MONDAY + hour * HOUR, STEP)
    assert trades(long) == trades(short)
    long.shut()
    short.shut()


def test_a_restart_in_between_changes_no_ticket_and_no_trade(tmp_path: Path) -> None:
    whole, halved = populated(tmp_path / "whole"), populated(tmp_path / "halved")
    whole.advance(MONDAY + 12 * DAY, STEP)
    halved.advance(MONDAY + 6 * DAY, STEP)
    halved.shut()
    again = venue(tmp_path / "halved", seed=99)
    assert again.now() == MONDAY + 6 * DAY
    again.advance(MONDAY + 12 * DAY, STEP)
    assert trades(again) == trades(whole)
    again.shut()
    whole.shut()


def test_balances_are_the_sum_of_deals(quarter: Venue) -> None:
    sums: Counter[int] = Counter()
    for deal in quarter.store.deals.select():
        sums[deal.login] += deal.profit + deal.storage + deal.commission + deal.fee  # type: ignore[assignment]
    for account in quarter.store.accounts.values():
        assert account.balance == sums[account.login]


def test_active_accounts_close_some_ten_to_thirty_trades_a_month(quarter: Venue) -> None:
    closed = Counter(deal.login for deal in trades(quarter) if deal.entry == ENTRY_OUT)
    busy = [count / 3 for login, count in closed.items()
            if quarter.store.accounts[login].balance > 1500]  # fmt: skip
    assert 8 < sorted(busy)[len(busy) // 2] < 35


def test_there_are_partial_closes_orders_that_fill_and_orders_that_expire(
    quarter: Venue,
) -> None:
    closes = Counter(deal.position_id for deal in trades(quarter) if deal.entry == ENTRY_OUT)
    assert max(closes.values()) > 1
    states = Counter(
        (row.state, row.type) for row in quarter.store.orders.select('"type" IN (2, 3)')
    )
    assert {state for state, _ in states} == {4, 6}


def test_nobody_trades_in_a_closed_market(quarter: Venue) -> None:
    for deal in trades(quarter):
        assert quarter.instruments[deal.symbol].sessions.is_open(deal.time_msc)


def test_positions_that_are_open_have_a_deal_that_opened_them(quarter: Venue) -> None:
    opened = {deal.position_id for deal in trades(quarter) if deal.entry == ENTRY_IN}
    assert set(quarter.store.positions) <= opened
    assert quarter.store.positions


def test_deals_come_in_order_of_time(quarter: Venue) -> None:
    times = [deal.time_msc for deal in trades(quarter)]
    assert times == sorted(times)


def test_robots_without_money_or_right_to_trade_do_nothing(server: Venue, funded: Funded) -> None:
    forbidden, empty = funded("real\\SC-USD-Standard", "5000"), funded(GROUPS[0], "5000")
    forbidden.rights |= 4
    server.change_balance(empty, BALANCE, Decimal(-5000))
    server.advance(MONDAY + 30 * DAY, STEP)
    assert trades(server) == []


def test_what_may_only_close_is_closed_and_what_may_not_trade_stays_open(
    server: Venue, funded: Funded
) -> None:
    closing, looking = funded("real\\SC-USD-Standard", "5000"), funded(GROUPS[0], "5000")
    for account, rights in ((closing, CLOSE_ONLY), (looking, TRADE_DISABLED)):
        position = server.trade(account.login, "EURUSD", BUY, 1_000).position_id
        server.store.positions[position].close_at = MONDAY + HOUR
        account.rights |= rights
    server.floor.restore(MONDAY)
    server.advance(MONDAY + 30 * DAY, STEP)
    assert [row.login for row in server.store.positions.values()] == [looking.login]
    assert {deal.login for deal in trades(server) if deal.entry == ENTRY_OUT} == {closing.login}
    assert sum(deal.entry == ENTRY_IN for deal in trades(server)) == 2


def test_live_trading_opens_and_later_closes(server: Venue, funded: Funded) -> None:
    for _ in range(10):
        funded("real\\SC-USD-Standard", "5000")
    for number in range(20):
        assert server.floor.trade_now(number, MONDAY + number * 3000)
    assert len(server.store.positions) == 20
    server.floor.run(MONDAY + DAY)
    assert server.store.deals.count('"entry" = 1') + len(server.store.positions) >= 20


def test_few_trades_a_minute_are_made_too(server: Venue, funded: Funded) -> None:
    for _ in range(10):
        funded("real\\SC-USD-Standard", "5000")
    server.go_live(6)
    for beat in range(5 * 60 * 4):
        server.clock.skew = beat * 250
        server.live_tick()
    assert server.store.deals.count('"entry" = 0 AND "action" < 2') >= 14


def test_a_character_follows_from_seed_and_login() -> None:
    assert robots.character(1, 5) == robots.character(1, 5) != robots.character(1, 6)
    reckless = [who for who in (robots.character(1, login) for login in range(400))
                if who.stubbornness > 0.9]  # fmt: skip
    assert 20 < len(reckless) < 70


def test_another_clock_for_the_records_changes_their_stamps_alone(tmp_path: Path) -> None:
    histories = []
    for name, stamps in (("own", None), ("utc", ServerZone(0, False))):
        server = venue(tmp_path / name, stamps=stamps)
        server.freeze(MONDAY)
        account = Account(1, GROUPS[0], "Client", 100)
        server.store.keep_account(account)
        server.change_balance(account, BALANCE, Decimal(5000))
        server.advance(MONDAY + 60 * DAY, STEP)
        histories.append([(row.deal, row.price, row.profit) for row in trades(server)])
        (first, *_) = server.store.deals.select('"action" = 2')
        assert first.time_msc - MONDAY == (2 * HOUR if stamps is None else 0)
        server.shut()
    assert histories[0] == histories[1]
    assert len(histories[0]) > 5


def test_a_home_of_an_older_simulator_gets_the_columns_it_lacks(tmp_path: Path) -> None:
    server = populated(tmp_path, clients=1)
    server.shut()
    with closing(sqlite3.connect(tmp_path / "venue.sqlite3")) as file:
        file.execute('ALTER TABLE "account" DROP COLUMN "more"')
        file.commit()
    again = venue(tmp_path)
    (account,) = again.store.accounts.values()
    assert (account.more, account.balance) == ("", Decimal(300))
    again.shut()
