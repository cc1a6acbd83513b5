"""What rooms say of undoing their operations: which of a thing's facts an operation changes, how it
leaves them, and what sets them back. What nobody declares here cannot be undone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nostro.core.acts import Act
from nostro.core.operations import Operation

Facts = Mapping[str, Any]
"""Facts of one thing as JSON keeps them, by name."""


Reached = Mapping[str, Mapping[str, str]]
"""Name of an event → fact → the field of it that says how the operation left that fact."""


@dataclass(frozen=True)
class Call:
    """An operation, and its inputs as JSON.

    `along` are inputs, named like the facts they set back, that are given only where the operation
    changed those facts and nobody has changed them since; elsewhere `stays` is said. `change` is
    the input that takes the change whose rows are set back, where the operation asks for it.
    """

    operation: str
    inputs: Mapping[str, Any]
    along: Mapping[str, Any] = field(default_factory=dict)
    stays: str = ""
    change: str = ""


@dataclass(frozen=True)
class Undoing:
    """How an operation is undone.

    `stands` reads the facts of many things in as few statements as it can; `left` are those that an
    operation with these inputs leaves, `reached` where that was known only once it was done; `back`
    is what sets a thing back to what it was, or the sentence that says why nothing does; `words`
    tells facts to people. What `holds` is done here whatever the outside world answers, so a row of
    it is undone all the same.
    """

    stands: Callable[[Act, Sequence[Any]], Mapping[int, Facts]]
    left: Callable[[Mapping[str, Any]], Facts]
    back: Callable[[Facts, str, datetime], Call | str]
    words: Callable[[Facts], str]
    reached: Reached = field(default_factory=dict)
    holds: bool = False


UNDOING: dict[str, Undoing] = {}


def undone_by(wanted: Operation[..., Any], undoing: Undoing) -> None:
    """Declare how an operation is undone."""
    UNDOING[wanted.name] = undoing


def still_so(facts: Facts | None, expected: Facts) -> bool:
    """Whether a thing stands as it was left: only the facts that were changed count."""
    return facts is not None and all(facts.get(name) == one for name, one in expected.items())
