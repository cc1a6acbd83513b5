"""The desk: prices, netting, margin, swaps and the end of a day."""

from decimal import Decimal

import pytest

from simulators.market import DAY, HOUR
from simulators.trading.denied import Denied
from simulators.trading.desk import Trade
from simulators.trading.margin import raw_profit
from simulators.trading.records import (
    BALANCE,
    BUY,
    ENTRY_IN,
    ENTRY_IN_OUT,
    ENTRY_OUT,
    SELL,
    STOP_OUT,
    Deal,
)  # fmt: skip
from simulators.trading.rollover import nights
from simulators.trading.tests.conftest import MONDAY, Funded
from simulators.trading.venue import Venue


def deals(server: Venue, login: int) -> list[Deal]:
    server.store.flush()
    return server.store.deals.select('"login" = ?', [login], 'ORDER BY "deal"')


def test_a_closed_trade_pays_the_difference_of_its_prices_in_the_deposit_currency(
    server: Venue, funded: Funded
) -> None:
    account = funded("real\\CY-EUR-Raw", "10000")
    euro_yen = server.instruments["USDJPY"]
    opened = server.desk.open(account, euro_yen, Trade(BUY, 5_000), MONDAY)
    closed = server.desk.close(server.store.positions[opened.position_id], MONDAY + 5 * HOUR)
    assert (opened.entry, closed.entry) == (ENTRY_IN, ENTRY_OUT)
    assert opened.price == opened.market_ask
    assert closed.price == closed.market_bid
    raw = (closed.price - opened.price) * 50_000
    assert closed.profit_raw == raw
    rate = server.market.rate("JPY", "EUR", MONDAY + 5 * HOUR)
    assert closed.profit == (raw * rate).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    assert opened.commission == closed.commission == Decimal("-1.75")
    assert account.balance == Decimal(10000) + closed.profit - Decimal("3.50")


def test_a_partial_close_leaves_the_rest_open(server: Venue, funded: Funded) -> None:
    account = funded("real\\SC-USD-Standard", "10000")
    opened = server.desk.open(account, server.instruments["XAUUSD"], Trade(SELL, 300), MONDAY)
    position = server.store.positions[opened.position_id]
    position.storage = Decimal("-3.00")
    closed = server.desk.close(position, MONDAY + HOUR, volume=100)
    assert (closed.volume, closed.volume_closed, position.volume) == (100, 100, 200)
    assert (closed.storage, position.storage) == (Decimal("-1.00"), Decimal("-2.00"))
    assert closed.profit == raw_profit(SELL, Decimal(100), 100, opened.price, closed.price)


def test_hedged_positions_stand_side_by_side_and_tie_up_the_larger_margin(
    server: Venue, funded: Funded
) -> None:
    account = funded("real\\SC-USD-Standard", "10000")
    euro = server.instruments["EURUSD"]
    server.desk.open(account, euro, Trade(BUY, 2_000), MONDAY)
    alone = server.desk.state(account, MONDAY).margin
    server.desk.open(account, euro, Trade(SELL, 1_000), MONDAY)
    assert len(server.store.open_of(account.login)) == 2
    assert server.desk.state(account, MONDAY).margin == alone


def test_a_netting_group_averages_reduces_and_turns_one_position(
    server: Venue, funded: Funded
) -> None:
    account = funded("real\\SC-USD-Netting", "10000")
    euro = server.instruments["EURUSD"]
    entries = [
        server.desk.open(account, euro, Trade(action, volume), MONDAY + step * HOUR).entry
        for step, (action, volume) in enumerate([(BUY, 1_000), (BUY, 1_000), (SELL, 500),
                                                 (SELL, 2_500), (BUY, 1_000)])
    ]  # fmt: skip
    assert entries == [ENTRY_IN, ENTRY_IN, ENTRY_OUT, ENTRY_IN_OUT, ENTRY_OUT]
    assert server.store.open_of(account.login) == []
    rows = deals(server, account.login)
    assert len({deal.position_id for deal in rows[1:]}) == 1
    assert account.balance == sum(row.profit + row.storage + row.commission for row in rows)


