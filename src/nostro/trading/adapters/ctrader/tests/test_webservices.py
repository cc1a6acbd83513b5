"""WebServices of a server that does everything wrong."""

import json
import logging
import socket
from decimal import Decimal
from typing import Any

import pytest

from nostro.kit import Money, Refused, Retry, Unknown
from nostro.trading.adapters.ctrader import CTrader
from nostro.trading.adapters.ctrader.tests.peer import certificate, peer, reply, settings, web
from nostro.trading.adapters.ctrader.webservices import BadAnswer, WebServices, parse
from nostro.trading.ports import BalanceKind, Right

TRADER = {
    "login": 5100001, "groupName": "real\\CY-USD-Raw", "depositCurrency": "USD", "moneyDigits": 2,
    "balance": 123456, "equity": 123456, "leverageInCents": 3000, "accessRights": "FULL_ACCESS",
    "registrationTimestamp": 1767600000000, "name": "Ada",
}  # fmt: skip
MOVED = reply(b'{"balanceHistoryId": 300021}')


def platform(port: int, **changed: Any) -> CTrader:
    return CTrader(settings(port, **changed))


def both(money: bytes) -> Any:
    """A server that reads accounts well, and answers a change of the balance like this."""
    trader = reply(json.dumps(TRADER).encode())
    return web(lambda first, body: money if "changebalance" in first else trader)


def pay(port: int, **changed: Any) -> int:
    return platform(port, **changed).change_balance(
        5100001, Money.of("12.30 USD"), BalanceKind.BALANCE, reference="N-1"
    )


def test_an_amount_is_sent_as_the_number_it_is_and_the_reference_with_it() -> None:
    heard: list[bytes] = []

    def answer(first: str, body: bytes) -> bytes:
        heard.append(body)
        return MOVED if "changebalance" in first else reply(json.dumps(TRADER).encode())

    with peer(web(answer)) as server:
        assert pay(server.port) == 10**15 + 300021
    assert b'"preciseAmount": 12.30' in heard[-1]
    sent = json.loads(heard[-1])
    assert (sent["externalId"], sent["comment"], sent["type"]) == ("N-1", "N-1", "DEPOSIT")


def test_numbers_may_be_strings_and_fields_and_rights_unheard_of() -> None:
    strange = {
        **{name: str(value) for name, value in TRADER.items()}, "accessRights": "MOON_ONLY",
        "newField": {"deep": [1]}, "contactDetails": None, "nonWithdrawableBonus": "500",
    }  # fmt: skip
    with peer(web(lambda *_: reply(json.dumps(strange).encode()))) as server:
        account = platform(server.port).account(5100001)
    assert (account.login, account.balance, account.credit) == (
        5100001, Decimal("1234.56"), Decimal("5.00"),
    )  # fmt: skip
    assert (account.leverage, account.enabled, account.trading) == (30, True, Right.NONE)
    assert account.raw["newField"] == {"deep": [1]}


@pytest.mark.parametrize(
    "changed",
    [{"balance": "much"}, {"balance": 1.5}, {"login": None}, {"registrationTimestamp": 10**20},
     {"equity": "NaN"}, {"equity": "Infinity"}],
)  # fmt: skip
def test_a_trader_that_makes_no_sense_is_asked_for_again(changed: dict[str, object]) -> None:
    body = json.dumps(TRADER | changed).encode()
    with peer(web(lambda *_: reply(body))) as server:
        asker = platform(server.port)
        with pytest.raises(Retry):
            (asker.account_state if "equity" in changed else asker.account)(5100001)


@pytest.mark.parametrize("body", [b"[1", b"\xff\xfe", b"[" * 100_000, b'"text"', b"", b"null"])
def test_an_answer_that_is_no_trader_is_retry_for_a_read(body: bytes) -> None:
    with peer(web(lambda *_: reply(body))) as server, pytest.raises(Retry):
        platform(server.port).account(5100001)


@pytest.mark.parametrize(
    "money",
    [
        reply(b'{"balanceHistoryId": 30', length=26),
        reply(b'{"balanceHistoryId": 30', length=23),
        reply(b'{"balanceHistoryId": 300021}', length=90),
        reply(b""),
        reply(b"{}"),
        reply(b'{"balanceHistoryId": "many"}'),
        reply(b"", "302 Found"),
        reply(b"oops", "500 Internal Server Error"),
        reply(b"{}", "503 Service Unavailable"),
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"nonsense\r\n\r\n",
    ],
)
def test_a_doubtful_answer_to_a_payment_is_unknown(money: bytes) -> None:
    with peer(both(money)) as server, pytest.raises(Unknown):
        pay(server.port, answer_timeout=0.3)


