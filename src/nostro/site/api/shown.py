"""What of the core's and the page kit's own things leaves through the API."""

from nostro.core.doors import publish
from nostro.core.models import Proposal, Record, Role
from nostro.ui.models import Arrangement, SavedView, SignIn

publish(
    Record, "id", "name", "at", "operation", "actor_kind", "actor_id", "subject_type",
    "subject_id", "client_id", "entity_id", "cause_id", "data",
)  # fmt: skip
publish(
    Proposal, "id", "operation", "subject_type", "subject_id", "client_id", "entity_id", "inputs",
    "reason", "people", "needs", "maker_kind", "maker_id", "status", "made_at", "due_at",
    "ended_at",
)  # fmt: skip
publish(Role, "id", "slug", "title", "names", "unmasked")
publish(Arrangement, "id", "order", "hidden")
publish(SavedView, "id", "page", "name", "query", "made_at")
publish(SignIn, "id", "address", "device", "at", "ended_at")
