"""The Web API behind both its doors: carries commands out, and knows all sessions so that it can
forget them.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from simulators.mt5.codes import Code, Refusal, code_of
from simulators.mt5.commands import COMMANDS, Reply, Request
from simulators.mt5.framing import CommandLine
from simulators.mt5.rest import RestSession
from simulators.mt5.session import Session
from simulators.mt5.settings import Manager
from simulators.mt5.trade_server import TradeServer
from simulators.trading.denied import Denied
from simulators.trading.misbehaviour import Mischief


class Drops(Protocol):
    """A session, as far as it can be closed."""

    async def run(self) -> None: ...

    def drop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command."""

    code: Code
    reply: Reply = field(default_factory=Reply)


class WebApi:
    def __init__(self, server: TradeServer) -> None:
        self.venue = server
        self.settings = server.settings
        self.mischief = Mischief()
        self.sessions: set[Drops] = set()
        self.tickets: dict[str, Manager] = {}
        """Who has come in by which cookie, where a gateway stands before the REST door."""

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._hold(Session(self, reader, writer))

    async def rest_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await self._hold(RestSession(self, reader, writer))

    async def _hold(self, session: Drops) -> None:
        self.sessions.add(session)
        try:
            await session.run()
        finally:
            self.sessions.discard(session)

    def forget_sessions(self) -> None:
        """Every connection is closed at once, as after a restart."""
        self.tickets.clear()
        for session in self.sessions:
            session.drop()

    def carry_out(self, manager: Manager, line: CommandLine) -> Outcome:
        """Do it and write it down, before anything can go wrong with the reply."""
        try:
            if line.command == "SERVER_RESTART":
                reply = Reply()
            elif line.command in COMMANDS:
                reply = COMMANDS[line.command](Request(self.venue, manager, line))
            else:
                raise Refusal(Code.NOT_SUPPORTED)
        except Refusal as refusal:
            return Outcome(refusal.code)
        except Denied as denied:
            return Outcome(code_of(denied))
        self.venue.store.commit()
        return Outcome(Code.DONE, reply)
