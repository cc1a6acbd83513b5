"""The language of a cell, read strictly: what is not understood here is never published.

The engine takes a malformed condition for one that never matches, so we parse every cell
ourselves, check it against the field's kind, and write the engine's expression from what we
understood: what was checked is what runs. A condition is one of

    (empty) · 5 · "a", "b" · true · < 5 · >= limit · != "a" · [1..5] · (1..5] · in ["a", "b"]
    not in ["a"] · date("2026-01-31") · contains($, "x") · not startsWith($, "x") · len($) > 0

joined by `and`, or by commas that mean "or". `limit` is another input of the same kind.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NoReturn

from nostro.rules.kinds import Field, Kind, NotExact, number, seconds

TOKENS = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>"[^"]*"|'[^']*')|(?P<name>[A-Za-z_]\w*)
    |(?P<sign>\.\.|[<>=!]=|[<>()\[\],$+*/-])|(?P<end>$)|(?P<unknown>.))""",
    re.VERBOSE | re.DOTALL,
)
ORDERED = {Kind.NUMBER, Kind.DATE, Kind.MOMENT}
CALLS = {"contains": {Kind.TEXT, Kind.TEXTS}, "startsWith": {Kind.TEXT}, "endsWith": {Kind.TEXT}}


class NotUnderstood(ValueError):
    """A cell that is not a condition or a value; the message says why, for the person editing."""


type Constant = str | Decimal | bool | date | datetime


@dataclass(frozen=True)
class Value:
    """A constant, or another input by name."""

    kind: Kind
    constant: Constant | None = None
    name: str = ""


@dataclass(frozen=True)
class Compare:
    sign: str
    value: Value


@dataclass(frozen=True)
class Between:
    low: Value
    high: Value
    from_low: bool
    to_high: bool


@dataclass(frozen=True)
class OneOf:
    values: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True)
class Call:
    name: str
    value: Value
    negated: bool


@dataclass(frozen=True)
class Length:
    sign: str
    value: Value


type Test = Compare | Between | OneOf | Call | Length


@dataclass(frozen=True)
class Condition:
    """Any of these, each of which is all of its tests. Empty: anything will do."""

    alternatives: tuple[tuple[Test, ...], ...] = ()


def tokens(source: str) -> Iterator[tuple[str, str]]:
    for found in TOKENS.finditer(source):
        sort = found.lastgroup or "unknown"
        if sort == "unknown":
            raise NotUnderstood(f"{found[sort]!r} is not understood here.")
        yield sort, found[sort]
        if sort == "end":
            return


class Reader:
    """Reads tokens one by one. `field` is the column, `known` the inputs a cell may name."""

    def __init__(self, source: str, field: Field, known: Mapping[str, Field]) -> None:
        self.tokens = list(tokens(source))
        self.at = 0
        self.field = field
        self.known = known

    def peek(self, ahead: int = 0) -> str:
        sort, text = self.tokens[min(self.at + ahead, len(self.tokens) - 1)]
        return "" if sort in ("end", "text") else text

    def take(self, *expected: str) -> str:
        if expected and self.peek() not in expected:
            self.fail(" or ".join(expected))
        text = self.tokens[self.at][1]
        self.at += 1
        return text

    def skip(self, *words: str) -> bool:
        matches = all(self.peek(ahead) == word for ahead, word in enumerate(words))
        self.at += len(words) if matches else 0
        return matches

    def fail(self, wanted: str) -> NoReturn:
        sort, text = self.tokens[self.at]
        found = "the cell ends" if sort == "end" else f"{text} stands"
        raise NotUnderstood(f"Expected {wanted} where {found}.")

    @property
    def done(self) -> bool:
        return self.tokens[self.at][0] == "end"

    def value(self, kind: Kind) -> Value:
        """A constant or another input, of this kind."""
        sort, text = self.tokens[self.at]
        if kind in (Kind.DATE, Kind.MOMENT) and text in ("date", "d") and self.peek(1) == "(":
            return self._moment(kind)
        if sort == "name" and text in self.known:
            self.at += 1
            if self.known[text].kind is not kind:
                raise NotUnderstood(f"{text} is a {self.known[text].kind}, not a {kind}.")
            return Value(kind, name=text)
        constant = self._constant(kind, sort, text)
        if constant is None:
            self.fail(f"a {kind}")
        return Value(kind, constant)

    def _constant(self, kind: Kind, sort: str, text: str) -> Constant | None:
        if kind is Kind.NUMBER and (sort == "number" or text == "-"):
            minus = self.skip("-")
            if self.tokens[self.at][0] != "number":
                self.fail("a number")
            constant = Decimal(self.take())
            try:
                number(constant)
            except NotExact as error:
                raise NotUnderstood(str(error)) from error
            return constant.copy_negate() if minus else constant
        if kind is Kind.TEXT and sort == "text":
            return self.take()[1:-1]
        if kind is Kind.FLAG and sort == "name" and text in ("true", "false"):
            return self.take() == "true"
        return None

    def _moment(self, kind: Kind) -> Value:
        self.take()
        self.take("(")
        sort, text = self.tokens[self.at]
        if sort != "text":
            self.fail('a date such as "2026-01-31"')
        self.take()
        self.take(")")
        try:
            if kind is Kind.DATE or len(text) == len('"2026-01-31"'):
                day = date.fromisoformat(text[1:-1])
                return Value(kind, day if kind is Kind.DATE else _midnight(day))
            moment = datetime.fromisoformat(text[1:-1])
            seconds(moment)
        except (NotExact, ValueError) as error:
            raise NotUnderstood(f"{text} is not a {kind}.") from error
        return Value(kind, moment)

    def choice(self) -> Value:
        """A value the column can have: words outside its choices would never match."""
        value = self.value(Kind.TEXT if self.field.kind is Kind.TEXTS else self.field.kind)
        choices = self.field.choices
        if choices and isinstance(value.constant, str) and value.constant not in choices:
            raise NotUnderstood(
                f"{self.field.title} is never {value.constant!r}; it is {', '.join(choices)}."
            )
        return value


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def condition(source: str, field: Field, known: Mapping[str, Field]) -> Condition:
    """The meaning of an input cell. Raises `NotUnderstood` with a sentence."""
    if not source.strip():
        return Condition()
    reader = Reader(source, field, known)
    alternatives = [_all_of(reader)]
    while reader.skip(","):
        alternatives.append(_all_of(reader))
    if not reader.done:
        reader.fail("the end of the cell")
    return Condition(tuple(alternatives))


