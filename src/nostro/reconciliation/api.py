"""What of statements, matches and breaks leaves through the API."""

from nostro.core.doors import publish
from nostro.reconciliation.models import (
    BankAccount,
    Break,
    ClientMoneyReport,
    Match,
    StatementFile,
    StatementLine,
)

publish(
    BankAccount, "id", "provider", "name", "iban", "currency", "entity_id", "of_clients",
    "opened_with", "added_at", "read_at", "trouble",
)  # fmt: skip
publish(
    StatementFile, "id", "account_id", "sha256", "reference", "opening", "closing",
    "closing_date", "line_count", "proves", "reason", "read_at",
)  # fmt: skip
publish(
    StatementLine, "id", "file_id", "account_id", "money", "currency", "booked_date",
    "value_date", "end_to_end_id", "bank_reference", "remittance", "entry", "status",
)  # fmt: skip
publish(
    Match, "id", "account_id", "status", "status_at", "rule", "variance", "reason", "entry",
    "decision", "made_at", "undone_at",
)  # fmt: skip
publish(
    Break, "id", "kind", "status", "status_at", "due_at", "money", "currency", "entity_id",
    "account_id", "file_id", "line_id", "owner_id", "cause", "decision", "entry",
    "explanation", "found_at", "explained_at",
)  # fmt: skip
publish(
    ClientMoneyReport, "id", "entity_id", "currency", "day_date", "revision", "as_of",
    "known_at", "resource", "requirement", "difference", "digest",
)  # fmt: skip
