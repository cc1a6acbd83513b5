"""What of the ledger leaves through the API."""

from nostro.core.doors import publish
from nostro.ledger.models import (
    Entry,
    Exchange,
    Hold,
    LedgerAccount,
    Period,
    Quote,
    Revaluation,
    Transfer,
    Verification,
)

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
