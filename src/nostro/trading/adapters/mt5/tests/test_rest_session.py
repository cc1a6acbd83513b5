"""A session at the HTTPS door as it went over the wire, kept in `rest_session.txt`: a line `>` is
a request, `<` the status and body that came back, as a JSON string.

The capture is of the simulated server, as no broker's is at hand: it holds both sides to what they
said when it was made, not to what a real server says. The challenge is another one each time.
"""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from nostro.kit import Money, Refused
from nostro.trading.adapters.mt5 import Mt5, wire
from nostro.trading.adapters.mt5.tests.test_rest import PASSWORD, said, settings
from nostro.trading.adapters.tests.conftest import KINDS, Server, running
from nostro.trading.adapters.tests.peer import http, peer, reply
from nostro.trading.adapters.tests.test_contract import request
from nostro.trading.ports import AccountChange, BalanceKind, PasswordKind, TradingPlatform

CAPTURE = Path(__file__).parent / "rest_session.txt"
LINES = CAPTURE.read_text().splitlines()
SENT = [line[2:] for line in LINES if line.startswith("> ")]
CAME = [(int(line[2:5]), str(json.loads(line[6:]))) for line in LINES if line.startswith("< ")]


@contextmanager
def started(home: Path) -> Iterator[Server]:
    with running(KINDS["mt5-rest"], home) as server:
        server.order("clock", at="2026-06-01T10:00:00")
        yield server


def converse(platform: TradingPlatform) -> list[object]:
    """What the capture is of."""
    login = platform.open_account(request(), key="capture/1")
    money = Money.of("250.00 USD")
    ticket = platform.change_balance(login, money, BalanceKind.BALANCE, reference="capture/2")
    changed = platform.change_account(login, AccountChange(leverage=10, name="Ada & Łucja"))
    platform.set_password(login, "N3w=pass&", PasswordKind.INVESTOR)
    fits = platform.check_password(login, "Wrong=p4ss", PasswordKind.INVESTOR)
    found = platform.find_balance_operation(login, "capture/2", platform.server_time())
    state = platform.account_state(login)
    with pytest.raises(Refused) as refusal:
        platform.change_balance(
            login, Money.of("-250.01 USD"), BalanceKind.BALANCE, reference="capture/3"
        )
    ticks, mark = platform.ticks(["EURUSD"])
    return [
        login, ticket, changed.name, changed.leverage, fits, found, state.equity,
        refusal.value.code, ticks[0].bid, mark,
    ]  # fmt: skip


SAID = [
    800001, 10000001, "Ada & Łucja", 10, False, 10000001, Decimal("250.00"), "10019",
    Decimal("1.11270"), 7121232000,
]  # fmt: skip


def test_our_side_asks_and_understands_what_it_did() -> None:
    left = iter(zip(SENT, CAME, strict=True))

    def replay(first: str, body: bytes) -> bytes | None:
        method, address, _ = first.split()
        url = urlsplit(address)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        if url.path == "/api/quit":
            return None
        sent, (status, text) = next(left)
        if url.path.startswith("/api/auth/"):
            assert url.path == urlsplit(sent.split()[1]).path
            if "cli_rand" not in query:
                return said(srv_rand=bytes(16).hex())
            proof = wire.proof(wire.password_hash(PASSWORD), bytes.fromhex(query["cli_rand"]))
            return said(cli_rand_answer=proof.hex())
        assert f"{method} {address}" == sent
        return reply(text.encode(), f"{status} OK")

    with peer(http(replay)) as server:
        platform = Mt5(settings(server.port))
        assert converse(platform) == SAID
        platform.close()
    assert list(left) == []


def test_the_simulated_server_says_what_it_said(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        context = ssl.create_default_context(cafile=server.ready["certificate"])
        line = HTTPSConnection("localhost", server.ready["rest_port"], context=context, timeout=20)
        challenge = ""
        for sent, (status, text) in zip(SENT, CAME, strict=True):
            method, address = sent.split()
            if "srv_rand_answer" in address:
                address = _answered(address, challenge)
            line.request(method, address)
            response = line.getresponse()
            heard = response.read().decode()
            if "/auth/" in address:
                challenge = json.loads(heard).get("srv_rand", "")
                assert json.loads(heard).keys() == json.loads(text).keys()
                continue
            assert (response.status, heard) == (status, text)
        line.close()


def _answered(address: str, challenge: str) -> str:
    """The same request with the answer to this challenge."""
    url = urlsplit(address)
    proof = wire.proof(wire.password_hash(PASSWORD), bytes.fromhex(challenge)).hex()
    return f"{url.path}?{urlencode(dict(parse_qsl(url.query)) | {'srv_rand_answer': proof})}"
