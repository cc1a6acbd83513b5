"""Stripe: cards on Stripe's hosted checkout page, refunds, disputes and settlement."""

from nostro.payments.adapters.stripe.provider import Stripe
from nostro.payments.adapters.stripe.settings import StripeSettings

__all__ = ["Stripe", "StripeSettings"]
