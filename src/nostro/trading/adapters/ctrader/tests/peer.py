"""A server that says what a test tells it to, for faults that a well-behaved one never shows."""

import ssl
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from nostro.trading.adapters.ctrader.framing import Container, length_of, parse
from nostro.trading.adapters.ctrader.schema import message
from nostro.trading.adapters.ctrader.settings import CTraderSettings
from nostro.trading.adapters.tests.peer import Converse, certificate, http, peer, reply

__all__ = ["certificate", "exactly", "manager", "peer", "reply", "said", "settings", "web"]

TOKEN = b'{"webservToken": "t-1"}'


def settings(port: int, **changed: Any) -> CTraderSettings:
    usual: dict[str, Any] = {
        "host": "localhost", "port": port, "manager_port": port, "login": 30001,
        "password": SecretStr("Manager1!"), "plant": "simulated", "broker": "meridian",
        "certificate": certificate("localhost")[0], "connect_timeout": 5.0, "answer_timeout": 5.0,
    }  # fmt: skip
    return CTraderSettings(**(usual | changed))


def exactly(line: ssl.SSLSocket, length: int) -> bytes:
    taken = b""
    while len(taken) < length:
        part = line.recv(length - len(taken))
        if not part:
            raise EOFError
        taken += part
    return taken


def web(answer: Callable[[str, bytes], bytes]) -> Converse:
    """Speaks HTTP: `answer` makes the whole reply to a request's first line and body."""
    return http(
        lambda first, body: reply(TOKEN) if "/managers/token" in first else answer(first, body)
    )


def manager(answer: Callable[[Container], list[bytes] | None]) -> Converse:
    """Speaks containers: signs everybody in, then sends what `answer` gives; `None` hangs up."""

    def converse(line: ssl.SSLSocket) -> None:
        line.sendall(Container(990, b"").dump())
        while True:
            asked = parse(exactly(line, length_of(exactly(line, 4))))
            if asked.kind == 301:
                line.sendall(said(302, "ProtoManagerAuthRes", asked.number))
                continue
            frames = answer(asked)
            if frames is None:
                return
            for frame in frames:
                line.sendall(frame)

    return converse


def said(kind: int, name: str, number: str, **fields: object) -> bytes:
    """A frame with a message in it."""
    payload = message(name)(payloadType=kind, **fields).SerializeToString()
    return Container(kind, payload, number).dump()
