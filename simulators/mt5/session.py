"""One connection to the Web API: packets in, the challenge, commands carried out, packets back."""

import asyncio
import logging
import re
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from simulators.mt5.authentication import KEY_MATERIAL_BYTES, Stream, key_schedule
from simulators.mt5.codes import Code, Refusal
from simulators.mt5.framing import (
    FIRST_SERVER_NUMBER,
    HEADER_BYTES,
    LARGEST_BODY,
    LAST_SERVER_NUMBER,
    PREFIX,
    BadPacket,
    CommandLine,
    Document,
    Header,
    Later,
    parse_line,
    print_json,
    print_line,
    print_pieces,
    split,
)  # fmt: skip
from simulators.mt5.handshake import Handshake
from simulators.mt5.settings import Manager
from simulators.trading.misbehaviour import Misdeed, Plan

if TYPE_CHECKING:
    from simulators.mt5.web_api import WebApi

ANSWER_SECONDS = 10.0
_EXCESS = 32
"""How many bytes more than it sends a reply of the wrong length promises."""
_AMOUNT = re.compile(r'("(?:Profit|Balance)" : )"[^"]*"')

log = logging.getLogger(__name__)


class Hangup(Exception):
    """The server ends the connection."""


class Session:
    def __init__(
        self, api: "WebApi", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._api = api
        self._reader = reader
        self._writer = writer
        self._handshake = Handshake(api, writer.get_extra_info("peername")[0])
        self._encrypts = False
        self._incoming: Stream | None = None
        self._outgoing: Stream | None = None
        self._ping_number = FIRST_SERVER_NUMBER

    async def run(self) -> None:
        pings = asyncio.create_task(self._ping())
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if await self._reader.readexactly(len(PREFIX)) != PREFIX:
                    raise BadPacket("Neither a terminal nor a Web API client.")
            while True:
                limit = (
                    self._api.settings.idle_seconds if self._handshake.manager else ANSWER_SECONDS
                )
                async with asyncio.timeout(limit):
                    number, body = await self._read()
                if body:
                    await self._answer(number, body)
        except (Hangup, BadPacket, TimeoutError, EOFError, ConnectionError) as reason:
            log.info("A session ends: %r", reason)
        finally:
            pings.cancel()
            self.drop()

    def drop(self) -> None:
        with suppress(ConnectionError):
            self._writer.close()

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self._api.settings.ping_seconds)
            self._writer.write(Header(0, self._ping_number, False).dump())
            self._ping_number += 1
            if self._ping_number > LAST_SERVER_NUMBER:
                self._ping_number = FIRST_SERVER_NUMBER

    async def _read(self) -> tuple[int, bytes]:
        """One whole body, put together from its parts; empty for a ping."""
        parts = b""
        while True:
            header = Header.parse(await self._reader.readexactly(HEADER_BYTES))
            part = await self._reader.readexactly(header.length)
            if self._incoming and part:
                part = self._incoming.apply(part)
            parts += part
            if not header.continues:
                return header.number, parts

    async def _answer(self, number: int, body: bytes) -> None:
        try:
            line = parse_line(body.decode("utf-16le"))
        except UnicodeDecodeError as error:
            raise BadPacket("A body that is not UTF-16.") from error
        if line.command == "QUIT":
            self._write(number, print_line("QUIT", {"RETCODE": Code.DONE.words}))
            raise Hangup("The client says good-bye.")
        manager = self._handshake.manager
        if manager is None:
            self._authenticate(number, line)
            await self._writer.drain()
            return
        plan = self._api.mischief.take(line.command)
        self._fail_before(plan)
        if plan and plan.what is Misdeed.ACT_LATE:
            asyncio.get_running_loop().call_later(plan.seconds, self._act, manager, line)
            return
        head, document = self._act(manager, line)
        if plan and plan.what is Misdeed.SLOW:
            await asyncio.sleep(plan.seconds)
        if isinstance(document, Later) and not plan:
            await self._send_rows(number, head, document)
        else:
            self._send(number, head + ("" if document is None else print_json(document)), plan)
        await self._writer.drain()
        if plan and plan.what is Misdeed.HALF_REPLY:
            raise Hangup("Half a reply, as ordered.")
        if line.command == "SERVER_RESTART":
            self._api.forget_sessions()

    def _fail_before(self, plan: Plan | None) -> None:
        if plan and plan.what is Misdeed.DROP_BEFORE_ACTING:
            raise Hangup("Dropped before acting, as ordered.")
        if plan and plan.what is Misdeed.FORGET_SESSIONS:
            self._api.forget_sessions()
            raise Hangup("All sessions forgotten, as ordered.")

    def _act(self, manager: Manager, line: CommandLine) -> tuple[str, Document | None]:
        outcome = self._api.carry_out(manager, line)
        reply = outcome.reply
        text = print_line(line.command, {"RETCODE": outcome.code.words, **reply.params})
        return text, reply.document

    async def _send_rows(self, number: int, head: str, rows: Later) -> None:
        """A packet as soon as it is full, so that others are answered while a long list is sent."""
        body = head.encode("utf-16le")
        for piece in print_pieces(rows, LARGEST_BODY // 2):
            body += piece.encode("utf-16le")
            while len(body) > LARGEST_BODY:
                self._writer.write(self._packet(number, body[:LARGEST_BODY], continues=True))
                body = body[LARGEST_BODY:]
                await self._writer.drain()
                await asyncio.sleep(0)
        self._writer.write(self._packet(number, body, continues=False))

    def _send(self, number: int, text: str, plan: Plan | None) -> None:
        if plan and plan.what is Misdeed.DROP_AFTER_ACTING:
            raise Hangup("Dropped after acting, as ordered.")
        if plan and plan.what is Misdeed.HALF_REPLY:
            packets = self._packets(number, text)
            self._writer.write(packets[: max(len(packets) // 2, HEADER_BYTES + 1)])
            return
        if plan and plan.what is Misdeed.WRONG_LENGTH:
            packets = self._packets(number, text)
            header = Header.parse(packets[:HEADER_BYTES])
            wrong = Header(header.length + _EXCESS, header.number, header.continues)
            self._writer.write(wrong.dump() + packets[HEADER_BYTES:])
            return
        if plan and plan.what is Misdeed.GARBLE:
            text = _AMOUNT.sub(r'\1"?"', text, count=1)
        self._write(number, text)
        if plan and plan.what is Misdeed.DUPLICATE_REPLY:
            self._write(number, text)

    def _write(self, number: int, text: str) -> None:
        self._writer.write(self._packets(number, text))

    def _packets(self, number: int, text: str) -> bytes:
        return b"".join(
            self._packet(number, part, continues=continues)
            for part, continues in split(text.encode("utf-16le"))
        )

    def _packet(self, number: int, part: bytes, *, continues: bool) -> bytes:
        body = self._outgoing.apply(part) if self._outgoing else part
        return Header(len(body), number, continues).dump() + body

    def _authenticate(self, number: int, line: CommandLine) -> None:
        """AUTH_START and AUTH_ANSWER, which are never encrypted; anything else hangs up."""
        steps = {"AUTH_START": self._ask, "AUTH_ANSWER": self._accept}
        if line.command not in steps:
            raise Hangup("A command before the challenge.")
        try:
            params, encrypts = steps[line.command](line)
        except Refusal as refusal:
            self._write(number, print_line(line.command, {"RETCODE": refusal.code.words}))
            raise Hangup(refusal.code.words) from refusal
        self._write(number, print_line(line.command, {"RETCODE": Code.DONE.words, **params}))
        if encrypts:
            self._incoming, self._outgoing = encrypts

    def _ask(self, line: CommandLine) -> tuple[dict[str, str], tuple[Stream, Stream] | None]:
        self._encrypts = line.params.get("CRYPT_METHOD", "NONE").upper() == "AES256OFB"
        return self._handshake.ask(line.params), None

    def _accept(self, line: CommandLine) -> tuple[dict[str, str], tuple[Stream, Stream] | None]:
        if not self._handshake.was_asked:
            raise Hangup("An answer to no question.")
        params = self._handshake.accept(line.params)
        if not self._encrypts:
            return params, None
        material = secrets.token_bytes(KEY_MATERIAL_BYTES)
        key, incoming, outgoing = key_schedule(self._handshake.digest, material)
        params["CRYPT_RAND"] = material.hex()
        return params, (Stream(key, incoming), Stream(key, outgoing))
