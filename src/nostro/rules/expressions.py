"""What an output cell may say: a constant, an input, exact arithmetic on inputs, or a list.

Numbers are asked of the engine as text, because its binding returns numbers as floats.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nostro.rules.cells import NotUnderstood, Reader, Value, written
from nostro.rules.kinds import Field, Kind

PICKS = ("min", "max")


@dataclass(frozen=True)
class Minus:
    part: "Expression"


@dataclass(frozen=True)
class Sum:
    """Parts with the sign before each: `+ - * /`. All signs of one sum bind equally."""

    first: "Expression"
    rest: tuple[tuple[str, "Expression"], ...]


@dataclass(frozen=True)
class Pick:
    """The least or the greatest of some numbers."""

    name: str
    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Listed:
    values: tuple[Value, ...]


type Expression = Value | Minus | Sum | Pick | Listed


def expression(source: str, field: Field, known: Mapping[str, Field]) -> Expression:
    """The meaning of an output cell. Raises `NotUnderstood` with a sentence."""
    if not source.strip():
        raise NotUnderstood(f"{field.title} has no answer here.")
    reader = Reader(source, field, known)
    if field.kind is Kind.NUMBER:
        meaning = _sum(reader)
    elif field.kind is Kind.TEXTS and reader.peek() == "[":
        meaning = _listed(reader)
    elif field.kind is Kind.TEXTS:
        meaning = reader.value(Kind.TEXTS)
    else:
        meaning = reader.choice()
    if not reader.done:
        reader.fail("the end of the cell")
    return meaning


def _listed(reader: Reader) -> Listed:
    reader.take("[")
    values: list[Value] = []
    while not reader.skip("]"):
        if values:
            reader.take(",")
        values.append(reader.choice())
    return Listed(tuple(values))


def _sum(reader: Reader) -> Expression:
    first = _product(reader)
    rest = []
    while reader.peek() in ("+", "-"):
        rest.append((reader.take(), _product(reader)))
    return Sum(first, tuple(rest)) if rest else first


def _product(reader: Reader) -> Expression:
    first = _number(reader)
    rest = []
    while reader.peek() in ("*", "/"):
        rest.append((reader.take(), _number(reader)))
    return Sum(first, tuple(rest)) if rest else first


def _number(reader: Reader) -> Expression:
    if reader.skip("-"):
        return Minus(_number(reader))
    if reader.skip("("):
        inner = _sum(reader)
        reader.take(")")
        return inner
    if reader.peek() in PICKS and reader.peek(1) == "(":
        return _pick(reader)
    return reader.value(Kind.NUMBER)


def _pick(reader: Reader) -> Pick:
    name = reader.take()
    reader.take("(")
    reader.take("[")
    parts = [_sum(reader)]
    while reader.skip(","):
        parts.append(_sum(reader))
    reader.take("]")
    reader.take(")")
    return Pick(name, tuple(parts))


def _engine(meaning: Expression) -> str:
    match meaning:
        case Value():
            return written(meaning)
        case Minus(part):
            return f"(-{_engine(part)})"
        case Sum(first, rest):
            return f"({_engine(first)}{''.join(f' {sign} {_engine(part)}' for sign, part in rest)})"
        case Pick(name, parts):
            return f"{name}([{', '.join(_engine(part) for part in parts)}])"
        case Listed(values):
            return f"[{', '.join(written(value) for value in values)}]"


def engine_expression(meaning: Expression, field: Field) -> str:
    """The engine's expression for an output."""
    text = _engine(meaning)
    return f"string({text})" if field.kind in (Kind.NUMBER, Kind.DATE, Kind.MOMENT) else text
