"""One folder per vendor. An adapter knows the port, keeps no state and speaks to one vendor."""

from nostro.payments.adapters.iso20022 import Iso20022Bank, Iso20022Settings
from nostro.payments.adapters.stripe import Stripe, StripeSettings
from nostro.payments.ports import BANKS, PROVIDERS

PROVIDERS.put("stripe", Stripe, StripeSettings)
BANKS.put("iso20022", Iso20022Bank, Iso20022Settings)
