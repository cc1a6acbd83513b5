"""A session over raw TCP as it went over the wire, kept in `raw_session.txt`: a line `>` is the
text of a request's packets, `<` that of the answer's, as JSON strings. The challenge is left out.

The capture is of the simulated server, as no broker's is at hand: it holds both sides to what they
said when it was made, not to what a real server says. The conversation is the one of the HTTPS
door, and so is what was understood of it.
"""

import json
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from nostro.trading.adapters.mt5 import Mt5, wire
from nostro.trading.adapters.mt5.settings import Mt5Settings
from nostro.trading.adapters.mt5.tests.peer import PASSWORD, peer
from nostro.trading.adapters.mt5.tests.test_rest_session import SAID, converse, started
from simulators.mt5.tests.running import RawClient

LINES = (Path(__file__).parent / "raw_session.txt").read_text().splitlines()
SENT = [str(json.loads(line[2:])) for line in LINES if line.startswith("> ")]
CAME = [str(json.loads(line[2:])) for line in LINES if line.startswith("< ")]


@pytest.mark.parametrize("encryption", [True, False])
def test_our_side_asks_and_understands_what_it_did(encryption: bool) -> None:
    left = iter(zip(SENT, CAME, strict=True))

    def replay(command: str) -> list[bytes] | None:
        if command == "QUIT":
            return None
        sent, came = next(left)
        assert sent.partition("|")[0] == command
        body = came.encode("utf-16le")
        return [body[begin : begin + 2000] for begin in range(0, len(body), 2000)]

    with peer(replay) as server:
        platform = Mt5(
            Mt5Settings(
                host="127.0.0.1", port=server.port, login=1001, password=SecretStr(PASSWORD),
                encryption=encryption,
            )
        )  # fmt: skip
        assert converse(platform) == SAID
        platform.close()
    assert list(left) == []
    assert [text for text in server.heard if not text.startswith(("AUTH_", "QUIT"))] == SENT


def test_the_simulated_server_says_what_it_said(tmp_path: Path) -> None:
    with (
        started(tmp_path) as server,
        RawClient(server.ready["port"], encrypted=False, password=PASSWORD) as client,
    ):
        for sent, came in zip(SENT, CAME, strict=True):
            client.send(sent)
            assert answer_on(client.socket) == came


def answer_on(line: socket.socket) -> str:
    """The text of the next answer, put together from its packets; pings are left out."""
    body = b""
    while True:
        header = wire.Header.parse(exactly(line, wire.HEADER_BYTES))
        body += exactly(line, header.length)
        if header.length and not header.continues:
            return body.decode("utf-16le")


def exactly(line: socket.socket, length: int) -> bytes:
    taken = b""
    while len(taken) < length:
        taken += line.recv(length - len(taken))
    return taken
