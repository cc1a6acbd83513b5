"""A row of a decision table in words, for those who decide about it without reading cells."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from nostro.rules.cells import (
    Between,
    Call,
    Compare,
    Condition,
    Length,
    NotUnderstood,
    OneOf,
    Test,
    Value,
    condition,
)  # fmt: skip
from nostro.rules.expressions import Expression, Listed, Minus, Pick, Sum, expression
from nostro.rules.kinds import Field, Kind
from nostro.rules.points import Point
from nostro.rules.tables import Row, Table

SIGNS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}
DATE_SIGNS = {"<": "before", "<=": "on or before", ">": "after", ">=": "on or after"}
CALLED = {"contains": "contains", "startsWith": "starts with", "endsWith": "ends with"}
UNCALLED = {
    "contains": "does not contain", "startsWith": "does not start with",
    "endsWith": "does not end with",
}  # fmt: skip


SHOWN = {"<=": "≤", ">=": "≥", "!=": "≠", "==": "="}
TOKEN = re.compile(
    r'date\("(?P<date>[^"]*)"\)|"[^"]*"|\'[^\']*\'|<=|>=|!=|==|\d{4,}(?:\.\d+)?|\b(?:true|false)\b'
)


def said(cell: str) -> str:
    """A cell as people read it: `<= 2000` is ≤ 2,000, `"low", "medium"` is low, medium."""

    def word(match: re.Match[str]) -> str:
        text = match[0]
        if match["date"] is not None:
            return match["date"]
        if text[0] in "\"'":
            return text[1:-1]
        if text in SHOWN:
            return SHOWN[text]
        if text in ("true", "false"):
            return "yes" if text == "true" else "no"
        whole, point, rest = text.partition(".")
        return f"{int(whole):,}{point}{rest}"

    return TOKEN.sub(word, cell.strip())


def sentence(point: Point[Any, Any], table: Table, row: Row) -> str:
    """`If amount is between 10,000 and 50,000 USD and risk is medium, verdict is review.`

    A point that says its answers has them said; of others several stand behind a colon, without
    those that say nothing: `If risk is high: people 1, within hours 4.` A cell that is not
    understood is quoted as it stands.
    """
    conditions = []
    for column in table.inputs:
        about, cell = point.asks.get(column.field), row.cells.get(column.field, "")
        if cell.strip():
            conditions.append(_conditions(point, about, cell) if about else f"{column.field}{cell}")
    when = f"If {' and '.join(conditions)}" if conditions else _always(point, table)
    if clause := _clause(point, row):
        return f"{when}{',' if conditions else ''} {clause}."
    told = meaning([_answer(point, row, column.field) for column in table.outputs])
    if len(told) == 1:
        return f"{when}{',' if conditions else ''} {' is '.join(told[0])}."
    return f"{when}: {', '.join(' '.join(one) for one in told)}."


def _always(point: Point[Any, Any], table: Table) -> str:
    """A row without conditions: where the first that matches decides, it is what is left."""
    return "In every case" if point.collect or len(table.rows) == 1 else "Otherwise"


def meaning(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Titles and values without those that say nothing beside the first, which is the answer."""
    if not told:
        return told
    first, *rest = told
    name, value = first
    first = (name, "none") if value in EMPTY else first
    return [first, *(one for one in rest if one[1].partition(" ")[0] not in (*EMPTY, "0", "any"))]


EMPTY = ("", "empty", "—")


def told(point: Point[Any, Any], answer: Mapping[str, Any]) -> str:
    """A stored answer as the clause that its point makes of it; nothing where it makes none."""
    if point.says is None:
        return ""
    try:
        return point.says(point.outputs.model_validate_json(json.dumps(dict(answer))))
    except ValidationError:  # older than the point's answers are
        return ""


def _clause(point: Point[Any, Any], row: Row) -> str:
    """The clause of a row whose answers are all plain values."""
    values: dict[str, Any] = {}
    for name, about in point.answers.items():
        try:
            found = expression(row.out.get(name, ""), about, point.asks)
        except NotUnderstood:
            return ""
        if not isinstance(found, Value) or found.constant is None:
            return ""
        constant = found.constant
        values[name] = str(constant) if isinstance(constant, Decimal) else constant
    return told(point, values)


COUNTS = ("nobody", "one person", "two people", "three people")


