"""How figures of exposure are written."""

from decimal import Decimal

from nostro.ui.templatetags.nostro import MINUS

MILLION = Decimal(1_000_000)


def short(value: Decimal, *, sign: bool = True) -> str:
    """`+1.25 M` from a million upwards, whole dollars below."""
    plus = "+" if sign and value > 0 else ""
    size = f"{value / MILLION:,.2f} M" if abs(value) >= MILLION else f"{round(value):,}"
    return (plus + size).replace("-", MINUS)


def whole(value: Decimal) -> str:
    return f"{value:+,.0f}".replace("-", MINUS) if round(value) else "0"


def lots(value: Decimal, *, sign: bool = False) -> str:
    plus = "+" if sign and value > 0 else ""
    return f"{plus}{value:,.2f}".replace("-", MINUS)


def units(value: Decimal, *, sign: bool = False) -> str:
    """`+100,000` or `0.5`: units of the base, with what decimals there are."""
    plus = "+" if sign and value > 0 else ""
    return f"{plus}{value.normalize():,f}".replace("-", MINUS)
