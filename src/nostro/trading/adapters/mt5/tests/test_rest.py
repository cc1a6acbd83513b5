"""The HTTPS door of a server that does everything wrong."""

import json
import logging
import socket
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr, ValidationError

from nostro.kit import Lots, Money, Refused, Retry, Unknown
from nostro.trading.adapters.mt5 import Mt5, Mt5Settings, wire
from nostro.trading.adapters.mt5.client import Client
from nostro.trading.adapters.mt5.rest import path_of
from nostro.trading.adapters.tests.peer import Converse, certificate, http, peer, reply
from nostro.trading.ports import BalanceKind, DealEntry, DealKind

PASSWORD = "Manager1!"
DONE = {"retcode": "0 Done"}
TIME = {"TimeZone": 0, "Daylight": False, "DaylightState": "0"}

type Answer = Callable[[str], bytes | None]


def settings(port: int, **changed: Any) -> Mt5Settings:
    usual: dict[str, Any] = {
        "host": "localhost", "port": port, "login": 1001, "password": SecretStr(PASSWORD),
        "door": "https", "certificate": certificate("localhost")[0], "connect_timeout": 5.0,
        "answer_timeout": 5.0,
    }  # fmt: skip
    return Mt5Settings(**(usual | changed))


def client(port: int, **changed: Any) -> Client:
    return Client(settings(port, **changed))


def said(answer: object = None, retcode: str = "0 Done", **more: object) -> bytes:
    document = {"retcode": retcode, **more} | ({} if answer is None else {"answer": answer})
    return reply(json.dumps(document).encode())


def door(answer: Answer, heard: list[str] | None = None, *, proves: bool = True) -> Converse:
    """Signs managers in, then answers by address."""
    hashed = wire.password_hash(PASSWORD if proves else "Another1!")

    def by_path(first: str, body: bytes) -> bytes | None:
        url = urlsplit(first.split()[1])
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if heard is not None:
            heard.append(first)
        if url.path == "/api/auth/start":
            return said(srv_rand=bytes(16).hex())
        if url.path == "/api/auth/answer":
            proof = wire.proof(hashed, bytes.fromhex(query["cli_rand"]))
            return said(cli_rand_answer=proof.hex())
        return answer(url.path)

    return http(by_path)


def test_commands_have_addresses() -> None:
    for command, path in (
        ("USER_ADD", "user/add"), ("USER_PASS_CHECK", "user/check_password"),
        ("USER_ACCOUNT_GET_BATCH", "user/account/get_batch"), ("TRADE_BALANCE", "trade/balance"),
        ("DEAL_GET_TOTAL", "deal/get_total"), ("DAILY_GET_LIGHT", "daily/get_light"),
        ("TIME_SERVER", "time/server"), ("QUIT", "quit"), ("USER_RESTORE", "user/restore"),
    ):  # fmt: skip
        assert path_of(command) == f"/api/{path}"


def test_reads_are_asked_for_and_writes_are_posted() -> None:
    heard: list[str] = []
    with peer(door(lambda path: said({"Ticket": "7", "Login": "7"}), heard)) as server:
        asker = client(server.port)
        asker.read("USER_GET", {"LOGIN": 7, "NAME": "Ada & Łucja=|"})
        assert asker.write("TRADE_BALANCE", {"LOGIN": 7}).parameters["TICKET"] == "7"
        asker.close()
    verbs = [first.split("?")[0].removesuffix(" HTTP/1.1\r\n") for first in heard]
    assert verbs == ["GET /api/auth/start", "GET /api/auth/answer", "GET /api/user/get",
                     "POST /api/trade/balance", "GET /api/quit"]  # fmt: skip
    assert parse_qs(heard[2].split("?")[1].split()[0])["name"] == ["Ada & Łucja=|"]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (reply(b'{"retcode": "0 Done", "answ', length=500), "USER_"),
        (reply(b'{"retcode": "0 Done"}', length=10), "JSON"),
        (reply(b""), "JSON|object"),
        (reply(b"<html>"), "JSON"),
        (reply(b"\xff\xfe"), "UTF-8"),
        (reply(b"[" * 100_000), "JSON"),
        (reply(b'["0 Done"]'), "object"),
        (reply(b'{"answer": {}}'), "return code"),
        (reply(b"oh", "502 Bad Gateway"), "HTTP 502"),
        (reply(b"", "302 Found"), "HTTP 302"),
        (b"SSH-2.0-OpenSSH\r\n", "USER_"),
        (None, "USER_"),
    ],
)
def test_an_answer_that_is_none_is_unknown_for_a_write_and_retry_for_a_read(
    body: bytes | None, words: str
) -> None:
    with peer(door(lambda path: body)) as server:
        with pytest.raises(Retry, match=words):
            client(server.port, answer_timeout=1.0).read("USER_GET")
        with pytest.raises(Unknown, match=words):
            client(server.port, answer_timeout=1.0).write("USER_UPDATE", {})


