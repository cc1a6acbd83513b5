"""One connection to the Web API: packets in, the challenge, commands carried out, packets back."""

import asyncio
import logging
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulators.mt5.authentication import (
    KEY_MATERIAL_BYTES,
    RANDOM_BYTES,
    Stream,
    answer,
    key_schedule,
    password_digest,
)  # fmt: skip
from simulators.mt5.codes import Code, Refusal, code_of
from simulators.mt5.commands import COMMANDS, Reply, Request
from simulators.mt5.framing import (
    FIRST_SERVER_NUMBER,
    HEADER_BYTES,
    LAST_SERVER_NUMBER,
    PREFIX,
    BadPacket,
    CommandLine,
    Header,
    parse_line,
    print_json,
    print_line,
    split,
)  # fmt: skip
from simulators.mt5.settings import Manager
from simulators.trading.denied import Denied
from simulators.trading.misbehaviour import Misdeed, Plan

if TYPE_CHECKING:
    from simulators.mt5.web_api import WebApi

OLDEST_BUILD = 484
ANSWER_SECONDS = 10.0
_EXCESS = 32
"""How many bytes more than it sends a reply of the wrong length promises."""

log = logging.getLogger(__name__)


class Hangup(Exception):
    """The server ends the connection."""


@dataclass(slots=True)
class _Challenge:
    manager: Manager
    question: bytes
    is_encrypted: bool


class Session:
    def __init__(
        self, api: "WebApi", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._api = api
        self._reader = reader
        self._writer = writer
        self._manager: Manager | None = None
        self._challenge: _Challenge | None = None
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
                limit = self._api.settings.idle_seconds if self._manager else ANSWER_SECONDS
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
        if self._manager is None:
            self._authenticate(number, line)
            await self._writer.drain()
            return
        plan = self._api.mischief.take(line.command)
        self._fail_before(plan)
        text = self._act(self._manager, line)
        if plan and plan.what is Misdeed.SLOW:
            await asyncio.sleep(plan.seconds)
        self._send(number, text, plan)
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

    def _act(self, manager: Manager, line: CommandLine) -> str:
        """Carry a command out and write it down, before anything can go wrong with the reply."""
        try:
            if line.command == "SERVER_RESTART":
                reply = Reply()
            elif line.command in COMMANDS:
                reply = COMMANDS[line.command](Request(self._api.venue, manager, line))
            else:
                raise Refusal(Code.NOT_SUPPORTED)
        except Refusal as refusal:
            return print_line(line.command, {"RETCODE": refusal.code.words})
        except Denied as denied:
            return print_line(line.command, {"RETCODE": code_of(denied).words})
        self._api.venue.store.commit()
        text = print_line(line.command, {"RETCODE": Code.DONE.words, **reply.params})
        return text if reply.document is None else text + print_json(reply.document)

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
        self._write(number, text)
        if plan and plan.what is Misdeed.DUPLICATE_REPLY:
            self._write(number, text)

    def _write(self, number: int, text: str) -> None:
        self._writer.write(self._packets(number, text))

    def _packets(self, number: int, text: str) -> bytes:
        packets = []
        for part, continues in split(text.encode("utf-16le")):
            body = self._outgoing.apply(part) if self._outgoing else part
            packets.append(Header(len(body), number, continues).dump() + body)
        return b"".join(packets)

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
        params = line.params
        if params.get("TYPE", "").upper() != "MANAGER":
            raise Refusal(Code.CLIENT_INVALID)
        if not params.get("VERSION", "").isdecimal() or int(params["VERSION"]) < OLDEST_BUILD:
            raise Refusal(Code.CLIENT_OLD)
        manager = self._manager_named(params.get("LOGIN", ""))
        question = secrets.token_bytes(RANDOM_BYTES)
        is_encrypted = params.get("CRYPT_METHOD", "NONE").upper() == "AES256OFB"
        self._challenge = _Challenge(manager, question, is_encrypted)
        build = str(self._api.settings.build)
        return {"VERSION_ACCESS": build, "SRV_RAND": question.hex()}, None

    def _manager_named(self, login: str) -> Manager:
        for manager in self._api.settings.managers:
            if str(manager.login) == login:
                address = self._writer.get_extra_info("peername")[0]
                if manager.addresses and address not in manager.addresses:
                    raise Refusal(Code.ADDRESS_BLOCKED)
                return manager
        is_client = login.isdecimal() and int(login) in self._api.venue.store.accounts
        raise Refusal(Code.NO_MANAGER_CONFIG if is_client else Code.ACCOUNT_INVALID)

    def _accept(self, line: CommandLine) -> tuple[dict[str, str], tuple[Stream, Stream] | None]:
        challenge = self._challenge
        if challenge is None:
            raise Hangup("An answer to no question.")
        digest = password_digest(challenge.manager.password)
        given = line.params.get("SRV_RAND_ANSWER", "").lower()
        if not secrets.compare_digest(given.encode(), answer(digest, challenge.question).encode()):
            raise Refusal(Code.ACCOUNT_INVALID)
        try:
            question = bytes.fromhex(line.params.get("CLI_RAND", ""))
        except ValueError as error:
            raise Refusal(Code.PARAMS) from error
        build = str(self._api.settings.build)
        params = {
            "VERSION_ACCESS": build,
            "VERSION_TRADE": build,
            "CLI_RAND_ANSWER": answer(digest, question),
        }
        self._manager = challenge.manager
        if not challenge.is_encrypted:
            return params, None
        material = secrets.token_bytes(KEY_MATERIAL_BYTES)
        key, incoming, outgoing = key_schedule(digest, material)
        params["CRYPT_RAND"] = material.hex()
        return params, (Stream(key, incoming), Stream(key, outgoing))
