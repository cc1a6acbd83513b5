"""A server that says what a test tells it to, for faults that a well-behaved one never shows."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from nostro.trading.adapters.mt5 import wire

PASSWORD = "Manager1!"
CHALLENGE, MATERIAL = bytes(range(16)), bytes(range(256))

type Answer = Callable[[str], list[bytes] | None]
"""Bodies to send to a command, one packet with a continuation each; `None` hangs up."""


def done(command: str, more: str = "", document: str = "") -> list[bytes]:
    return [f"{command}|RETCODE=0 Done|{more}\r\n{document}".encode("utf-16le")]


class Peer:
    def __init__(self, answer: Answer, *, proves: bool = True) -> None:
        self.answer = answer
        self.proves = proves
        self.heard: list[str] = []
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
        assert self._take(line, len(wire.PREFIX)) == wire.PREFIX
        hashed = wire.password_hash(PASSWORD)
        streams: tuple[wire.Stream, wire.Stream] | None = None
        while True:
            header = wire.Header.parse(self._take(line, wire.HEADER_BYTES))
            body = self._take(line, header.length)
            text = (streams[0].apply(body) if streams else body).decode("utf-16le")
            self.heard.append(text)
            command = text.partition("|")[0]
            if command == "AUTH_START":
                bodies: list[bytes] | None = done(command, f"SRV_RAND={CHALLENGE.hex()}|")
            elif command == "AUTH_ANSWER":
                bodies = done(command, self._proof(text, hashed))
            else:
                bodies = self.answer(command)
            if bodies is None:
                return
            line.sendall(wire.Header(0, 0x4000).dump())
            for place, part in enumerate(bodies):
                packet = wire.Header(len(part), header.number, place < len(bodies) - 1).dump()
                line.sendall(packet + (streams[1].apply(part) if streams else part))
                line.sendall(wire.Header(0, 0x4001).dump())
            if command == "AUTH_ANSWER" and "AES256OFB" in self.heard[-2]:
                streams = wire.streams(hashed, MATERIAL)

    def _proof(self, text: str, hashed: bytes) -> str:
        asked = bytes.fromhex(text.partition("CLI_RAND=")[2].partition("|")[0])
        answer = wire.proof(hashed if self.proves else b"", asked)
        return f"CLI_RAND_ANSWER={answer.hex()}|CRYPT_RAND={MATERIAL.hex()}|"

    @staticmethod
    def _take(line: socket.socket, length: int) -> bytes:
        taken = b""
        while len(taken) < length:
            part = line.recv(length - len(taken))
            if not part:
                raise ConnectionError
            taken += part
        return taken


@contextmanager
def peer(answer: Answer, *, proves: bool = True) -> Iterator[Peer]:
    one = Peer(answer, proves=proves)
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
