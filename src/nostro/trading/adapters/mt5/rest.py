"""The Web API's HTTPS door: the same commands as addresses with JSON answers.

The server knows a session by its connection, or by a cookie where a gateway stands before it. An
answer says nothing of the question it belongs to, so one that speaks of another account than was
asked about, or of no ticket after money was moved, ends the line.
"""

import logging
import secrets
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from ssl import SSLCertVerificationError, SSLContext, create_default_context
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from nostro.kit import Refused
from nostro.trading.adapters.mt5 import wire
from nostro.trading.adapters.mt5.codes import DONE, NOT_DONE, trouble
from nostro.trading.adapters.mt5.settings import Mt5Settings
from nostro.trading.adapters.mt5.wire import Astray, BadPacket, Forgotten, Reply, Unreached

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
PATHS = {
    "USER_PASS_CHECK": "user/check_password", "USER_PASS_CHANGE": "user/change_password",
    "USER_ACCOUNT_GET": "user/account/get", "USER_ACCOUNT_GET_BATCH": "user/account/get_batch",
    "USER_ARCHIVE_ADD": "user/archive/add", "USER_ARCHIVE_GET": "user/archive/get",
}  # fmt: skip
NAMED = {"LOGIN": "Login", "GROUP": "Group", "TICKET": "Ticket"}
"""What a question and its answer both name."""
OWED = {
    "TRADE_BALANCE": "TICKET", "USER_ADD": "LOGIN", "USER_GET": "LOGIN",
    "USER_ACCOUNT_GET": "LOGIN", "TIME_SERVER": "TIME", "TICK_LAST": "TRANS_ID",
    "AUTH_START": "SRV_RAND", "AUTH_ANSWER": "CLI_RAND_ANSWER",
}  # fmt: skip
"""Parameters without which an answer is none to this command; so is `TOTAL` to one of totals."""
BARE = frozenset({"USER_PASS_CHECK", "USER_PASS_CHANGE", "QUIT"})
"""What is answered with a return code alone."""
LISTS = ("_BATCH", "_PAGE", "_LOGINS")

# Passwords stand in addresses, which httpx would write into the log.
logging.getLogger("httpx").setLevel(logging.WARNING)


def path_of(command: str) -> str:
    return "/api/" + (PATHS.get(command) or command.lower().replace("_", "/", 1))


def tls(settings: Mt5Settings) -> SSLContext:
    """Trusts public authorities, or the one certificate of the settings instead."""
    return create_default_context(cadata=settings.certificate.strip() or None)


def _is_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


