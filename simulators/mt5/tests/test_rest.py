"""The HTTPS door, driven with the standard library's client and nothing of ours."""

import json
import secrets
import ssl
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from simulators.mt5.authentication import answer, password_digest
from simulators.mt5.tests.running import RawClient, Simulator

USER = {
    "pass_main": "Main-pass1", "pass_investor": "Look-only1", "group": "real\\SC-USD-Standard",
    "name": "Ada & Byron", "leverage": 100,
}  # fmt: skip


class RestClient:
    """One connection; `cookie` is what a gateway gave."""

    def __init__(self, simulator: Simulator) -> None:
        context = ssl.create_default_context(cafile=simulator.ready["certificate"])
        port = simulator.ready["rest_port"]
        self.connection = HTTPSConnection("localhost", port, context=context, timeout=20)
        self.cookie = ""
        self.status = 0

    def ask(self, path: str, /, **query: object) -> Any:
        return self.send(path, "", **query)

    def send(self, path: str, body: str, /, **query: object) -> Any:
        method = "POST" if body else "GET"
        headers = {"Cookie": self.cookie} if self.cookie else {}
        self.connection.request(method, f"{path}?{urlencode(query)}", body or None, headers)
        response = self.connection.getresponse()
        self.status = response.status
        self.cookie = (response.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        text = response.read()
        return json.loads(text) if text else None

    def sign_in(self, password: str = "Manager1!", start: str = "/api/auth/start") -> Any:
        digest = password_digest(password)
        began = self.ask(start, version=3211, agent="test", login=1001, type="manager")
        mine = secrets.token_bytes(16)
        said = self.ask(
            start.replace("start", "answer"), cli_rand=mine.hex(),
            srv_rand_answer=answer(digest, bytes.fromhex(began["srv_rand"])),
        )  # fmt: skip
        if said["retcode"] == "0 Done":
            assert said["cli_rand_answer"] == answer(digest, mine)
        return said


@pytest.fixture
def rest(simulator: Simulator) -> Iterator[RestClient]:
    client = RestClient(simulator)
    client.sign_in()
    yield client
    client.connection.close()


def test_who_has_not_signed_in_is_forbidden_everything(simulator: Simulator) -> None:
    stranger = RestClient(simulator)
    assert stranger.ask("/api/user/total") is None
    assert stranger.status == 403
    assert stranger.sign_in("Wrong1!x")["retcode"].startswith("1001 ")


def test_a_session_belongs_to_its_connection(simulator: Simulator, rest: RestClient) -> None:
    assert rest.ask("/api/test/access") == {"retcode": "0 Done"}
    other = RestClient(simulator)
    other.ask("/api/test/access")
    assert other.status == 403


def test_behind_a_gateway_a_session_is_a_cookie(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"gateway": True}))
    with Simulator(tmp_path / "home", "--config", str(config)) as simulator:
        first, second = RestClient(simulator), RestClient(simulator)
        first.sign_in()
        second.cookie = first.cookie
        assert second.ask("/api/user/total")["answer"] == {"total": "0"}
        second.cookie = ""
        second.ask("/api/user/total")
        assert second.status == 403
        first.connection.close()
        second.connection.close()


def test_old_addresses_are_understood(simulator: Simulator) -> None:
    client = RestClient(simulator)
    client.sign_in(start="/auth_start")
    assert client.ask("/user_total")["retcode"] == "0 Done"
    assert client.ask("/api/daily_get", **{"from": 0, "to": 1, "group": "*"})["answer"] == []


def test_a_body_wins_over_the_query(rest: RestClient) -> None:
    added = rest.send("/api/user/add", '{"Name": "Augusta King", "Leverage": 50}', **USER)
    assert (added["answer"]["Name"], added["answer"]["Leverage"]) == ("Augusta King", "50")
    got = rest.send("/api/user/get", json.dumps({"Login": added["answer"]["Login"]}), login=1)
    assert got["answer"] == added["answer"]


