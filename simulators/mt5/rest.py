"""The Web API's other door: the same commands as HTTPS requests with JSON answers.

Who has come in is known by the connection, as on a real server. Where the settings put a gateway
before it, it is known by a cookie instead, and connections do not matter.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from simulators.mt5.codes import Code, Refusal
from simulators.mt5.commands import Reply as Done
from simulators.mt5.framing import CommandLine, print_json
from simulators.mt5.handshake import Handshake
from simulators.mt5.settings import Manager
from simulators.trading.http import BadRequest, Reply, Request, read_request
from simulators.trading.misbehaviour import Misdeed, Plan

if TYPE_CHECKING:
    from simulators.mt5.web_api import Outcome, WebApi

COOKIE = "mt5session"
ANSWER_SECONDS = 10.0
_EXCESS = 32
_WORDS = {
    "USER_CHECK_PASSWORD": "USER_PASS_CHECK", "USER_CHANGE_PASSWORD": "USER_PASS_CHANGE",
}  # fmt: skip
_NAMES = {"TICKET": "Ticket"}
"""How a parameter is spelt in an answer, where it is not in lower case."""
_BESIDE = frozenset({"TRANS_ID"})
"""Parameters that stand beside the answer instead of in it."""
_LISTS = frozenset({"SYMBOL_GET"})
"""What answers with an array here, though only one was asked for."""

log = logging.getLogger(__name__)


def command_of(path: str) -> str:
    """The command that an address means; older programs leave out `/api` and write underscores."""
    word = "_".join(path.strip("/").removeprefix("api/").split("/")).upper()
    return _WORDS.get(word, word)


def line_of(request: Request) -> CommandLine:
    """What was asked, as the other door has it. A JSON body wins over the query."""
    params = {name.upper(): value for name, value in request.query.items()}
    text = request.body.decode("utf-8").strip()
    if text:
        document = json.loads(text)
        if not isinstance(document, dict):
            raise Refusal(Code.PARAMS)
        params |= {
            str(name).upper(): str(value)
            for name, value in document.items()
            if isinstance(value, str | int | float)
        }
    return CommandLine(command_of(request.path), params, text)


def document_of(command: str, outcome: "Outcome") -> str:
    """`{"retcode", "answer"}` with strings for scalars."""
    document: dict[str, Any] = {"retcode": outcome.code.words}
    if outcome.code is Code.DONE:
        reply = outcome.reply
        beside = {name: value for name, value in reply.params.items() if name in _BESIDE}
        document |= {name.lower(): value for name, value in beside.items()}
        found = _answer(command, reply)
        if found is not None:
            document["answer"] = found
    return print_json(document)


def _answer(command: str, reply: Done) -> Any:
    if reply.document is not None:
        single = command in _LISTS and not isinstance(reply.document, Sequence)
        return [reply.document] if single else reply.document
    said = {
        _NAMES.get(name, name.lower()): value
        for name, value in reply.params.items()
        if name not in _BESIDE
    }
    return said or None


class RestSession:
    """One connection."""

    def __init__(
        self, api: "WebApi", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._api = api
        self._reader = reader
        self._writer = writer
        self._handshake = Handshake(api, writer.get_extra_info("peername")[0])

    async def run(self) -> None:
        try:
            goes_on = True
            while goes_on:
                known = self._api.settings.gateway or self._handshake.manager
                limit = self._api.settings.idle_seconds if known else ANSWER_SECONDS
                async with asyncio.timeout(limit):
                    request = await read_request(self._reader)
                goes_on = await self._answer(request)
                await self._writer.drain()
        except (BadRequest, TimeoutError, EOFError, ConnectionError, ValueError) as reason:
            log.info("A REST session ends: %r", reason)
        finally:
            self.drop()

    def drop(self) -> None:
        with suppress(RuntimeError, ConnectionError):
            self._writer.close()

    async def _answer(self, request: Request) -> bool:
        """Answer one request; false where the connection ends with it."""
        try:
            line = line_of(request)
        except (Refusal, ValueError):
            self._write(print_json({"retcode": Code.PARAMS.words}))
            return True
        if line.command in ("AUTH_START", "AUTH_ANSWER"):
            return self._authenticate(line)
        manager = self._manager(request)
        if manager is None:
            self._writer.write(Reply(403).dump())
            return True
        if line.command == "QUIT":
            self._write(print_json({"retcode": Code.DONE.words}))
            return False
        plan = self._api.mischief.take(line.command)
        if plan and plan.what is Misdeed.DROP_BEFORE_ACTING:
            return False
        if plan and plan.what is Misdeed.FORGET_SESSIONS:
            self._api.forget_sessions()
            return False
        if plan and plan.what is Misdeed.ACT_LATE:
            act = self._api.carry_out
            asyncio.get_running_loop().call_later(plan.seconds, act, manager, line)
            return True
        outcome = self._api.carry_out(manager, line)
        if plan and plan.what is Misdeed.SLOW:
            await asyncio.sleep(plan.seconds)
        return self._send(document_of(line.command, outcome), plan)

    def _manager(self, request: Request) -> Manager | None:
        if not self._api.settings.gateway:
            return self._handshake.manager
        cookies = SimpleCookie()
        with suppress(CookieError):
            cookies.load(request.headers.get("cookie", ""))
        ticket = cookies.get(COOKIE)
        return self._api.tickets.get(ticket.value) if ticket else None

    def _authenticate(self, line: CommandLine) -> bool:
        """A refusal ends the connection, as it does at the other door."""
        more: dict[str, str] = {}
        try:
            if line.command == "AUTH_START":
                params = self._handshake.ask(line.params)
            elif self._handshake.was_asked:
                params = self._handshake.accept(line.params)
                more = self._ticket()
            else:
                return False
        except Refusal as refusal:
            self._write(print_json({"retcode": refusal.code.words}))
            return False
        said = {name.lower(): value for name, value in params.items()}
        self._write(print_json({"retcode": Code.DONE.words, **said}), more)
        return True

    def _ticket(self) -> dict[str, str]:
        """A gateway gives a cookie for the session that it keeps."""
        if not self._api.settings.gateway or self._handshake.manager is None:
            return {}
        word = secrets.token_hex(16)
        self._api.tickets[word] = self._handshake.manager
        return {"Set-Cookie": f"{COOKIE}={word}; Path=/; Secure; HttpOnly"}

    def _write(self, text: str, headers: dict[str, str] | None = None) -> None:
        self._writer.write(Reply(200, text.encode(), headers=headers or {}).dump())

    def _send(self, text: str, plan: Plan | None) -> bool:
        if self._writer.is_closing():  # the session was dropped while a slow answer was waited for
            return False
        what, reply = plan.what if plan else None, Reply(200, text.encode())
        whole = reply.dump()
        if what is Misdeed.DROP_AFTER_ACTING:
            return False
        if what is Misdeed.HALF_REPLY:
            self._writer.write(whole[: len(whole) - len(reply.body) // 2 - 1])
            return False
        if what is Misdeed.WRONG_LENGTH:
            self._writer.write(reply.dump(excess=_EXCESS))
            return True
        self._writer.write(whole)
        if what is Misdeed.DUPLICATE_REPLY:
            self._writer.write(whole)
        return True