def test_a_body_without_end_is_not_read_to_its_end() -> None:
    huge = 100 * 1024 * 1024

    def answer(first: str, body: bytes) -> bytes:
        return reply(b"[" + b" " * huge, length=huge + 1)

    with peer(web(answer)) as server, pytest.raises(Retry, match="longer than 64 MB"):
        platform(server.port, answer_timeout=60.0).account(5100001)


@pytest.mark.parametrize(
    ("status", "body", "reads", "writes"),
    [
        ("400 Bad Request", {"error": {"errorCode": "NOT_ENOUGH_MONEY"}}, Refused, Refused),
        ("404 Not Found", {"errorCode": "TRADER_NOT_FOUND"}, Refused, Refused),
        ("400 Bad Request", {"error": {"errorCode": "NEVER_HEARD_OF"}}, Refused, Refused),
        ("403 Forbidden", "no object", Refused, Refused),
        ("429 Too Many Requests", {}, Retry, Retry),
        ("400 Bad Request", {"errorCode": "REQUEST_FREQUENCY_EXCEEDED"}, Retry, Retry),
        ("500 Internal Server Error", {"errorCode": "TIMEOUT_ERROR"}, Retry, Unknown),
        ("502 Bad Gateway", {}, Retry, Unknown),
    ],
)
def test_errors_become_the_three_troubles(
    status: str, body: object, reads: type[Exception], writes: type[Exception]
) -> None:
    answer = reply(json.dumps(body).encode(), status)
    with peer(web(lambda *_: answer)) as server:
        asker = WebServices(settings(server.port))
        with pytest.raises(reads):
            asker.read("/v2/webserv/symbols")
        with pytest.raises(writes):
            asker.write("POST", "/v2/webserv/traders", {})
        asker.close()


def test_a_token_that_is_not_known_any_more_is_asked_for_once() -> None:
    refused = reply(b"{}", "401 Unauthorized")
    heard: list[str] = []
    answers = iter([refused, reply(b"{}")])

    def answer(first: str, body: bytes) -> bytes:
        heard.append(first)
        return next(answers, refused)

    with peer(web(answer)) as server:
        asker = WebServices(settings(server.port))
        assert asker.write("POST", "/v2/webserv/traders", {}) == {}
        # A server that restarts again and again said nothing of the money that was asked for.
        with pytest.raises(Retry):
            asker.write("POST", "/v2/webserv/traders", {})
        asker.close()
    assert len(heard) == 4
    assert all("token=t-1" in first for first in heard)


def test_silence_is_unknown_for_a_write_and_retry_for_a_read() -> None:
    def silent(first: str, body: bytes) -> bytes:
        return b""

    with peer(web(silent)) as server:
        asker = WebServices(settings(server.port, answer_timeout=0.2))
        with pytest.raises(Retry):
            asker.read("/v2/webserv/symbols")
        with pytest.raises(Unknown):
            asker.write("POST", "/v2/webserv/traders", {})


def test_a_server_that_cannot_be_reached_is_retry_even_for_a_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    with pytest.raises(Retry):
        WebServices(settings(port)).write("POST", "/v2/webserv/traders", {})


@pytest.mark.parametrize("trusted", ["", certificate("localhost")[0]])
def test_a_certificate_of_another_name_or_authority_is_refused_by_both_doors(trusted: str) -> None:
    name = "elsewhere.example" if trusted else "localhost"
    with peer(web(lambda *_: reply(b"{}")), name) as server:
        asker = platform(server.port, certificate=trusted)
        for ask in (asker.logins, asker.server_time):
            with pytest.raises(Refused, match="certificate"):
                ask()
    assert server.connections == 0


def test_neither_password_nor_token_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with peer(both(b"")) as server, pytest.raises(Unknown) as trouble:
        pay(server.port, answer_timeout=0.2)
    shown = str(trouble.value) + caplog.text + repr(settings(1))
    assert "t-1" not in shown
    assert "Manager1!" not in shown


def test_numbers_of_a_document_stay_exact() -> None:
    assert str(parse(b'{"a": 1.10}')["a"]) == "1.10"
    assert parse(b" \n") is None
    with pytest.raises(BadAnswer):
        parse(b"{")
