"""An act: who does something, when, by which key, because of what, and the pen to record it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import randbits
from time import time_ns
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Model

from nostro.core.access import SYSTEM, Actor
from nostro.core.events import Event

if TYPE_CHECKING:
    from nostro.core.operations import Operation
    from nostro.core.statements import Statement

_set_clock: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """The only clock in the house, in UTC."""
    return _set_clock.get() or datetime.now(UTC)


def time_ordered() -> UUID:
    """A UUID version 7 (RFC 9562): ids made one after another lie side by side in an index."""
    milliseconds = time_ns() // 1_000_000
    return UUID(
        int=(milliseconds << 80) | (7 << 76) | (randbits(12) << 64) | (2 << 62) | randbits(62)
    )


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Let it be another time: how the demo brokerage gets a past, and tests a calendar."""
    if moment.tzinfo is None:
        raise ValueError("A clock is set in UTC, never to a naive time.")
    token = _set_clock.set(moment)
    try:
        yield
    finally:
        _set_clock.reset(token)


@dataclass(frozen=True)
class Recorded:
    """An event on its way into the log, with the operation that recorded it."""

    event: Event
    operation: str
    subject: Model | None
    client_id: int | None
    entity_id: int | None


class OutsideOperation(RuntimeError):
    """Somebody wrote or recorded without an operation: a fault of ours, never of a person."""


@dataclass
class Frame:
    """One outermost operation in progress: what it recorded, and which operations are nested."""

    act: "Act"
    stack: list["Operation[..., Any]"] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    unsent: list["Statement"] = field(default_factory=list)
    keys: dict[int | None, Any] = field(default_factory=dict)
    """Clients' keys that this operation has read: it seals many things of one client."""
    asked: dict[tuple[Any, ...], list[tuple[Any, ...]]] = field(default_factory=dict)
    """Answers that came with the subject's lock, by question and arguments: each is taken once."""


_frame: ContextVar[Frame | None] = ContextVar("frame", default=None)


def frame() -> Frame:
    """The operation in progress."""
    current = _frame.get()
    if current is None:
        raise OutsideOperation("Only an operation may change or record something.")
    return current


def has_frame() -> bool:
    return _frame.get() is not None


@contextmanager
def opened(new: Frame) -> Iterator[Frame]:
    token = _frame.set(new)
    try:
        yield new
    finally:
        _frame.reset(token)


@dataclass
class Act:
    """Made by a door for each request, by a worker for each job.

    `key` makes a repeat harmless, `cause` is the log row that triggered it, `door` says which
    way it came in, `address` and `device` stand on the act's row and nowhere else. `id` is that
    row's: a new one for each outermost operation, as an act may carry out several. `proposer` is
    the id of who of staff proposed what is carried out, where others only agreed to it.
    """

    actor: Actor
    at: datetime = field(default_factory=now)
    key: str = ""
    cause: int | None = None
    door: str = ""
    address: str = ""
    device: str = ""
    id: UUID = field(default_factory=lambda: time_ordered())
    begun: bool = False
    proposer: int | None = None

    @property
    def asked_by(self) -> int | None:
        """Who of staff wants it done: whoever proposed it, and not the last one who agreed."""
        return self.proposer or (self.actor.id if self.actor.kind == "staff" else None)

    def begin(self) -> UUID:
        """The id of the outermost operation that starts now: each one is an act of its own."""
        if self.begun:
            self.id = time_ordered()
        self.begun = True
        return self.id

    @classmethod
    def system(cls, *, cause: int | None = None, key: str = "", door: str = "system") -> "Act":
        return cls(SYSTEM, cause=cause, key=key, door=door)

    def record(self, event: Event, *, about: Model | None, client_id: int | None = None) -> None:
        """Write down what happened, in the same transaction as the change.

        The client and the legal entity are read off the subject where it has them.
        """
        current = frame()
        current.recorded.append(
            Recorded(
                event=event,
                operation=current.stack[-1].name,
                subject=about,
                client_id=client_id or getattr(about, "client_id", None),
                entity_id=getattr(about, "entity_id", None),
            )
        )
