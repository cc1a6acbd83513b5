"""The trader room's pages about money; the order of the imports is of no matter, `nav` says it."""

from nostro.payments.trader import (
    activity,
    between,
    cards,
    deposit,
    exchange,
    home,
    shell,
    statement,
    transfer,
    withdraw,
)

__all__ = [
    "activity", "between", "cards", "deposit", "exchange", "home", "shell", "statement", "transfer",
    "withdraw",
]  # fmt: skip
