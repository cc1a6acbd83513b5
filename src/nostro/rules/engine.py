"""Asking a decision table, so that whatever goes wrong ends in the cautious answer.

The engine by itself fails open: a broken cell or a missing input only makes a row not match, and
the row below may say yes. So questions are validated before, cells are compiled from what we
understood of them, and an answer counts only with the row that gave it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import zen
from pydantic import BaseModel, ValidationError

from nostro.rules.cells import NotUnderstood, condition, engine_condition
from nostro.rules.expressions import engine_expression, expression
from nostro.rules.kinds import NotExact, answered, context
from nostro.rules.points import Point
from nostro.rules.tables import BadTable, Column, Row, Table, content_of

KEY = "decision"
MATCHED = "row"
TRACED: "zen.DecisionEvaluateOptions" = {"trace": True}


@dataclass(frozen=True)
class Compiled:
    """A table ready to be asked, about 100 µs a time. Compile a version once and keep it.

    Safe to share between threads.
    """

    table: Table
    engine: zen.ZenEngine = field(repr=False)
    answers: "tuple[zen.Expression, ...]" = field(repr=False)


@dataclass(frozen=True)
class Outcome[Out: BaseModel]:
    """An answer with all it takes to explain and repeat it.

    `trace` says for each matched row which cells the engine held true; `inputs` are what is
    stored. `cautious` means that no rule answered, and `reason` says why.
    """

    outputs: tuple[Out, ...]
    matched_row_ids: tuple[str, ...]
    trace: tuple[dict[str, Any], ...]
    inputs: dict[str, Any]
    cautious: bool
    reason: str = ""

    @property
    def output(self) -> Out:
        """The answer of a point that takes the first matching row."""
        (only,) = self.outputs
        return only


class NoAnswer(Exception):
    """Why the rules gave no answer that counts. Never leaves this module."""


def compile_table(point: Point[Any, Any], table: Table) -> Compiled:
    """Raises `BadTable` for a cell that is not understood; `flaws.validate` lists them all.

    The engine's table only says which row matched. The answer of that row is worked out on its
    own, because the engine skips a row whose answer fails, and the row below may say yes.
    """
    if (table.hit_policy == "collect") != point.collect:
        raise BadTable(f"{point.title} takes {'every' if point.collect else 'the first'} match.")
    asked = {column.field for column in table.inputs}
    told = {column.field for column in table.outputs}
    if not asked <= set(point.asks) or told != set(point.answers):
        raise BadTable(f"The columns are not those of {point.title}.")
    cells: list[dict[str, str]] = []
    answers: list[zen.Expression] = []
    for row in table.rows:
        if not set(row.cells) <= asked or not set(row.out) <= told:
            raise BadTable(f"Row {row.id} has a cell of no column.")
        try:
            cells.append(_conditions(point, row))
            answers.append(zen.compile_expression(_whole_answer(point, row)))
        except NotUnderstood as error:
            raise BadTable(f"Row {row.id}: {error}") from error
    rows = [{MATCHED: f'"{place}"'} for place in range(len(table.rows))]
    content = content_of(replace(table, outputs=(Column(MATCHED),)), cells, rows)
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {KEY: content}}})
    return Compiled(table, engine, tuple(answers))


def _conditions(point: Point[Any, Any], row: Row) -> dict[str, str]:
    return {
        name: engine_condition(condition(cell, point.asks[name], point.asks))
        for name, cell in row.cells.items()
    }


def _whole_answer(point: Point[Any, Any], row: Row) -> str:
    parts = (
        f'"{name}": {engine_expression(expression(row.out.get(name, ""), told, point.asks), told)}'
        for name, told in point.answers.items()
    )
    return f"{{{', '.join(parts)}}}"


def evaluate[In: BaseModel, Out: BaseModel](
    point: Point[In, Out], compiled: Compiled, inputs: In | Mapping[str, Any]
) -> Outcome[Out]:
    """Ask. A missing, null or mistyped input, or no matching row, gives the cautious answer.

    A mapping holds Python values (`Decimal`, not `"1.00"`); stored JSON is for `evaluate_stored`.
    """
    raw = dict(inputs) if isinstance(inputs, Mapping) else _raw(point, inputs)
    try:
        question = point.inputs.model_validate(raw, strict=True)
    except ValidationError as error:
        return _cautious(point, {"refused": _legible(raw)}, _first_error(error))
    return _ask(point, compiled, question)


def evaluate_stored[In: BaseModel, Out: BaseModel](
    point: Point[In, Out], compiled: Compiled, stored: Mapping[str, Any]
) -> Outcome[Out]:
    """Ask again with the inputs of an earlier `Outcome`."""
    try:
        question = point.thawed(stored)
    except ValidationError as error:
        return _cautious(point, dict(stored), _first_error(error))
    return _ask(point, compiled, question)


def evaluate_many[In: BaseModel, Out: BaseModel](
    point: Point[In, Out], compiled: Compiled, questions: Iterable[In | Mapping[str, Any]]
) -> Iterator[Outcome[Out]]:
    """One after another: the engine's own batch call is slower than asking it singly."""
    for inputs in questions:
        yield evaluate(point, compiled, inputs)


