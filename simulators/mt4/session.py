"""One line to the plugin: requests are answered one by one, in the order they came."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from secrets import compare_digest
from typing import TYPE_CHECKING

from simulators.mt4.actions import ACTIONS, Reply
from simulators.mt4.codes import Code, Refusal, code_of
from simulators.mt4.wire import (
    BadRequest,
    Request,
    packed,
    parse_request,
    print_answer,
    read_request,
)
from simulators.trading.denied import Denied
from simulators.trading.misbehaviour import Misdeed, Plan

if TYPE_CHECKING:
    from simulators.mt4.plugin import Plugin

log = logging.getLogger(__name__)

_EXCESS = 32
_SUCCESS, _FAILURE = 1, 0


class Hangup(Exception):
    """The line is to be closed."""


class Session:
    def __init__(
        self, plugin: "Plugin", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._plugin = plugin
        self._reader = reader
        self._writer = writer
        self._key = plugin.settings.mask.encode(plugin.settings.code_page)
        self._held: bytes = b""

    async def run(self) -> None:
        settings = self._plugin.settings
        try:
            while True:
                async with asyncio.timeout(settings.idle_seconds):
                    data = await read_request(self._reader, self._key)
                await self._answer(parse_request(data, settings.code_page))
        except (Hangup, BadRequest, TimeoutError, EOFError, ConnectionError) as reason:
            log.info("A session ends: %r", reason)
        finally:
            self.drop()

    def drop(self) -> None:
        with suppress(ConnectionError):
            self._writer.close()

    async def _answer(self, request: Request) -> None:
        plan = self._plugin.mischief.take(request.action.upper())
        what = plan.what if plan else None
        if what is Misdeed.DROP_BEFORE_ACTING:
            raise Hangup("Dropped before acting, as ordered.")
        if what is Misdeed.FORGET_SESSIONS:
            self._plugin.forget_sessions()
            raise Hangup("All sessions forgotten, as ordered.")
        if plan and what is Misdeed.ACT_LATE:
            asyncio.get_running_loop().call_later(plan.seconds, self._act, request)
            return
        answer = packed(self._act(request), self._key, self._plugin.settings.code_page)
        if what is Misdeed.DROP_AFTER_ACTING:
            raise Hangup("Dropped after acting, as ordered.")
        if plan and what is Misdeed.SLOW:
            await asyncio.sleep(plan.seconds)
        self._send(answer, plan)
        await self._writer.drain()
        if what is Misdeed.HALF_REPLY:
            raise Hangup("Half a reply, as ordered.")

    def _send(self, answer: bytes, plan: Plan | None) -> None:
        spoilt: dict[Misdeed, Callable[[], bytes]] = {
            Misdeed.HALF_REPLY: lambda: answer[: max(len(answer) // 2, 1)],
            Misdeed.DUPLICATE_REPLY: lambda: answer + answer,
            Misdeed.WRONG_LENGTH: lambda: _longer(answer),
        }
        if plan and plan.what is Misdeed.REORDER:
            self._held += answer
            return
        self._writer.write(spoilt[plan.what]() if plan and plan.what in spoilt else answer)
        self._writer.write(self._held)
        self._held = b""

    def _act(self, request: Request) -> str:
        """Carry a request out and write it down, before anything can go wrong with the answer."""
        venue = self._plugin.venue
        try:
            self._check_signature(request)
            if request.action not in ACTIONS:
                raise Refusal(Code.INVALID_DATA)
            reply: Reply = ACTIONS[request.action](venue, request.values)
        except (Refusal, Denied) as error:
            code = code_of(error) if isinstance(error, Denied) else error.code
            said = {"error": int(code), "reason": code.words}
            return print_answer(request.number, _FAILURE, said, None)
        venue.store.commit()
        return print_answer(request.number, _SUCCESS, reply.values, reply.rows)

    def _check_signature(self, request: Request) -> None:
        secret = self._plugin.settings.secret
        given = request.values.get("hash", "").lower()
        if secret and not compare_digest(given.encode(), request.signature(secret).encode()):
            raise Refusal(Code.SECURITY)


def _longer(answer: bytes) -> bytes:
    """The same answer under a length that is never reached."""
    size, _, body = answer.partition(b"\n")
    return b"%d\n" % (int(size) + _EXCESS) + body