def test_a_position_costs_the_spread_the_moment_it_is_opened(server: Venue, funded: Funded) -> None:
    account = funded("real\\SC-USD-Standard", "10000")
    server.desk.open(account, server.instruments["EURUSD"], Trade(BUY, 10_000), MONDAY)
    state = server.desk.state(account, MONDAY)
    assert state.profit == Decimal("-12.00")
    assert state.equity == Decimal("9988.00")
    assert state.free == state.equity - state.margin


def test_a_stop_out_closes_the_worst_position_first(server: Venue, funded: Funded) -> None:
    account = funded("real\\SC-USD-Standard", "10000")
    for symbol in ("EURUSD", "XAUUSD"):
        server.desk.open(account, server.instruments[symbol], Trade(BUY, 10_000), MONDAY)
    gold = next(row for row in server.store.open_of(account.login) if row.symbol == "XAUUSD")
    # The market is what it is; an entry far above it is a loss as good as any.
    gold.price_open += 98
    state = server.desk.stop_out(account, MONDAY)
    last = deals(server, account.login)[-1]
    assert (last.symbol, last.reason) == ("XAUUSD", STOP_OUT)
    assert last.comment.startswith("[so ")
    assert account.margin_activation == 2
    assert [row.symbol for row in server.store.open_of(account.login)] in ([], ["EURUSD"])
    assert not state.margin or state.level > 50


def test_money_that_margin_needs_cannot_be_withdrawn(server: Venue, funded: Funded) -> None:
    account = funded("real\\CY-USD-Standard", "5000")
    server.desk.open(account, server.instruments["EURUSD"], Trade(BUY, 10_000), MONDAY)
    with pytest.raises(Denied, match="no money"):
        server.desk.change_balance(account, BALANCE, Decimal(-2000), MONDAY)
    assert account.balance == 5000
    server.desk.change_balance(account, BALANCE, Decimal(-2000), MONDAY, check_margin=False)
    assert account.balance == 3000


def test_swap_is_charged_at_server_midnight_three_times_on_wednesday(
    server: Venue, funded: Funded
) -> None:
    account = funded("real\\SC-USD-Standard", "10000")
    opened = server.desk.open(account, server.instruments["EURUSD"], Trade(BUY, 10_000), MONDAY)
    position = server.store.positions[opened.position_id]
    charged = []
    for day in range(1, 8):
        before = position.storage
        server.advance(MONDAY + day * DAY, 900_000)
        charged.append(position.storage - before)
    night = Decimal("-7.20")
    assert charged == [night, night, 3 * night, night, night, 0, 0]


def test_a_week_has_seven_nights_whatever_the_instrument() -> None:
    for triple_day in (3, 5, 7):
        assert sum(nights(triple_day, day) for day in range(7)) == 7


def test_a_day_ends_with_a_report_that_adds_up(server: Venue, funded: Funded) -> None:
    account = funded("real\\SC-USD-Raw", "10000")
    server.floor.jump(MONDAY)
    account.rights |= 4
    opened = server.desk.open(account, server.instruments["EURUSD"], Trade(BUY, 10_000), MONDAY)
    server.desk.close(server.store.positions[opened.position_id], MONDAY + HOUR, volume=4_000)
    server.advance(MONDAY + DAY, 900_000)
    (report,) = server.store.dailies.select('"login" = ?', [account.login])
    rows = deals(server, account.login)
    assert report.balance == account.balance == account.balance_prev_day
    assert report.daily_balance == 10_000
    assert report.daily_profit == sum(deal.profit for deal in rows[1:])
    assert report.daily_commission == Decimal("-4.90")
    assert report.profit_equity == account.equity_prev_day
    assert report.positions == f"[{opened.position_id}]"