def _raw(point: Point[Any, Any], inputs: BaseModel) -> dict[str, Any]:
    return {name: getattr(inputs, name) for name in point.asks if hasattr(inputs, name)}


def _legible(raw: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): repr(value)[:200] for name, value in raw.items()}


def _first_error(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    return f"Input {where}: {first['msg']}."


def _cautious[Out: BaseModel](
    point: Point[Any, Out], inputs: dict[str, Any], reason: str
) -> Outcome[Out]:
    return Outcome((point.cautious,), (), (), inputs, True, reason)


def _ask[In: BaseModel, Out: BaseModel](
    point: Point[In, Out], compiled: Compiled, question: In
) -> Outcome[Out]:
    stored = point.frozen(question)
    try:
        asked = context(point.asks, dict(question))
        places = _matched(compiled, asked)
        outputs = tuple(_answer(point, compiled.answers[place], asked) for place in places)
    except (NoAnswer, NotExact) as error:
        return _cautious(point, stored, str(error))
    rows = tuple(compiled.table.rows[place].id for place in places)
    trace = tuple(
        {"row": row_id, "cells": _held(compiled.table, place)}
        for row_id, place in zip(rows, places, strict=True)
    )
    return Outcome(outputs, rows, trace, stored, cautious=False)


def _matched(compiled: Compiled, question: str) -> list[int]:
    """The places of the rows that match, in order, where the engine's trace and result agree."""
    try:
        response: Any = compiled.engine.evaluate(KEY, question, TRACED)
    except Exception as error:  # the binding raises nothing more precise
        raise NoAnswer("The rules could not be asked.") from error
    result, traced = response["result"], response["trace"]["table"]["traceData"]
    if compiled.table.hit_policy == "first":
        result, traced = ([result], [traced]) if traced else ([], [])
    if not traced:
        raise NoAnswer("No row of the rules applies.")
    places = [match["index"] for match in traced]
    if [str(place) for place in places] != [said.get(MATCHED) for said in result]:
        raise NoAnswer("The rules gave an answer without its row.")
    return places


def _held(table: Table, index: int) -> dict[str, str]:
    return {name: cell for name, cell in table.rows[index].cells.items() if cell.strip()}


def _answer[Out: BaseModel](point: Point[Any, Out], whole: "zen.Expression", question: str) -> Out:
    try:
        result = whole.evaluate(question)
        said = {name: answered(told, result[name]) for name, told in point.answers.items()}
        return point.outputs.model_validate_json(json.dumps(said), strict=True)
    except Exception as error:  # the binding raises nothing more precise
        raise NoAnswer("The answer of the rules is not one that can be given.") from error


@dataclass(frozen=True)
class Flip:
    """A decision that would change: which one, with the answers before and after as JSON."""

    key: Any
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True)
class Replay:
    """What a draft would change. `totals` counts decisions by (answer before, answer after),
    `hits` how often each row of the draft matched.
    """

    asked: int
    flips: tuple[Flip, ...]
    totals: Mapping[tuple[str, str], int]
    hits: Mapping[str, int]


def replay[In: BaseModel, Out: BaseModel](
    point: Point[In, Out],
    before: Compiled,
    after: Compiled,
    stored: Iterable[tuple[Any, Mapping[str, Any]]],
) -> Replay:
    """Ask both tables each stored question; the first of each pair says whose decision it was."""
    asked = 0
    flips: list[Flip] = []
    totals: Counter[tuple[str, str]] = Counter()
    hits: Counter[str] = Counter()
    for key, inputs in stored:
        asked += 1
        old = evaluate_stored(point, before, inputs)
        new = evaluate_stored(point, after, inputs)
        hits.update(new.matched_row_ids)
        if (old.outputs, old.cautious) == (new.outputs, new.cautious):
            said = _summary(old)
            totals[_text(said), _text(said)] += 1
            continue
        was, now = _summary(old), _summary(new)
        totals[_text(was), _text(now)] += 1
        flips.append(Flip(key, was, now))
    return Replay(asked, tuple(flips), totals, hits)


def _summary(outcome: Outcome[Any]) -> dict[str, Any]:
    answers = [output.model_dump(mode="json") for output in outcome.outputs]
    return {"answers": answers, "cautious": outcome.cautious, "rows": list(outcome.matched_row_ids)}


def _text(said: Mapping[str, Any]) -> str:
    return json.dumps(said["answers"], ensure_ascii=False, sort_keys=True)
