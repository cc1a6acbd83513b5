"""What rooms say of their own operations: what would refuse many things, seen without carrying
anything out; what an operation only asks of the outside world; what a file calls a thing.

An operation that nobody foresees is carried out for each row and taken back.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from nostro.core.acts import Act
from nostro.core.events import Event
from nostro.core.operations import Operation

Foresight = Callable[[Act, Sequence[Any], Mapping[str, Any]], Mapping[int, str]]
"""(who asks, things, typed inputs) → the sentence of each thing that would be refused, by id."""

FORESIGHT: dict[str, Foresight] = {}
ANSWERS: dict[str, dict[str, bool]] = {}
"""Event that asks the outside world → the events that answer it, and whether that means yes."""


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


def answered_by(asked: type[Event], *, done: type[Event], refused: type[Event]) -> None:
    """Declare that an event only asks, and which events tell how it ended."""
    ANSWERS[asked.name] = {done.name: True, refused.name: False}


def named_in_files(kind: str, field: str, word: str) -> None:
    SPOKEN[kind] = Spoken(field, word)
