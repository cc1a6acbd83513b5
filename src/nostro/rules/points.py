"""A decision point: a choice the house leaves to rules, with what it asks and what may come back.

Both sides are pydantic models in which every field is required and typed. The cautious answer is
what happens when the rules are silent or the question is broken: a person looks.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from nostro.rules.kinds import Field, Kind, fields_of


@dataclass(frozen=True)
class Case:
    """An example every table of the point must answer by a row of its own.

    Both sides are written as JSON would be (an amount is `"100.00"`). `expects` names the answer
    of the first row, or one mapping per row of a collecting table; fields it omits may be anything.
    """

    title: str
    inputs: Mapping[str, Any]
    expects: Mapping[str, Any] | Sequence[Mapping[str, Any]]

    @property
    def answers(self) -> list[Mapping[str, Any]]:
        return [self.expects] if isinstance(self.expects, Mapping) else list(self.expects)


@dataclass(frozen=True)
class Point[In: BaseModel, Out: BaseModel]:
    """Declares one decision. Raises `TypeError` where its models could let nothing pass for yes.

    A field's `json_schema_extra={"unit": "USD"}` is said after its numbers. `collect` points take
    the answers of every matching row, the others that of the first. `strictness` says which of
    two answers is the stricter (the larger), for whoever looks at a back-test. `learnt` says what
    inputs that were added later stand for in questions that are older than they are. `says` tells
    an answer as a clause: `two people of compliance approve within 4 hours`.
    """

    name: str
    inputs: type[In]
    outputs: type[Out]
    cautious: Out
    title: str
    help: str = ""
    collect: bool = False
    cases: tuple[Case, ...] = ()
    strictness: Callable[[Out], Decimal] | None = None
    learnt: Mapping[str, Any] = dataclass_field(default_factory=dict)
    says: Callable[[Out], str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.cautious, self.outputs):
            raise TypeError(f"{self.name}: the cautious answer is not one of its answers.")
        if not self.asks or not self.answers:
            raise TypeError(f"{self.name}: a decision asks something and answers something.")

    @cached_property
    def asks(self) -> dict[str, Field]:
        return fields_of(self.inputs)

    @cached_property
    def answers(self) -> dict[str, Field]:
        return fields_of(self.outputs)

    def frozen(self, inputs: In) -> dict[str, Any]:
        """The inputs as they are stored beside the decision."""
        return inputs.model_dump(mode="json")

    def thawed(self, stored: Mapping[str, Any]) -> In:
        """Stored inputs, read strictly. Inputs the point no longer asks for are left out."""
        there = {**self.learnt, **stored}
        known = {name: there[name] for name in self.asks if name in there}
        return self.inputs.model_validate_json(json.dumps(known), strict=True)


@dataclass(frozen=True)
class Mutation:
    """A spoilt question: what was done to which input, and the whole of it."""

    field: str
    what: str
    inputs: dict[str, Any]


NO_ZONE = datetime(2026, 1, 31, 9)  # noqa: DTZ001 - the mistake itself
_MISTYPED: dict[Kind, tuple[Any, ...]] = {
    Kind.TEXT: (7, True, ["a"], {"a": 1}, b"a"),
    Kind.NUMBER: ("7", 7.5, True, [7], Decimal("NaN"), Decimal("Infinity"), Decimal("1e40")),
    Kind.FLAG: (1, 0, "true", Decimal(1), ["true"]),
    Kind.DATE: ("2026-01-31", 20260131, True, NO_ZONE),
    Kind.MOMENT: ("2026-01-31", 1769817600, date(2026, 1, 31), NO_ZONE),
    Kind.TEXTS: ("a", 7, [7], [None], {"a": 1}),
}


def mutations[In: BaseModel](point: Point[In, Any], example: In) -> Iterator[Mutation]:
    """Every input of a good example dropped, nulled and mistyped, one at a time.

    A room's test puts each to `evaluate` and asserts that the answer is the cautious one.
    """
    good = {name: getattr(example, name) for name in point.asks}
    for name, field in point.asks.items():
        yield Mutation(name, "dropped", {key: good[key] for key in good if key != name})
        yield Mutation(name, "null", good | {name: None})
        for wrong in _MISTYPED[field.kind]:
            yield Mutation(name, f"mistyped as {wrong!r}", good | {name: wrong})
        if field.choices and field.kind is Kind.TEXT:
            yield Mutation(name, "no choice of its", good | {name: "".join(field.choices) + "?"})
