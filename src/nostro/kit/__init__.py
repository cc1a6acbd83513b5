"""Values every room speaks in: money, lots, trading days, problems. No Django, no I/O."""

from nostro.kit.money import Currency, Lots, Money, Rate
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.kit.vendors import Refused, Retry, Unknown, Unread, VendorTrouble

__all__ = [
    "Currency", "Forbidden", "Lots", "Money", "NotFound", "Problem", "Rate", "Refused", "Retry",
    "Unknown", "Unread", "VendorTrouble",
]  # fmt: skip
