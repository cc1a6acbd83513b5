"""By whom or what a deal was made, as MetaTrader 5 says it."""

from datetime import timedelta

from nostro.trading.adapters.mt5 import records
from nostro.trading.adapters.mt5.clock import Clock
from nostro.trading.ports import DealReason


def test_a_reason_is_read_whichever_way_it_is_said_and_no_deal_is_lost_over_one() -> None:
    clock = Clock(timedelta(), None)

    def reason_of(said: object, action: int = 0) -> DealReason | None:
        raw = {"Deal": "1", "Login": "7", "Action": action, "Time": 1767600000, "Reason": said}
        return records.deal(records.Record(raw), clock).reason

    assert [reason_of(one) for one in (0, "5", 6, "16")] == [
        DealReason.CLIENT, DealReason.STOP_OUT, DealReason.ROLLOVER, DealReason.MOBILE,
    ]  # fmt: skip
    odd: tuple[object, ...] = (99, "-1", "why", "1.5", [])
    assert {reason_of(one) for one in odd} == {DealReason.OTHER}
    assert (reason_of(None), reason_of("")) == (None, None)
    assert (reason_of(0, action=2), reason_of(2, action=2)) == (None, DealReason.DEALER)


def test_a_deal_printed_as_servers_do_has_its_reason_order_and_time() -> None:
    names = (
        "ContractSize", "Price", "PricePosition", "MarketBid", "MarketAsk", "Profit", "Storage",
        "Commission", "Fee", "RateProfit",
    )  # fmt: skip
    whole = {"Deal": "1", "Login": "7", "Order": "55", "PositionID": "50", "Action": "1",
             "Entry": "1", "TimeMsc": "1767600000250", "Reason": "5", "Symbol": "EURUSD",
             "Comment": "", "VolumeExt": "1000", "VolumeClosedExt": "1000"}  # fmt: skip
    clock = Clock(timedelta(hours=2), None)
    found = records.deal(records.Record(whole | dict.fromkeys(names, "1")), clock)
    assert (found.reason, found.order) == (DealReason.STOP_OUT, 55)
    assert found.platform_time == 1767600000250
    assert found.at.timestamp() * 1000 == 1767600000250 - 2 * 3_600_000
