"""Everything anyone can do with keys and endpoints, and what deliveries bring back."""

from nostro.hooks.operations.deliveries import (
    note_attempts,
    queue_deliveries,
    replay_delivery,
)
from nostro.hooks.operations.endpoints import (
    add_endpoint,
    change_endpoint,
    drop_endpoint,
    pause_endpoint,
    renew_endpoint_secret,
    resume_endpoint,
)
from nostro.hooks.operations.keys import create_api_key, revoke_api_key
from nostro.hooks.operations.limits import take_token

__all__ = [
    "add_endpoint",
    "change_endpoint",
    "create_api_key",
    "drop_endpoint",
    "note_attempts",
    "pause_endpoint",
    "queue_deliveries",
    "renew_endpoint_secret",
    "replay_delivery",
    "resume_endpoint",
    "revoke_api_key",
    "take_token",
]
