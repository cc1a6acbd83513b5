"""What of messages leaves through the API: their subject and their way, not their words."""

from nostro.core.doors import publish
from nostro.messages.models import Message

publish(
    Message, "id", "client_id", "template", "subject", "status", "status_at", "queued_at",
    "sent_at",
)  # fmt: skip
