"""What platforms owe of orders, ends of days and their archive, or say plainly that they lack."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from nostro.kit import Lots, Money, Refused
from nostro.trading.adapters.tests.conftest import KINDS, Kind, Server, running
from nostro.trading.adapters.tests.test_contract import funded, span
from nostro.trading.ports import (
    NOT_OFFERED,
    BalanceKind,
    OrderKind,
    OrderState,
    TradingPlatform,
)


def placed(server: Server, login: int, side: str, price: str) -> int:
    lots = {"login": login, "symbol": "EURUSD", "lots": "0.03", "side": side, "price": price}
    return int(server.order("place", **lots)["order"])


def test_an_order_waits_until_it_is_cancelled(server: Server, platform: TradingPlatform) -> None:
    login, other = funded(platform, "order/1"), funded(platform, "order/2")
    assert list(platform.orders([login])) == []
    buys = placed(server, login, "buy", "0.50000")
    sells = placed(server, other, "sell", "2.50000")
    ((order,),) = platform.orders([login])
    assert (order.ticket, order.login, order.symbol) == (buys, login, "EURUSD")
    assert (order.kind, order.state) == (OrderKind.BUY_LIMIT, OrderState.PLACED)
    assert (order.lots, order.open_lots) == (Lots("0.03"), Lots("0.03"))
    assert order.price == Decimal("0.50000")
    assert order.stop_loss == order.take_profit == order.trigger_price == 0
    assert (order.expires_at, order.done_at) == (None, None)
    assert abs(order.placed_at - platform.server_time()) < timedelta(minutes=5)
    ((first, second),) = platform.orders([login, other])
    assert (first.ticket, second.ticket) == (buys, sells)
    assert second.kind == OrderKind.SELL_LIMIT
    everyone = {one.ticket for page in platform.orders() for one in page}
    assert {buys, sells} <= everyone
    server.order("cancel", order=buys)
    server.order("cancel", order=sells)
    assert list(platform.orders([login, other])) == []


def test_orders_that_ended_are_history_where_the_platform_keeps_one(
    server: Server, platform: TradingPlatform
) -> None:
    login = funded(platform, "ended")
    number = placed(server, login, "buy", "0.50000")
    server.order("cancel", order=number)
    if "history" in server.kind.lacks:
        _is_not_offered(lambda: list(platform.order_history(*span(platform), logins=[login])))
        return
    ((order,),) = platform.order_history(*span(platform), logins=[login])
    assert (order.ticket, order.state) == (number, OrderState.CANCELLED)
    assert order.done_at is not None
    assert abs(order.done_at - platform.server_time()) < timedelta(minutes=5)
    found = [one.ticket for page in platform.order_history(*span(platform)) for one in page]
    assert number in found
    since, _ = span(platform)
    earlier = since - timedelta(hours=1)
    assert list(platform.order_history(earlier, since, logins=[login])) == []


def test_what_is_open_is_summed_up_by_symbol_where_the_platform_does(
    server: Server, platform: TradingPlatform
) -> None:
    if "exposure" in server.kind.lacks:
        _is_not_offered(platform.exposure)
        return
    one, other = funded(platform, "exposure/1"), funded(platform, "exposure/2")
    before = platform.exposure()
    opened = [
        server.order("trade", login=login, symbol=symbol, side=side, lots=lots)
        for login, symbol, side, lots in (
            (one, "EURUSD", "buy", "0.03"), (other, "EURUSD", "sell", "0.02"),
            (other, "EURUSD", "buy", "0.01"), (one, "XAUUSD", "sell", "0.01"),
        )
    ]  # fmt: skip
    nothing = (Lots(0), Lots(0))
    for symbol, bought, sold in (("EURUSD", "0.04", "0.02"), ("XAUUSD", "0", "0.01")):
        was = before.get(symbol, nothing)
        assert platform.exposure()[symbol] == (was[0] + Lots(bought), was[1] + Lots(sold))
    for each in opened:
        server.order("close", position=each["position"])
    left = {symbol: lots for symbol, lots in platform.exposure().items() if any(lots)}
    assert left == {symbol: lots for symbol, lots in before.items() if any(lots)}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_day_ends_with_a_report_where_the_platform_makes_one(kind: Kind, tmp_path: Path) -> None:
    with running(kind, tmp_path) as server:
        server.order("clock", at="2026-01-05T08:00:00")
        platform = server.connect()
        login, other = funded(platform, "daily/1"), funded(platform, "daily/2")
        platform.change_balance(
            login, Money.of("7.25 USD"), BalanceKind.CREDIT, reference="daily/credit"
        )
        server.order("advance", to="2026-01-07T08:00:00")
        now = platform.server_time()
        days = (now - timedelta(days=3), now)
        if "daily" in server.kind.lacks:
            _is_not_offered(lambda: list(platform.daily_reports(*days)))
            platform.close()
            return
        ((one, two),) = platform.daily_reports(*days, logins=[login])
        assert (one.login, one.balance, one.credit) == (login, Decimal(1000), Decimal("7.25"))
        assert (one.equity, one.free_margin) == (Decimal("1007.25"), Decimal("1007.25"))
        assert one.margin == one.floating == 0
        assert one.at == datetime.fromisoformat("2026-01-05T21:59:59+00:00")
        assert two.at - one.at == timedelta(days=1)
        both = [row.login for page in platform.daily_reports(*days) for row in page]
        assert both == [login, login, other, other]
        assert list(platform.daily_reports(*days, logins=[99])) == []
        platform.close()


def test_an_account_is_archived_and_restored_where_the_platform_can(
    server: Server, platform: TradingPlatform
) -> None:
    login = funded(platform, "archive")
    if "archive" in server.kind.lacks:
        _is_not_offered(lambda: platform.archive_account(login))
        _is_not_offered(lambda: platform.restore_account(login))
        assert platform.account(login).balance == 1000
        return
    trade = server.order("trade", login=login, symbol="EURUSD", side="buy", lots="0.01")
    with pytest.raises(Refused, match="open trades"):
        platform.archive_account(login)
    server.order("close", position=trade["position"])
    before = platform.account(login)
    for _ in range(2):
        platform.archive_account(login)
    assert login not in platform.logins()
    assert platform.accounts([login]) == []
    with pytest.raises(Refused):
        platform.account(login)
    for _ in range(2):
        platform.restore_account(login)
    assert platform.account(login) == before
    for absent in (platform.archive_account, platform.restore_account):
        with pytest.raises(Refused, match="no such account"):
            absent(99)


def _is_not_offered(ask: Callable[[], object]) -> None:
    with pytest.raises(Refused) as refusal:
        ask()
    assert refusal.value.code == NOT_OFFERED
    assert refusal.value.reason.endswith(".")