def _all_of(reader: Reader) -> tuple[Test, ...]:
    tests = [_test(reader)]
    while reader.skip("and"):
        tests.append(_test(reader))
    return tuple(tests)


def _test(reader: Reader) -> Test:
    if reader.peek() == "not" and reader.peek(1) in CALLS:
        reader.take()
        return _call(reader, negated=True)
    if reader.peek() in CALLS and reader.peek(1) == "(":
        return _call(reader, negated=False)
    if reader.skip("len", "(", "$", ")"):
        if reader.field.kind not in (Kind.TEXT, Kind.TEXTS):
            raise NotUnderstood(f"{reader.field.title} has no length.")
        return Length(reader.take("<", "<=", ">", ">=", "==", "!="), reader.value(Kind.NUMBER))
    if reader.field.kind is Kind.TEXTS:
        reader.fail("contains($, ...) or len($)")
    marked = reader.skip("$")
    if reader.skip("not", "in"):
        return _membership(reader, negated=True)
    if reader.skip("in"):
        return _membership(reader, negated=False)
    if not marked and reader.peek() in ("[", "("):
        return _range(reader)
    if reader.peek() in ("<", "<=", ">", ">="):
        if reader.field.kind not in ORDERED:
            raise NotUnderstood(f"A {reader.field.kind} is not more or less than another.")
        return Compare(reader.take(), reader.value(reader.field.kind))
    if marked or reader.peek() in ("==", "!="):
        return Compare(reader.take("==", "!="), reader.choice())
    return Compare("==", reader.choice())


def _call(reader: Reader, *, negated: bool) -> Call:
    name = reader.take()
    if reader.field.kind not in CALLS[name]:
        raise NotUnderstood(f"{name} does not apply to a {reader.field.kind}.")
    reader.take("(")
    reader.take("$")
    reader.take(",")
    value = reader.choice() if reader.field.kind is Kind.TEXTS else reader.value(Kind.TEXT)
    reader.take(")")
    return Call(name, value, negated)


def _membership(reader: Reader, *, negated: bool) -> OneOf | Between:
    if not negated and reader.field.kind in ORDERED and reader.peek() == "(":
        return _range(reader)
    start = reader.at
    reader.take("[")
    values = [reader.choice()]
    if reader.peek() == ".." and not negated:
        reader.at = start
        return _range(reader)
    while reader.skip(","):
        values.append(reader.choice())
    reader.take("]")
    return OneOf(tuple(values), negated)


def _range(reader: Reader) -> Between:
    kind = reader.field.kind
    if kind not in ORDERED:
        raise NotUnderstood(f"A {kind} has no range.")
    from_low = reader.take("[", "(") == "["
    low = reader.value(kind)
    reader.take("..")
    high = reader.value(kind)
    to_high = reader.take("]", ")") == "]"
    if low.constant is not None and high.constant is not None:
        empty = _order(low) > _order(high) or (low == high and not (from_low and to_high))
        if empty:
            raise NotUnderstood("The range ends before it begins.")
    return Between(low, high, from_low, to_high)


def _order(value: Value) -> Decimal:
    if isinstance(value.constant, Decimal):
        return value.constant
    if isinstance(value.constant, date):
        return seconds(value.constant)
    raise NotUnderstood("Only numbers and dates have an order.")


def quoted(text: str) -> str:
    """A text literal of the engine, which knows no escapes: one kind of quote must be free."""
    quote = "'" if '"' in text else '"'
    if quote in text:
        raise NotUnderstood("A text with both kinds of quotes cannot be written in a rule.")
    return f"{quote}{text}{quote}"


def written(value: Value) -> str:
    """The value as an expression of the engine."""
    constant = value.constant
    if constant is None:
        return value.name
    if isinstance(constant, bool):
        return "true" if constant else "false"
    if isinstance(constant, date):
        return number(seconds(constant))
    return number(constant) if isinstance(constant, Decimal) else quoted(constant)


def _engine_test(test: Test) -> str:
    match test:
        case Compare(sign, value):
            return f"$ {sign} {written(value)}"
        case Between(low, high, from_low, to_high):
            above = ">=" if from_low else ">"
            below = "<=" if to_high else "<"
            return f"$ {above} {written(low)} and $ {below} {written(high)}"
        case OneOf(values, negated):
            listed = ", ".join(written(value) for value in values)
            return f"(not ($ in [{listed}]))" if negated else f"$ in [{listed}]"
        case Call(name, value, negated):
            called = f"{name}($, {written(value)})"
            return f"(not {called})" if negated else called
        case Length(sign, value):
            return f"len($) {sign} {written(value)}"


def engine_condition(meaning: Condition) -> str:
    """The engine's expression for a condition; empty for anything."""
    every = [" and ".join(_engine_test(test) for test in tests) for tests in meaning.alternatives]
    return every[0] if len(every) == 1 else " or ".join(f"({tests})" for tests in every)
