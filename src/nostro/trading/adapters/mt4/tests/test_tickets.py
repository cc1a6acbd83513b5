from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nostro.kit import Lots, Refused, Retry
from nostro.trading.adapters.mt4 import tickets
from nostro.trading.adapters.mt4.clock import Clock
from nostro.trading.adapters.mt4.contracts import contract_of, contracts_in
from nostro.trading.adapters.mt4.tables import Row
from nostro.trading.adapters.mt4.tickets import CLOSING, Chains, Reading, Ticket
from nostro.trading.ports import Deal, DealEntry, DealKind, DealReason

CLOCK = Clock(timedelta(minutes=120), ZoneInfo("Europe/London"))
OPENED, CLOSED = datetime(2026, 6, 1, 11), datetime(2026, 6, 2, 11)  # noqa: DTZ001
NEVER = datetime(1970, 1, 1)  # noqa: DTZ001


def row(**changed: Any) -> Row:
    usual: dict[str, Any] = {
        "TICKET": b"5", "LOGIN": b"7", "SYMBOL": b"EURUSD", "DIGITS": b"5", "CMD": b"0",
        "VOLUME": b"10", "OPEN_TIME": OPENED, "OPEN_PRICE": b"1.1", "CLOSE_TIME": CLOSED,
        "CLOSE_PRICE": b"1.2", "COMMISSION": b"-0.7", "SWAPS": b"-0.10000000000000001",
        "PROFIT": b"1000", "TAXES": b"0", "COMMENT": b"", "CONV_RATE2": b"1",
        "MODIFY_TIME": CLOSED,
    }  # fmt: skip
    return Row("mt4_trades", usual | changed, "cp1252")


def ticket(number: int = 5, volume: int = 10, comment: str = "", **changed: Any) -> Ticket:
    made = tickets.ticket(
        row(TICKET=b"%d" % number, VOLUME=b"%d" % volume, COMMENT=comment.encode())
    )
    return replace(made, **changed)


def deals(*known: Ticket, units: int = 1) -> list[Deal]:
    reading = Reading(
        CLOCK, Chains(known), {"EURUSD": contract_of("EURUSD", {})}, {7: units}
    )  # fmt: skip
    return [deal for one in known for _, deal in reading.deals(one)]


def test_a_closed_ticket_is_two_deals_whose_costs_are_in_the_second() -> None:
    opening, closing = deals(ticket())
    assert (opening.ticket, opening.kind, opening.entry) == (5, DealKind.BUY, DealEntry.IN)
    assert (closing.ticket, closing.kind, closing.entry) == (
        CLOSING + 5, DealKind.SELL, DealEntry.OUT,
    )  # fmt: skip
    assert opening.profit == opening.swap == opening.commission == 0
    assert (closing.profit, closing.swap, closing.commission) == (
        Decimal("1000.00"), Decimal("-0.10"), Decimal("-0.70"),
    )  # fmt: skip
    assert closing.contract_size == 100_000
    assert opening.platform_time == 1780311600_000


@given(st.sets(st.integers(1, 2**31 - 1), max_size=50))
def test_no_two_deals_have_one_number(numbers: set[int]) -> None:
    found = deals(*(ticket(number) for number in numbers))
    assert len({deal.ticket for deal in found}) == 2 * len(numbers)


def test_a_chain_has_one_opening_that_says_the_same_before_and_after() -> None:
    whole = ticket(5, 100, closed=None)
    chain = (
        ticket(5, 30, "to #8"), ticket(8, 20, "to #9"), ticket(9, 50, "from #8", closed=None),
    )  # fmt: skip
    (before,) = deals(whole)
    after = deals(*chain)
    assert before == replace(after[0], comment="", raw=before.raw)
    assert [(deal.ticket, str(deal.lots)) for deal in after] == [
        (5, "1.00"), (CLOSING + 5, "0.30"), (CLOSING + 8, "0.20"),
    ]  # fmt: skip
    assert {deal.position for deal in after} == {5}


def test_a_middle_ticket_whose_comment_was_taken_is_found_from_its_neighbours() -> None:
    chain = Chains([ticket(5, 30, "to #8"), ticket(8, 20, "so: 49.9%"), ticket(9, 50, "from #8")])
    assert [chain.root(number) for number in (5, 8, 9, 77)] == [5, 5, 5, 77]


@pytest.mark.parametrize(
    "forged",
    [
        ticket(9, 10, "from #5", login=8),
        ticket(9, 10, "from #5", symbol="GBPUSD"),
        ticket(9, 10, "from #5", cmd=1),
        ticket(9, 10, "from #5", open_price=Decimal("1.3")),
        ticket(9, 10, "from #5", opened=CLOSED),
        ticket(9, 10, "from #9"),
        ticket(9, 10, "from #77"),
        ticket(3, 10, "from #5"),
    ],
)
def test_a_comment_that_a_trader_made_up_links_nothing(forged: Ticket) -> None:
    found = deals(ticket(5, closed=CLOSED), forged)
    assert len(found) == 4
    assert Chains([ticket(5, closed=None), ticket(9, 10, "from #5")]).root(9) == 9


