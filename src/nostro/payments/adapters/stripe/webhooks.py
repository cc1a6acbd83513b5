"""Stripe's webhooks: is it from Stripe, is it fresh, and what does it say?

Source: Stripe, "Verify webhook signatures manually": HMAC-SHA256 over `t.body`, scheme v1.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from nostro.kit import Money, Refused
from nostro.payments.adapters.stripe.amounts import from_stripe
from nostro.payments.adapters.stripe.objects import (
    Dispute,
    Event,
    PaymentIntent,
    Payout,
    Refund,
    Session,
    refund,
)
from nostro.payments.ports import EventKind, ProviderEvent, RefundState

TOLERANCE_SECONDS = 300
KEY = "nostro_key"
"""The metadata under which our own key travels."""
CARD_NAMES = re.compile(rb'"(cus|pm)_[A-Za-z0-9_]+"')
"""What a card on file is charged by: kept encrypted where it is needed, and in no message."""


def check(headers: Mapping[str, str], body: bytes, now: datetime, secrets: Sequence[str]) -> None:
    """Refused unless one of the secrets signed exactly this body within five minutes of `now`."""
    lower = {name.lower(): value for name, value in headers.items()}
    parts = [part.strip().partition("=") for part in lower.get("stripe-signature", "").split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdecimal()) or not given:
        raise Refused("The signature is missing or malformed.", code="bad-signature")
    signed = times[0].encode() + b"." + body
    good = False
    for secret in secrets:
        mac = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for signature in given:
            good |= hmac.compare_digest(mac.encode(), signature.encode())
    if not good:
        raise Refused("The signature does not fit the body.", code="bad-signature")
    if abs(now.timestamp() - int(times[0])) > TOLERANCE_SECONDS:
        raise Refused("The signature is too old or from the future.", code="stale-signature")


def read(raw: bytes) -> ProviderEvent:
    """The event in a body that has proved itself; Refused where it cannot be understood."""
    try:
        event = Event.model_validate_json(raw)
        about = _READERS.get(event.type, _other)(event.data.object, event.type)
    except (ValidationError, ValueError) as error:
        raise Refused(f"Not an event we can read: {error}", code="bad-body") from error
    raw = CARD_NAMES.sub(rb'"\1_..."', raw)
    return ProviderEvent(
        id=event.id, occurred_at=event.created, raw=raw, vendor_type=event.type, **about
    )


def _session(body: dict[str, object], type: str) -> dict[str, Any]:
    found = Session.model_validate(body)
    kind = {
        "checkout.session.async_payment_succeeded": EventKind.DEPOSIT_SUCCEEDED,
        "checkout.session.async_payment_failed": EventKind.DEPOSIT_DECLINED,
        "checkout.session.expired": EventKind.DEPOSIT_EXPIRED,
    }.get(type, EventKind.DEPOSIT_PENDING)
    if type == "checkout.session.completed" and found.payment_status == "paid":
        kind = EventKind.DEPOSIT_SUCCEEDED
    return {
        "kind": kind,
        "reference": found.id,
        "payment": found.payment,
        "money": from_stripe(found.amount_total, found.currency),
        "key": found.client_reference_id,
    }


def _intent(body: dict[str, object], type: str) -> dict[str, Any]:
    found = PaymentIntent.model_validate(body)
    succeeded = type == "payment_intent.succeeded"
    kind = EventKind.DEPOSIT_PENDING
    if type == "payment_intent.payment_failed":
        kind = EventKind.DEPOSIT_DECLINED
    error = found.last_payment_error
    amount = found.amount_received if succeeded else found.amount
    return {
        "kind": EventKind.DEPOSIT_SUCCEEDED if succeeded else kind,
        "reference": found.id,
        "payment": found.id,
        "money": from_stripe(amount, found.currency),
        "key": found.metadata.get(KEY, ""),
        "reason": (error.decline_code or error.code) if error else "",
    }


def _refund(body: dict[str, object], type: str) -> dict[str, Any]:
    found = Refund.model_validate(body)
    kinds = {
        RefundState.SUCCEEDED: EventKind.REFUND_SUCCEEDED,
        RefundState.PENDING: EventKind.REFUND_PENDING,
        RefundState.FAILED: EventKind.REFUND_FAILED,
    }
    return {
        "kind": kinds[refund(found).state],
        "reference": found.id,
        "payment": found.payment_intent,
        "money": from_stripe(found.amount, found.currency),
        "key": found.metadata.get(KEY, ""),
        "reason": found.failure_reason,
    }


def _dispute(body: dict[str, object], type: str) -> dict[str, Any]:
    found = Dispute.model_validate(body)
    opened = type == "charge.dispute.created"
    return {
        "kind": EventKind.DISPUTE_OPENED if opened else EventKind.DISPUTE_CLOSED,
        "reference": found.id,
        "payment": found.payment_intent,
        "money": from_stripe(found.amount, found.currency),
        "reason": found.reason,
    }


def _payout(body: dict[str, object], type: str) -> dict[str, Any]:
    found = Payout.model_validate(body)
    paid = type == "payout.paid"
    return {
        "kind": EventKind.PAYOUT_PAID if paid else EventKind.PAYOUT_FAILED,
        "reference": found.id,
        "money": from_stripe(found.amount, found.currency),
    }


def _other(body: dict[str, object], type: str) -> dict[str, Any]:
    """`charge.refunded` among them: it carries a running total, the refund events say which."""
    payment = body.get("payment_intent")
    money: Money | None = None
    return {
        "kind": EventKind.OTHER,
        "reference": str(body.get("id", "")),
        "payment": payment if isinstance(payment, str) else "",
        "money": money,
    }


_READERS: dict[str, Callable[[dict[str, object], str], dict[str, Any]]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "payment_intent.succeeded": _intent,
    "payment_intent.processing": _intent,
    "payment_intent.payment_failed": _intent,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.closed": _dispute,
    "payout.paid": _payout,
    "payout.failed": _payout,
}
