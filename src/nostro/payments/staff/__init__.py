"""Staff pages of payments: withdrawals, deposits, transfers, providers and methods.

The order of the imports is the order of the pages in the room's crumb.
"""

from nostro.payments.staff import withdrawals  # isort: skip
from nostro.payments.staff import deposits, transfers, between  # isort: skip
from nostro.payments.staff import providers  # isort: skip
from nostro.payments.staff import amounts, clients, names  # isort: skip

__all__ = [
    "amounts", "between", "clients", "deposits", "names", "providers", "transfers", "withdrawals",
]  # fmt: skip
