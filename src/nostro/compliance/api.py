"""What of compliance leaves through the API. What was found about a client is for staff alone."""

from nostro.compliance.models import (
    AgreementText,
    Application,
    Document,
    Flow,
    Hit,
    ListVersion,
)
from nostro.core.doors import publish

publish(
    Application, "id", "client_id", "status", "status_at", "flow_id", "run", "started_at",
    "sent_at", staff=("decided_at", "decided_by", "failing", "verdict", "due_at"),
)  # fmt: skip
publish(
    Document, "id", "client_id", "kind", "status", "status_at", "pages", "expiry_date",
    "uploaded_at",
)  # fmt: skip
publish(
    Hit, "id", "client_id", "status", "status_at", "entry_id", "score", "threshold",
    "list_version", "found_at", "decided_by",
)  # fmt: skip
publish(AgreementText, "id", "entity_id", "kind", "title", "number", "body", "sha256",
        "published_at")  # fmt: skip
publish(Flow, "id", "entity_code", "country", "kind", "number", "steps", "requires",
        "published_at")  # fmt: skip
publish(ListVersion, "id", "list", "number", "sha256", "entries", "added", "changed", "removed",
        "loaded_at")  # fmt: skip
