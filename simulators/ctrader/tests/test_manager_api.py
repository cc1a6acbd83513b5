"""What the Manager API answers, container by container."""

import pytest

from simulators.ctrader import messages
from simulators.ctrader.server import LOGINS_ABOVE
from simulators.ctrader.tests.running import Answered, Simulator
from simulators.market.zone import moment

EVER = {"fromTimestamp": 0, "toTimestamp": 4_000_000_000_000}


def trade(simulator: Simulator, login: int, symbol: str = "EURUSD") -> dict[str, object]:
    asked = {"login": login, "symbol": symbol, "side": "buy", "lots": "0.1"}
    return simulator.control("/trade", asked)


def test_the_server_greets_and_lets_a_manager_in(simulator: Simulator) -> None:
    with simulator.manager() as client:
        assert client.hello["payloadType"] == messages.HELLO
        assert client.permissions == [1]
        assert client.ask(313, "Plain", "Time")["timestamp"] == moment("2026-01-05T08:00:00")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"passwordHash": "0" * 32}, "AUTHENTICATION_FAILED"),
        ({"login": 1}, "AUTHENTICATION_FAILED"),
        ({"plantId": "other"}, "CANT_ROUTE_REQUEST"),
        ({"environmentName": "demo"}, "CANT_ROUTE_REQUEST"),
    ],
)
def test_a_stranger_is_told_why_and_hung_up_on(
    simulator: Simulator, changed: dict[str, object], code: str
) -> None:
    with pytest.raises(Answered, match=code):
        simulator.manager(**changed)


def test_traders_deals_and_balance_changes_are_listed_in_their_units(simulator: Simulator) -> None:
    login = simulator.add_trader("real\\SC-USD-Raw")
    history = simulator.pay_in(login, "10000", externalId="N-7", comment="first", source="wire")
    opened = trade(simulator, login)
    number = login - LOGINS_ABOVE
    with simulator.manager() as client:
        (trader,) = client.ask(703, "TraderIds", "TraderListRes", traderId=[number])["trader"]
        assert (trader["login"], trader["balance"], trader["moneyDigits"]) == (login, 1_000_000, 2)
        found = client.ask(417, "TraderWindow", "HistoryRes", traderId=number, **EVER)
        (change,) = found["depositWithdraw"]
        assert (change["balanceHistoryId"], change["externalId"]) == (history, "N-7")
        assert (change["operationType"], change["delta"], change["balance"]) == (
            0, 1_000_000, 1_000_000,
        )  # fmt: skip
        (deal,) = client.ask(431, "DealWindow", "DealListRes", traderId=[number], **EVER)["deal"]
        assert (deal["filledVolume"], deal["lotSize"]) == (1_000_000, 10_000_000)
        assert (deal["commission"], deal["dealStatus"]) == (-35, 2)
        assert "closePositionDetail" not in deal
        held = client.ask(407, "TraderWindow", "PositionListRes", traderId=number, **EVER)
        (position,) = held["position"]
        assert position["positionId"] == opened["position"]
        assert position["tradeData"]["volume"] == 1_000_000
        assert (position["commission"], str(position["price"])) == (-35, opened["price"])
        simulator.control("/close", {"position": opened["position"]})
        window = {"traderId": [number], "closingDealsOnly": True, **EVER}
        (deal,) = client.ask(431, "DealWindow", "DealListRes", **window)["deal"]
        detail = deal["closePositionDetail"]
        assert detail["commission"] == -70
        assert detail["netProfit"] == detail["profit"] + detail["swap"] + detail["commission"]
        assert detail["balance"] == 1_000_000 + detail["netProfit"]


def test_numbers_of_deals_and_of_balance_changes_overlap(simulator: Simulator) -> None:
    login = simulator.add_trader()
    changes = {simulator.pay_in(login, "1000") for _ in range(20)}
    deals = {trade(simulator, login)["deal"] for _ in range(20)}
    assert changes & deals


def test_a_list_is_cut_at_the_rows_asked_for_and_says_so(simulator: Simulator) -> None:
    login = simulator.add_trader()
    simulator.pay_in(login, "10000")
    for _ in range(3):
        trade(simulator, login)
    asked = {"traderId": [login - LOGINS_ABOVE], **EVER}
    with simulator.manager() as client:
        found = client.ask(431, "DealWindow", "DealListRes", maxRows=2, **asked)
        assert (len(found["deal"]), found["hasMore"]) == (2, True)
        assert not client.ask(431, "DealWindow", "DealListRes", maxRows=3, **asked)["hasMore"]


