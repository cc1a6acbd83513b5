"""What the raw Web API answers, asked packet by packet."""

import socket
from pathlib import Path

import pytest

from simulators.mt5.framing import PREFIX, Header, print_json, print_line
from simulators.mt5.tests.running import Answered, RawClient, Simulator

EVER = {"FROM": 0, "TO": 4_000_000_000}


def refused(client: RawClient, command: str, **params: object) -> int:
    with pytest.raises(Answered) as answer:
        client.call(command, **params)
    return answer.value.code


def test_a_wrong_password_is_refused_and_the_line_is_closed(simulator: Simulator) -> None:
    with pytest.raises(Answered) as answer:
        simulator.client(password="Manager2!")
    assert answer.value.code == 1001


def test_a_command_before_the_challenge_is_hung_up_on(simulator: Simulator) -> None:
    text = print_line("USER_LOGINS", {"GROUP": "*"}).encode("utf-16le")
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=20) as line:
        line.sendall(PREFIX + Header(len(text), 1, False).dump() + text)
        assert line.recv(9) == b""


def test_an_unknown_command_is_not_supported_and_the_session_lives_on(
    simulator: Simulator,
) -> None:
    with simulator.client() as client:
        assert refused(client, "MAKE_COFFEE") == 12002
        assert client.call("TEST_ACCESS") == {"RETCODE": "0 Done"}


def test_pings_are_swallowed_and_a_request_may_come_in_parts(simulator: Simulator) -> None:
    with simulator.client(encrypted=True) as client:
        client.socket.sendall(b"000000000")
        client.send(print_line("TIME_SERVER", {}), parts=3)
        params, _ = client.receive()
    seconds, address = params["TIME"].split(" ")
    assert seconds == "1767607200.000"
    assert address


def test_an_answer_too_long_for_a_packet_is_continued(simulator: Simulator) -> None:
    with simulator.client(encrypted=True) as client:
        groups = client.get("GROUP_NEXT", INDEX=0, COUNT=100)
        assert len(groups) == 21
        assert any(header.continues for header in client.headers)
        assert client.get("GROUP_GET", GROUP=groups[3]["Group"]) == groups[3]


def test_a_silent_client_is_pinged_and_then_cut_off(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"ping_seconds": 0.2, "idle_seconds": 1.0}')
    with (
        Simulator(tmp_path / "home", "--config", str(config)) as running,
        running.client() as client,
    ):
        with pytest.raises(EOFError):
            client.receive()
        numbers = [header.number for header in client.headers[2:]]
        assert numbers[:3] == [0x4000, 0x4001, 0x4002]


@pytest.mark.parametrize(
    "password", ["Short1!", "no-upper-case1", "NO-LOWER-CASE1", "No-digits-here", "NoSpecial123",
                 "Much-too-long-a-password1"],
)  # fmt: skip
def test_a_weak_password_opens_no_account(simulator: Simulator, password: str) -> None:
    with simulator.client() as client:
        before = client.call("USER_TOTAL")
        with pytest.raises(Answered) as answer:
            client.add_user(PASS_MAIN=password)
        assert answer.value.code == 3006
        assert client.call("USER_TOTAL") == before


def test_what_is_wrong_with_a_new_user_has_its_own_code(simulator: Simulator) -> None:
    with simulator.client() as client:
        login = client.add_user()
        good = {
            "LOGIN": 0, "PASS_MAIN": "Main-pass1", "PASS_INVESTOR": "Look-only1",
            "GROUP": "real\\SC-USD-Raw", "NAME": "Ada", "LEVERAGE": 100,
        }  # fmt: skip
        wrong: dict[int, dict[str, object]] = {
            3004: {"LOGIN": login}, 3003: {"LOGIN": 5}, 13: {"GROUP": "real\\Nowhere"},
            3: {"LEVERAGE": 501},
        }  # fmt: skip
        for code, params in wrong.items():
            assert refused(client, "USER_ADD", **{**good, **params}) == code


def test_a_password_can_be_checked_and_changed(simulator: Simulator) -> None:
    with simulator.client() as client:
        who = {"LOGIN": client.add_user(), "TYPE": "MAIN"}
        client.call("USER_PASS_CHECK", PASSWORD="Main-pass1", **who)
        client.call("USER_PASS_CHANGE", PASSWORD="Other-pass2", **who)
        assert refused(client, "USER_PASS_CHECK", PASSWORD="Main-pass1", **who) == 3006
        assert refused(client, "USER_PASS_CHANGE", PASSWORD="weak", **who) == 3006
        client.call("USER_PASS_CHECK", PASSWORD="Other-pass2", **who)
        client.call("USER_PASS_CHECK", LOGIN=who["LOGIN"], TYPE="INVESTOR", PASSWORD="Look-only1")


