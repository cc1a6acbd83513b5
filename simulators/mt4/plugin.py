"""The plugin's door: listens, and knows all sessions so that it can forget them."""

import asyncio

from simulators.mt4.session import Session
from simulators.mt4.trade_server import TradeServer
from simulators.trading.misbehaviour import Mischief


class Plugin:
    def __init__(self, server: TradeServer) -> None:
        self.venue = server
        self.settings = server.settings
        self.mischief = Mischief()
        self.sessions: set[Session] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer)
        self.sessions.add(session)
        try:
            await session.run()
        finally:
            self.sessions.discard(session)

    def forget_sessions(self) -> None:
        """Every connection is closed at once, as after a restart."""
        for session in self.sessions:
            session.drop()
