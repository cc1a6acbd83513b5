"""What of keys, endpoints and deliveries leaves through the API: secrets once, to their maker."""

from nostro.core.doors import publish
from nostro.hooks.models import ApiKey, Delivery, Endpoint

publish(
    ApiKey, "id", "name", "prefix", "scopes", "made_at", "expires_at", "revoked_at",
    once=("secret",),
)  # fmt: skip
publish(Endpoint, "id", "name", "url", "events", "active", "made_at", once=("secret",))
publish(
    Delivery, "id", "endpoint_id", "record_id", "event", "status", "status_at", "attempts",
    "next_at", "http_status", "trouble",
)  # fmt: skip
