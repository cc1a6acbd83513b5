"""What keeps a table from being published: every flaw at once, each with its cell and a sentence.

The engine's own validation is asked too, but never trusted alone: it accepts cells that can never
match, and knows neither our fields nor their kinds.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import zen
from pydantic import BaseModel, ValidationError

from nostro.rules.cells import NotUnderstood, condition, engine_condition
from nostro.rules.engine import Compiled, compile_table, evaluate_stored
from nostro.rules.expressions import engine_expression, expression
from nostro.rules.kinds import answered, context, literal, sample
from nostro.rules.points import Case, Point
from nostro.rules.tables import BadTable, Row, Table


@dataclass(frozen=True)
class Flaw:
    """Where it is (empty row: the table; empty field: the whole row) and what to do about it."""

    row_id: str
    field: str
    sentence: str


def validate(point: Point[Any, Any], table: Table, cases: Sequence[Case] = ()) -> list[Flaw]:
    """All flaws; none means that the table may be published. Cases are the point's and these."""
    flaws = list(_shape(point, table))
    for row in table.rows:
        flaws += _row_flaws(point, table, row)
    if flaws:
        return flaws
    try:
        compiled = compile_table(point, table)
    except BadTable as error:
        return [Flaw("", "", error.sentence)]
    return [
        Flaw("", "", f"{case.title}: {sentence}")
        for case in (*point.cases, *cases)
        for sentence in _case_flaws(point, compiled, case)
    ]


def _shape(point: Point[Any, Any], table: Table) -> Iterator[Flaw]:
    if (table.hit_policy == "collect") != point.collect:
        yield Flaw("", "", "The hit policy is not the one this decision takes.")
    if not table.rows:
        yield Flaw("", "", "The table has no rows.")
    asked = [column.field for column in table.inputs]
    told = [column.field for column in table.outputs]
    for name in asked:
        if name not in point.asks:
            yield Flaw("", name, f"This decision does not ask about {name!r}.")
    for name in told:
        if name not in point.answers:
            yield Flaw("", name, f"This decision does not answer {name!r}.")
    for name in point.answers:
        if name not in told:
            yield Flaw("", name, f"The answer {name!r} has no column.")
    for columns in (asked, told):
        for name, count in Counter(columns).items():
            if count > 1:
                yield Flaw("", name, f"There are {count} columns for {name!r}.")
    for row_id, count in Counter(row.id for row in table.rows).items():
        if count > 1 or not row_id.strip():
            yield Flaw(row_id, "", "Every row needs an id of its own.")


def _row_flaws(point: Point[Any, Any], table: Table, row: Row) -> Iterator[Flaw]:
    asked = {column.field for column in table.inputs}
    told = {column.field for column in table.outputs}
    for name in (*(set(row.cells) - asked), *(set(row.out) - told)):
        yield Flaw(row.id, name, "This cell belongs to no column.")
    for name in asked & set(point.asks):
        sentence = _condition_flaw(point, name, row.cells.get(name, ""))
        if sentence:
            yield Flaw(row.id, name, sentence)
    for name in told & set(point.answers):
        sentence = _expression_flaw(point, name, row.out.get(name, ""))
        if sentence:
            yield Flaw(row.id, name, sentence)


def _sample(point: Point[Any, Any]) -> str:
    return context(point.asks, {name: sample(about) for name, about in point.asks.items()})


def _condition_flaw(point: Point[Any, Any], name: str, cell: str) -> str:
    try:
        engine = engine_condition(condition(cell, point.asks[name], point.asks))
    except NotUnderstood as error:
        return str(error)
    if not engine:
        return ""
    about = point.asks[name]
    question = f'{_sample(point)[:-1]},"$":{literal(about.kind, sample(about))}}}'
    if zen.validate_unary_expression(engine) is not None:
        return "The rules engine does not understand this cell."
    try:
        held: object = zen.evaluate_unary_expression(engine, question)
    except Exception:  # the binding raises nothing more precise
        return "The rules engine cannot decide this cell."
    return "" if isinstance(held, bool) else "This cell is not a condition."


def _expression_flaw(point: Point[Any, Any], name: str, cell: str) -> str:
    about = point.answers[name]
    try:
        engine = engine_expression(expression(cell, about, point.asks), about)
    except NotUnderstood as error:
        return str(error)
    if zen.validate_expression(engine) is not None:
        return "The rules engine does not understand this answer."
    try:
        said = answered(about, zen.evaluate_expression(engine, _sample(point)))
    except Exception:  # the binding raises nothing more precise
        return "This answer cannot be worked out."
    return _mismatch(point.outputs, name, said)


def _mismatch(model: type[BaseModel], name: str, said: Any) -> str:
    """Why the model would refuse this value in this field; the other fields do not matter."""
    try:
        model.model_validate_json(json.dumps({name: said}), strict=True)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=False):
            if problem["loc"][:1] == (name,):
                return f"{problem['msg']}."
    return ""


def _case_flaws(point: Point[Any, Any], compiled: Compiled, case: Case) -> Iterator[str]:
    outcome = evaluate_stored(point, compiled, case.inputs)
    if outcome.cautious:
        yield f"no row covers it. {outcome.reason}"
        return
    said = [output.model_dump(mode="json") for output in outcome.outputs]
    expected = case.answers
    if len(said) != len(expected):
        yield f"{len(said)} rows answer, and {len(expected)} were expected."
        return
    for answer, wanted in zip(said, expected, strict=True):
        for name, value in wanted.items():
            if answer.get(name) != value:
                yield f"{name} is {answer.get(name)!r}, and {value!r} was expected."
