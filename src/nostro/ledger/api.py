"""What of the ledger leaves through the API."""

from nostro.core.doors import publish
from nostro.ledger.models import Entry, LedgerAccount, Transfer, Verification

publish(
    LedgerAccount, "id", "path", "title", "asset_id", "client_id", "partner_id", "opened_at",
    staff=("of_clients", "overdraft", "hot"),
)  # fmt: skip
publish(
    Entry, "id", "kind", "text", "entity_id", "recorded_at", "effective_at", "decision",
    "reverses_id",
)  # fmt: skip
publish(
    Transfer, "id", "entry_id", "leg", "source_id", "target_id", "asset_id", "units",
    "source_seq", "source_balance", "target_seq", "target_balance",
)  # fmt: skip
publish(Verification, "id", "at", "entries", "flaws")
