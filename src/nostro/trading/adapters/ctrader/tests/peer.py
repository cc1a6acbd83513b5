"""A server that says what a test tells it to, for faults that a well-behaved one never shows."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from nostro.trading.adapters.ctrader.framing import Container, length_of, parse
from nostro.trading.adapters.ctrader.schema import message
from nostro.trading.adapters.ctrader.settings import CTraderSettings

TOKEN = b'{"webservToken": "t-1"}'

type Converse = Callable[[ssl.SSLSocket], None]
"""What is done with a connection, until it returns and the line closes."""


@cache
def certificate(name: str) -> tuple[str, str]:
    """A certificate for a name that vouches for itself, and its key, as PEM."""
    private = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(private, SHA256())
    )
    key = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM).decode(), key.decode()


class Peer:
    def __init__(self, converse: Converse, name: str) -> None:
        self.converse = converse
        self.connections = 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "both.pem"
            path.write_text("".join(certificate(name)))
            self.context.load_cert_chain(path)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]

    def serve(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            Thread(target=self._serve_one, args=(line,), daemon=True).start()

    def _serve_one(self, line: socket.socket) -> None:
        try:
            with self.context.wrap_socket(line, server_side=True) as secured:
                self.connections += 1
                self.converse(secured)
        except (OSError, EOFError):
            line.close()


@contextmanager
def peer(converse: Converse, name: str = "localhost") -> Iterator[Peer]:
    one = Peer(converse, name)
    thread = Thread(target=one.serve, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.listener.shutdown(socket.SHUT_RDWR)
        one.listener.close()
        thread.join(timeout=5)


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

    def converse(line: ssl.SSLSocket) -> None:
        reader = line.makefile("rb")
        while first := reader.readline().decode():
            length = 0
            while header := reader.readline().strip().lower():
                if header.startswith(b"content-length:"):
                    length = int(header.partition(b":")[2])
            body = reader.read(length)
            is_token = "/managers/token" in first
            line.sendall(reply(TOKEN) if is_token else answer(first, body))

    return converse


def reply(body: bytes, status: str = "200 OK", *, length: int | None = None) -> bytes:
    promised = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {promised}"
    return head.encode() + b"\r\n\r\n" + body


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
