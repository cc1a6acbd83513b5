"""Failures on order, and what survives them."""

from http.client import HTTPException
from pathlib import Path

import pytest

from simulators.ctrader import messages
from simulators.ctrader.tests.running import Answered, Simulator

TRADERS = "/v2/webserv/traders"
EVER = {"fromTimestamp": 0, "toTimestamp": 4_000_000_000_000}


def balance(simulator: Simulator, login: int) -> int:
    return int(simulator.web("GET", f"{TRADERS}/{login}")["balance"])


@pytest.mark.parametrize(
    ("what", "moved"),
    [("drop_after_acting", 500), ("drop_before_acting", 0), ("half_reply", 500),
     ("wrong_length", 500)],
)  # fmt: skip
def test_an_answer_of_webservices_is_lost_and_the_money_says_whether_it_was_done(
    simulator: Simulator, what: str, moved: int
) -> None:
    login = simulator.add_trader()
    simulator.control("/misbehave", {"what": what, "command": "CHANGE_BALANCE"})
    with pytest.raises((HTTPException, OSError)):
        simulator.pay_in(login, "5")
    assert balance(simulator, login) == moved


@pytest.mark.parametrize("what", ["drop_after_acting", "half_reply", "wrong_length"])
def test_an_answer_of_the_manager_api_is_lost(simulator: Simulator, what: str) -> None:
    simulator.control("/misbehave", {"what": what, "command": "TRADER_LIST"})
    with simulator.manager() as client:
        client.socket.settimeout(1)
        with pytest.raises((EOFError, TimeoutError)):
            client.ask(403, "Window", "TraderListRes", **EVER)


def test_an_answer_comes_twice_or_after_the_next_one(simulator: Simulator) -> None:
    with simulator.manager() as client:
        simulator.control("/misbehave", {"what": "duplicate_reply", "command": "ASSET_LIST"})
        client.ask(465, "Plain", "AssetListRes")
        again = client.receive()
        assert (again["payloadType"], again["clientMsgId"]) == (466, "m2")
        asked = {"what": "reorder", "command": "ASSET_LIST", "seconds": 30}
        simulator.control("/misbehave", asked)
        first, second = client.send(465, "Plain"), client.send(313, "Plain")
        assert [client.receive()["clientMsgId"] for _ in range(2)] == [second, first]


def test_a_restart_forgets_sessions_and_tokens_but_no_money(tmp_path: Path) -> None:
    with Simulator(tmp_path) as running:
        running.control("/clock", {"at": "2026-01-05T08:00:00"})
        login = running.add_trader()
        number = running.pay_in(login, "77.70", externalId="N-1")
        with running.manager() as client:
            running.control("/misbehave", {"what": "forget_sessions"})
            with pytest.raises(EOFError):
                client.receive()
        with pytest.raises(Answered) as refusal:
            running.web("GET", "/v2/webserv/symbols")
        assert refusal.value.status == 401
    with Simulator(tmp_path) as again:
        assert balance(again, login) == 7_770
        assert again.add_trader() == login + 1
        assert again.pay_in(login, "1") == number + 1
        with again.manager() as client:
            found = client.ask(417, "TraderWindow", "HistoryRes", **EVER)["depositWithdraw"]
            assert [row["externalId"] for row in found] == ["N-1", ""]


def test_who_was_forgotten_twice_hears_of_no_deal_and_keeps_none_from_being_booked(
    simulator: Simulator,
) -> None:
    login = simulator.add_trader()
    simulator.pay_in(login, "1000")
    with simulator.manager():
        for _ in range(2):
            simulator.control("/misbehave", {"what": "forget_sessions"})
        trade = {"login": login, "symbol": "BTCUSD", "side": "buy", "lots": "0.01"}
        assert simulator.control("/trade", trade)["deal"]


def test_a_dealer_deletes_a_deal_and_somebody_turns_the_clock(tmp_path: Path) -> None:
    with Simulator(tmp_path) as running, running.manager() as client:
        login = running.add_trader()
        running.pay_in(login, "1000")
        trade = {"login": login, "symbol": "BTCUSD", "side": "buy", "lots": "0.01"}
        ticket = running.control("/trade", trade)["deal"]
        assert running.control("/delete-deal", {"ticket": ticket}) == {"deleted": ticket}
        assert client.ask(431, "DealWindow", "DealListRes", **EVER)["deal"] == []
        before = client.ask(313, "Plain", "Time")["timestamp"]
        running.control("/shift", {"seconds": -90})
        assert client.ask(313, "Plain", "Time")["timestamp"] < before
        assert (
            running.control("/trade", {**trade, "lots": "100"})["errorCode"] == "NOT_ENOUGH_MONEY"
        )


def test_the_same_seed_shows_the_prices_of_the_other_platform(simulator: Simulator) -> None:
    from simulators.market import INSTRUMENTS, Market, ServerZone
    from simulators.market.zone import moment

    market = Market(7, ServerZone())
    quote = market.quote(INSTRUMENTS[0], moment("2026-01-05T08:00:00"), markup=0)  # type: ignore[arg-type]
    with simulator.manager() as client:
        client.ask(601, "Spots", "Plain", symbolId=[1])
        (spot,) = [messages.unpacked("Spot", body) for _, body in client.events]
        assert spot["bid"] == int(quote.bid * 100_000)