def test_what_happens_is_pushed_to_whoever_is_signed_in(simulator: Simulator) -> None:
    with simulator.manager() as client:
        login = simulator.add_trader()
        simulator.pay_in(login, "10000", externalId="N-8")
        trade(simulator, login)
        client.ask(313, "Plain", "Time")
        kinds = [kind for kind, _ in client.events]
        assert kinds == [messages.TRADER_CHANGED, messages.EXECUTION, messages.EXECUTION]
        told = [messages.unpacked("Execution", body) for _, body in client.events[1:]]
        assert [row["executionType"] for row in told] == [10, 3]
        assert told[0]["depositWithdraw"]["externalId"] == "N-8"  # type: ignore[index]
        assert told[1]["deal"]["positionId"] == told[1]["position"]["positionId"]  # type: ignore[index]


def test_prices_are_told_at_once_and_whenever_they_move(simulator: Simulator) -> None:
    with simulator.manager() as client:
        symbols = client.ask(467, "Plain", "SymbolListRes")["symbol"]
        euro = next(row for row in symbols if row["name"] == "EURUSD")
        assert (euro["digits"], euro["lotSize"], euro["minVolume"]) == (5, 10_000_000, 100_000)
        client.ask(601, "Spots", "Plain", symbolId=[euro["symbolId"]])
        (first,) = [body for kind, body in client.events if kind == messages.SPOT]
        spot = messages.unpacked("Spot", first)
        assert 50_000 < int(str(spot["bid"])) < int(str(spot["ask"])) < 200_000
        simulator.control("/clock", {"at": "2026-01-05T09:00:00"})
        while True:
            found = client.receive()
            if found["payloadType"] == messages.SPOT:
                break
        assert messages.unpacked("Spot", found["payload"])["bid"] != spot["bid"]
        simulator.control("/clock", {"at": "2026-01-05T08:00:00"})
        with pytest.raises(Answered, match="SYMBOL_NOT_FOUND"):
            client.ask(601, "Spots", "Plain", symbolId=[999])


def test_the_house_carries_everything_in_book_b(simulator: Simulator) -> None:
    login = simulator.add_trader()
    simulator.pay_in(login, "10000")
    trade(simulator, login, "GBPUSD")
    with simulator.manager() as client:
        assert client.ask(419, "Exposure", "ExposureRes", bookType=1)["exposureSymbolRecord"] == []
        rows = client.ask(419, "Exposure", "ExposureRes", bookType=2)["exposureSymbolRecord"]
        pound = next(row for row in rows if row["symbolId"] == 2)
        assert (pound["positionCount"], pound["buyVolume"]) == (1, 1_000_000)


def test_a_balance_is_changed_here_too_and_nonsense_is_refused(simulator: Simulator) -> None:
    login = simulator.add_trader()
    number = login - LOGINS_ABOVE
    with simulator.manager() as client:
        change = {"traderId": number, "amount": 12_345, "type": 0, "externalId": "N-9"}
        assert client.ask(519, "Change", "ChangeRes", **change)["balanceHistoryId"] > 0
        for kind, amount in ((0, 0), (0, -1), (99, 100), (1, 99_999)):
            with pytest.raises(Answered):
                client.ask(519, "Change", "ChangeRes", traderId=number, amount=amount, type=kind)
        with pytest.raises(Answered, match="UNSUPPORTED_MESSAGE"):
            client.ask(9999, "Plain", "Plain")
        with pytest.raises(Answered, match="TRADER_NOT_FOUND"):
            client.ask(519, "Change", "ChangeRes", traderId=1, amount=1, type=0)
    assert simulator.web("GET", f"/v2/webserv/traders/{login}")["balance"] == 12_345


def test_a_frame_that_is_too_long_or_no_message_ends_the_session(simulator: Simulator) -> None:
    for bytes_sent in ((2**31).to_bytes(4), (3).to_bytes(4) + b"\xff\xff\xff"):
        with simulator.manager() as client:
            client.socket.sendall(bytes_sent)
            with pytest.raises(EOFError):
                client.receive()
