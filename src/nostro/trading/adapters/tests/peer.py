"""A server behind TLS that says what a test tells it to, for faults
that a well-behaved one never shows.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

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


def http(answer: Callable[[str, bytes], bytes | None]) -> Converse:
    """Speaks HTTP: `answer` answers a request's first line and body, or hangs up."""

    def converse(line: ssl.SSLSocket) -> None:
        reader = line.makefile("rb")
        while first := reader.readline().decode():
            length = 0
            while header := reader.readline().strip().lower():
                if header.startswith(b"content-length:"):
                    length = int(header.partition(b":")[2])
            whole = answer(first, reader.read(length))
            if whole is None:
                return
            line.sendall(whole)

    return converse


def reply(body: bytes, status: str = "200 OK", *, length: int | None = None) -> bytes:
    promised = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {promised}"
    return head.encode() + b"\r\n\r\n" + body
