"""The control door, and the program around it."""

from pathlib import Path

from simulators.market.zone import moment
from simulators.mt5.tests.running import Simulator

JANUARY = "2026-01-05T08:00:00"


def test_time_is_frozen_and_advanced_and_trading_happens(tmp_path: Path) -> None:
    with Simulator(tmp_path) as running:
        running.control("/clock", {"at": JANUARY})
        with running.client() as client:
            for _ in range(5):
                client.pay_in(client.add_user(), "5000")
            answer = running.control("/advance", {"to": "2026-02-05T08:00:00", "step_seconds": 900})
            assert answer["clock"] == "2026-02-05T08:00:00.000+00:00"
            assert answer["deals"] > 20
            assert running.control("/state")["deals"] == answer["deals"] + 5
            logins = ",".join(client.get("USER_LOGINS", GROUP="*"))
            window = {"LOGIN": logins, "FROM": 0, "TO": 4_000_000_000}
            assert len(client.get("DEAL_GET_BATCH", **window)) == answer["deals"] + 5
            assert len(client.get("DAILY_GET", **window)) == 5 * 31
            assert "PositionAdd" not in client.get("DAILY_GET_LIGHT", **window)[0]


def test_a_restart_forgets_sessions_but_neither_accounts_nor_tickets(tmp_path: Path) -> None:
    with Simulator(tmp_path) as running:
        running.control("/clock", {"at": JANUARY})
        with running.client() as client:
            login = client.add_user()
            ticket = client.pay_in(login, "77.70")
    with Simulator(tmp_path) as again, again.client() as client:
        assert client.get("USER_GET", LOGIN=login)["Balance"] == "77.70"
        assert client.get("DEAL_GET", TICKET=ticket)["Profit"] == "77.70"
        assert client.add_user() == login + 1
        assert client.pay_in(login, "1") == ticket + 1
        assert again.control("/state")["clock"] == "2026-01-05T08:00:00.000+00:00"


def test_live_trading_follows_the_wall_clock(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"always_open": true}')
    with Simulator(tmp_path / "home", "--config", str(config)) as running:
        running.control("/clock", {"at": JANUARY})
        with running.client() as client:
            for _ in range(3):
                client.pay_in(client.add_user(), "5000")
            running.control("/live", {"trades_per_minute": 6000})
            state = running.control("/state")
            while state["positions"] < 5:
                state = running.control("/state")
            assert not state["frozen"]
            assert moment(state["clock"]) > moment("2026-02-01")


def test_a_careless_dealer_deletes_a_deal_and_the_balance_stays(simulator: Simulator) -> None:
    with simulator.client() as client:
        login = client.add_user()
        ticket = client.pay_in(login, "40")
        assert simulator.control("/delete-deal", {"ticket": ticket}) == {"deleted": ticket}
        window = {"LOGIN": login, "FROM": 0, "TO": 4_000_000_000}
        assert client.call("DEAL_GET_TOTAL", **window)["TOTAL"] == "0"
        assert client.get("USER_GET", LOGIN=login)["Balance"] == "40.00"
    assert simulator.control("/delete-deal", {"ticket": ticket})["status"] == 409


def test_a_trade_beyond_the_money_or_the_step_is_refused(simulator: Simulator) -> None:
    with simulator.client() as client:
        login = client.add_user()
        client.pay_in(login, "10")
    trade = {"login": login, "symbol": "EURUSD", "side": "buy", "lots": "1"}
    assert simulator.control("/trade", trade)["retcode"] == 10019
    assert simulator.control("/trade", {**trade, "lots": "0.015"})["retcode"] == 10014
    assert simulator.control("/trade", {**trade, "side": "up"})["status"] == 400
    assert simulator.control("/trade", {**trade, "symbol": "NONE"})["status"] == 409


def test_what_the_door_does_not_know_it_says(simulator: Simulator) -> None:
    assert simulator.control("/nonsense", {})["status"] == 404
    assert simulator.control("/advance", {"to": "2020-01-01"})["status"] == 400
    assert simulator.control("/misbehave", {"what": "sing"})["status"] == 400
    assert simulator.control("/clock", {})["status"] == 400


def test_accounts_follow_a_master_or_share_a_managers_orders(tmp_path: Path) -> None:
    with Simulator(tmp_path) as running:
        running.control("/clock", {"at": JANUARY})
        with running.client() as client:
            master, first, second, third, manager = (client.add_user() for _ in range(5))
            for login in (master, first, second, third, manager):
                client.pay_in(login, "5000")
            followers = [{"login": first, "ratio": "0.5"}]
            told = running.control("/follow", {"master": master, "followers": followers})
            assert told == {"master": master, "followers": [first]}
            accounts = [{"login": second}, {"login": third}]
            chain = running.control("/allocate", {"master": first, "accounts": accounts})
            assert chain["status"] == 409
            running.control("/allocate", {"master": manager, "accounts": accounts})
            asked = {"symbol": "EURUSD", "side": "buy", "lots": "0.20"}
            running.control("/trade", {"login": master, **asked})
            running.control("/trade", {"login": manager, **asked})
            volumes = {}
            for login in (master, first, second, third):
                (held,) = client.get("POSITION_GET_BATCH", LOGIN=str(login))
                volumes[login] = held["Volume"]
            assert list(volumes.values()) == ["2000", "1000", "1000", "1000"]
            wrong = running.control("/follow", {"master": 1, "followers": followers})
            assert wrong["status"] == 409
            assert running.control("/follow", {"master": master})["status"] == 400