def test_silence_is_unknown_for_a_write_and_retry_for_a_read() -> None:
    with peer(door(lambda path: b"")) as server:
        with pytest.raises(Retry):
            client(server.port, answer_timeout=0.2).read("USER_GET")
        with pytest.raises(Unknown):
            client(server.port, answer_timeout=0.2).write("TRADE_BALANCE", {})


def test_a_body_of_a_hundred_megabytes_is_not_read_to_its_end() -> None:
    taken: list[int] = []

    endless = b" " * 1_000_000

    def converse(line: Any) -> None:
        reader = line.makefile("rb")
        while first := reader.readline().decode():
            while reader.readline().strip():
                pass
            if "/auth/" in first:
                line.sendall(_signed_in(first))
                continue
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            for _ in range(100):
                line.sendall(endless)
                taken.append(len(endless))

    with peer(converse) as server, pytest.raises(Retry, match="longer than 64 MB"):
        client(server.port, answer_timeout=60.0).read("USER_GET")
    assert sum(taken) < 100_000_000


def test_a_manager_who_is_not_let_in_is_refused_in_plain_words() -> None:
    for answer, words in (
        (said(retcode="1001 Invalid"), "login or its password is wrong"),
        (said(retcode="1012 Blocked"), "does not allow our address"),
        (said(retcode="8 Permissions"), "no right"),
        (reply(b"", "403 Forbidden"), "does not let this manager in"),
    ):
        with (
            peer(http(lambda first, body, answer=answer: answer)) as server,  # type: ignore[misc]
            pytest.raises(Refused, match=words),
        ):
            client(server.port).read("USER_GET")


def test_a_server_that_does_not_know_the_password_gets_no_command() -> None:
    heard: list[str] = []
    with (
        peer(door(lambda path: said(), heard, proves=False)) as server,
        pytest.raises(Refused, match="prove"),
    ):
        client(server.port).write("TRADE_BALANCE", {})
    assert not [first for first in heard if "/trade/" in first]


def test_a_certificate_that_does_not_match_is_refused_before_anything_is_said() -> None:
    heard: list[str] = []
    with peer(door(lambda path: said(), heard), name="another.example") as server:
        for trusted in (certificate("localhost")[0], certificate("another.example")[0], ""):
            with pytest.raises(Refused, match="certificate is not one that we trust"):
                client(server.port, certificate=trusted).write("TRADE_BALANCE", {})
    assert heard == []


def test_what_is_no_certificate_is_said_to_be_none() -> None:
    with pytest.raises(ValidationError, match="pasted as PEM"):
        settings(443, certificate="MIIB")
    broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    with pytest.raises(Refused, match="paste it as PEM"):
        client(443, certificate=broken).read("USER_GET")


def test_a_server_that_cannot_be_reached_has_done_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Retry, match="cannot be reached"):
        client(port).write("TRADE_BALANCE", {})
    with pytest.raises((Refused, Retry)):
        client(443, host="no such host").write("TRADE_BALANCE", {})


def test_a_session_that_is_forgotten_is_opened_again_and_the_write_is_sent_again() -> None:
    answers = iter([reply(b"", "403 Forbidden"), said({"Ticket": "8"})])
    with peer(door(lambda path: next(answers))) as server:
        assert client(server.port).write("TRADE_BALANCE", {}).parameters["TICKET"] == "8"
    assert server.connections == 2


def test_goodbye_may_be_said_to_a_server_that_has_forgotten_us() -> None:
    answers = iter([said({"Ticket": "8"}), reply(b"", "403 Forbidden"), said({"Ticket": "9"})])
    with peer(door(lambda path: next(answers))) as server:
        one = client(server.port)
        one.write("TRADE_BALANCE", {})
        one.close()
        assert one.write("TRADE_BALANCE", {}).parameters["TICKET"] == "9"
    assert server.connections == 2


def test_a_manager_who_may_not_is_refused_by_code_or_by_the_gateway() -> None:
    for answer in (said(retcode="8 Permissions"), reply(b"", "403 Forbidden")):
        with (
            peer(door(lambda path, answer=answer: answer)) as server,  # type: ignore[misc]
            pytest.raises(Refused, match="has no right to do this"),
        ):
            client(server.port).write("TRADE_BALANCE", {})


def test_an_address_that_a_server_does_not_have_is_a_command_it_cannot_do() -> None:
    with (
        peer(door(lambda path: reply(b"no", "404 Not Found"))) as server,
        pytest.raises(Refused, match="cannot do that") as refusal,
    ):
        client(server.port).write("USER_ARCHIVE_ADD", {})
    assert refusal.value.code == "12002"


