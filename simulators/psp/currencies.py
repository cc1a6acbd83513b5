"""How finely the PSP counts each currency (Stripe's zero- and three-decimal lists)."""

from decimal import Decimal

WHOLE = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv"}
    | {"xaf", "xof", "xpf"}
)
THOUSANDTHS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
"""Charged in thousandths whose last digit is zero."""


def major(amount: int, currency: str) -> Decimal:
    """The amount in the currency's main unit."""
    places = 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2
    return Decimal(amount).scaleb(-places)
