"""Stripe at the payment provider port. Our key travels as Stripe's idempotency key and metadata."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from nostro.kit import Money, Refused, Retry, Unknown
from nostro.payments.adapters.stripe import objects, webhooks
from nostro.payments.adapters.stripe.amounts import from_stripe, to_stripe
from nostro.payments.adapters.stripe.client import Client
from nostro.payments.adapters.stripe.settings import StripeSettings
from nostro.payments.ports import (
    DepositStatus,
    HostedPage,
    ProviderBalance,
    ProviderEvent,
    ProviderPayout,
    RefundStatus,
    SettlementLine,
)

LONGEST_KEY = 200
"""Stripe's limit for a client reference; its idempotency keys may be longer."""
_OPTIONS = "saved_payment_method_options"


class Stripe:
    """A PaymentProvider. Safe to share between threads."""

    def __init__(self, settings: StripeSettings) -> None:
        self._client = Client(settings)
        secrets = (settings.webhook_secret, settings.previous_webhook_secret)
        self._webhook_secrets = [s.get_secret_value() for s in secrets if s is not None]

    def start_deposit(
        self, money: Money, *, key: str, description: str, success_url: str, cancel_url: str,
        card: str = "",
    ) -> HostedPage:  # fmt: skip
        """A checkout session for one line of exactly `money`."""
        units, currency = to_stripe(money)
        form = {
            "mode": "payment",
            "client_reference_id": key,
            "success_url": success_url,
            "cancel_url": cancel_url,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": currency,
            "line_items[0][price_data][unit_amount]": str(units),
            "line_items[0][price_data][product_data][name]": description,
            f"metadata[{webhooks.KEY}]": key,
            f"payment_intent_data[metadata][{webhooks.KEY}]": key,
            **_card(card),
        }
        found = self._client.write("/v1/checkout/sessions", form, key=_scoped("deposit", key))
        session = _understood(objects.Session, found, Unknown)
        # A page that was already used has no address any more; its status tells how it ended.
        return HostedPage(session.url, session.id, session.expires_at)

    def deposit_status(self, reference: str) -> DepositStatus:
        found = self._client.read(
            f"/v1/checkout/sessions/{_named(reference)}",
            **{
                "expand[0]": "payment_intent.latest_charge",
                "expand[1]": "payment_intent.payment_method",
            },
        )
        with _reading(Retry):
            return objects.deposit(objects.Session.model_validate(found))

    def forget_card(self, token: str) -> None:
        """Detached from its customer. One that nobody has any more was forgotten before."""
        method = _named(_parts(token)[1])
        body = self._client.read(f"/v1/payment_methods/{method}")
        if _understood(objects.PaymentMethod, body, Retry).customer:
            key = _scoped("forget", method)
            self._client.write(f"/v1/payment_methods/{method}/detach", {}, key=key)

    def refund(self, reference: str, money: Money, *, key: str) -> RefundStatus:
        payment = self._payment(reference)
        units, _ = to_stripe(money)
        self._same_currency(payment, money)
        form = {
            "payment_intent": payment,
            "amount": str(units),
            "reason": "requested_by_customer",
            f"metadata[{webhooks.KEY}]": key,
        }
        found = self._client.write("/v1/refunds", form, key=_scoped("refund", key))
        return _refund(found, Unknown)

    def refund_status(self, reference: str) -> RefundStatus:
        return _refund(self._client.read(f"/v1/refunds/{_named(reference)}"), Retry)

    def find_refund(self, reference: str, *, key: str) -> RefundStatus | None:
        payment = self._payment(reference)
        for found in self._client.pages("/v1/refunds", payment_intent=payment):
            if _understood(objects.Refund, found, Retry).metadata.get(webhooks.KEY) == key:
                return _refund(found, Retry)
        return None

    def balance(self) -> ProviderBalance:
        found = _understood(objects.Balance, self._client.read("/v1/balance"), Retry)
        with _reading(Retry):
            return ProviderBalance(
                available=tuple(from_stripe(p.amount, p.currency) for p in found.available),
                pending=tuple(from_stripe(p.amount, p.currency) for p in found.pending),
            )

    def payouts(self, *, since: datetime, until: datetime) -> list[ProviderPayout]:
        bounds = {
            "created[gte]": int(since.timestamp()),
            "created[lt]": int(until.timestamp()),
        }
        bodies = self._client.pages("/v1/payouts", **bounds)
        with _reading(Retry):
            return [_payout(objects.Payout.model_validate(body)) for body in reversed(bodies)]

    def payout_lines(self, reference: str) -> list[SettlementLine]:
        bodies = self._client.pages("/v1/balance_transactions", payout=_named(reference))
        with _reading(Retry):
            found = [objects.BalanceTransaction.model_validate(body) for body in reversed(bodies)]
            return [_line(line) for line in found if line.type != "payout"]

    def verify_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> ProviderEvent:
        webhooks.check(headers, body, now, self._webhook_secrets)
        return webhooks.read(body)

    def events(self, *, since: datetime) -> list[ProviderEvent]:
        bounds = {"created[gte]": int(since.timestamp())}
        bodies = reversed(self._client.pages("/v1/events", **bounds))
        return [webhooks.read(json.dumps(body).encode()) for body in bodies]

    def _payment(self, reference: str) -> str:
        """The payment intent behind a deposit's reference."""
        if reference.startswith("pi_"):
            return _named(reference)
        body = self._client.read(f"/v1/checkout/sessions/{_named(reference)}")
        payment = _understood(objects.Session, body, Retry).payment
        if not payment:
            raise Refused("This deposit was never paid.", code="not-paid")
        return payment

    def _same_currency(self, payment: str, money: Money) -> None:
        """Stripe's refund names no currency, so a wrong one would be refunded as another."""
        body = self._client.read(f"/v1/payment_intents/{payment}")
        paid = _understood(objects.PaymentIntent, body, Retry).currency.upper()
        if paid != money.currency:
            raise Refused(f"This deposit was paid in {paid}.", code="currency")