def test_a_user_is_changed_by_parameters_or_by_json(simulator: Simulator) -> None:
    with simulator.client(encrypted=True) as client:
        login = client.add_user()
        client.call("USER_UPDATE", LOGIN=login, LEVERAGE=50, CITY="Limassol")
        user = client.get("USER_GET", LOGIN=login)
        assert (user["Leverage"], user["City"]) == ("50", "Limassol")
        user |= {"Name": "Анна Müller", "Balance": "1000000.00", "ZIPCode": "3025"}
        del user["ZipCode"]
        client.send(print_line("USER_UPDATE", {"LOGIN": str(login)}) + print_json(user))
        _, changed = client.receive()
        assert (changed["Name"], changed["ZipCode"]) == ("Анна Müller", "3025")
        assert changed["Balance"] == "0.00"
        other = "real\\CY-EUR-Standard"
        assert refused(client, "USER_UPDATE", LOGIN=login, GROUP=other) == 3010


def test_an_account_with_trades_is_not_deleted_and_an_empty_one_is(simulator: Simulator) -> None:
    with simulator.client() as client:
        login = client.add_user()
        client.pay_in(login, "1000")
        opened = simulator.control(
            "/trade", {"login": login, "symbol": "EURUSD", "side": "buy", "lots": "0.1"}
        )
        assert refused(client, "USER_DELETE", LOGIN=login) == 3008
        simulator.control("/close", {"position": opened["position"]})
        client.call("USER_DELETE", LOGIN=login)
        assert refused(client, "USER_GET", LOGIN=login) == 13


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"TYPE": 2, "BALANCE": "-100.01"}, 10019),
        ({"TYPE": 3, "BALANCE": "-0.01"}, 10019),
        ({"TYPE": 7, "BALANCE": "1"}, 3),
        ({"TYPE": 2, "BALANCE": "many"}, 3),
        ({"TYPE": 2, "BALANCE": "NaN"}, 3),
        ({"TYPE": 2, "BALANCE": "1000000000.01"}, 4005),
        ({"TYPE": 2, "BALANCE": "1e30"}, 4005),
        ({"TYPE": 2, "BALANCE": "1", "LOGIN": 1}, 13),
    ],
)
def test_a_refused_balance_change_leaves_no_deal(
    simulator: Simulator, params: dict[str, object], code: int
) -> None:
    with simulator.client() as client:
        login = client.add_user()
        client.pay_in(login, "100")
        assert refused(client, "TRADE_BALANCE", **{"LOGIN": login, **params}) == code
        assert client.call("DEAL_GET_TOTAL", LOGIN=login, **EVER)["TOTAL"] == "1"
        assert client.get("USER_GET", LOGIN=login)["Balance"] == "100.00"


def test_credit_and_balance_are_kept_apart(simulator: Simulator) -> None:
    with simulator.client() as client:
        login = client.add_user()
        client.pay_in(login, "100")
        client.call("TRADE_BALANCE", LOGIN=login, TYPE=3, BALANCE="30", COMMENT="welcome")
        state = client.get("USER_ACCOUNT_GET", LOGIN=login)
        assert (state["Balance"], state["Credit"], state["Equity"]) == ("100.00", "30.00", "130.00")
        client.call("TRADE_BALANCE", LOGIN=login, TYPE=3, BALANCE="-30", COMMENT="")
        assert client.get("USER_ACCOUNT_GET", LOGIN=login)["Credit"] == "0.00"


def test_a_known_trade_is_a_position_then_two_deals_and_two_orders(simulator: Simulator) -> None:
    with simulator.client() as client:
        login = client.add_user("real\\SC-USD-Raw")
        client.pay_in(login, "5000")
        opened = simulator.control(
            "/trade", {"login": login, "symbol": "EURUSD", "side": "sell", "lots": "1"}
        )
        (position,) = client.get("POSITION_GET_PAGE", LOGIN=login, OFFSET=0, TOTAL=10)
        assert (position["Volume"], position["VolumeExt"]) == ("10000", "100000000")
        assert client.get("POSITION_GET", LOGIN=login, SYMBOL="EURUSD") == position
        assert client.get("POSITION_GET_BATCH", TICKET=opened["position"]) == [position]
        closed = simulator.control("/close", {"position": opened["position"]})
        deals = client.get("DEAL_GET_PAGE", LOGIN=login, OFFSET=1, TOTAL=100, **EVER)
        assert [deal["Deal"] for deal in deals] == [str(opened["deal"]), str(closed["deal"])]
        assert [(deal["Action"], deal["Entry"]) for deal in deals] == [("1", "0"), ("0", "1")]
        assert {deal["PositionID"] for deal in deals} == {str(opened["position"])}
        assert {deal["Commission"] for deal in deals} == {"-3.50"}
        assert client.call("HISTORY_GET_TOTAL", LOGIN=login, **EVER)["TOTAL"] == "2"
        assert client.get("HISTORY_GET", TICKET=opened["order"])["State"] == "4"
        assert client.call("POSITION_GET_TOTAL", LOGIN=login)["TOTAL"] == "0"
        assert client.call("ORDER_GET_TOTAL", LOGIN=login)["TOTAL"] == "0"


