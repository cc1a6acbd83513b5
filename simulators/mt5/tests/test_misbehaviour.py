"""Failures on order: what did happen is told from what only seems to have."""

from collections.abc import Iterator

import pytest

from simulators.mt5.framing import print_line
from simulators.mt5.tests.running import RawClient, Simulator


@pytest.fixture
def client(simulator: Simulator) -> Iterator[RawClient]:
    with simulator.client(encrypted=True) as connected:
        yield connected


@pytest.fixture
def login(client: RawClient) -> int:
    return client.add_user()


def balance(simulator: Simulator, login: int) -> str:
    with simulator.client() as fresh:
        return str(fresh.get("USER_GET", LOGIN=login)["Balance"])


def order(simulator: Simulator, what: str, command: str = "TRADE_BALANCE", **more: object) -> None:
    simulator.control("/misbehave", {"what": what, "command": command, **more})


def test_dropped_after_acting_the_money_has_moved(
    simulator: Simulator, client: RawClient, login: int
) -> None:
    order(simulator, "drop_after_acting")
    with pytest.raises(EOFError):
        client.pay_in(login, "100", "N-1")
    assert balance(simulator, login) == "100.00"
    with simulator.client() as fresh:
        (deal,) = fresh.get("DEAL_GET_PAGE", LOGIN=login, FROM=0, TO=4_000_000_000, OFFSET=0)
    assert deal["Comment"] == "N-1"


def test_dropped_before_acting_nothing_has_moved(
    simulator: Simulator, client: RawClient, login: int
) -> None:
    order(simulator, "drop_before_acting")
    with pytest.raises(EOFError):
        client.pay_in(login, "100")
    assert balance(simulator, login) == "0.00"


def test_half_a_reply_is_followed_by_silence_and_the_money_has_moved(
    simulator: Simulator, client: RawClient, login: int
) -> None:
    order(simulator, "half_reply")
    with pytest.raises(EOFError):
        client.pay_in(login, "100")
    assert balance(simulator, login) == "100.00"


def test_a_slow_server_has_acted_long_before_it_answers(
    simulator: Simulator, client: RawClient, login: int
) -> None:
    order(simulator, "slow", seconds=2)
    client.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        client.pay_in(login, "100")
    assert balance(simulator, login) == "100.00"
    client.socket.settimeout(20)
    params, _ = client.receive()
    assert int(params["TICKET"])


def test_a_reply_may_come_twice(simulator: Simulator, client: RawClient, login: int) -> None:
    order(simulator, "duplicate_reply")
    ticket = client.pay_in(login, "100")
    again, _ = client.receive()
    assert again["TICKET"] == str(ticket)
    assert balance(simulator, login) == "100.00"


def test_a_reply_of_the_wrong_length_leaves_the_reader_waiting(
    simulator: Simulator, client: RawClient, login: int
) -> None:
    order(simulator, "wrong_length")
    client.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        client.pay_in(login, "100")
    assert balance(simulator, login) == "100.00"


def test_forgotten_sessions_are_all_closed_and_the_command_is_not_done(
    simulator: Simulator, client: RawClient, login: int
) -> None:
    with simulator.client() as bystander:
        order(simulator, "forget_sessions")
        with pytest.raises(EOFError):
            client.pay_in(login, "100")
        with pytest.raises((EOFError, ConnectionError)):
            bystander.call("TEST_ACCESS")
    assert balance(simulator, login) == "0.00"


def test_without_a_command_sessions_are_forgotten_at_once(
    simulator: Simulator, client: RawClient
) -> None:
    simulator.control("/misbehave", {"what": "forget_sessions"})
    with pytest.raises((EOFError, ConnectionError)):
        client.call("TEST_ACCESS")


def test_a_misdeed_is_used_up_and_touches_no_other_command(
    simulator: Simulator, client: RawClient, login: int
) -> None:
    order(simulator, "drop_before_acting", times=2)
    client.call("TEST_ACCESS")
    for _ in range(2):
        with simulator.client() as fresh, pytest.raises(EOFError):
            fresh.pay_in(login, "1")
    client.send(print_line("TEST_ACCESS", {}))
    client.receive()
    client.pay_in(login, "1")
    assert simulator.control("/state")["misbehaviour"] == []
