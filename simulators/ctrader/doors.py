"""Both doors of the server: WebServices by HTTPS, the Manager API by protobuf over TLS."""

import asyncio
import json
import logging
from contextlib import suppress

from simulators.ctrader import lists, messages, webserv
from simulators.ctrader.manager_api import Session, trade_event
from simulators.ctrader.refusals import Refusal, refusal_of
from simulators.ctrader.server import CTraderServer, more_of
from simulators.trading.denied import Denied
from simulators.trading.http import BadRequest, Reply, Request, read_request
from simulators.trading.misbehaviour import Mischief, Misdeed, Plan
from simulators.trading.records import Account, Deal

_EXCESS = 32

log = logging.getLogger(__name__)


class Doors:
    def __init__(self, server: CTraderServer) -> None:
        self.server = server
        self.mischief = Mischief()
        self.sessions: set[Session] = set()
        self._lines: set[asyncio.StreamWriter] = set()
        self._events = 0
        server.desk.listeners.append(self._booked)
        server.traders_heard.append(self._changed)

    @property
    def venue(self) -> CTraderServer:
        return self.server

    def next_event(self) -> int:
        self._events += 1
        return self._events

    def forget_sessions(self) -> None:
        """As after a restart: connections close, and tokens are not known any more."""
        self.server.forget_tokens()
        for session in self.sessions:
            session.drop()
        for line in self._lines:
            with suppress(RuntimeError):
                line.close()

    async def manager_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        session = Session(self, reader, writer)
        self.sessions.add(session)
        try:
            await session.run()
        finally:
            self.sessions.discard(session)

    async def web_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._lines.add(writer)
        try:
            while await self._converse(reader, writer):
                await writer.drain()
            await writer.drain()
        except (BadRequest, OSError, EOFError, ValueError) as reason:
            log.info("A web connection ends: %r", reason)
        finally:
            self._lines.discard(writer)
            with suppress(RuntimeError):
                writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its reply; false where the connection ends with it."""
        request = await read_request(reader)
        word, login, answer = "", "", None
        try:
            word, login, answer = webserv.found(request)
        except Refusal as refusal:
            writer.write(webserv.refused(refusal).dump())
            return True
        plan = self.mischief.take(word)
        if plan and plan.what is Misdeed.FORGET_SESSIONS:
            self.forget_sessions()
            return False
        if plan and plan.what is Misdeed.DROP_BEFORE_ACTING:
            return False
        if plan and plan.what is Misdeed.ACT_LATE:
            late = (request, login, word, answer)
            asyncio.get_running_loop().call_later(plan.seconds, self._act, *late)
            return True
        reply = self._act(request, login, word, answer)
        if plan and plan.what in (Misdeed.SLOW, Misdeed.REORDER):
            await asyncio.sleep(plan.seconds)
        return self._send(writer, reply, plan)

    def _act(self, request: Request, login: str, word: str, answer: webserv.Answer) -> Reply:
        """Carry a request out and write it down, before anything can go wrong with the reply."""
        try:
            manager = 0
            if word != "TOKEN":
                manager = self.server.holder_of(request.query.get("token", "")).login
            reply = answer(webserv.Call(self.server, request, manager, login))
        except Refusal as refusal:
            return webserv.refused(refusal)
        except Denied as denied:
            return webserv.refused(refusal_of(denied))
        self.server.store.commit()
        return reply

    def _send(self, writer: asyncio.StreamWriter, reply: Reply, plan: Plan | None) -> bool:
        what = plan.what if plan else None
        if what is Misdeed.DROP_AFTER_ACTING or writer.is_closing():
            return False
        if what is Misdeed.HALF_REPLY:
            whole = reply.dump()
            writer.write(whole[: max(len(whole) - len(reply.body) // 2 - 1, 20)])
            return False
        if what is Misdeed.WRONG_LENGTH:
            writer.write(reply.dump(excess=_EXCESS))
            return False
        writer.write(reply.dump())
        if what is Misdeed.DUPLICATE_REPLY:
            writer.write(reply.dump())
        return True

    def _booked(self, deal: Deal) -> None:
        """What only this platform keeps of a deal: the balance and the credit after it."""
        account = self.server.store.accounts[deal.login]
        after = {"balance": str(account.balance), "credit": str(account.credit)}
        deal.more = json.dumps({**more_of(deal), **after})
        if self.sessions:
            self._push(messages.EXECUTION, trade_event(self, deal))

    def _changed(self, account: Account, operation: int) -> None:
        if self.sessions:
            shown = lists.trader(self.server, account)
            body = messages.packed(
                "TraderChanged", payloadType=messages.TRADER_CHANGED, trader=shown,
                operation=operation,
            )  # fmt: skip
            self._push(messages.TRADER_CHANGED, body)

    def _push(self, kind: int, payload: bytes) -> None:
        for session in self.sessions:
            session.push(kind, payload)
