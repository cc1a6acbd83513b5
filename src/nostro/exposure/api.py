"""What of limits and alerts leaves through the API."""

from nostro.core.doors import publish
from nostro.exposure.models import Alert, Limit

publish(Limit, "id", "kind", "code", "book", "entity_id", "money", "reason", "set_by_id", "set_at")
publish(
    Alert, "id", "rule", "kind", "code", "book", "entity_id", "status", "status_at", "due_at",
    "net", "peak", "limit", "decision", "why", "owner_id", "note", "raised_at", "cleared_at",
)  # fmt: skip
