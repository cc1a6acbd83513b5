"""One connection to the Manager API: containers in, containers out, events in between."""

import asyncio
import logging
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulators.ctrader import lists, messages
from simulators.ctrader.protobuf import BadMessage
from simulators.ctrader.refusals import Refusal, refusal_of
from simulators.ctrader.requests import ANSWERS, Call
from simulators.trading.denied import Denied
from simulators.trading.misbehaviour import Misdeed, Plan

if TYPE_CHECKING:
    from simulators.ctrader.doors import Doors

LARGEST_FRAME = 15_000_000
"""What the vendor's own client takes at most."""
SIGN_IN_SECONDS = 10.0
SPOT_SECONDS = 0.5
PRICE_SCALE = 5
_EXCESS = 32

log = logging.getLogger(__name__)


class Hangup(Exception):
    """The server ends the connection."""


class Session:
    """`manager` is 0 until somebody has signed in."""

    def __init__(
        self, doors: "Doors", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._doors = doors
        self._server = doors.server
        self._reader = reader
        self._writer = writer
        self.manager = 0
        self._spots: dict[int, tuple[int, int]] = {}
        self._held: bytes = b""

    async def run(self) -> None:
        self._writer.write(messages.container(messages.HELLO, messages.packed("Plain")))
        beats = [asyncio.create_task(self._beat()), asyncio.create_task(self._tell_spots())]
        try:
            while True:
                settings = self._server.settings
                async with asyncio.timeout(
                    settings.idle_seconds if self.manager else SIGN_IN_SECONDS
                ):
                    frame = await self._read()
                await self._answer(messages.unpacked("Container", frame))
        except (Hangup, BadMessage, EOFError, OSError) as reason:
            log.info("A session ends: %r", reason)
        finally:
            for task in beats:
                task.cancel()
            self.drop()

    def drop(self) -> None:
        with suppress(ConnectionError, RuntimeError):
            self._writer.close()

    def push(self, kind: int, payload: bytes) -> None:
        """An event: a container without the id of a request. Who has gone hears nothing."""
        if self.manager and not self._writer.is_closing():
            self._writer.write(messages.container(kind, payload))

    async def _read(self) -> bytes:
        length = int.from_bytes(await self._reader.readexactly(4))
        if length > LARGEST_FRAME:
            raise Hangup("FRAME_TOO_LONG")
        return await self._reader.readexactly(length)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._server.settings.heartbeat_seconds)
            self._writer.write(messages.container(messages.HEARTBEAT, b""))

    async def _tell_spots(self) -> None:
        while True:
            await asyncio.sleep(SPOT_SECONDS)
            for number in self._spots:
                self._tell_spot(number)

    def _tell_spot(self, number: int) -> None:
        """A price that has moved since it was told last."""
        name = next(name for name, known in self._server.symbol_ids.items() if known == number)
        quote = self._server.market.quote(
            self._server.instruments[name], self._server.now(), markup=Decimal()
        )
        seen = (int(quote.bid.scaleb(PRICE_SCALE)), int(quote.ask.scaleb(PRICE_SCALE)))
        if self._spots[number] == seen:
            return
        self._spots[number] = seen
        self.push(messages.SPOT, messages.packed(
            "Spot", payloadType=messages.SPOT, symbolId=number, bid=seen[0], ask=seen[1],
            timestamp=quote.at,
        ))  # fmt: skip

    def _subscribe(self, numbers: list[int]) -> None:
        for number in numbers:
            self._spots[number] = (0, 0)
            self._tell_spot(number)

    async def _answer(self, asked: dict[str, Any]) -> None:
        kind, number = int(asked.get("payloadType", 0)), str(asked.get("clientMsgId", ""))
        if kind == messages.HEARTBEAT:
            return
        word, answer = messages.REQUESTS.get(kind, ("", messages.ERROR))
        payload = bytes(asked.get("payload", b""))
        if not self.manager:
            self._sign_in(word, payload, number)
            await self._writer.drain()
            return
        plan = self._doors.mischief.take(word)
        self._fail_before(plan)
        try:
            kind, body = answer, self._act(word, payload)
        except Refusal as refusal:
            kind, body = messages.ERROR, _error(refusal)
        except Denied as denied:
            kind, body = messages.ERROR, _error(refusal_of(denied))
        if plan and plan.what is Misdeed.SLOW:
            await asyncio.sleep(plan.seconds)
        self._send(messages.container(kind, body, number), plan)
        await self._writer.drain()

    def _act(self, word: str, payload: bytes) -> bytes:
        """Carry a request out and write it down, before anything can go wrong with the reply."""
        if word not in ANSWERS:
            raise Refusal("UNSUPPORTED_MESSAGE", "This message is not known here.")
        body = ANSWERS[word](Call(self._server, self.manager, payload, self._subscribe))
        self._server.store.commit()
        return body

    def _fail_before(self, plan: Plan | None) -> None:
        if plan and plan.what is Misdeed.DROP_BEFORE_ACTING:
            raise Hangup("Dropped before acting, as ordered.")
        if plan and plan.what is Misdeed.FORGET_SESSIONS:
            self._doors.forget_sessions()
            raise Hangup("All sessions forgotten, as ordered.")

    def _send(self, frame: bytes, plan: Plan | None) -> None:
        what = plan.what if plan else None
        if what is Misdeed.DROP_AFTER_ACTING:
            raise Hangup("Dropped after acting, as ordered.")
        if what is Misdeed.HALF_REPLY:
            self._writer.write(frame[: max(len(frame) // 2, 5)])
            raise Hangup("Half a reply, as ordered.")
        if what is Misdeed.WRONG_LENGTH:
            frame = (len(frame) - 4 + _EXCESS).to_bytes(4) + frame[4:]
        if what is Misdeed.REORDER:
            self._held += frame
            asyncio.get_running_loop().call_later(plan.seconds if plan else 0, self._let_go)
            return
        self._writer.write(frame)
        if what is Misdeed.DUPLICATE_REPLY:
            self._writer.write(frame)
        self._let_go()

    def _let_go(self) -> None:
        """What was held back follows the next reply, or comes when its time is over."""
        held, self._held = self._held, b""
        with suppress(ConnectionError, RuntimeError):
            self._writer.write(held)

    def _sign_in(self, word: str, payload: bytes, number: str) -> None:
        if word == "PING":
            self._writer.write(messages.container(messages.PONG, payload, number))
            return
        try:
            if word != "MANAGER_AUTH":
                raise Refusal("AUTHENTICATION_FAILED", "Sign in first.")
            asked, settings = messages.unpacked("Auth", payload), self._server.settings
            place = (asked.get("plantId"), asked.get("environmentName"))
            if place != (settings.plant, settings.environment):
                raise Refusal("CANT_ROUTE_REQUEST", "There is no such plant or environment.")
            login, hashed = int(str(asked.get("login", 0))), str(asked.get("passwordHash", ""))
            self.manager = self._server.manager(login, hashed).login
        except Refusal as refusal:
            self._writer.write(messages.container(messages.ERROR, _error(refusal), number))
            raise Hangup(refusal.code) from refusal
        body = messages.packed("AuthRes", payloadType=302, permission=[1])
        self._writer.write(messages.container(302, body, number))


def _error(refusal: Refusal) -> bytes:
    return messages.packed(
        "Error", payloadType=messages.ERROR, errorCode=refusal.code,
        description=refusal.description,
    )  # fmt: skip


def trade_event(doors: "Doors", row: Any) -> bytes:
    """ExecutionEvent of a deal or a balance change that has just been booked."""
    server = doors.server
    fields: dict[str, Any] = {"payloadType": messages.EXECUTION, "isServerEvent": True,
                              "eventId": doors.next_event()}  # fmt: skip
    if row.action > 1:
        fields |= {"executionType": 10, "depositWithdraw": lists.deposit_withdraw(row)}
    else:
        held = server.store.positions.get(row.position_id)
        fields |= {"executionType": 3, "deal": lists.deal(server, row),
                   "position": lists.position(server, held) if held else None}  # fmt: skip
    return messages.packed("Execution", **fields)
