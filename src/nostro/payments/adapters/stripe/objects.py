"""Stripe's objects as far as we read them, and what they mean at our port.

Source: Stripe API reference, version 2024-06-20. Everything we do not read is ignored.
"""

import re
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict

from nostro.kit import Money
from nostro.payments.adapters.stripe.amounts import from_stripe
from nostro.payments.ports import (
    CardOnFile,
    DepositState,
    DepositStatus,
    RefundState,
    RefundStatus,
)

SOFT = frozenset(
    {"insufficient_funds", "processing_error", "try_again_later", "issuer_not_available"}
    | {"reenter_transaction", "card_velocity_exceeded", "withdrawal_count_limit_exceeded"}
    | {"approve_with_id", "incorrect_cvc", "invalid_cvc", "incorrect_number", "invalid_number"}
    | {"invalid_expiry_month", "invalid_expiry_year", "incorrect_zip", "do_not_honor"}
    | {"card_not_supported", "currency_not_supported", "currency_not_accepted"}
)
"""Declines that a correction, another provider or another day may turn. All others are hard."""


BRANDS = {
    "amex": "American Express", "cartes_bancaires": "Cartes Bancaires", "diners": "Diners Club",
    "discover": "Discover", "eftpos_au": "Eftpos", "jcb": "JCB", "link": "Link",
    "mastercard": "Mastercard", "unionpay": "UnionPay", "visa": "Visa",
}  # fmt: skip
"""Stripe's words for card brands, as cards bear them."""


def _text(value: object) -> object:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
"""A string that Stripe writes as null where there is none."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PaymentError(_Read):
    code: Text = ""
    decline_code: Text = ""
    message: Text = ""


class Card(_Read):
    """Of the number Stripe gives the last four digits, and we keep no other text for them."""

    brand: Text = ""
    last4: Text = ""
    fingerprint: Text = ""

    @property
    def name(self) -> str:
        if not re.fullmatch(r"[0-9]{4}", self.last4):
            return ""
        return f"{BRANDS.get(self.brand, 'Card')} •••• {self.last4}"


class MethodDetails(_Read):
    card: Card | None = None


class Charge(_Read):
    id: str
    payment_method_details: MethodDetails | None = None


class PaymentMethod(_Read):
    """A card by the name Stripe has for it; a customer's where its owner had it kept."""

    id: str
    customer: Text = ""
    card: Card | None = None


class PaymentIntent(_Read):
    id: str
    status: str
    currency: str
    amount: int
    amount_received: int
    metadata: dict[str, str] = {}
    last_payment_error: PaymentError | None = None
    latest_charge: Charge | str | None = None
    payment_method: PaymentMethod | str | None = None

    @property
    def instrument(self) -> str:
        """The card that paid, by its brand and last four digits."""
        charge = self.latest_charge
        details = charge.payment_method_details if isinstance(charge, Charge) else None
        return details.card.name if details is not None and details.card is not None else ""

    @property
    def received(self) -> Money:
        return from_stripe(self.amount_received, self.currency)


class Session(_Read):
    id: str
    url: Text = ""
    status: str
    payment_status: str
    currency: str
    amount_total: int
    expires_at: AwareDatetime
    client_reference_id: Text = ""
    payment_intent: PaymentIntent | str | None = None

    @property
    def payment(self) -> str:
        found = self.payment_intent
        return found.id if isinstance(found, PaymentIntent) else found or ""


class Refund(_Read):
    id: str
    amount: int
    currency: str
    status: str
    payment_intent: Text = ""
    failure_reason: Text = ""
    metadata: dict[str, str] = {}


class Dispute(_Read):
    id: str
    amount: int
    currency: str
    payment_intent: Text = ""
    reason: Text = ""


class Payout(_Read):
    id: str
    amount: int
    currency: str
    arrival_date: AwareDatetime
    created: AwareDatetime
    status: str


class BalanceTransaction(_Read):
    id: str
    amount: int
    fee: int
    net: int
    currency: str
    type: str
    source: Text = ""
    created: AwareDatetime


class Amount(_Read):
    amount: int
    currency: str


class Balance(_Read):
    available: list[Amount]
    pending: list[Amount]


class EventData(_Read):
    object: dict[str, object]


class Event(_Read):
    id: str
    object: Literal["event"]
    type: str
    created: AwareDatetime
    data: EventData


def decline(error: PaymentError) -> DepositState:
    """Soft or hard, by the most telling code that Stripe gives."""
    soft = (error.decline_code or error.code) in SOFT
    return DepositState.DECLINED_SOFT if soft else DepositState.DECLINED_HARD


def deposit(session: Session) -> DepositStatus:
    """What a session, with its payment intent expanded, says about a deposit."""
    intent = session.payment_intent
    error, instrument = None, ""
    if isinstance(intent, PaymentIntent) and intent.status == "succeeded":
        state, money = DepositState.SUCCEEDED, intent.received
        instrument = intent.instrument
    else:
        money = from_stripe(0, session.currency)
        if isinstance(intent, PaymentIntent) and intent.status == "requires_payment_method":
            error = intent.last_payment_error
        state = _unpaid(session, intent, error)
    return DepositStatus(
        reference=session.id,
        payment=session.payment,
        state=state,
        money=money,
        key=session.client_reference_id,
        code=(error.decline_code or error.code) if error else "",
        reason=error.message if error else "",
        instrument=instrument,
        card=on_file(session),
    )


def on_file(session: Session) -> CardOnFile | None:
    """The card that paid, where its owner had it kept."""
    intent = session.payment_intent
    if not isinstance(intent, PaymentIntent) or intent.status != "succeeded":
        return None
    method = intent.payment_method
    if not isinstance(method, PaymentMethod) or method.card is None or not method.card.name:
        return None
    if not (method.customer and method.card.fingerprint):
        return None
    token = f"{method.customer}/{method.id}"
    return CardOnFile(token, method.card.fingerprint, method.card.name)


def _unpaid(
    session: Session, intent: PaymentIntent | str | None, error: PaymentError | None
) -> DepositState:
    if isinstance(intent, PaymentIntent) and intent.status in ("processing", "requires_capture"):
        return DepositState.PENDING
    if error is not None:
        return decline(error)
    if session.status == "expired":
        return DepositState.EXPIRED
    if session.status == "complete":
        return DepositState.PENDING
    return DepositState.OPEN


def refund(found: Refund) -> RefundStatus:
    """A refund at our port. What Stripe cancels was never paid: it failed."""
    states = {"succeeded": RefundState.SUCCEEDED, "failed": RefundState.FAILED}
    states["canceled"] = RefundState.FAILED
    return RefundStatus(
        reference=found.id,
        payment=found.payment_intent,
        state=states.get(found.status, RefundState.PENDING),
        money=from_stripe(found.amount, found.currency),
        reason=found.failure_reason,
    )