def test_both_doors_give_the_same_answers(simulator: Simulator, rest: RestClient) -> None:
    added = rest.ask("/api/user/add", **USER)["answer"]
    login = int(added["Login"])
    paid = rest.ask("/api/trade/balance", login=login, type=2, balance="75.50", comment="in")
    simulator.control("/trade", {"login": login, "symbol": "EURUSD", "side": "buy", "lots": "0.01"})
    span = {"FROM": 0, "TO": 4_000_000_000}
    with simulator.client() as raw:
        for path, command, given in (
            ("user/get", "USER_GET", {"LOGIN": login}),
            ("user/get_batch", "USER_GET_BATCH", {"LOGIN": login}),
            ("user/logins", "USER_LOGINS", {"GROUP": "*"}),
            ("user/account/get", "USER_ACCOUNT_GET", {"LOGIN": login}),
            ("group/get", "GROUP_GET", {"GROUP": USER["group"]}),
            ("position/get_page", "POSITION_GET_PAGE", {"LOGIN": login}),
            ("deal/get_batch", "DEAL_GET_BATCH", {"LOGIN": login, **span}),
            ("history/get_page", "HISTORY_GET_PAGE", {"LOGIN": login, **span}),
            ("daily/get", "DAILY_GET", {"LOGIN": login, **span}),
            ("time/get", "TIME_GET", {}),
            ("tick/last", "TICK_LAST", {"SYMBOL": "EURUSD"}),
        ):  # fmt: skip
            query = {name.lower(): value for name, value in given.items()}
            assert rest.ask(f"/api/{path}", **query)["answer"] == raw.get(command, **given)
        for path, command, given in (
            ("user/total", "USER_TOTAL", {}),
            ("deal/get_total", "DEAL_GET_TOTAL", {"LOGIN": login, **span}),
            ("time/server", "TIME_SERVER", {}),
        ):
            query = {name.lower(): value for name, value in given.items()}
            said = {key.upper(): text for key, text
                    in rest.ask(f"/api/{path}", **query)["answer"].items()}  # fmt: skip
            assert said == _answered(raw, command, given)
        (deal, _) = raw.get("DEAL_GET_PAGE", LOGIN=login, **span)
        assert paid["answer"] == {"Ticket": deal["Deal"]}
        mark = raw.call("TICK_LAST", SYMBOL="EURUSD")["TRANS_ID"]
        assert rest.ask("/api/tick/last", symbol="EURUSD")["trans_id"] == mark
    assert rest.ask("/api/symbol/get", symbol="EURUSD")["answer"][0]["Symbol"] == "EURUSD"


def _answered(raw: RawClient, command: str, given: dict[str, int]) -> dict[str, str]:
    return {name: text for name, text in raw.call(command, **given).items() if name != "RETCODE"}


def test_refusals_have_a_code_and_no_answer(rest: RestClient) -> None:
    assert rest.ask("/api/user/get", login=99) == {"retcode": "13 NotFound"}
    assert rest.ask("/api/user/get")["retcode"].startswith("3 ")
    assert rest.send("/api/user/get", "{", login=1)["retcode"].startswith("3 ")
    assert rest.send("/api/user/get", "[1]", login=1)["retcode"].startswith("3 ")
    assert rest.ask("/api/no/such")["retcode"].startswith("12002 ")
    assert rest.status == 200
    assert rest.ask("/api/quit")["retcode"] == "0 Done"


def test_a_line_dropped_after_acting_has_moved_the_money(
    simulator: Simulator, rest: RestClient
) -> None:
    login = int(rest.ask("/api/user/add", **USER)["answer"]["Login"])
    simulator.control("/misbehave", {"what": "drop_after_acting", "command": "TRADE_BALANCE"})
    with pytest.raises((ConnectionError, OSError)):
        rest.ask("/api/trade/balance", login=login, type=2, balance="75.50", comment="in")
    with simulator.client() as raw:
        assert raw.get("USER_GET", LOGIN=login)["Balance"] == "75.50"
