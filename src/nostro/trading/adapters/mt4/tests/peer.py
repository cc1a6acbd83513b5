"""A plugin that says what a test tells it to, for faults that a well-behaved one never shows."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from nostro.trading.adapters.mt4 import wire

KEY = b"peer-mask"

type Answer = Callable[[dict[str, str]], list[bytes] | None]
"""Raw bytes to send to a request; `None` hangs up."""


def said(number: str, text: str, key: bytes = KEY) -> bytes:
    """A well-formed answer."""
    body = f"request_id={number}&{text}".encode()
    return b"%d\n" % len(body) + wire.masked(body, key)


class Peer:
    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.heard: list[dict[str, str]] = []
        self.connections = 0
        self.line: socket.socket | None = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]

    def serve(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.line = line
            with line:
                try:
                    self._converse(line)
                except OSError:
                    continue

    def _converse(self, line: socket.socket) -> None:
        while True:
            data = bytearray()
            while not data or wire.masked(bytes(data), KEY)[-1]:
                part = line.recv(1)
                if not part:
                    return
                data += part
            text = wire.masked(bytes(data), KEY).rstrip(b"\0").decode("cp1252")
            pairs = dict(pair.split("=", 1) for pair in text.split("&"))
            self.heard.append(pairs)
            parts = self.answer(pairs)
            if parts is None:
                return
            for part in parts:
                line.sendall(part)


@contextmanager
def peer(answer: Answer) -> Iterator[Peer]:
    one = Peer(answer)
    thread = Thread(target=one.serve, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.listener.shutdown(socket.SHUT_RDWR)
        one.listener.close()
        if one.line is not None:
            with suppress(OSError):  # closed already
                one.line.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)
