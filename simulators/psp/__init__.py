"""A card PSP that speaks Stripe's API: hosted checkout, refunds, disputes, payouts, webhooks.

What it can be told to do wrong is the point of it; see `account.FAULTS` and the README beside it.
"""
