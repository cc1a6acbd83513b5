"""Live screens: `/live` names what has changed, and the page asks again for what it shows. One
connection a server listens to the log for all its readers. Hints carry no data, only topics.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from nostro.core.access import Actor
from nostro.core.identity import actor_of
from nostro.core.log import Cursor, feed, feed_end
from nostro.core.models import User
from nostro.kit.problems import Forbidden

CHANNEL = "nostro_log"
HEARTBEAT = 15
LIFETIME = 600
"""Seconds after which a stream ends and the browser comes back: who may listen is asked anew."""
GATHER = 0.05
BACKLOG = 100
MISSED = 500

log = logging.getLogger("nostro.live")
Hint = tuple[str, int | None]
"""A kind of thing, and the client it belongs to."""


def hints(payload: str) -> list[Hint]:
    """`payments.withdrawal/5 people.client/`: what a notification names."""
    found: list[Hint] = []
    for token in payload.split():
        kind, slash, client = token.partition("/")
        if slash and (client.isdigit() or not client):
            found.append((kind, int(client) if client else None))
    return found


def topics(actor: Actor, heard: Iterable[Hint]) -> list[str]:
    """What this reader is told: portal users of their own things, staff of all within reach."""
    found: set[str] = set()
    scope = actor.grants.scope
    narrow = (scope.entities, scope.desks, scope.countries, scope.owner) != (None,) * 4
    for kind, client in heard:
        if actor.kind == "client" and client != actor.id:
            continue
        if actor.kind == "partner":
            found |= {kind} if kind.startswith("partners.") else set()
            continue
        found.add(kind)
        if client is not None and not (actor.kind == "staff" and narrow):
            found.add(f"client/{client}")
    return sorted(one for one in found if one)


class Hub:
    """One LISTEN, many readers. Each reader has a short queue; who falls behind starts over."""

    def __init__(self) -> None:
        self._readers: set[asyncio.Queue[tuple[str, list[Hint]] | None]] = set()
        self._task: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()

    def join(self) -> "asyncio.Queue[tuple[str, list[Hint]] | None]":
        reader: asyncio.Queue[tuple[str, list[Hint]] | None] = asyncio.Queue(BACKLOG)
        self._readers.add(reader)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        return reader

    def leave(self, reader: "asyncio.Queue[tuple[str, list[Hint]] | None]") -> None:
        self._readers.discard(reader)
        if not self._readers and self._task is not None:
            self._task.cancel()
            self._task = None
            self.listening.clear()

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except psycopg.Error as error:
                log.warning("the log cannot be heard: %s", error)
            self.listening.clear()
            self._tell(None)
            await asyncio.sleep(1)

    async def _hear(self) -> None:
        settings = await sync_to_async(_settings)()
        async with await psycopg.AsyncConnection.connect(**settings, autocommit=True) as heard:
            await heard.execute(f"LISTEN {CHANNEL}")
            self.listening.set()
            while True:
                payloads = [one.payload async for one in heard.notifies(stop_after=1)]
                payloads += [one.payload async for one in heard.notifies(timeout=GATHER)]
                named = [hint for payload in payloads for hint in hints(payload)]
                self._tell((await sync_to_async(_end)(), list(dict.fromkeys(named))))

    def _tell(self, news: tuple[str, list[Hint]] | None) -> None:
        for reader in list(self._readers):
            if reader.full():
                while not reader.empty():
                    reader.get_nowait()
                reader.put_nowait(None)
            else:
                reader.put_nowait(news)


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The server's own: one an event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def _settings() -> dict[str, Any]:
    known = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return {name: known[name] for name in names if known.get(name)}


def _end() -> str:
    close_old_connections()
    return str(feed_end())


def _missed(last: str) -> tuple[str, list[Hint]] | None:
    """What happened behind the reader's last event; nothing where it is too much to name."""
    close_old_connections()
    try:
        rows = feed(Cursor.parse(last), limit=MISSED)
    except ValueError:
        return None
    if len(rows) == MISSED:
        return None
    named = [(row.subject_type, row.client_id) for row in rows]
    return (str(Cursor(rows[-1].xid, rows[-1].pk)) if rows else last), list(dict.fromkeys(named))


def message(at: str, named: list[str]) -> bytes:
    return f"id: {at}\ndata: {json.dumps({'topics': named})}\n\n".encode()


async def stream(actor: Actor, last: str) -> AsyncGenerator[bytes]:
    """Messages until the lifetime ends. Ending early makes the browser come back and ask."""
    reader = hub().join()
    ends = asyncio.get_running_loop().time() + LIFETIME
    try:
        yield b"retry: 2000\n\n"
        if last:
            news = await sync_to_async(_missed)(last)
            if news is None:
                return
            yield message(news[0], topics(actor, news[1]))
        while asyncio.get_running_loop().time() < ends:
            try:
                news = await asyncio.wait_for(reader.get(), HEARTBEAT)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if news is None:
                return
            named = topics(actor, news[1])
            if named:
                yield message(news[0], named)
    finally:
        with suppress(RuntimeError):
            hub().leave(reader)


async def live_view(request: HttpRequest) -> HttpResponseBase:
    """The event stream of whoever is signed in."""
    user = await request.auser()
    if not isinstance(user, User):
        return HttpResponse(status=401)
    try:
        actor = await sync_to_async(actor_of)(user)
    except Forbidden:
        return HttpResponse(status=403)
    last = request.headers.get("Last-Event-ID", "")[:60]
    answer = StreamingHttpResponse(stream(actor, last), content_type="text/event-stream")
    answer["Cache-Control"] = "no-cache"
    answer["X-Accel-Buffering"] = "no"
    return answer
