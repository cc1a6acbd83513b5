"""What rooms say of their own operations: what would refuse many things, seen without carrying
anything out; what an operation only asks of the outside world; what a file calls a thing.

An operation that nobody foresees is carried out for each row and taken back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nostro.core.acts import Act
from nostro.core.events import Event
from nostro.core.operations import Operation

Foresight = Callable[[Act, Sequence[Any], Mapping[str, Any]], Mapping[int, str]]
"""(who asks, things, typed inputs) → the sentence of each thing that would be refused, by id."""

FORESIGHT: dict[str, Foresight] = {}
ANSWERS: dict[str, dict[str, bool]] = {}
"""Event that asks the outside world → the events that answer it, and whether that means yes."""
NOTED: dict[str, tuple[str, str]] = {}
"""Event that asks → kind and field of its subject that say since when it is done there, where that
is no event."""
ANYHOW: set[str] = set()
"""Events whose answer counts whatever brought it about."""


class Spoken(NamedTuple):
    """What a file calls things of a kind: the field that holds it, and its word."""

    field: str
    word: str


SPOKEN: dict[str, Spoken] = {}
"""Kind of thing → how files name it; without a word here, by its id."""


def foresees(wanted: Operation[..., Any]) -> Callable[[Foresight], Foresight]:
    """Declare what says which things an operation would refuse, in as few statements as it can."""

    def declare(function: Foresight) -> Foresight:
        FORESIGHT[wanted.name] = function
        return function

    return declare


@dataclass(frozen=True)
class Since:
    """A moment on a thing of a kind since when the outside world does what was asked for."""

    kind: str
    field: str


def answered_by(
    asked: type[Event], *, done: type[Event] | tuple[type[Event], ...] | Since,
    refused: type[Event], anyhow: bool = False,
) -> None:  # fmt: skip
    """Declare that an event only asks, and which events tell how it ended: those that it caused, or
    any about the same subject (`anyhow`). An answer's `reason` or `said` is told of the row.
    """
    ANSWERS[asked.name] = {refused.name: False}
    if isinstance(done, Since):
        NOTED[asked.name] = (done.kind, done.field)
    else:
        yes = done if isinstance(done, tuple) else (done,)
        ANSWERS[asked.name] |= {one.name: True for one in yes}
    if anyhow:
        ANYHOW.add(asked.name)


def named_in_files(kind: str, field: str, word: str) -> None:
    SPOKEN[kind] = Spoken(field, word)
