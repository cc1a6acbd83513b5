"""A session with the plugin as it went over the wire, kept in `wik_session.txt`: a line `>` is what
we sent and `<` what came back, in hexadecimal and hidden by the key `capture-key`.

The capture is of the simulated server, as no broker's is at hand: it holds both sides to what they
said when it was made, not to what a real plugin says.
"""

import socket
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from pydantic import SecretStr

from nostro.kit import Refused
from nostro.trading.adapters.mt4 import wire
from nostro.trading.adapters.mt4.client import Wik
from nostro.trading.adapters.mt4.settings import Mt4Settings
from nostro.trading.adapters.mt4.tests.conftest import request, running
from nostro.trading.ports import AccountChange, PasswordKind, Right

KEY, SECRET = "capture-key", "capture-secret"
LINES = (Path(__file__).parent / "wik_session.txt").read_text().split("\n")
SENT = [bytes.fromhex(line[2:]) for line in LINES if line.startswith("> ")]
CAME = [bytes.fromhex(line[2:]) for line in LINES if line.startswith("< ")]


def converse(one: Wik) -> list[object]:
    """What the capture is of."""
    login = one.open_account(request(), key="capture/1")
    ticket = one.change_money(login, Decimal("250.00"), credit=False, comment="capture/2")
    credit = one.change_money(login, Decimal("5.50"), credit=True, comment="capture/3")
    one.change_account(login, AccountChange(leverage=10, trading=Right.NONE, name="Ada & Łucja"))
    one.set_password(login, "N3w=pass", PasswordKind.INVESTOR)
    seconds = one.server_seconds()
    found = one.find_money(login, "capture/3", seconds - 60, seconds + 60)
    account = one.account(login)
    with pytest.raises(Refused) as refusal:
        one.change_money(login, Decimal("-250.01"), credit=False, comment="capture/4")
    return [
        login, ticket, credit, seconds, found, account.name, account.balance, account.credit,
        account.leverage, account.trading, refusal.value.code,
    ]  # fmt: skip


SAID = [
    500001, 20000001, 0, 1780311600, 20000002, "Ada + Lucja", Decimal("250.00"), Decimal("5.50"),
    10, False, "134",
]  # fmt: skip


def settings(port: int) -> Mt4Settings:
    return Mt4Settings(
        host="127.0.0.1", port=port, secret=SecretStr(SECRET), mask=SecretStr(KEY),
        database_host="127.0.0.1", database_user="reader", database_password=SecretStr("Reader1!"),
    )  # fmt: skip


def test_our_side_says_byte_for_byte_what_it_said() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    one = Wik(settings(listener.getsockname()[1]))
    with listener:
        heard: list[bytes] = []
        thread = Thread(target=replay, args=(listener, heard), daemon=True)
        thread.start()
        assert converse(one) == SAID
        one.close()
        thread.join(timeout=10)
    assert heard == SENT


def replay(listener: socket.socket, heard: list[bytes]) -> None:
    line, _ = listener.accept()
    with line:
        for sent, came in zip(SENT, CAME, strict=True):
            part = b""
            while len(part) < len(sent) and (more := line.recv(len(sent) - len(part))):
                part += more
            heard.append(part)
            line.sendall(came)


def test_the_simulated_server_says_byte_for_byte_what_it_said(tmp_path: Path) -> None:
    with running(tmp_path, "--secret", SECRET, "--mask", KEY) as server:
        port = server.settings.port
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            for sent, came in zip(SENT, CAME, strict=True):
                line.sendall(sent)
                part = b""
                while len(part) < len(came) and (more := line.recv(len(came) - len(part))):
                    part += more
                assert part == came


def test_the_capture_is_legible_and_ends_each_request_with_a_nul() -> None:
    shown = [wire.masked(sent, KEY.encode()) for sent in SENT]
    assert all(text.startswith(b"action=") and text.endswith(b"\0") for text in shown)
    assert shown[1].startswith(b"action=changebalance&request_id=2&login=500001&value=250.00&")
    size, _, body = CAME[1].partition(b"\n")
    assert len(body) == int(size)
    assert wire.masked(body, KEY.encode()) == (
        b"request_id=2&result=1&size=1&login=500001&deal=20000001&newbalance=250.00"
    )
