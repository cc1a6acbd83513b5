"""Exact decimals, one way of rounding, and every step on show.

What a page prints about a commission is what was calculated: a `Trail` computes and records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from functools import wraps

from nostro.kit.problems import Problem

BASE_PLACES = 6
RATE_PLACES = 4
LINE_PLACES = 6
FX_PLACES = 8
ZERO = Decimal(0)
ONE = Decimal(1)


class BadPlan(Problem):
    """A plan or a deal that cannot be calculated with: too fine, negative or incomplete."""


def exactly[**P, R](calculate: Callable[P, R]) -> Callable[P, R]:
    """Run with digits enough that no product or sum of this lane is ever rounded silently."""

    @wraps(calculate)
    def calculated(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(prec=120):
            return calculate(*args, **kwargs)

    return calculated


@exactly
def rounded(value: Decimal, places: int = LINE_PLACES) -> Decimal:
    """Round half away from zero."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def quotient(numerator: Decimal, denominator: Decimal, places: int = LINE_PLACES) -> Decimal:
    """The exact ratio, rounded once: in whole numbers, so that every engine can agree with it."""
    exact = Fraction(numerator) / Fraction(denominator) * 10**places
    units = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    with localcontext(prec=120):
        return Decimal(units if exact >= 0 else -units).scaleb(-places)


def no_finer_than(places: int, value: Decimal, name: str) -> Decimal:
    """The value, or a refusal where its lane could not hold it."""
    if isinstance(value, float):
        raise TypeError(f"A float is never money: {name}.")
    if not value.is_finite() or rounded(value, places) != value:
        raise BadPlan(f"Write the {name} with at most {places} decimal places.", field=name)
    return value


def figure(value: Decimal) -> str:
    """`Decimal("1234.5000")` is 1,234.5."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(fraction: Decimal) -> str:
    """`Decimal("0.3000")` is 30%."""
    return f"{figure(fraction.scaleb(2))}%"


class Operator(StrEnum):
    START = ""
    TIMES = "×"
    OVER = "÷"
    PLUS = "+"
    MINUS = "−"
    AT_MOST = "at most"
    AT_LEAST = "at least"
    EQUALS = "="


@dataclass(frozen=True, slots=True)
class Factor:
    """One line of the arithmetic: words on the left, a figure on the right."""

    label: str
    value: Decimal
    operator: Operator = Operator.START

    @property
    def figure(self) -> str:
        return f"{self.operator} {figure(self.value)}".strip()


@dataclass(frozen=True, slots=True)
class Trail:
    """A running value and how it came about. Steps apply from top to bottom, without precedence."""

    value: Decimal
    factors: tuple[Factor, ...] = ()

    @classmethod
    def start(cls, label: str, value: Decimal) -> "Trail":
        return cls(value, (Factor(label, value),))

    def _step(self, operator: Operator, label: str, by: Decimal, value: Decimal) -> "Trail":
        return Trail(value, (*self.factors, Factor(label, by, operator)))

    @exactly
    def times(self, label: str, by: Decimal) -> "Trail":
        return self._step(Operator.TIMES, label, by, self.value * by)

    @exactly
    def plus(self, label: str, more: Decimal) -> "Trail":
        return self._step(Operator.PLUS, label, more, self.value + more)

    @exactly
    def minus(self, label: str, less: Decimal) -> "Trail":
        return self._step(Operator.MINUS, label, less, self.value - less)

    @exactly
    def halved(self, label: str) -> "Trail":
        return self._step(Operator.OVER, label, Decimal(2), self.value / 2)

    @exactly
    def over_ten_to(self, power: int, label: str) -> "Trail":
        return self._step(Operator.OVER, label, Decimal(10) ** power, self.value.scaleb(-power))

    def at_most(self, label: str, limit: Decimal) -> "Trail":
        return self._step(Operator.AT_MOST, label, limit, min(self.value, limit))

    def at_least(self, label: str, limit: Decimal) -> "Trail":
        return self._step(Operator.AT_LEAST, label, limit, max(self.value, limit))

    def equals(self, label: str, places: int = LINE_PLACES) -> "Trail":
        """Close a passage: the value is rounded here, and nowhere else."""
        value = rounded(self.value, places)
        return self._step(Operator.EQUALS, label, value, value)

    def share(self, part: tuple[str, Decimal], whole: tuple[str, Decimal], label: str) -> "Trail":
        """The value times part over whole, rounded once."""
        multiplied = self.times(*part)
        divided = multiplied._step(Operator.OVER, *whole, multiplied.value)
        value = quotient(multiplied.value, whole[1])
        return divided._step(Operator.EQUALS, label, value, value)