def test_an_answer_to_another_question_is_not_believed() -> None:
    """As where an answer came twice, and each question gets that of the one before."""
    for stray in ({"Ticket": "7"}, {"total": "3"}, {"Login": "8"}, [{"Login": "9"}]):
        answers = iter([said(stray), said({"Login": "9"})])
        with peer(door(lambda path, answers=answers: next(answers))) as server:  # type: ignore[misc]
            assert client(server.port).read("USER_GET", {"LOGIN": 9}).document == {"Login": "9"}
        assert server.connections == 2
    unpaid: tuple[object, ...] = (None, {"Login": "9"}, [])
    for answer in unpaid:
        with (
            peer(door(lambda path, answer=answer: said(answer))) as server,  # type: ignore[misc]
            pytest.raises(Unknown, match="another question"),
        ):
            client(server.port).write("TRADE_BALANCE", {"LOGIN": 9})
    with (
        peer(door(lambda path: said({"Login": "9"}))) as server,
        pytest.raises(Retry, match="another question"),
    ):
        client(server.port).read("USER_GET", {"LOGIN": 8})


def test_numbers_may_be_strings_and_what_is_unknown_is_kept() -> None:
    deal = {
        "Deal": 71, "Login": 7, "Action": 99, "Entry": "42", "Volume": "1000", "Profit": 1.10,
        "Time": 1767600000, "Symbol": "EURUSD", "Quantum": {"Spin": ["up"]}, "COMMENT": "c",
        "Commission": "-0.30",
    }  # fmt: skip
    answers = {
        "/api/time/get": said(TIME), "/api/time/server": said({"time": "1767600000.250 ::1"}),
        "/api/deal/get_total": said({"total": 1}), "/api/deal/get_page": said([deal]),
    }  # fmt: skip
    with peer(door(lambda path: answers.get(path))) as server:
        platform = Mt5(settings(server.port))
        now = platform.server_time()
        ((found,),) = platform.deals(now, now, logins=[7])
        platform.close()
    assert (found.kind, found.entry) == (DealKind.OTHER, DealEntry.OTHER)
    assert (found.profit, found.commission) == (Decimal("1.10"), Decimal("-0.30"))
    assert (found.lots, found.comment) == (Lots("0.1"), "c")
    assert found.raw["Quantum"] == {"Spin": ["up"]}
    assert found.reason is None


@pytest.mark.parametrize("value", ["ten", "NaN", "Infinity", "1e", [], {}])
def test_what_is_no_number_is_asked_for_again(value: object) -> None:
    state = {"Login": "7", "Balance": value}
    with peer(door(lambda path: said(state))) as server, pytest.raises(Retry, match="Balance"):
        Mt5(settings(server.port)).account_state(7)


def test_money_that_may_have_moved_is_never_sent_twice() -> None:
    heard: list[str] = []
    answers = {
        "/api/time/get": said(TIME), "/api/time/server": said({"time": "1767600000.0 ::1"}),
        "/api/user/get": said({"Login": "7", "Group": "real"}),
        "/api/group/get": said([{"Group": "real", "Currency": "USD"}]),
        "/api/trade/balance": reply(b"oh", "504 Gateway Timeout"),
    }  # fmt: skip
    with peer(door(lambda path: answers.get(path), heard)) as server:
        platform = Mt5(settings(server.port))
        with pytest.raises(Unknown):
            platform.change_balance(7, Money.of("5.00 USD"), BalanceKind.BALANCE, reference="W-1")
    assert len([first for first in heard if "/trade/balance" in first]) == 1


def test_a_cookie_is_carried_along() -> None:
    cookies: list[str] = []

    def converse(line: Any) -> None:
        reader = line.makefile("rb")
        while first := reader.readline().decode():
            while header := reader.readline().decode().strip():
                if header.lower().startswith("cookie:"):
                    cookies.append(header.partition(":")[2].strip())
            whole = _signed_in(first) if "/auth/" in first else said({"Login": "7"})
            line.sendall(whole.replace(b"\r\n\r\n", b"\r\nSet-Cookie: gate=g1; Path=/\r\n\r\n"))

    with peer(converse) as server:
        client(server.port).read("USER_GET", {"LOGIN": 7})
    assert cookies == ["gate=g1", "gate=g1"]


def _signed_in(first: str) -> bytes:
    if "/auth/start" in first:
        return said(srv_rand=bytes(16).hex())
    asked = parse_qs(urlsplit(first.split()[1]).query)["cli_rand"][0]
    proof = wire.proof(wire.password_hash(PASSWORD), bytes.fromhex(asked))
    return said(cli_rand_answer=proof.hex())


def test_passwords_are_neither_shown_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), peer(door(lambda path: None)) as server:
        asker = client(server.port)
        with pytest.raises(Unknown) as trouble:
            asker.write("USER_PASS_CHANGE", {"PASSWORD": "Secret1!x"})
    assert "Secret1" not in str(trouble.value) + caplog.text
    assert PASSWORD not in repr(asker.settings)
