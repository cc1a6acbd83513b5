"""What of bulk changes leaves through the API, and how one is prepared there."""

from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.operations.changes import prepare_change
from nostro.core.doors import publish, route

route(prepare_change)
publish(
    BulkChange, "id", "operation", "subject_type", "inputs", "reason", "chosen", "total", "status",
    "status_at", "maker_id", "undoes_id", "agreed", "proposal_id",
    "made_at", "started_at", "ended_at",
)  # fmt: skip
publish(
    BulkRow, "id", "change_id", "number", "thing_id", "name", "status", "said", "people",
    "proposal_id", "act_id", "at",
)  # fmt: skip
