"""What of people and the firm leaves through the API."""

from nostro.core.doors import publish
from nostro.people.models import (
    Brand,
    Client,
    ClientImport,
    ClientImportRow,
    Desk,
    LegalEntity,
    Note,
    Staff,
)

publish(
    Client, "id", "number", "status", "status_at", "kind", "entity_id", "brand_id", "first_name",
    "last_name", "email", "phone", "country", "nationality", "birth_date", "address", "language",
    "category", "level", "account_type", "base_currency", "email_confirmed_at", "registered_at",
    staff=("risk", "risk_score", "owner_id", "desk_id", "partner_id", "referral_code",
           "external_number", "due_at"),
)  # fmt: skip
publish(
    LegalEntity, "id", "code", "name", "licence", "regulator", "country", "address",
    "base_currency", "risk_warning_percent", staff=("pack",),
)  # fmt: skip
publish(Brand, "id", "slug", "name", "colour")
publish(Desk, "id", "name")
publish(
    Staff, "id", "name", "title", "desk_id", "own_clients_only", "countries", "joined_at",
    "left_at",
)  # fmt: skip
publish(Note, "id", "client_id", "author_id", "text", "pinned", "at", "supersedes_id")
publish(
    ClientImport, "id", "status", "status_at", "maker_id", "reason", "made_at", "started_at",
    "ended_at",
)  # fmt: skip
publish(
    ClientImportRow, "id", "found_in_id", "number", "client_id", "entity_id", "country", "status",
    "said", "at",
)  # fmt: skip
