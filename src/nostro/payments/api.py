"""What of payments leaves through the API. How a payment is judged is for staff alone."""

from nostro.core.doors import publish
from nostro.payments.models import (
    ClientTransfer,
    Deposit,
    Destination,
    Leg,
    Method,
    Notice,
    Provider,
    SavedCard,
    Transfer,
    Withdrawal,
)

publish(
    Deposit, "id", "client_id", "entity_id", "money", "currency", "method_id", "status",
    "status_at", "hosted_url", "fee", "received", "reason", "started_at", "settled_at",
    "refunded",
    staff=("provider_id", "decision", "reference", "payment_reference", "instrument", "due_at"),
)  # fmt: skip
publish(
    Withdrawal, "id", "client_id", "entity_id", "money", "currency", "destination_id", "status",
    "status_at", "question", "answer", "reason", "requested_at", "approved_at", "paid_at",
    staff=("owner_id", "usd", "people", "queue", "why", "decision", "due_at"),
)  # fmt: skip
publish(
    Transfer, "id", "client_id", "entity_id", "account_id", "money", "currency", "direction",
    "status", "status_at", "reference", "reason", "requested_at", "settled_at",
    staff=("ticket",),
)  # fmt: skip
publish(
    ClientTransfer, "id", "client_id", "recipient_id", "entity_id", "money", "currency", "status",
    "status_at", "reason", "requested_at", "settled_at",
    staff=("usd", "why", "decision", "asked_by", "due_at"),
)  # fmt: skip
publish(Destination, "id", "client_id", "kind", "label", "holder", "added_at", "usable_from")
publish(
    SavedCard, "id", "client_id", "method_id", "label", "saved_at", "used_at", "forgotten_at",
    staff=("provider_id",),
)  # fmt: skip
publish(
    Leg, "id", "withdrawal_id", "number", "money", "currency", "destination_id", "reason",
    "status", "sent_at", "paid_at", staff=("deposit_id", "provider_id", "reference"),
)  # fmt: skip
publish(
    Method, "id", "slug", "name", "takes_deposits", "pays_out", "currencies", "least", "most",
    "speed",
)  # fmt: skip
publish(
    Provider, "id", "slug", "name", "kind", "fee_percent", "refund_days", "open",
    "notices_refused", "notices_refused_at", "trouble", "trouble_since",
)  # fmt: skip
publish(
    Notice, "id", "provider_id", "event_id", "kind", "reference", "payment", "amount",
    "currency", "received_at",
)  # fmt: skip
