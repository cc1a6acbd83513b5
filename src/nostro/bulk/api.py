"""What of bulk changes leaves through the API, which prepares them like the staff pages do."""

from nostro.bulk import operations
from nostro.bulk.models import BulkChange, BulkRow
from nostro.core.doors import publish, route

publish(
    BulkChange, "id", "operation", "subject_type", "inputs", "reason", "chosen", "total",
    "maker_id", "status", "status_at", "made_at", "started_at", "ended_at",
)  # fmt: skip
publish(
    BulkRow, "id", "change_id", "number", "thing_id", "name", "status", "said", "proposal_id", "at",
)  # fmt: skip
route(operations.prepare_change)
