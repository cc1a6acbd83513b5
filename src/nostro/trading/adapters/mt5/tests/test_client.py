import socket
from typing import Any

import pytest
from pydantic import SecretStr

from nostro.kit import Refused, Retry, Unknown
from nostro.trading.adapters.mt5.client import Client
from nostro.trading.adapters.mt5.settings import Mt5Settings
from nostro.trading.adapters.mt5.tests.peer import PASSWORD, done, peer


def client(port: int, **changed: Any) -> Client:
    usual: dict[str, Any] = {
        "host": "127.0.0.1", "port": port, "login": 1001, "password": SecretStr(PASSWORD),
        "connect_timeout": 5.0, "answer_timeout": 5.0,
    }  # fmt: skip
    return Client(Mt5Settings(**(usual | changed)))


@pytest.mark.parametrize("encryption", [True, False])
def test_an_answer_arrives_between_pings_and_in_parts(encryption: bool) -> None:
    document = '{"Login" : "7", "Odd" : 1.10}'
    whole = done("USER_GET", document=document)[0]
    with peer(lambda command: [whole[:30], whole[30:32], whole[32:]]) as server:
        asker = client(server.port, encryption=encryption)
        for _ in range(3):
            assert asker.read("USER_GET", {"LOGIN": 7}).document["Login"] == "7"
        asker.close()
    assert server.connections == 1
    assert server.heard[2] == "USER_GET|LOGIN=7|\r\n"


def test_a_long_request_is_sent_in_parts_the_server_puts_together() -> None:
    with peer(lambda command: done(command)) as server:
        asker = client(server.port, encryption=False)
        asker.read("TEST_ACCESS", {"TEXT": "x" * 20_000})
        asker.close()
    assert len(server.heard[2]) == len("TEST_ACCESS|TEXT=|\r\n") + 20_000


def test_a_line_dropped_after_writing_is_unknown_for_a_write_and_retry_for_a_read() -> None:
    with peer(lambda command: None) as server:
        with pytest.raises(Unknown):
            client(server.port).write("TRADE_BALANCE", {})
        with pytest.raises(Retry):
            client(server.port).read("USER_GET")


def test_silence_is_unknown_for_a_write_and_retry_for_a_read() -> None:
    with peer(lambda command: []) as server:
        with pytest.raises(Unknown):
            client(server.port, answer_timeout=0.2).write("USER_ADD", {})
        with pytest.raises(Retry):
            client(server.port, answer_timeout=0.2).read("USER_GET")


def test_an_unreadable_answer_is_unknown_for_a_write() -> None:
    with peer(lambda command: [b"\x00"]) as server, pytest.raises(Unknown):
        client(server.port).write("TRADE_BALANCE", {})


def test_a_server_that_cannot_be_reached_is_retry_even_for_a_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    with pytest.raises(Retry):
        client(port).write("TRADE_BALANCE", {})


def test_a_server_that_does_not_know_the_password_is_refused_before_anything_is_asked() -> None:
    with peer(lambda command: done(command), proves=False) as server, pytest.raises(Refused):
        client(server.port).write("TRADE_BALANCE", {})
    assert [text.partition("|")[0] for text in server.heard] == ["AUTH_START", "AUTH_ANSWER"]


def test_the_next_question_connects_again_after_a_drop() -> None:
    answers = iter([None, done("USER_GET")])
    with peer(lambda command: next(answers, None)) as server:
        asker = client(server.port)
        with pytest.raises(Retry):
            asker.read("USER_GET")
        assert asker.read("USER_GET").code == 0
        asker.close()
    assert server.connections == 2


def test_a_line_that_idled_is_replaced_before_it_is_written_to() -> None:
    with peer(lambda command: done(command) if command != "QUIT" else None) as server:
        asker = client(server.port, idle_limit=1e-9)
        asker.write("USER_UPDATE", {})
        asker.write("USER_UPDATE", {})
        asker.close()
    assert server.connections == 2


@pytest.mark.parametrize(
    ("code", "reads", "writes"),
    [(13, Refused, Refused), (10019, Refused, Refused), (9, Retry, Unknown), (7, Retry, Unknown),
     (99999, Refused, Refused)],
)  # fmt: skip
def test_return_codes_become_the_three_troubles(
    code: int, reads: type[Exception], writes: type[Exception]
) -> None:
    def answer(command: str) -> list[bytes] | None:
        return [f"{command}|RETCODE={code} Some words here|\r\n".encode("utf-16le")]

    with peer(answer) as server:
        asker = client(server.port)
        with pytest.raises(reads):
            asker.read("USER_GET")
        with pytest.raises(writes):
            asker.write("TRADE_BALANCE", {})
        asker.close()
    assert server.connections == 1


def test_a_password_is_never_shown() -> None:
    with peer(lambda command: None) as server:
        asker = client(server.port)
        with pytest.raises(Unknown) as trouble:
            asker.write("USER_PASS_CHANGE", {"PASSWORD": "Secret1!x"})
    assert "Secret1!x" not in str(trouble.value)
    assert PASSWORD not in repr(asker.settings)


TOO_LONG = [b"x\0" * 32_000] * 1_640
"""A hundred megabytes in packets."""


@pytest.mark.parametrize("command", ["USER_LOGINS", "DEAL_GET_BATCH"])
def test_a_body_of_a_hundred_megabytes_is_refused_in_a_sentence(command: str) -> None:
    """Whether it is waited for in one piece, or read as it comes."""
    with peer(lambda said: TOO_LONG) as server:
        asker = client(server.port, encryption=False, answer_timeout=60.0)
        with pytest.raises(Retry, match="longer than 64 MB"):
            if command == "DEAL_GET_BATCH":
                list(asker.listen(command, {"GROUP": "*"}))
            else:
                asker.read(command, {"GROUP": "*"})


def test_a_return_code_of_ten_words_is_read() -> None:
    words = "Done and so on for ten words with \\= in them"

    def answer(command: str) -> list[bytes]:
        code = 0 if command == "TIME_SERVER" else 10019
        return [f"{command}|RETCODE={code} {words}|TIME=1 |\r\n".encode("utf-16le")]

    with peer(answer) as server:
        asker = client(server.port)
        assert asker.read("TIME_SERVER").parameters["TIME"] == "1 "
        with pytest.raises(Refused) as refusal:
            asker.write("TRADE_BALANCE", {})
        assert refusal.value.code == "10019"
        asker.close()
