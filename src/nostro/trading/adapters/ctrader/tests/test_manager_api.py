"""The Manager API of a server that does everything wrong, and what its messages mean."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nostro.kit import Lots, Refused, Retry
from nostro.trading.adapters.ctrader import CTrader, codes, framing, records
from nostro.trading.adapters.ctrader.framing import BadFrame, Container
from nostro.trading.adapters.ctrader.history import paged
from nostro.trading.adapters.ctrader.quotes import Quotes
from nostro.trading.adapters.ctrader.schema import message
from nostro.trading.adapters.ctrader.settings import CTraderSettings
from nostro.trading.adapters.ctrader.tests.peer import TOKEN, manager, peer, said, settings
from nostro.trading.adapters.tests.peer import http, reply
from nostro.trading.ports import DealEntry, DealKind, DealReason, Symbol

SESSION = Path(__file__).with_name("session.txt")
NOON = 1_767_614_400_000
TIME = "ProtoServerTimeRes"


def platform(port: int, **changed: Any) -> CTrader:
    return CTrader(settings(port, **changed))


def now(asked: Container) -> bytes:
    return said(314, TIME, asked.number, timeInMillis=NOON)


def test_an_answer_is_found_among_events_heartbeats_and_late_answers() -> None:
    def answer(asked: Container) -> list[bytes]:
        spot = said(3, "ProtoSpotEvent", "", symbolId=1, bid=108_500, ask=108_510, timestamp=NOON)
        late = said(314, TIME, "not yours", timeInMillis=1)
        return [Container(51, b"").dump(), Container(9999, b"\x01").dump(), spot, late, now(asked)]

    with peer(manager(answer)) as server:
        asker = platform(server.port)
        assert asker.server_time() == datetime(2026, 1, 5, 12, tzinfo=UTC)
        assert asker.server_time() == datetime(2026, 1, 5, 12, tzinfo=UTC)
        assert asker.quotes.spots[1].bid == Decimal("1.08500")
        asker.close()
    assert server.connections == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda frame: frame[: len(frame) // 2],
        lambda frame: (len(frame) + 28).to_bytes(4) + frame[4:],
        lambda frame: (len(frame) - 6).to_bytes(4) + frame[4:],
        lambda frame: b"\xff\xff\xff\xff" + frame[4:],
        lambda frame: b"\x00\x00\x00\x00" + frame[4:],
        lambda frame: frame[:4] + b"\xff" * (len(frame) - 4),
        lambda frame: b"",
    ],
)
def test_a_spoilt_frame_is_retry_and_the_next_question_connects_anew(
    spoil: Callable[[bytes], bytes],
) -> None:
    spoilt = iter([True])

    def answer(asked: Container) -> list[bytes]:
        return [spoil(now(asked)) if next(spoilt, False) else now(asked)]

    with peer(manager(answer)) as server:
        asker = platform(server.port, answer_timeout=0.5)
        with pytest.raises(Retry):
            asker.server_time()
        assert asker.server_time().year == 2026
        asker.close()
    assert server.connections == 2


def test_an_answer_of_another_type_is_no_answer() -> None:
    other = manager(lambda asked: [said(404, "ProtoTraderListRes", asked.number)])
    with peer(other) as server, pytest.raises(Retry, match="404 is no answer to 313"):
        platform(server.port).server_time()


def test_a_line_that_is_hung_up_is_retry() -> None:
    with peer(manager(lambda asked: None)) as server, pytest.raises(Retry):
        platform(server.port).server_time()


@pytest.mark.parametrize(
    ("code", "trouble"),
    [("NOT_ENOUGH_RIGHTS", Refused), ("TRADER_NOT_FOUND", Refused), ("NEVER_HEARD_OF", Refused),
     ("REQUEST_FREQUENCY_EXCEEDED", Retry), ("UNKNOWN_ERROR", Retry), ("", Refused)],
)  # fmt: skip
def test_errors_become_troubles_and_the_line_stays(code: str, trouble: type[Exception]) -> None:
    def answer(asked: Container) -> list[bytes]:
        return [said(50, "ProtoErrorRes", asked.number, errorCode=code)]

    with peer(manager(answer)) as server:
        asker = platform(server.port)
        for _ in range(2):
            with pytest.raises(trouble):
                asker.server_time()
        asker.close()
    assert server.connections == 1


def test_a_line_that_idled_is_replaced_before_it_is_written_to() -> None:
    with peer(manager(lambda asked: [now(asked)])) as server:
        asker = platform(server.port, idle_limit=1e-9)
        asker.server_time()
        asker.server_time()
        asker.close()
    assert server.connections == 2


def test_a_container_has_its_length_before_it() -> None:
    frame = Container(313, b"\x08\xb9\x02", "7").dump()
    assert frame.hex() == "0000000b" + "08b902" + "1203" + "08b902" + "1a0137"
    assert framing.parse(frame[4:]) == Container(313, b"\x08\xb9\x02", "7")
    for raw in (b"", b"\x12\x00", b"\xff"):
        with pytest.raises(BadFrame):
            framing.parse(raw)


def test_unknown_fields_and_numbers_are_read_over_and_kept() -> None:
    row = message("ProtoDepositWithdraw")(
        operationType=77, balanceHistoryId=5, delta=-250, moneyDigits=2,
        changeBalanceTimestamp=NOON,
    )  # fmt: skip
    raw = row.SerializeToString() + b"\xfa\x7d\x03new" + b"\xf0\x7d\x01"
    change = records.balance_change(framing.read("ProtoDepositWithdraw", raw), 5)
    assert (change.kind, change.profit) == (DealKind.OTHER, Decimal("-2.50"))
    assert change.raw["operationType"] == 77


@pytest.mark.parametrize(
    ("kind", "source", "delta", "meant", "moved"),
    [
        (0, "", 100, DealKind.BALANCE, "1.00"),
        (1, "", 100, DealKind.BALANCE, "-1.00"),
        (1, "", -100, DealKind.BALANCE, "-1.00"),
        (1, "charge", 100, DealKind.CHARGE, "-1.00"),
        (0, "VISA", 100, DealKind.BALANCE, "1.00"),
        (20, "bonus", 100, DealKind.CREDIT, "-1.00"),
        (22, "", 100, DealKind.INTEREST, "-1.00"),
        (39, "", 100, DealKind.COMPENSATION, "1.00"),
    ],
)
def test_the_type_of_a_balance_change_says_which_way_it_went(
    kind: int, source: str, delta: int, meant: DealKind, moved: str
) -> None:
    row = message("ProtoDepositWithdraw")(operationType=kind, delta=delta, source=source)
    change = records.balance_change(row, 5)
    assert (change.kind, change.profit) == (meant, Decimal(moved))


def test_few_balance_changes_say_why_they_were_made() -> None:
    said = {18: DealReason.ROLLOVER, 31: DealReason.TRANSFER, 37: DealReason.TRANSFER, 0: None}
    for kind, reason in said.items():
        row = message("ProtoDepositWithdraw")(operationType=kind, delta=100)
        assert records.balance_change(row, 5).reason == reason


def _terms() -> records.SymbolTerms:
    row = message("ProtoManagerSymbol")(
        symbolId=1, name="EURUSD", digits=5, lotSize=10_000_000, minVolume=100_000,
        maxVolume=10**9, measurementUnits="EUR",
    )  # fmt: skip
    found = records.symbol(row, "Forex\\EURUSD", "USD")
    assert isinstance(found.symbol, Symbol)
    return found


def test_a_deal_that_turns_a_position_closes_less_than_it_fills() -> None:
    detail = message("ProtoClosePositionDetail")(
        entryPrice=1.1, profit=-1234, swap=-5, commission=-70, closedVolume=1_000_000,
        quoteToDepositConversionRate=0.92, moneyDigits=2, pnlConversionFee=3,
    )  # fmt: skip
    row = message("ProtoDeal")(
        dealId=9, filledVolume=3_000_000, executionPrice=1.0856499999999999, tradeSide=2,
        executionTimestamp=NOON, closePositionDetail=detail,
    )  # fmt: skip
    deal = records.deal(row, 5, _terms())
    assert (deal.entry, deal.kind) == (DealEntry.REVERSED, DealKind.SELL)
    assert (deal.lots, deal.closed_lots) == (Decimal("0.3"), Decimal("0.1"))
    assert (str(deal.price), str(deal.position_price)) == ("1.08565", "1.10000")
    assert (deal.profit, deal.swap, deal.commission, deal.fee) == tuple(
        map(Decimal, ("-12.34", "-0.05", "-0.70", "-0.03"))
    )


def test_an_amount_of_no_decimal_places_is_not_taken_for_cents() -> None:
    row = message("ProtoDepositWithdraw")(operationType=0, delta=5000, moneyDigits=0)
    assert records.balance_change(row, 5).profit == 5000


def test_an_average_price_keeps_what_is_finer_than_the_symbol() -> None:
    assert str(records.price(1.085643333, 5)) == "1.0856433330"
    assert str(records.price(2350.1, 2)) == "2350.10"


def test_a_cut_list_goes_on_from_its_last_moment_and_nothing_comes_twice() -> None:
    rows = [(1, 1), (2, 2), (2, 3), (3, 4), (3, 5), (4, 6)]
    asked: list[int] = []

    def ask(begins: int) -> tuple[list[tuple[int, int]], bool]:
        asked.append(begins)
        later = [row for row in rows if row[0] >= begins]
        return later[:3], len(later) > 3

    assert list(paged(ask, 0, lambda row: row)) == rows
    assert asked == [0, 2, 3]
    with pytest.raises(Retry):
        list(paged(lambda begins: (rows[:1], True), 0, lambda row: row))


def test_a_rate_goes_over_a_third_currency_or_is_not_known() -> None:
    quotes = Quotes()
    pairs = [(1, "EUR", "USD"), (2, "USD", "JPY"), (3, "GBP", "USD")]
    quotes.hear(1, 110_000, 110_000, 1)
    quotes.hear(2, 15_000_000, None, 1)
    assert quotes.rate("JPY", "EUR", pairs) == 0
    quotes.hear(2, None, 15_000_000, 2)
    assert quotes.rate("EUR", "USD", pairs) == Decimal("1.1")
    assert quotes.rate("JPY", "EUR", pairs) == round(1 / Decimal(165), 8)
    assert quotes.rate("USD", "USD", []) == 1
    assert quotes.rate("CHF", "EUR", pairs) == 0


def test_a_session_that_was_captured_reads_and_writes_the_same() -> None:
    """Each line is a frame in hexadecimal digits: > to the simulator, < from it. Its side was
    written by hand and ours by a library, so neither can hide a mistake of the other.
    """
    requests = {kind: f"{name}Req" for kind, (name, _) in codes.ANSWERS.items()}
    answers = {answer: f"{name}Res" for name, answer in codes.ANSWERS.values()}
    known = requests | answers | {3: "ProtoSpotEvent", 50: "ProtoErrorRes"}
    heard: list[int] = []
    for line in SESSION.read_text().splitlines():
        frame = bytes.fromhex(line[2:])
        assert framing.length_of(frame[:4]) == len(frame) - 4
        container = framing.parse(frame[4:])
        assert container.dump() == frame
        heard.append(container.kind)
        if container.kind in known:
            whole = framing.read(known[container.kind], container.payload)
            assert len(whole.SerializeToString()) == len(container.payload)
    assert heard[:3] == [990, 301, 302]
    assert set(heard) >= {3, 50, 300, 314, 404, 408, 418, 432, 466, 468, 474, 602}


@pytest.mark.parametrize(
    "changed",
    [{"certificate": "no PEM"}, {"symbol_currencies": "DE40"}, {"currency": "usd"},
     {"idle_limit": 60.0}, {"plant": ""}],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        settings(1, **changed)
    assert isinstance(settings(1, symbol_currencies="DE40=EUR UK100=GBP"), CTraderSettings)


def test_balances_and_histories_are_asked_of_those_wanted_and_no_others() -> None:
    asked: list[tuple[int, list[int]]] = []
    rows = [{"traderId": one, "login": 3000 + one, "balance": 100 * one} for one in range(1, 41)]

    def answer(question: Container) -> list[bytes]:
        name, number = codes.ANSWERS[question.kind]
        request = message(f"{name}Req").FromString(question.payload)
        whose = getattr(request, "traderId", None)
        named = [whose] if isinstance(whose, int) else list(whose or [])
        asked.append((question.kind, named))
        if question.kind == codes.TRADERS:
            return [said(number, f"{name}Res", question.number, trader=rows)]
        if question.kind == codes.TRADER_BY_ID:
            found = [rows[one - 1] for one in named]
            return [said(number, f"{name}Res", question.number, trader=found)]
        return [said(number, f"{name}Res", question.number)]

    wanted = [3000 + one for one in range(1, 13)]
    with peer(manager(answer)) as server:
        asker = platform(server.port)
        assert asker.standings([*wanted, 9999])[3012] == (Decimal("12.00"), Decimal(0))
        since = datetime(2026, 1, 5, tzinfo=UTC)
        assert list(asker.deals(since, since, logins=wanted)) == []
        assert list(asker.deals(since, since)) == []
        asker.close()

    numbers = list(range(1, 13))
    assert [kind for kind, _ in asked].count(codes.TRADERS) == 1
    assert (codes.TRADER_BY_ID, numbers) in asked
    histories = [named for kind, named in asked if kind == codes.HISTORY]
    assert histories == [*([one] for one in numbers), [0]]


def test_a_deal_that_cannot_be_read_is_named_and_the_others_are_there() -> None:
    rows = [
        {"dealId": number, "traderId": 1, "symbolId": symbol, "dealStatus": 2, "orderId": number,
         "positionId": number, "volume": 100, "filledVolume": 100, "tradeSide": 1,
         "createTimestamp": NOON, "executionTimestamp": NOON, "executionPrice": 1.1}
        for number, symbol in ((10, 1), (11, 99), (12, 1))
    ]  # fmt: skip
    known = [{"symbolId": 1, "name": "EURUSD", "digits": 5, "lotSize": 10_000_000,
              "measurementUnits": "EUR"}]  # fmt: skip
    assets = [{"assetId": 1, "name": "EUR"}, {"assetId": 2, "name": "USD"}]
    fields: dict[int, dict[str, object]] = {
        codes.DEALS: {"deal": rows}, codes.SYMBOLS: {"symbol": known},
        codes.ASSETS: {"asset": assets},
        codes.TRADER_BY_ID: {"trader": [{"traderId": 1, "login": 3001}]},
    }  # fmt: skip

    def answer(question: Container) -> list[bytes]:
        name, number = codes.ANSWERS[question.kind]
        return [said(number, f"{name}Res", question.number, **fields.get(question.kind, {}))]

    symbols = http(lambda first, body: reply(TOKEN if "/token" in first else b'{"symbol": []}'))
    with peer(manager(answer)) as server, peer(symbols) as web:
        asker = platform(web.port, manager_port=server.port)
        since = datetime(2026, 1, 5, tzinfo=UTC)
        ((first, last),) = asker.deals(since, since)
        assert (first.ticket, last.ticket) == (10, 12)
        told = asker.unread()
        asker.close()

    assert told == {"deal 11": "The platform knows no symbol 99, though it was traded."}


def test_exposure_is_that_of_both_books_and_an_unknown_symbol_is_named() -> None:
    books = {
        1: [{"symbolId": 1, "bookType": 1, "positionCount": 1, "buyVolume": 1_000_000}],
        2: [{"symbolId": 1, "buyVolume": 2_000_000, "sellVolume": 500_000},
            {"symbolId": 99, "bookType": 2, "sellVolume": 100}],
    }  # fmt: skip
    known = [{"symbolId": 1, "name": "EURUSD", "digits": 5, "lotSize": 10_000_000,
              "measurementUnits": "EUR"}]  # fmt: skip
    asked: list[int] = []

    def answer(question: Container) -> list[bytes]:
        name, number = codes.ANSWERS[question.kind]
        fields: dict[str, object] = {"symbol": known} if question.kind == codes.SYMBOLS else {}
        if question.kind == codes.EXPOSURE:
            request = message(f"{name}Req").FromString(question.payload)
            asked.append(request.bookType)
            fields = {"exposureSymbolRecord": books[request.bookType]}
        return [said(number, f"{name}Res", question.number, **fields)]

    symbols = http(lambda first, body: reply(TOKEN if "/token" in first else b'{"symbol": []}'))
    with peer(manager(answer)) as server, peer(symbols) as web:
        asker = platform(web.port, manager_port=server.port)
        assert asker.exposure() == {"EURUSD": (Lots("0.3"), Lots("0.05"))}
        assert asker.unread() == {
            "exposure of 99": "The platform knows no symbol 99, though it was traded."
        }
        asker.close()
    assert asked == [1, 2]


def test_a_server_that_minds_no_book_is_not_counted_twice() -> None:
    rows = [{"symbolId": 1, "bookType": book, "buyVolume": book * 1_000_000} for book in (1, 2)]
    known = [{"symbolId": 1, "name": "EURUSD", "lotSize": 10_000_000, "measurementUnits": "EUR"}]

    def answer(question: Container) -> list[bytes]:
        name, number = codes.ANSWERS[question.kind]
        fields: dict[int, dict[str, object]] = {
            codes.EXPOSURE: {"exposureSymbolRecord": rows}, codes.SYMBOLS: {"symbol": known},
        }  # fmt: skip
        return [said(number, f"{name}Res", question.number, **fields.get(question.kind, {}))]

    symbols = http(lambda first, body: reply(TOKEN if "/token" in first else b'{"symbol": []}'))
    with peer(manager(answer)) as server, peer(symbols) as web:
        asker = platform(web.port, manager_port=server.port)
        assert asker.exposure() == {"EURUSD": (Lots("0.3"), Lots(0))}
        asker.close()
