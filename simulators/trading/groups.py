"""The groups of a broker with three licences, as every simulator has them at first."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from simulators.trading.records import NETTING, ZERO, Group

RAW_COMMISSION = Decimal("3.50")
COMPANIES = {
    "CY": ("Simulated Markets (CY) Ltd", 30),
    "UK": ("Simulated Markets (UK) Ltd", 30),
    "SC": ("Simulated Markets (SC) Ltd", 500),
}
_USUAL = (
    ("real", "CY", "USD", "Standard"), ("real", "CY", "EUR", "Standard"),
    ("real", "CY", "USD", "Raw"), ("real", "CY", "EUR", "Raw"),
    ("real", "UK", "GBP", "Standard"), ("real", "UK", "USD", "Standard"),
    ("real", "UK", "GBP", "Raw"),
    ("real", "SC", "USD", "Standard"), ("real", "SC", "EUR", "Standard"),
    ("real", "SC", "USD", "Raw"), ("real", "SC", "EUR", "Raw"), ("real", "SC", "USD", "Netting"),
    ("real", "CY", "USD", "Standard-SF"), ("real", "CY", "EUR", "Standard-SF"),
    ("real", "SC", "USD", "Standard-SF"), ("real", "SC", "EUR", "Standard-SF"),
    ("demo", "CY", "USD", "Standard"), ("demo", "CY", "EUR", "Standard"),
    ("demo", "UK", "GBP", "Standard"), ("demo", "SC", "USD", "Standard"),
    ("demo", "SC", "USD", "Raw"),
)  # fmt: skip


def usual_groups(named: Callable[[str, str, str, str], str]) -> list[Group]:
    """`named` makes the platform's name of kind ("real"), company, currency and type."""
    return [
        _group(named(kind, code, currency, sort), code, currency, sort)
        for kind, code, currency, sort in _USUAL
    ]


def _group(name: str, code: str, currency: str, sort: str) -> Group:
    company, leverage = COMPANIES[code]
    terms: dict[str, Any] = {}
    if sort == "Raw":
        terms = {"markup": ZERO, "commission": RAW_COMMISSION}
    if sort == "Netting":
        terms, leverage = {"margin_mode": NETTING}, 200
    if sort.endswith("-SF"):
        terms = {"swaps": 0}
    return Group(name, currency, company=company, leverage=leverage, **terms)
