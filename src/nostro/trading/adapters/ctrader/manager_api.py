"""One connection to the Manager API: it signs in when first asked, asks one thing at a time, hears
what is pushed in between, and after any doubt about the line throws it away.

Everything asked here is a question, so whatever fails is `Retry`: it may be asked again.
"""

from collections.abc import Callable, Iterable
from itertools import count
from socket import create_connection
from ssl import SSLError, SSLSocket
from threading import RLock
from time import monotonic
from typing import Any

from nostro.kit import Refused, Retry
from nostro.trading.adapters.ctrader.codes import ANSWERS, AUTHENTICATE, ERROR, EVENTS, trouble
from nostro.trading.adapters.ctrader.framing import (
    HEADER_BYTES,
    BadFrame,
    Container,
    length_of,
    parse,
    read,
)
from nostro.trading.adapters.ctrader.schema import message
from nostro.trading.adapters.ctrader.settings import CTraderSettings
from nostro.trading.adapters.ctrader.webservices import is_certificate, md5_hex, tls

PART = 65_536


class Line:
    """A socket with TLS, and the symbols whose prices were asked for on it."""

    def __init__(self, settings: CTraderSettings) -> None:
        host = settings.manager_host or settings.host
        raw = create_connection((host, settings.manager_port), settings.connect_timeout)
        try:
            self.socket: SSLSocket = tls(settings).wrap_socket(raw, server_hostname=host)
        except BaseException:
            raw.close()
            raise
        self.subscribed: set[int] = set()
        self.used_at = monotonic()

    def send(self, container: Container, *, within: float) -> None:
        self.socket.settimeout(within)
        self.socket.sendall(container.dump())

    def receive(self, deadline: float) -> Container:
        body = self._exactly(length_of(self._exactly(HEADER_BYTES, deadline)), deadline)
        self.used_at = monotonic()
        return parse(body)

    def _exactly(self, length: int, deadline: float) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            left = deadline - monotonic()
            if left <= 0:
                raise TimeoutError("The platform did not answer in time.")
            self.socket.settimeout(left)
            part = self.socket.recv(min(length - len(parts), PART))
            if not part:
                raise ConnectionError("The platform closed the connection.")
            parts += part
        return bytes(parts)


class ManagerApi:
    """Asks a server. Safe to share between threads, which then wait for one another.

    `heard` is told of every price and every changed trader that was pushed, by the event's number.
    """

    def __init__(self, settings: CTraderSettings, heard: Callable[[int, Any], None]) -> None:
        self.settings = settings
        self._heard = heard
        self._line: Line | None = None
        self._lock = RLock()
        self._numbers = count(1)

    def ask(self, kind: int, **fields: object) -> Any:
        """The answer to a request. Raises `Retry` or `Refused`."""
        with self._lock:
            return self._on_line(lambda line: self._exchange(line, kind, fields))

    def subscribe(self, kind: int, symbols: Iterable[int]) -> None:
        """Hear the prices of these symbols from now on, on the line that stands."""
        with self._lock:

            def asked(line: Line) -> None:
                fresh = set(symbols) - line.subscribed
                if fresh:
                    self._exchange(line, kind, {"symbolId": sorted(fresh)})
                    line.subscribed |= fresh

            self._on_line(asked)

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _on_line[T](self, use: Callable[[Line], T]) -> T:
        line = self._connected()
        try:
            return use(line)
        except (OSError, BadFrame) as error:
            self._drop()
            raise Retry(f"The platform did not answer: {error}") from error
        except (Retry, Refused):
            raise
        except BaseException:
            self._drop()
            raise

    def _connected(self) -> Line:
        """A line that is signed in. One that idled is replaced before it is written to."""
        line = self._line
        if line and monotonic() - line.used_at > self.settings.idle_limit:
            self._drop()
        if self._line is None:
            try:
                line = Line(self.settings)
            except OSError as error:
                if isinstance(error, SSLError) and is_certificate(error):
                    raise Refused("The server's certificate is not one that we trust.") from error
                raise Retry(f"The platform cannot be reached: {error}") from error
            try:
                self._sign_in(line)
            except (OSError, BadFrame) as error:
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

    def _sign_in(self, line: Line) -> None:
        settings = self.settings
        self._exchange(line, AUTHENTICATE, {
            "plantId": settings.plant, "environmentName": settings.environment,
            "login": settings.login, "passwordHash": md5_hex(settings.password.get_secret_value()),
        })  # fmt: skip

    def _exchange(self, line: Line, kind: int, fields: dict[str, object]) -> Any:
        """Send a request and read up to its answer, leaving out greetings and late answers."""
        name, answer = ANSWERS[kind]
        number = str(next(self._numbers))
        payload = message(f"{name}Req")(payloadType=kind, **fields).SerializeToString()
        line.send(Container(kind, payload, number), within=self.settings.answer_timeout)
        deadline = monotonic() + self.settings.answer_timeout
        while True:
            found = line.receive(deadline)
            if found.kind in EVENTS:
                self._heard(found.kind, read(EVENTS[found.kind], found.payload))
            if found.number != number:
                continue
            if found.kind == ERROR:
                error = read("ProtoErrorRes", found.payload)
                raise trouble(error.errorCode, error.description, writes=False)
            if found.kind != answer:
                raise BadFrame(f"{found.kind} is no answer to {kind}.")
            return read(f"{name}Res", found.payload)
