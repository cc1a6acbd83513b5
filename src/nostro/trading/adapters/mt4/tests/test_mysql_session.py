"""A session with the report database as it went over the wire, kept in `mysql_session.txt`: a line
`>` is a packet of ours and `<` all that came to it, in hexadecimal. The server speaks first.

The capture is of the simulated server, as no broker's is at hand: it holds both sides to what they
said when it was made, not to what a real database says. A greeting has another challenge each
time, and our sign-in ends with what program we are: these parts are not compared.
"""

import hashlib
import socket
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from pydantic import SecretStr

from nostro.kit import Money, Refused
from nostro.trading.adapters.mt4 import Mt4, Mt4Settings
from nostro.trading.adapters.mt4.tests.conftest import CONTRACTS, Server, request, running
from nostro.trading.ports import BalanceKind, DealEntry, DealKind

USER, PASSWORD = "nostro", "Report1!"
LINES = (Path(__file__).parent / "mysql_session.txt").read_text().splitlines()
SENT = [bytes.fromhex(line[2:]) for line in LINES if line.startswith("> ")]
CAME = [bytes.fromhex(line[2:]) for line in LINES if line.startswith("< ")]
GREETING, SIGNED_IN = CAME[0], SENT[0]
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
FIRST, SECOND = 500001, 500002


def trade(server: Server) -> None:
    """What the tables hold in the capture: two accounts, one of which trades."""
    plugin = server.adapter()
    assert [plugin.open_account(request(), key=f"capture/{one}") for one in (1, 2)] == [
        FIRST, SECOND,
    ]  # fmt: skip
    plugin.change_balance(
        FIRST, Money.of("1000.00 USD"), BalanceKind.BALANCE, reference="capture/fund"
    )
    plugin.change_balance(
        FIRST, Money.of("25.50 USD"), BalanceKind.CREDIT, reference="capture/credit"
    )
    opened = server.trade(FIRST, lots="0.20")
    server.order("close", position=opened, lots="0.05")
    plugin.close()


def converse(mt4: Mt4) -> list[object]:
    """What the capture is of."""
    logins = mt4.logins()
    (standing,) = mt4.standings([FIRST, 99]).values()
    ((position,),) = mt4.positions([FIRST])
    pages = mt4.deals(NOON - timedelta(hours=12), NOON, logins=[FIRST])
    deals = [deal for page in pages for deal in page]
    with pytest.raises(Refused) as refusal:
        mt4.tables.select("margins")
    return [
        logins, standing, position.symbol, position.lots, position.open_price,
        [(deal.kind, deal.entry, deal.lots, deal.profit, deal.comment) for deal in deals],
        refusal.value.code,
    ]  # fmt: skip


SAID = [
    [FIRST, SECOND], (Decimal("999.40"), Decimal("25.50")), "EURUSD", Decimal("0.15"),
    Decimal("1.11219"),
    [
        (DealKind.BALANCE, DealEntry.OTHER, 0, Decimal("1000.00"), "capture/fund"),
        (DealKind.CREDIT, DealEntry.OTHER, 0, Decimal("25.50"), "capture/credit"),
        (DealKind.BUY, DealEntry.IN, Decimal("0.20"), 0, "to #20000005"),
        (DealKind.SELL, DealEntry.OUT, Decimal("0.05"), Decimal("-0.60"), "to #20000005"),
    ],
    "1146",
]  # fmt: skip


def settings(port: int) -> Mt4Settings:
    return Mt4Settings(
        host="127.0.0.1", port=1, secret=SecretStr("-"), database_host="127.0.0.1",
        database_port=port, database_user=USER, database_password=SecretStr(PASSWORD),
        contracts=CONTRACTS,
    )  # fmt: skip


def test_our_side_asks_byte_for_byte_what_it_asked_and_understands_the_rows() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    mt4 = Mt4(settings(listener.getsockname()[1]))
    with listener:
        heard: list[bytes] = []
        thread = Thread(target=replay, args=(listener, heard), daemon=True)
        thread.start()
        assert converse(mt4) == SAID
        mt4.close()
        thread.join(timeout=10)
    assert heard[1:] == SENT[1:]
    assert signed_in(heard[0]) == signed_in(SIGNED_IN)


def replay(listener: socket.socket, heard: list[bytes]) -> None:
    line, _ = listener.accept()
    with line:
        for came in CAME:
            line.sendall(came)
            head = exactly(line, 4)
            heard.append(head + exactly(line, int.from_bytes(head[:3], "little")))


def exactly(line: socket.socket, length: int) -> bytes:
    taken = b""
    while len(taken) < length and (part := line.recv(length - len(taken))):
        taken += part
    return taken


def test_the_simulated_server_says_byte_for_byte_what_it_said(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        trade(server)
        port = server.settings.database_port
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            greeting = exactly(line, len(GREETING))
            assert parts_of(greeting)[0] == parts_of(GREETING)[0]
            line.sendall(SIGNED_IN.replace(proof(GREETING), proof(greeting)))
            for came, sent in zip(CAME[1:], SENT[1:], strict=True):
                assert exactly(line, len(came)) == came
                line.sendall(sent)
            assert line.recv(1) == b"", "it says nothing to a goodbye"


def test_the_capture_is_legible_and_every_question_only_reads() -> None:
    asked = [sent[5:].decode() for sent in SENT[1:-1]]
    assert asked[:2] == ["SET NAMES utf8mb4", "SET AUTOCOMMIT = 1"]
    assert all(one.startswith("SELECT * FROM `mt4_") for one in asked[2:])
    assert SENT[-1] == b"\x01\0\0\0\x01"
    assert USER.encode() in signed_in(SIGNED_IN)
    assert proof(GREETING) in signed_in(SIGNED_IN)
    assert PASSWORD.encode() not in b"".join(SENT)


def signed_in(packet: bytes) -> bytes:
    """What we can do, who we are, the proof that we know the password, and the database's name."""
    return packet[4:].partition(b"mysql_native_password\0")[0]


def parts_of(greeting: bytes) -> tuple[bytes, bytes]:
    """What a greeting always says, and its challenge (MySQL internals, Protocol::HandshakeV10)."""
    number = greeting.index(b"\0", 5) + 1
    first, rest = number + 4, number + 31
    plain = greeting[:number] + greeting[first + 8 : rest] + greeting[rest + 12 :]
    return plain, greeting[first : first + 8] + greeting[rest : rest + 12]


def proof(greeting: bytes) -> bytes:
    """Of the password, for a greeting's challenge: SHA1(p) XOR SHA1(challenge, SHA1(SHA1(p)))."""
    once = sha1(PASSWORD.encode())
    mask = sha1(parts_of(greeting)[1] + sha1(once))
    return bytes(one ^ other for one, other in zip(once, mask, strict=True))


def sha1(said: bytes) -> bytes:
    return hashlib.sha1(said, usedforsecurity=False).digest()
