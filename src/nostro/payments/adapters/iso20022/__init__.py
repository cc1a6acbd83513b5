"""A bank that takes pain.001 and gives pain.002 and camt files over HTTPS."""

from nostro.payments.adapters.iso20022.bank import Iso20022Bank
from nostro.payments.adapters.iso20022.settings import Iso20022Settings

__all__ = ["Iso20022Bank", "Iso20022Settings"]