def test_batches_go_by_login_list_or_group_mask(simulator: Simulator) -> None:
    with simulator.client() as client:
        first, second = client.add_user("demo\\SC-USD-Raw"), client.add_user("demo\\SC-USD-Raw")
        for login in (first, second):
            client.pay_in(login, "10")
        users = client.get("USER_GET_BATCH", LOGIN=f"{second},{first},1")
        assert [user["Login"] for user in users] == [str(second), str(first)]
        deals = client.get("DEAL_GET_BATCH", GROUP="demo\\*,!demo\\CY*", **EVER)
        assert {deal["Login"] for deal in deals} == {str(first), str(second)}
        assert refused(client, "DEAL_GET_BATCH", GROUP="*") == 3
        masked = client.get("USER_LOGINS", GROUP="demo\\*,!demo\\SC*")
        assert str(first) not in masked


def test_ticks_are_given_once_for_each_transaction_number(simulator: Simulator) -> None:
    with simulator.client() as client:
        client.send(print_line("TICK_LAST", {"SYMBOL": "EURUSD,XAUUSD", "TRANS_ID": "0"}))
        params, ticks = client.receive()
        assert {tick["Symbol"] for tick in ticks} == {"EURUSD", "XAUUSD"}
        assert all(float(tick["Ask"]) > float(tick["Bid"]) for tick in ticks)
        seen = params["TRANS_ID"]
        assert client.get("TICK_LAST", SYMBOL="EURUSD,XAUUSD", TRANS_ID=seen) == []
        (statistics,) = client.get("TICK_STAT", SYMBOL="EURUSD")
        assert float(statistics["BidLow"]) <= float(statistics["BidHigh"])


def test_the_clock_tells_its_offset_and_deals_bear_server_time(simulator: Simulator) -> None:
    with simulator.client() as client:
        time = client.get("TIME_GET")
        assert (time["TimeZone"], time["Daylight"], time["DaylightState"]) == ("120", "1", "0")
        login = client.add_user()
        deal = client.get("DEAL_GET", TICKET=client.pay_in(login, "5"))
        assert deal["Time"] == "1767607200"


def test_a_group_and_a_symbol_can_be_added_and_deleted(simulator: Simulator) -> None:
    with simulator.client() as client:
        group = client.get("GROUP_GET", GROUP="real\\SC-USD-Raw") | {"Group": "real\\New"}
        client.send(print_line("GROUP_ADD", {}) + print_json(group))
        client.receive()
        added = client.get("GROUP_GET", GROUP="real\\New")
        assert added["Commissions"] == group["Commissions"]
        client.call("GROUP_DELETE", GROUP="real\\New")
        assert refused(client, "GROUP_GET", GROUP="real\\New") == 13
        symbol = client.get("SYMBOL_GET", SYMBOL="WTI") | {"Symbol": "BRENT", "PriceSettle": "82"}
        client.send(print_line("SYMBOL_ADD", {}) + print_json(symbol))
        client.receive()
        (tick,) = client.get("TICK_LAST", SYMBOL="BRENT")
        assert 40 < float(tick["Bid"]) < 160
        client.call("SYMBOL_DELETE", SYMBOL="BRENT")
        assert refused(client, "SYMBOL_GET", SYMBOL="BRENT") == 13


def test_a_manager_sees_only_his_groups_and_moves_no_money_without_the_right(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.json"
    config.write_text(
        '{"managers": [{"login": 1001, "groups": "demo*", "accountant": false}],'
        ' "groups": [{"group": "demo\\\\A"}, {"group": "real\\\\A", "commission": "2.5"}]}'
    )
    with (
        Simulator(tmp_path / "home", "--config", str(config)) as running,
        running.client() as client,
    ):
        assert client.call("GROUP_TOTAL")["TOTAL"] == "1"
        assert refused(client, "GROUP_GET", GROUP="real\\A") == 8
        login = client.add_user("demo\\A")
        with pytest.raises(Answered, match="8"):
            client.add_user("real\\A")
        assert refused(client, "TRADE_BALANCE", LOGIN=login, TYPE=2, BALANCE=1) == 8
