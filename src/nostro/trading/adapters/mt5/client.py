"""One connection to a MetaTrader 5 server: it logs in when first asked, asks one thing at a time,
and after any doubt about the line throws it away.

What was not written cannot have happened, so a line that fails before is `Retry`; after that a
read is still `Retry`, but a write is `Unknown`.
"""

import secrets
import socket
from collections.abc import Mapping
from threading import RLock
from time import monotonic

from nostro.kit import Refused, Retry, Unknown
from nostro.trading.adapters.mt5 import wire
from nostro.trading.adapters.mt5.codes import DONE, trouble
from nostro.trading.adapters.mt5.settings import Mt5Settings

LARGEST_ANSWER = 256 * 1024 * 1024


class Line:
    """A connected socket with its packet numbers and, once agreed, its ciphers."""

    def __init__(self, settings: Mt5Settings) -> None:
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

    def receive(self, number: int, *, within: float) -> bytes:
        """The whole body of the answer to a request, leaving out pings and late answers."""
        deadline = monotonic() + within
        body = bytearray()
        while True:
            header = wire.Header.parse(self._read(wire.HEADER_BYTES, deadline))
            part = self._read(header.length, deadline)
            if self.receiving:
                part = self.receiving.apply(part)
            if header.number != number or (not part and not body and not header.continues):
                continue
            body += part
            if len(body) > LARGEST_ANSWER:
                raise wire.BadPacket("The answer does not end.")
            if not header.continues:
                self.used_at = monotonic()
                return bytes(body)

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


class Client:
    """Asks a server. Safe to share between threads, which then wait for one another."""

    def __init__(self, settings: Mt5Settings) -> None:
        self.settings = settings
        self._line: Line | None = None
        self._lock = RLock()

    def read(self, command: str, parameters: Mapping[str, object] | None = None) -> wire.Reply:
        """Ask for something. Raises `Retry` or `Refused`."""
        return self._ask(command, parameters or {}, writes=False)

    def write(self, command: str, parameters: Mapping[str, object]) -> wire.Reply:
        """Ask to change something. Raises `Retry`, `Refused` or `Unknown`."""
        return self._ask(command, parameters, writes=True)

    def close(self) -> None:
        with self._lock:
            line, self._line = self._line, None
            if line is None:
                return
            try:
                line.send(wire.command_line("QUIT", {}), within=1.0)
            except OSError:
                pass  # the line is gone already, which is what was wanted
            finally:
                line.socket.close()

    def _ask(self, command: str, parameters: Mapping[str, object], *, writes: bool) -> wire.Reply:
        body = wire.command_line(command, {name: str(value) for name, value in parameters.items()})
        with self._lock:
            line = self._connected()
            try:
                reply = self._exchange(line, command, body, self.settings.answer_timeout)
            except (OSError, wire.BadPacket) as error:
                self._drop()
                if writes:
                    raise Unknown(f"{command} was sent, and no answer came: {error}") from error
                raise Retry(f"No answer to {command}: {error}") from error
            except BaseException:
                self._drop()
                raise
        if reply.code not in DONE:
            raise trouble(reply.code, reply.words, writes=writes)
        return reply

    def _connected(self) -> Line:
        """A line that is logged in. One that idled is replaced before anything is written to it."""
        line = self._line
        if line and monotonic() - line.used_at > self.settings.idle_limit:
            self.close()
        if self._line is None:
            try:
                line = Line(self.settings)
            except OSError as error:
                raise Retry(f"The platform cannot be reached: {error}") from error
            try:
                self._log_in(line)
            except (OSError, wire.BadPacket) as error:
                line.socket.close()
                raise Retry(f"The platform did not let us in: {error}") from error
            except BaseException:
                line.socket.close()
                raise
            self._line = line
        return self._line

    def _drop(self) -> None:
        if self._line:
            self._line.socket.close()
            self._line = None

    def _exchange(self, line: Line, command: str, body: bytes, within: float) -> wire.Reply:
        number = line.send(body, within=within)
        reply = wire.parse_reply(line.receive(number, within=within))
        if reply.command != command:
            raise wire.BadPacket(f"{reply.command!r} is no answer to {command}.")
        return reply

    def _log_in(self, line: Line) -> None:
        settings = self.settings
        hashed = wire.password_hash(settings.password.get_secret_value())
        start = self._authenticate(line, "AUTH_START", {
            "VERSION": str(settings.build), "AGENT": settings.agent, "LOGIN": str(settings.login),
            "TYPE": "MANAGER", "CRYPT_METHOD": "AES256OFB" if settings.encryption else "NONE",
        })  # fmt: skip
        ours = secrets.token_bytes(wire.BLOCK)
        answer = self._authenticate(line, "AUTH_ANSWER", {
            "SRV_RAND_ANSWER": wire.proof(hashed, _hex(start, "SRV_RAND")).hex(),
            "CLI_RAND": ours.hex(),
        })  # fmt: skip
        if not secrets.compare_digest(_hex(answer, "CLI_RAND_ANSWER"), wire.proof(hashed, ours)):
            raise Refused("The server did not prove that it knows the manager's password.")
        if settings.encryption:
            line.sending, line.receiving = wire.streams(hashed, _hex(answer, "CRYPT_RAND"))

    def _authenticate(self, line: Line, command: str, parameters: dict[str, str]) -> wire.Reply:
        body = wire.command_line(command, parameters)
        reply = self._exchange(line, command, body, self.settings.connect_timeout)
        if reply.code not in DONE:
            raise trouble(reply.code, reply.words, writes=False)
        return reply


def _hex(reply: wire.Reply, name: str) -> bytes:
    try:
        return bytes.fromhex(reply.parameters.get(name, ""))
    except ValueError as error:
        raise wire.BadPacket(f"{name} is not hexadecimal.") from error
