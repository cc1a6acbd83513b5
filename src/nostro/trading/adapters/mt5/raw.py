"""The raw Web API over TCP: a connected socket, its packet numbers and, once agreed, ciphers."""

import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from time import monotonic

from nostro.trading.adapters.mt5 import wire
from nostro.trading.adapters.mt5.answers import Answer
from nostro.trading.adapters.mt5.codes import DONE, trouble
from nostro.trading.adapters.mt5.settings import Mt5Settings


class RawLine:
    """Connects when it is made."""

    def __init__(self, settings: Mt5Settings) -> None:
        self.settings = settings
        address = (settings.host, settings.port)
        self.socket = socket.create_connection(address, settings.connect_timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = -1
        self.opened = False
        self.used_at = monotonic()
        self.sending: wire.Stream | None = None
        self.receiving: wire.Stream | None = None

    def send(self, body: bytes, *, within: float) -> int:
        """Write a request and return its number."""
        self.number = wire.next_number(self.number)
        packets = b"" if self.opened else wire.PREFIX
        for part, continues in wire.parts(body):
            header = wire.Header(len(part), self.number, continues).dump()
            packets += header + (self.sending.apply(part) if self.sending else part)
        self.opened = True
        self.socket.settimeout(within)
        self.socket.sendall(packets)
        return self.number

    def receive(self, number: int, *, within: float) -> wire.Reply:
        """The whole answer to a request."""
        answer, deadline = Answer(), monotonic() + within
        for part in self._parts(number, lambda: deadline, wire.LARGEST_ANSWER):
            answer.take(part)
        return answer.reply()

    def _parts(self, number: int, deadline: Callable[[], float], most: int) -> Iterator[bytes]:
        """The parts of an answer as they come, leaving out pings and late answers."""
        length = 0
        while True:
            header = wire.Header.parse(self._read(wire.HEADER_BYTES, deadline()))
            part = self._read(header.length, deadline())
            if self.receiving:
                part = self.receiving.apply(part)
            if header.number != number or (not part and not length and not header.continues):
                continue
            length += len(part)
            if length > most:
                listed = most == wire.LARGEST_LIST
                raise wire.BadPacket(wire.LIST_TOO_LONG if listed else wire.TOO_LONG)
            yield part
            if not header.continues:
                self.used_at = monotonic()
                return

    def _read(self, length: int, deadline: float) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            left = deadline - monotonic()
            if left <= 0:
                raise TimeoutError("The platform did not answer in time.")
            self.socket.settimeout(left)
            part = self.socket.recv(length - len(parts))
            if not part:
                raise ConnectionError("The platform closed the connection.")
            parts += part
        return bytes(parts)

    def ask(
        self, command: str, parameters: Mapping[str, object], *, within: float, writes: bool
    ) -> wire.Reply:
        """The answer to a command, whatever it says."""
        reply = self.receive(self._asked(command, parameters, within), within=within)
        return _answers(reply, command)

    def listen(
        self, command: str, parameters: Mapping[str, object], *, within: float
    ) -> Iterator[wire.Reply]:
        """The same piece by piece; `within` is for each. What has come is read while more comes."""
        number, answer = self._asked(command, parameters, within), Answer()
        length = 0
        for part in self._parts(number, lambda: monotonic() + within, wire.LARGEST_LIST):
            answer.take(part)
            piece, length = answer.so_far(), length + len(part)
            if piece is None and length > wire.LARGEST_ANSWER:
                raise wire.BadPacket(wire.TOO_LONG)
            if piece is not None:
                yield _answers(piece, command)
        yield _answers(answer.reply(), command)

    def _asked(self, command: str, parameters: Mapping[str, object], within: float) -> int:
        given = {name: str(value) for name, value in parameters.items()}
        return self.send(wire.command_line(command, given), within=within)

    def quit(self) -> None:
        self.send(wire.command_line("QUIT", {}), within=1.0)

    def drop(self) -> None:
        self.socket.close()

    def log_in(self) -> None:
        settings = self.settings
        hashed = wire.password_hash(settings.password.get_secret_value())
        start = self._authenticate("AUTH_START", {
            "VERSION": str(settings.build), "AGENT": settings.agent, "LOGIN": str(settings.login),
            "TYPE": "MANAGER", "CRYPT_METHOD": "AES256OFB" if settings.encryption else "NONE",
        })  # fmt: skip
        ours = secrets.token_bytes(wire.BLOCK)
        answer = self._authenticate("AUTH_ANSWER", {
            "SRV_RAND_ANSWER": wire.proof(hashed, wire.hexadecimal(start, "SRV_RAND")).hex(),
            "CLI_RAND": ours.hex(),
        })  # fmt: skip
        wire.check_proof(answer, hashed, ours)
        if settings.encryption:
            material = wire.hexadecimal(answer, "CRYPT_RAND")
            self.sending, self.receiving = wire.streams(hashed, material)

    def _authenticate(self, command: str, parameters: dict[str, str]) -> wire.Reply:
        within = self.settings.connect_timeout
        reply = self.ask(command, parameters, within=within, writes=False)
        if reply.code not in DONE:
            raise trouble(reply.code, reply.words, writes=False)
        return reply


def _answers(reply: wire.Reply, command: str) -> wire.Reply:
    if reply.command != command:
        raise wire.BadPacket(f"{reply.command!r} is no answer to {command}.")
    return reply