class RestLine:
    """One kept connection and its cookies. It connects with the first question."""

    def __init__(self, settings: Mt5Settings) -> None:
        self.settings = settings
        self.used_at = monotonic()
        try:
            context = tls(settings)
        except (OSError, ValueError) as error:
            raise Refused("The certificate to trust is not one: paste it as PEM text.") from error
        try:
            self._http = httpx.Client(
                base_url=f"https://{settings.host}:{settings.port}", verify=context,
                limits=httpx.Limits(max_connections=1, keepalive_expiry=settings.idle_limit),
                trust_env=False,
            )  # fmt: skip
        except httpx.InvalidURL as error:
            raise Refused("The server's name cannot be an address.") from error

    def log_in(self) -> None:
        settings = self.settings
        hashed = wire.password_hash(settings.password.get_secret_value())
        start = self._authenticate("AUTH_START", {
            "VERSION": settings.build, "AGENT": settings.agent, "LOGIN": settings.login,
            "TYPE": "manager",
        })  # fmt: skip
        ours = secrets.token_bytes(wire.BLOCK)
        answer = self._authenticate("AUTH_ANSWER", {
            "SRV_RAND_ANSWER": wire.proof(hashed, wire.hexadecimal(start, "SRV_RAND")).hex(),
            "CLI_RAND": ours.hex(),
        })  # fmt: skip
        wire.check_proof(answer, hashed, ours)

    def _authenticate(self, command: str, parameters: Mapping[str, object]) -> Reply:
        within = self.settings.connect_timeout
        reply = self.ask(command, parameters, within=within, writes=False)
        if reply.code not in DONE:
            raise trouble(reply.code, reply.words, writes=False)
        return reply

    def ask(
        self, command: str, parameters: Mapping[str, object], *, within: float, writes: bool
    ) -> Reply:
        """A write goes as POST, so that nothing on the way sends it again by itself."""
        status, text = self._exchange(command, parameters, within, writes=writes)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Forgotten
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            return Reply(command, NOT_DONE, "", {})
        if status != HTTPStatus.OK:
            raise BadPacket(f"the server answered HTTP {status}.")
        reply = parse_answer(command, text)
        if reply.code in DONE:
            _check_belongs(reply, parameters)
        self.used_at = monotonic()
        return reply

    def listen(
        self, command: str, parameters: Mapping[str, object], *, within: float
    ) -> Iterator[Reply]:
        """In one piece: this door's answers are checked when they are whole."""
        yield self.ask(command, parameters, within=within, writes=False)

    def quit(self) -> None:
        self.ask("QUIT", {}, within=1.0, writes=False)

    def drop(self) -> None:
        self._http.close()

    def _exchange(
        self, command: str, parameters: Mapping[str, object], within: float, *, writes: bool
    ) -> tuple[int, bytes]:
        """Status and body of an answer that came whole."""
        asked = {name.lower(): str(value) for name, value in parameters.items()}
        address = f"{path_of(command)}?{urlencode(asked, quote_via=quote)}" if asked else ""
        deadline = monotonic() + within
        limits = httpx.Timeout(within, connect=self.settings.connect_timeout)
        try:
            with self._http.stream(
                "POST" if writes else "GET", address or path_of(command), timeout=limits
            ) as answer:
                return answer.status_code, _whole(answer, deadline)
        except UNSENT as error:
            if _is_certificate(error):
                raise Refused(
                    "The server's certificate is not one that we trust, or is for another name."
                ) from error
            raise Unreached(str(error) or type(error).__name__) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise ConnectionError(str(error) or type(error).__name__) from error


def _whole(answer: httpx.Response, deadline: float) -> bytes:
    parts = bytearray()
    for part in answer.iter_bytes():
        parts += part
        if len(parts) > wire.LARGEST_ANSWER:
            raise BadPacket(wire.TOO_LONG)
        if monotonic() > deadline:
            raise BadPacket("the answer takes too long.")
    return bytes(parts)


def parse_answer(command: str, text: bytes) -> Reply:
    """The envelope as the raw door's reply: what is said in it once stands among the parameters.

    Raises `BadPacket`.
    """
    try:
        envelope = wire.parse_document(text.decode())
    except UnicodeDecodeError as error:
        raise BadPacket("The answer is not UTF-8.") from error
    if not isinstance(envelope, dict):
        raise BadPacket("The answer is not an object.")
    said = _once(envelope)
    code, _, words = said.pop("RETCODE", "").strip().partition(" ")
    if not code.isdecimal():
        raise BadPacket("The answer has no return code.")
    answer = envelope.get("answer")
    if isinstance(answer, dict):
        said = _once(answer) | said
    return Reply(command, int(code), words, said, answer)


def _once(document: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(name).upper(): str(value)
        for name, value in document.items()
        if value is not None and not isinstance(value, dict | list)
    }


def _check_belongs(reply: Reply, parameters: Mapping[str, object]) -> None:
    """Raises `Astray` where an answer has another shape than its question, or another subject."""
    command, answer = reply.command, reply.document
    owed = OWED.get(command) or ("TOTAL" if command.endswith("_TOTAL") else "")
    fits = not owed or owed in reply.parameters
    if command in BARE:
        fits = not answer
    if command.endswith(LISTS):
        fits = not isinstance(answer, dict)
    if isinstance(answer, dict):
        both = ((parameters.get(name), answer.get(spelt)) for name, spelt in NAMED.items())
        fits &= all(
            str(asked).casefold() == str(said).casefold()
            for asked, said in both
            if asked and said is not None
        )
    if not fits:
        raise Astray("The answer belongs to another question.")
