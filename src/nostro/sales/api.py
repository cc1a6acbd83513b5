"""What of tasks leaves through the API."""

from nostro.core.doors import publish
from nostro.sales.models import Task

publish(
    Task, "id", "client_id", "owner_id", "how", "text", "outcome", "status", "status_at", "due_at",
    "made_at",
)  # fmt: skip
