"""Money as Stripe counts it, which is not always the ISO minor unit.

Source: Stripe, "Supported currencies": ISK and UGX are written with two decimals that must be
zero, and three-decimal currencies with a last digit that must be zero.
"""

from decimal import Decimal, localcontext

from nostro.kit import Currency, Money, Problem, Refused

_TWO_DECIMALS_THOUGH_WHOLE = frozenset({"ISK", "UGX"})


def to_stripe(money: Money) -> tuple[int, str]:
    """The integer and the lower-case code for the wire; Refused where Stripe cannot charge it."""
    if len(money.currency) != 3:
        raise Refused(f"Stripe does not take {money.currency}.", code="currency")
    units = money.minor * (100 if money.currency in _TWO_DECIMALS_THOUGH_WHOLE else 1)
    if money.currency.scale == 3 and units % 10:
        raise Refused(f"Stripe takes {money.currency} to two decimal places only.", code="amount")
    return units, money.currency.lower()


def from_stripe(units: int, currency: str) -> Money:
    """The money that Stripe meant. ValueError where it is none that can be paid."""
    try:
        code = Currency(currency.upper())
        places = 2 if code in _TWO_DECIMALS_THOUGH_WHOLE else code.scale
        with localcontext(prec=60):
            return Money(Decimal(units).scaleb(-places), code)
    except Problem as problem:
        raise ValueError(str(problem)) from problem
