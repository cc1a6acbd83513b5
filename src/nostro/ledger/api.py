"""What of the ledger leaves through the API."""

from nostro.core.doors import publish, route
from nostro.ledger.models import (
    Alarm,
    Entry,
    Evidence,
    Exchange,
    Hold,
    LedgerAccount,
    Opening,
    Period,
    Quote,
    Revaluation,
    Seal,
    Transfer,
    Verification,
)
from nostro.ledger.operations import show_evidence

publish(
    LedgerAccount, "id", "path", "title", "asset_id", "client_id", "partner_id", "opened_at",
    "closed_at",
    staff=("of_clients", "overdraft", "hot"),
)  # fmt: skip
publish(
    Entry, "id", "kind", "text", "entity_id", "recorded_at", "effective_at",
    "value_date", "decision",
    "reverses_id",
)  # fmt: skip
publish(
    Transfer, "id", "entry_id", "leg", "source_id", "target_id", "asset_id", "units",
    "source_seq", "source_balance", "target_seq", "target_balance",
    "pending_id",
)  # fmt: skip
publish(Seal, "id", "first", "last", "entries", "sha256", "at")
publish(Verification, "id", "at", "entries", "flaws")
publish(
    Hold, "id", "entry_id", "state", "pending_id", "source_id", "target_id", "asset_id", "units",
    "expires_at",
)  # fmt: skip
publish(Period, "id", "entity_id", "through", "closed_at", "reopened_at")
publish(
    Quote, "id", "sells_id", "buys_id", "mid", "spread", "client_id", "quoted_at", "expires_at",
    staff=("source",),
)  # fmt: skip
publish(
    Exchange, "id", "quote_id", "entry_id", "client_id", "entity_id", "given", "got",
    staff=("earned",),
)  # fmt: skip
publish(Revaluation, "id", "day", "asset_id", "rates", "positions", "result", "entry_id")
publish(
    Opening, "id", "status", "sha256", "entity_id", "day", "lines", "faulty", "faults", "totals",
    "posted_at",
)  # fmt: skip
publish(Alarm, "id", "status", "raised_at", "broken_at", "flaws", "resolved_by", "reason")
publish(
    Evidence, "id", "subject_type", "subject_id", "client_id", "entity_id", "kept_by", "kept_at"
)
route(show_evidence)
