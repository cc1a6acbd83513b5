"""What a rule may ask about: text, numbers, yes or no, dates, moments and lists of text.

Numbers reach the engine as JSON literals written from a `Decimal`, never through a float: the
engine counts in 28 exact decimal digits of its own, so what does not fit there is refused. Dates
and moments become exact seconds since 1970 in UTC, because the engine would compare text as text.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGITS = 28
"""Significant digits the engine keeps; a 29th would be rounded without a word."""
RESERVED = frozenset({"true", "false", "null"})


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    FLAG = "yes or no"
    DATE = "date"
    MOMENT = "moment"
    TEXTS = "list of text"


class NotExact(ValueError):
    """A value the engine cannot hold exactly."""


@dataclass(frozen=True)
class Field:
    """One input or output: its kind, the words it may say, and how it is called on the page."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()
    whole: bool = False
    title: str = ""
    unit: str = ""


def _kind_of(annotation: Any) -> tuple[Kind, tuple[str, ...], bool] | None:
    if get_origin(annotation) is Literal:
        words = get_args(annotation)
        return (Kind.TEXT, words, False) if all(isinstance(w, str) for w in words) else None
    if get_origin(annotation) in (list, tuple, set, frozenset):
        items = [item for item in get_args(annotation) if item is not Ellipsis]
        inner = _kind_of(items[0]) if len(items) == 1 else None
        return (Kind.TEXTS, inner[1], False) if inner and inner[0] is Kind.TEXT else None
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, Enum):
        values = tuple(member.value for member in annotation)
        return (Kind.TEXT, values, False) if issubclass(annotation, str) else None
    plain: dict[type, tuple[Kind, tuple[str, ...], bool]] = {
        bool: (Kind.FLAG, (), False), int: (Kind.NUMBER, (), True),
        Decimal: (Kind.NUMBER, (), False), str: (Kind.TEXT, (), False),
        datetime: (Kind.MOMENT, (), False), date: (Kind.DATE, (), False),
    }  # fmt: skip
    return plain.get(annotation)


def _field(model: type[BaseModel], name: str, info: FieldInfo) -> Field:
    where = f"{model.__name__}.{name}"
    if name in RESERVED or name.startswith("_"):
        raise TypeError(f"{where}: this name means something else in a rule.")
    if not info.is_required():
        raise TypeError(f"{where}: every input and output of a decision is required.")
    origin = get_origin(info.annotation)
    if origin in (Union, UnionType) and NoneType in get_args(info.annotation):
        raise TypeError(f"{where}: nothing may be null. Say what absence means instead.")
    found = _kind_of(info.annotation)
    if found is None:
        raise TypeError(f"{where}: {info.annotation} cannot be asked about in a rule.")
    kind, choices, whole = found
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    title = info.title or name.replace("_", " ")
    return Field(name, kind, choices, whole, title, str(extra.get("unit", "")))


def fields_of(model: type[BaseModel]) -> dict[str, Field]:
    """The fields by name. Raises `TypeError` where a decision could not ask about one."""
    return {name: _field(model, name, info) for name, info in model.model_fields.items()}


def number(value: Decimal | int) -> str:
    """The value as a literal the engine holds exactly, or `NotExact`."""
    amount = Decimal(value)
    if not amount.is_finite():
        raise NotExact(f"{value} is not a number.")
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    whole, _, fraction = text.lstrip("-").partition(".")
    if len(whole.lstrip("0") + fraction) > DIGITS:
        raise NotExact(f"{value} has more than {DIGITS} digits.")
    return text


def seconds(value: date | datetime) -> Decimal:
    """Exact seconds since 1970 in UTC; a date is its midnight."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    if value.tzinfo is None:
        raise NotExact(f"{value} does not say its time zone.")
    passed = value - EPOCH
    whole = passed.days * 86_400 + passed.seconds
    return Decimal(whole * 1_000_000 + passed.microseconds).scaleb(-6)


def _text(value: str) -> str:
    return json.dumps(str(value.value if isinstance(value, Enum) else value), ensure_ascii=False)


_LITERALS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: number,
    Kind.FLAG: lambda value: "true" if value else "false",
    Kind.DATE: lambda value: number(seconds(value)),
    Kind.MOMENT: lambda value: number(seconds(value)),
    Kind.TEXTS: lambda value: f"[{','.join(_text(item) for item in sorted(value))}]",
}


def literal(kind: Kind, value: Any) -> str:
    """The value as JSON for the engine. Raises `NotExact`."""
    return _LITERALS[kind](value)


def context(fields: Mapping[str, Field], values: Mapping[str, Any]) -> str:
    """The question as JSON whose numbers are exact. Raises `NotExact`."""
    pairs = (f'"{name}":{literal(field.kind, values[name])}' for name, field in fields.items())
    return f"{{{','.join(pairs)}}}"


def answered(field: Field, value: Any) -> Any:
    """What the engine answered for an output, in the shape pydantic reads strictly from JSON.

    Numbers, dates and moments come back as the engine's exact decimal text. What is not of the
    kind is handed on as it is, for the model to refuse.
    """
    if field.kind in (Kind.NUMBER, Kind.DATE, Kind.MOMENT):
        if not isinstance(value, str):
            return None
        amount = Decimal(value)
        if field.kind is Kind.NUMBER:
            return int(amount) if field.whole and amount == int(amount) else str(amount)
        if amount != int(amount):
            return None
        moment = datetime.fromtimestamp(int(amount), UTC)
        return (moment if field.kind is Kind.MOMENT else moment.date()).isoformat()
    return value


SAMPLES: dict[Kind, Any] = {
    Kind.TEXT: "sample", Kind.NUMBER: Decimal(7), Kind.FLAG: True, Kind.DATE: date(2024, 2, 29),
    Kind.MOMENT: datetime(2024, 2, 29, 12, tzinfo=UTC), Kind.TEXTS: ["sample"],
}  # fmt: skip


def sample(field: Field) -> Any:
    """Some value of the field, to try an expression on."""
    if not field.choices:
        return SAMPLES[field.kind]
    return [field.choices[0]] if field.kind is Kind.TEXTS else field.choices[0]
