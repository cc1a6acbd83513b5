import socket
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from nostro.kit import Refused, Retry, Unknown
from nostro.trading.adapters.mt4 import wire
from nostro.trading.adapters.mt4.client import Wik
from nostro.trading.adapters.mt4.settings import Mt4Settings
from nostro.trading.adapters.mt4.tests.peer import KEY, Peer, peer, said

FUNDS = Decimal("5.00")


def wik(port: int, **changed: Any) -> Wik:
    usual: dict[str, Any] = {
        "host": "127.0.0.1", "port": port, "mask": SecretStr(KEY.decode()),
        "secret": SecretStr("word"), "database_host": "127.0.0.1", "database_user": "reader",
        "database_password": SecretStr("Reader1!"), "connect_timeout": 5.0, "answer_timeout": 5.0,
    }  # fmt: skip
    return Wik(Mt4Settings(**(usual | changed)))


def pay(one: Wik) -> int:
    return one.change_money(7, FUNDS, credit=False, comment="W-1")


def test_a_request_bears_its_number_its_values_and_their_hash() -> None:
    with peer(lambda asked: [said(asked["request_id"], "result=1&size=1&deal=12")]) as server:
        asker = wik(server.port)
        assert (pay(asker), pay(asker)) == (12, 12)
        asker.close()
    first, second = server.heard
    assert first == {
        "action": "changebalance", "request_id": "1", "login": "7", "value": "5.00",
        "comment": "W-1", "hash": wire.request_hash(1, "changebalance", "word"),
    }  # fmt: skip
    assert (second["request_id"], second["hash"]) == (
        "2", wire.request_hash(2, "changebalance", "word"),
    )  # fmt: skip
    assert server.connections == 1


def test_an_answer_that_trickles_in_is_put_together() -> None:
    def answer(asked: dict[str, str]) -> list[bytes]:
        whole = said(asked["request_id"], "result=1&size=1&time=1780311600")
        return [whole[place : place + 1] for place in range(len(whole))]

    with peer(answer) as server:
        assert wik(server.port).server_seconds() == 1780311600


def test_late_and_repeated_answers_to_other_requests_are_left_out() -> None:
    def answer(asked: dict[str, str]) -> list[bytes]:
        number = asked["request_id"]
        late = said("99", "result=1&size=1&time=1")
        return [late, said(number, f"result=1&size=1&time={int(number) * 10}")] * 2

    with peer(answer) as server:
        asker = wik(server.port)
        assert [asker.server_seconds() for _ in range(3)] == [10, 20, 30]


@pytest.mark.parametrize(
    "broken",
    [
        b"", b"12\nabc", b"abc\n", b"-5\n", b"99999999999\nx", b"123456789012345678",
        b"4\n\xff\xfe\xfd\xfc", b"0\n", b"\n", b"8\nresult=1",
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_unknown_for_a_write_and_retry_for_a_read(broken: bytes) -> None:
    """Each is sent once and the line stays open: whoever waits for more is out of time."""
    with peer(lambda asked: [broken]) as server:
        with pytest.raises(Unknown):
            pay(wik(server.port, answer_timeout=0.2))
        with pytest.raises(Retry):
            wik(server.port, answer_timeout=0.2).server_seconds()


def test_a_line_that_ends_within_an_answer_is_unknown_for_a_write() -> None:
    def half(asked: dict[str, str]) -> list[bytes]:
        whole = said(asked["request_id"], "result=1&size=1&deal=12")
        return [whole[: len(whole) // 2]]

    with peer(half) as server, pytest.raises(Unknown):
        pay(wik(server.port, answer_timeout=0.2))
    with peer(lambda asked: None) as server:
        with pytest.raises(Unknown):
            pay(wik(server.port))
        with pytest.raises(Retry):
            wik(server.port).server_seconds()


def test_a_plugin_that_cannot_be_reached_is_retry_even_for_a_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    with pytest.raises(Retry):
        pay(wik(port))


def test_a_write_that_was_done_and_does_not_say_what_is_unknown() -> None:
    from nostro.trading.adapters.mt4.tests.conftest import request

    with peer(lambda asked: [said(asked["request_id"], "result=1&size=1")]) as server:
        asker = wik(server.port)
        with pytest.raises(Unknown):
            asker.open_account(request(), key="k")
        assert pay(asker) == 0


@pytest.mark.parametrize(
    ("answered", "reads", "writes"),
    [
        ("error=134&reason=not enough money", Refused, Refused),
        ("error=65&reason=bad account", Refused, Refused),
        ("error=128&reason=trade timeout", Retry, Unknown),
        ("error=141&reason=too many requests", Retry, Unknown),
        ("reason=something new", Refused, Refused),
        ("error=no such action", Refused, Refused),
    ],
)
def test_return_codes_become_the_three_troubles(
    answered: str, reads: type[Exception], writes: type[Exception]
) -> None:
    with peer(lambda asked: [said(asked["request_id"], f"result=0&size=1&{answered}")]) as server:
        asker = wik(server.port)
        with pytest.raises(reads):
            asker.server_seconds()
        with pytest.raises(writes):
            pay(asker)
    assert server.connections == 1


def test_rows_of_another_plugin_are_read_by_what_they_must_have() -> None:
    def answer(asked: dict[str, str]) -> list[bytes]:
        rows = {
            "getaccounts": "5;a;key;x\r\n\r\nnot a row\r\n9;key;;\r\n12;keys;;",
            "getbalancesoperations": "1;5.00;1780311600;other\nx;1;2;W-1\n2;5.00\n3;5.00;1;W-1",
        }
        return [said(asked["request_id"], f"result=1&size=9&answer={rows[asked['action']]}")]

    with peer(answer) as server:
        asker = wik(server.port)
        assert asker.find_account("key", "*") == 9
        assert asker.find_account("none", "*") is None
        assert asker.find_money(7, "W-1", 0, 1) == 3
        assert asker.find_money(7, "W-2", 0, 1) is None


def test_a_number_that_is_none_may_be_asked_again() -> None:
    noon = lambda asked: [said(asked["request_id"], "result=1&size=1&time=noon")]
    with peer(noon) as server, pytest.raises(Retry):
        wik(server.port).server_seconds()


def test_a_line_that_idled_is_replaced_before_it_is_written_to() -> None:
    with peer(lambda asked: [said(asked["request_id"], "result=1&size=1&deal=1")]) as server:
        asker = wik(server.port, idle_limit=1e-9)
        assert (pay(asker), pay(asker)) == (1, 1)
        asker.close()
    assert server.connections == 2


def test_secrets_are_never_shown() -> None:
    from nostro.trading.ports import PasswordKind

    server: Peer
    with peer(lambda asked: None) as server:
        asker = wik(server.port)
        with pytest.raises(Unknown) as trouble:
            asker.set_password(7, "Secret1!x", PasswordKind.MAIN)
        with pytest.raises(Refused) as refusal:
            asker.set_password(7, "Secret&1!x", PasswordKind.MAIN)
    assert "Secret" not in str(trouble.value) + str(refusal.value)
    for word in (KEY.decode(), "'word'", "Reader1!"):
        assert word not in repr(asker.settings)


def test_a_body_of_a_hundred_megabytes_is_refused_by_its_length_alone() -> None:
    with peer(lambda asked: [b"104857600\n"]) as server:
        with pytest.raises(Retry, match="longer than 64 MB"):
            wik(server.port).server_seconds()
        with pytest.raises(Unknown, match="longer than 64 MB"):
            pay(wik(server.port))
