"""Deals and chains to calculate with, and a second reading of the arithmetic on show."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from nostro.partners.plans import (
    Basis,
    Cascade,
    Chain,
    Deal,
    Factor,
    Leg,
    Line,
    Operator,
    Plan,
    Side,
    Step,
    Terms,
    accrue,
)

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
D = Decimal


def deal(lots: str = "1", **facts: Any) -> Deal:
    """A EURUSD deal; facts given as text are numbers."""
    plain: dict[str, Any] = {
        "deal_id": "d1",
        "symbol": "EURUSD",
        "side": Side.BUY,
        "contract_size": "100000",
        "opened_at": OPENED,
        "closed_at": OPENED + timedelta(hours=1),
        "open_price": "1.0800",
        "close_price": "1.0800",
    }
    text = {"deal_id", "symbol", "side"}
    given = {**plain, **facts, "lots": lots}
    typed: dict[str, Any] = {
        name: D(value) if isinstance(value, str) and name not in text else value
        for name, value in given.items()
    }
    return Deal(**typed)


def chain(*rates: str, basis: Basis = Basis.LOTS, leg: Leg = Leg.HALF) -> Chain:
    """Partners p1, p2, … with these rates, the nearest first."""
    return Chain(
        tuple(
            Step(f"p{level}", level, Terms(basis, D(rate), leg))
            for level, rate in enumerate(rates, start=1)
        )
    )


def amounts(facts: Deal, plan: Plan, partners: Chain) -> list[Decimal]:
    return [line.amount for line in accrue(facts, plan, partners).lines]


def single(facts: Deal, basis: Basis, rate: str, leg: Leg = Leg.HALF) -> Line:
    """The one line of a one-partner chain."""
    accrual = accrue(facts, Plan(Cascade.FIXED), chain(rate, basis=basis, leg=leg))
    assert not accrual.refusal
    return accrual.lines[0]


def replayed(factors: Iterable[Factor]) -> Decimal:
    """Do the shown arithmetic again with fractions; every `=` must be what it claims."""
    running, shown = Fraction(0), D(0)
    for factor in factors:
        value = Fraction(factor.value)
        match factor.operator:
            case Operator.START:
                running = value
            case Operator.TIMES:
                running *= value
            case Operator.OVER:
                running /= value
            case Operator.PLUS:
                running += value
            case Operator.MINUS:
                running -= value
            case Operator.AT_MOST:
                running = min(running, value)
            case Operator.AT_LEAST:
                running = max(running, value)
            case Operator.EQUALS:
                exponent = factor.value.as_tuple().exponent
                assert isinstance(exponent, int)
                unit = Fraction(10) ** exponent
                away = (2 * abs(running) + unit) // (2 * unit) * unit
                assert value == (away if running >= 0 else -away), factor
                running = value
        shown = D(running.numerator) / D(running.denominator)
    return shown
