"""By whom or what deals were made, as each platform says it over its real protocol."""

from pathlib import Path

import pytest

from nostro.kit import Money
from nostro.trading.adapters.tests.conftest import KINDS, Kind, Server, running
from nostro.trading.adapters.tests.test_contract import funded, span
from nostro.trading.ports import BalanceKind, DealEntry, DealReason, TradingPlatform


def test_a_deal_has_its_order_its_reason_and_the_platforms_own_time(
    server: Server, platform: TradingPlatform
) -> None:
    login, lacks = funded(platform, "why"), server.kind.lacks
    opened = server.order("trade", login=login, symbol="EURUSD", side="buy", lots="0.05")
    server.order("close", position=opened["position"])
    ((paid, bought, sold),) = platform.deals(*span(platform), logins=[login])
    assert (bought.order, bool(sold.order)) == (opened["order"], True)
    assert bought.reason == (None if "reasons" in lacks else DealReason.CLIENT)
    assert sold.reason == (None if "exit" in lacks else DealReason.CLIENT)
    assert paid.reason is None
    for one in (paid, bought, sold):
        ahead = (one.platform_time - one.at.timestamp() * 1000) / 3_600_000
        assert ahead in ((0,) if server.kind.simulator == "ctrader" else (2, 3))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_stop_out_is_told_from_a_trade_that_somebody_closed(kind: Kind, tmp_path: Path) -> None:
    with running(kind, tmp_path) as server:
        server.order("clock", at="2026-06-01T10:00:00+00:00")
        platform = server.connect()
        login = funded(platform, "stopped")
        server.order("trade", login=login, symbol="EURUSD", side="buy", lots="0.25")
        money = Money.of("-600.00 USD")
        platform.change_balance(
            login, money, BalanceKind.BALANCE, reference="stopped/out", check_margin=False
        )
        server.order("advance", to="2026-06-01T10:30:00+00:00")
        (deals,) = platform.deals(*span(platform), logins=[login])
        platform.close()
    (closed,) = (one for one in deals if one.entry == DealEntry.OUT)
    assert closed.reason == (None if "reasons" in kind.lacks else DealReason.STOP_OUT)