def people(count: Decimal) -> str:
    """`one person`, `two people`, `4 people`."""
    return COUNTS[int(count)] if count < len(COUNTS) else f"{count:f} people"


def hours(count: Decimal) -> str:
    """`1 hour`, `4 hours`."""
    return f"{count.normalize():f} {'hour' if count == 1 else 'hours'}"


def _conditions(point: Point[Any, Any], about: Field, cell: str) -> str:
    try:
        return _condition(condition(cell, about, point.asks), about, point)
    except NotUnderstood:
        return f"{about.title} “{cell}”"


def _answer(point: Point[Any, Any], row: Row, field: str) -> tuple[str, str]:
    """The answer's name and what a row says of it."""
    about, cell = point.answers.get(field), row.out.get(field, "")
    if about is None:
        return field, f"“{cell}”"
    try:
        said = _expression(expression(cell, about, point.asks), point)
    except NotUnderstood:
        return about.title, f"“{cell}”"
    return about.title, f"{said}{_unit(about)}"


def _condition(meaning: Condition, about: Field, point: Point[Any, Any]) -> str:
    simple = _simple_choice(meaning)
    if simple:
        return f"{about.title} is {_either([_value(v, point) for v in simple])}{_unit(about)}"
    every = [
        " and ".join(f"{about.title} {_test(test, about, point)}" for test in tests)
        for tests in meaning.alternatives
    ]
    return every[0] if len(every) == 1 else f"({' or '.join(every)})"


def _simple_choice(meaning: Condition) -> list[Value]:
    """The values of a cell such as `"a", "b"`; nothing for any other cell."""
    found = []
    for tests in meaning.alternatives:
        match tests:
            case (Compare("==", value),):
                found.append(value)
            case _:
                return []
    return found


def _test(test: Test, about: Field, point: Point[Any, Any]) -> str:
    unit = _unit(about)
    match test:
        case Compare(sign, value):
            said = _value(value, point)
            if sign in ("==", "!="):
                return f"is {'' if sign == '==' else 'not '}{said}{unit}"
            return f"is {_signs(about)[sign]} {said}{unit}"
        case Between(low, high, True, True):
            return f"is between {_value(low, point)} and {_value(high, point)}{unit}"
        case Between(low, high, from_low, to_high):
            signs = _signs(about)
            above, below = signs[">=" if from_low else ">"], signs["<=" if to_high else "<"]
            return f"is {above} {_value(low, point)} and {below} {_value(high, point)}{unit}"
        case OneOf(values, negated):
            either = _either([_value(value, point) for value in values])
            return f"is {'not ' if negated else ''}{either}{unit}"
        case Call(name, value, negated):
            return f"{(UNCALLED if negated else CALLED)[name]} {_value(value, point)}"
        case Length(sign, value):
            signs = SIGNS | {"==": "exactly", "!=": "not"}
            return f"counts {signs[sign]} {_value(value, point)}"


def _signs(about: Field) -> dict[str, str]:
    return DATE_SIGNS if about.kind in (Kind.DATE, Kind.MOMENT) else SIGNS


def _unit(about: Field) -> str:
    return f" {about.unit}" if about.unit else ""


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _value(value: Value, point: Point[Any, Any]) -> str:
    constant = value.constant
    if constant is None:
        return f"the {point.asks[value.name].title}"
    if isinstance(constant, bool):
        return "yes" if constant else "no"
    if isinstance(constant, datetime):
        return constant.strftime("%-d %B %Y %H:%M %Z")
    if isinstance(constant, date):
        return constant.strftime("%-d %B %Y")
    return f"{constant:,}" if isinstance(constant, Decimal) else constant or "empty"


def _expression(meaning: Expression, point: Point[Any, Any]) -> str:
    match meaning:
        case Value():
            return _value(meaning, point)
        case Minus(part):
            return f"−{_expression(part, point)}"
        case Sum(first, rest):
            words = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
            parts = "".join(f" {words[sign]} {_expression(part, point)}" for sign, part in rest)
            return f"{_expression(first, point)}{parts}"
        case Pick(name, parts):
            listed = ", ".join(_expression(part, point) for part in parts)
            return f"the {'least' if name == 'min' else 'greatest'} of {listed}"
        case Listed(values):
            return ", ".join(_value(value, point) for value in values) or "none"
