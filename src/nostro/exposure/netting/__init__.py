"""Net positions, their floating result, and the live book, in columns of numbers.

For display and alerting: what triggers an action is checked again in Decimal.
"""

from nostro.exposure.netting.book import Book, Snapshot
from nostro.exposure.netting.risk import MarginRule, concentration, margin, stress, value_at_risk
from nostro.exposure.netting.sums import (
    LOT,
    Aggregate,
    Columns,
    Instrument,
    Position,
    Prices,
    aggregate,
    currency_legs,
    hedge_ratio,
    position_floating,
    roll_up,
)

__all__ = [
    "LOT", "Aggregate", "Book", "Columns", "Instrument", "MarginRule", "Position", "Prices",
    "Snapshot", "aggregate", "concentration", "currency_legs", "hedge_ratio", "margin",
    "position_floating", "roll_up", "stress", "value_at_risk",
]  # fmt: skip