def _card(token: str) -> dict[str, str]:
    """What a new session says of cards: the one on file, or that another may be kept.

    Each card has a customer of Stripe's to itself, so that a page shows that card alone. Source:
    Stripe, "Save payment details during payment" and "Prefill saved payment data".
    """
    if not token:
        return {"customer_creation": "always", f"{_OPTIONS}[payment_method_save]": "enabled"}
    return {"customer": _parts(token)[0], f"{_OPTIONS}[allow_redisplay_filters][0]": "always"}


def _parts(token: str) -> tuple[str, str]:
    """The customer and the payment method that a token of ours is made of."""
    customer, _, method = token.partition("/")
    if not (customer.startswith("cus_") and method.startswith("pm_")):
        raise Refused("This is no card on file at Stripe.", code="card")
    return customer, method


def _scoped(act: str, key: str) -> str:
    """One namespace per act: a refund may carry the key of its deposit's attempt."""
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Refused(f"A key is 1 to {LONGEST_KEY} printable ASCII characters.", code="key")
    return f"nostro/{act}/{key}"


def _named(reference: str) -> str:
    """A reference that is safe as part of a path."""
    if not (reference.isascii() and reference.replace("_", "").isalnum()):
        raise Refused(f"{reference!r} is not a reference of Stripe's.", code="resource_missing")
    return reference


@contextmanager
def _reading(trouble: type[Retry] | type[Unknown]) -> Iterator[None]:
    """An answer that makes no sense is Retry after a question, Unknown after an act."""
    try:
        yield
    except ValueError as error:
        raise trouble(f"Stripe's answer cannot be read: {error}") from error


def _understood[T: BaseModel](
    shape: type[T], body: dict[str, Any], trouble: type[Retry] | type[Unknown]
) -> T:
    with _reading(trouble):
        return shape.model_validate(body)


def _refund(body: dict[str, Any], trouble: type[Retry] | type[Unknown]) -> RefundStatus:
    with _reading(trouble):
        return objects.refund(objects.Refund.model_validate(body))


def _payout(payout: objects.Payout) -> ProviderPayout:
    return ProviderPayout(
        reference=payout.id,
        money=from_stripe(payout.amount, payout.currency),
        arrival_date=payout.arrival_date.date(),
        state=payout.status,
    )


def _line(line: objects.BalanceTransaction) -> SettlementLine:
    return SettlementLine(
        reference=line.id,
        kind=line.type,
        source=line.source,
        gross=from_stripe(line.amount, line.currency),
        fee=from_stripe(line.fee, line.currency),
        net=from_stripe(line.net, line.currency),
        occurred_at=line.created,
    )