def test_pending_orders_are_no_deals_and_unknown_kinds_are_other_money() -> None:
    for cmd in (2, 3, 4, 5):
        assert deals(ticket(cmd=cmd)) == []
    for cmd, kind in ((6, DealKind.BALANCE), (7, DealKind.CREDIT), (8, DealKind.OTHER),
                      (-1, DealKind.OTHER)):  # fmt: skip
        (moved,) = deals(ticket(cmd=cmd))
        assert (moved.kind, moved.profit, moved.ticket) == (kind, Decimal("1000.00"), 5)
        assert (moved.position, moved.lots) == (0, Lots(Decimal(0)))


def test_a_close_by_another_is_said_so() -> None:
    assert deals(ticket(comment="close hedge by #6"))[1].entry == DealEntry.CLOSED_BY


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b"0", DealReason.CLIENT), (b"1", DealReason.EXPERT), (b"2", DealReason.DEALER),
        (b"3", DealReason.SIGNAL), (b"4", DealReason.GATEWAY), (b"5", DealReason.MOBILE),
        (b"6", DealReason.WEB), (b"7", DealReason.EXTERNAL_SERVICE), (b"8", DealReason.OTHER),
        (b"-1", DealReason.OTHER), (b"?", DealReason.OTHER), (None, None),
    ],
)  # fmt: skip
def test_a_row_says_why_its_ticket_was_opened_and_not_why_it_was_closed(
    said: bytes | None, meant: DealReason | None
) -> None:
    opening, closing = deals(tickets.ticket(row(REASON=said)))
    assert (opening.reason, closing.reason) == (meant, None)
    assert (opening.order, closing.order) == (5, 5)
    (moved,) = deals(tickets.ticket(row(REASON=said, CMD=b"6")))
    assert moved.reason is None


@pytest.mark.parametrize(
    ("comment", "stop_loss", "take_profit", "meant"),
    [
        (b"mine[sl]", b"1.05", b"0", DealReason.STOP_LOSS),
        (b"[tp]", b"0", b"1.3", DealReason.TAKE_PROFIT),
        (b"so: 49.5%/495.00/1000.00", b"0", b"0", DealReason.STOP_OUT),
        (b"[sl]", b"0", b"0", None), (b"[tp]", b"1.05", b"0", None),
        (b"[sl] again", b"1.05", b"0", None), (b"also so: it goes", b"0", b"0", None),
    ],
)  # fmt: skip
def test_a_stop_is_known_by_its_comment_where_the_ticket_has_one(
    comment: bytes, stop_loss: bytes, take_profit: bytes, meant: DealReason | None
) -> None:
    ended = row(COMMENT=comment, SL=stop_loss, TP=take_profit, REASON=b"0")
    assert deals(tickets.ticket(ended))[1].reason == meant
    assert deals(tickets.ticket(row(COMMENT=b"[sl]")))[1].reason is None


def test_cents_are_counted_in_the_whole_currency() -> None:
    _, closing = deals(ticket(), units=100)
    assert (closing.profit, closing.commission) == (Decimal("10"), Decimal("-0.007"))
    assert closing.contract_size == 1000


def test_what_is_missing_in_a_row_is_zero_or_empty_but_no_number_is_a_retry() -> None:
    empty = tickets.ticket(row(PROFIT=None, COMMENT=None, TAXES=None, OPEN_TIME=None))
    assert (empty.profit, empty.comment, empty.opened) == (Decimal(0), "", CLOSED)
    nothing = tickets.ticket(row(OPEN_TIME="0000-00-00 00:00:00", CLOSE_TIME=NEVER))
    assert (nothing.closed, nothing.opened) == (None, CLOSED)
    assert tickets.ticket(row(COMMENT=b"a\x81\xff ")).comment == "a\N{REPLACEMENT CHARACTER}ÿ"
    for bad in (b"nan", b"inf", b"1e300", b"--", b"12,5"):
        with pytest.raises(Retry):
            tickets.ticket(row(PROFIT=bad))


def test_a_column_that_money_hangs_on_has_to_be_there() -> None:
    values = dict.fromkeys(("TICKET", "LOGIN", "DIGITS"), b"0")
    with pytest.raises(Refused) as refusal:
        tickets.ticket(Row("mt4_trades", values | {"CLOSE_TIME": CLOSED}, "cp1252"))
    assert "mt4_trades has no column" in refusal.value.reason


def test_contracts_are_known_by_name_or_filled_in() -> None:
    filled_in = contracts_in("US500 1 USD\n\n GER40.x  25  EUR \nBTCUSD 1 USD BTC")
    assert filled_in["GER40.x"].size == 25
    assert (filled_in["BTCUSD"].base, filled_in["BTCUSD"].margin) == ("BTC", "BTC")
    assert contract_of("US500", filled_in) == filled_in["US500"]
    for name, size in (("EURUSD", 100_000), ("EURUSDm", 100_000), ("XAUUSD.pro", 100)):
        found = contract_of(name, {})
        assert found and found.size == size
    for name in ("US500", "EURXXX", "AAPL", ""):
        assert contract_of(name, {}) is None


@pytest.mark.parametrize("text", ["US500", "US500 x USD", "US500 -1 USD", "A 1 USD USD USD"])
def test_a_contract_line_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a symbol"):
        contracts_in(text)
