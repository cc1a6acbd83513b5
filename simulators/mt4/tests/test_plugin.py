"""The plugin's door: who may ask, and failures on order."""

import pytest

from simulators.mt4.tests.running import Answered, RawClient, Simulator, masked


def balance(simulator: Simulator, login: int) -> str:
    with simulator.client() as fresh:
        return fresh.call("getaccountbalance", login=login)["balance"]


def order(simulator: Simulator, what: str, **more: object) -> None:
    simulator.control("/misbehave", {"what": what, "command": "CHANGEBALANCE", **more})


def test_a_wrong_hash_changes_nothing_and_the_line_stays_open(simulator: Simulator) -> None:
    with simulator.client() as client:
        login = client.funded()
        client.secret = "wrong"
        with pytest.raises(Answered, match="11"):
            client.call("changebalance", login=login, value="1", comment="x")
        client.secret = "wik-secret"
        assert client.call("getaccountbalance", login=login)["balance"] == "1000.00"


def test_what_is_not_a_request_closes_the_line(simulator: Simulator) -> None:
    with simulator.client() as client:
        client.socket.sendall(masked(b"GET / HTTP/1.1\r\n\r\n\0"))
        with pytest.raises((EOFError, ConnectionError)):
            client.receive()


@pytest.mark.parametrize(
    ("action", "values", "code"),
    [
        ("sing", {}, "3"),
        ("changebalance", {"login": 99, "value": "1"}, "65"),
        ("changebalance", {"value": "1"}, "3"),
        ("changebalance", {"login": "LOGIN", "value": "nan"}, "3"),
        ("changebalance", {"login": "LOGIN", "value": "-1000.01"}, "134"),
        ("changecredit", {"login": "LOGIN", "value": "-0.01"}, "134"),
        ("createaccount", {"group": "nowhere"}, "3"),
        ("changepassword", {"login": "LOGIN", "pass": "short"}, "3"),
        ("modifyaccount", {"login": "LOGIN", "leverage": 0}, "3"),
        ("modifyaccount", {"login": "LOGIN", "group": "SC-EUR-Raw"}, "3"),
        ("checkpassword", {"login": "LOGIN", "pass": "Look-only1"}, "65"),
    ],
)
def test_refusals_bear_the_servers_codes_and_change_nothing(
    client: RawClient, action: str, values: dict[str, object], code: str
) -> None:
    login = client.funded()
    asked = {name: login if value == "LOGIN" else value for name, value in values.items()}
    before = client.call("getaccountinfo", login=login)
    with pytest.raises(Answered, match=f"^{code}$"):
        client.call(action, **asked)
    after = client.call("getaccountinfo", login=login)
    assert before | {"request_id": ""} == after | {"request_id": ""}


@pytest.mark.parametrize(
    ("what", "moved"),
    [("drop_after_acting", True), ("drop_before_acting", False), ("half_reply", True),
     ("forget_sessions", False)],
)  # fmt: skip
def test_a_line_that_ends_leaves_open_whether_the_money_moved(
    simulator: Simulator, client: RawClient, what: str, moved: bool
) -> None:
    login = client.funded()
    order(simulator, what)
    with pytest.raises((EOFError, ConnectionError)):
        client.call("changebalance", login=login, value="5", comment="x")
    assert balance(simulator, login) == ("1005.00" if moved else "1000.00")


def test_answers_may_come_twice_or_in_another_order(
    simulator: Simulator, client: RawClient
) -> None:
    login = client.funded()
    order(simulator, "duplicate_reply")
    first = client.call("changebalance", login=login, value="5", comment="x")
    assert client.receive() == first
    order(simulator, "reorder")
    client.send("changebalance", login=login, value="5", comment="y")
    client.send("servertime")
    early, late = client.receive(), client.receive()
    assert ("time" in early, late["newbalance"]) == (True, "1010.00")
    assert int(early["request_id"]) == int(late["request_id"]) + 1


def test_a_restart_forgets_sessions_but_neither_accounts_nor_tickets(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("restart")
    with Simulator(home) as running:
        running.control("/clock", {"at": "2026-01-05T08:00:00"})
        with running.client() as client:
            login = client.funded()
            ticket = running.trade(login, "0.10")
            rest = running.control("/close", {"position": ticket, "lots": "0.04"})["rest"]
        rows = running.select("SELECT * FROM mt4_trades ORDER BY TICKET")
    with Simulator(home) as again:
        assert again.select("SELECT * FROM mt4_trades ORDER BY TICKET") == rows
        assert again.control("/close", {"position": rest})["rest"] is None
        assert again.control("/close", {"position": rest})["status"] == 409
        assert again.trade(login, "0.10") > rest
