"""WebServices v2 over HTTPS: one token for all calls, JSON with exact numbers in and out.

What could not be sent cannot have happened, so that is `Retry`; after that a read is still
`Retry`, but a write is `Unknown`. A token that is not known any more is asked for anew, once.
"""

import json
import logging
from collections.abc import Mapping
from decimal import Decimal
from hashlib import md5
from http import HTTPStatus
from ssl import SSLCertVerificationError, SSLContext, create_default_context
from threading import Lock
from time import monotonic
from typing import Any

import httpx

from nostro.kit import Refused, Retry, Unknown
from nostro.trading.adapters.ctrader.codes import trouble
from nostro.trading.adapters.ctrader.settings import CTraderSettings

LARGEST_ANSWER = 64 * 1024 * 1024
"""Some seventy thousand traders; a body that is longer is not read to its end."""
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

# The token stands in every address, which httpx would write into the log.
logging.getLogger("httpx").setLevel(logging.WARNING)


class BadAnswer(Exception):
    """An answer that is not WebServices'."""


def tls(settings: CTraderSettings) -> SSLContext:
    """Trusts public authorities, or the one certificate of the settings instead."""
    return create_default_context(cadata=settings.certificate.strip() or None)


def md5_hex(text: str) -> str:
    """How the platform wants passwords, in lower-case hexadecimal digits (§3.1)."""
    return md5(text.encode()).hexdigest()  # noqa: S324


def is_certificate(error: BaseException | None) -> bool:
    """Whether a certificate that nobody vouches for is what is behind an error."""
    while error is not None:
        if isinstance(error, SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


class WebServices:
    """Asks a server. Safe to share between threads."""

    def __init__(self, settings: CTraderSettings) -> None:
        self.settings = settings
        self._token = ""
        self._lock = Lock()
        self._client: httpx.Client | None = None

    def read(self, path: str, **query: object) -> Any:
        """Ask for something. Raises `Retry` or `Refused`."""
        return self._ask("GET", path, None, query, writes=False)

    def check(self, path: str, body: Mapping[str, object]) -> Any:
        """Ask for something by a body, which changes nothing. Raises `Retry` or `Refused`."""
        return self._ask("POST", path, json.dumps(body), {}, writes=False)

    def write(
        self, method: str, path: str, body: Mapping[str, object], amount: Decimal | None = None
    ) -> Any:
        """Ask to change something. Raises `Retry`, `Refused` or `Unknown`.

        `amount` becomes `preciseAmount`, a JSON number with exactly its digits.
        """
        text = json.dumps(body)
        if amount is not None:
            text = f'{text[:-1]}, "preciseAmount": {amount:f}}}'
        return self._ask(method, path, text, {}, writes=True)

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _ask(
        self, method: str, path: str, body: str | None, query: Mapping[str, object], *, writes: bool
    ) -> Any:
        for _ in range(2):
            token = self._known_token()
            status, text = self._exchange(
                method, path, body, {**query, "token": token}, writes=writes
            )
            if status != HTTPStatus.UNAUTHORIZED:
                return self._understood(method, path, status, text, writes=writes)
            self._forget(token)
        # Nothing was done, and nothing is said of what was asked: a server that restarts.
        raise Retry("The platform gave us a token twice, and knew neither.")

    def _known_token(self) -> str:
        with self._lock:
            if not self._token:
                settings = self.settings
                hashed = md5_hex(settings.password.get_secret_value())
                sent = json.dumps({"login": settings.login, "hashedPassword": hashed})
                path = "/v2/webserv/managers/token"
                status, text = self._exchange("POST", path, sent, {}, writes=False)
                found = self._understood("POST", path, status, text, writes=False)
                token = found.get("webservToken") if isinstance(found, dict) else None
                if not token:
                    raise Retry("The platform let us in without a token.")
                self._token = str(token)
            return self._token

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._token == token:
                self._token = ""

    def _connection(self) -> httpx.Client:
        if self._client is None:
            settings = self.settings
            self._client = httpx.Client(
                base_url=f"https://{settings.host}:{settings.port}", verify=tls(settings),
                timeout=httpx.Timeout(settings.answer_timeout, connect=settings.connect_timeout),
                trust_env=False, headers={"Accept": "application/json, text/csv"},
            )  # fmt: skip
        return self._client

    def _exchange(
        self, method: str, path: str, body: str | None, query: Mapping[str, object], *, writes: bool
    ) -> tuple[int, bytes]:
        """Status and body of an answer that came whole."""
        asked = {name: str(value) for name, value in query.items()}
        sent: dict[str, Any] = {"params": asked}
        if body is not None:
            sent |= {"content": body, "headers": {"Content-Type": "application/json"}}
        try:
            with self._connection().stream(method, path, **sent) as answer:
                return answer.status_code, self._whole(answer)
        except UNSENT as error:
            if is_certificate(error):
                raise Refused("The server's certificate is not one that we trust.") from error
            raise Retry(f"The platform cannot be reached: {error}") from error
        except (httpx.HTTPError, httpx.StreamError, BadAnswer) as error:
            reason = f"{method} {path} was sent, and no whole answer came: {error}"
            raise (Unknown(reason) if writes else Retry(reason)) from error

    def _whole(self, answer: httpx.Response) -> bytes:
        deadline = monotonic() + self.settings.answer_timeout
        parts = bytearray()
        for part in answer.iter_bytes():
            parts += part
            if len(parts) > LARGEST_ANSWER:
                raise BadAnswer("The answer is longer than 64 MB, and is not read.")
            if monotonic() > deadline:
                raise BadAnswer("the answer takes too long.")
        return bytes(parts)

    def _understood(self, method: str, path: str, status: int, text: bytes, *, writes: bool) -> Any:
        """The document of an answer, `None` without one; or the trouble that it tells of."""
        try:
            document = parse(text)
        except BadAnswer as error:
            if status < HTTPStatus.BAD_REQUEST:
                reason = f"{method} {path} was answered unreadably: {error}"
                raise (Unknown(reason) if writes else Retry(reason)) from error
            document = None
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return document
        code, said = _error(document)
        code = code or f"HTTP {status}"
        if status < HTTPStatus.BAD_REQUEST:
            status = HTTPStatus.BAD_GATEWAY
        raise trouble(code, said, writes=writes, status=status)


def parse(text: bytes) -> Any:
    """JSON whose numbers stay exact; nothing at all is `None`. Raises `BadAnswer`."""
    if not text.strip():
        return None
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("it is not JSON") from error


def _error(document: Any) -> tuple[str, str]:
    """Code and sentence of an error, wherever the server keeps them."""
    found = document if isinstance(document, dict) else {}
    inner = found.get("error")
    if isinstance(inner, dict):
        found = inner
    code = found.get("errorCode") or found.get("code") or ""
    return str(code), str(found.get("description") or found.get("message") or "")
