"""What of the rules and their decisions leaves through the API."""

from nostro.core.doors import publish
from nostro.rules.models import BackTest, Decision, Flip, Version

publish(
    Version, "id", "point", "number", "status", "status_at", "jdm", "note", "author_id",
    "reviewer_id", "active_from", "active_to",
)  # fmt: skip
publish(
    Decision, "id", "point", "version_id", "at", "inputs", "answers", "rows", "cautious",
    "reason", "subject_type", "subject_id", "client_id", "entity_id",
)  # fmt: skip
publish(
    BackTest, "id", "version_id", "against_id", "days", "since", "total", "asked", "changed",
    "totals", "state", "at", "ended_at",
)  # fmt: skip
publish(Flip, "id", "back_test_id", "decision_id", "before", "after")
