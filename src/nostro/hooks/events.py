"""What can have happened to keys, endpoints and deliveries. Never a secret, never an address."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class ApiKeyMade(
    Event, says="{actor} made the API key {prefix}…", icon="key", tone="warn", group="access"
):
    key_id: int
    prefix: str
    scopes: list[str]


@dataclass(frozen=True)
class ApiKeyRevoked(
    Event, says="{actor} revoked the API key {prefix}…", icon="key-off", group="access"
):
    key_id: int
    prefix: str


@dataclass(frozen=True)
class EndpointAdded(
    Event, says="{actor} lets {subject} hear events", icon="webhook", tone="warn", group="access"
):
    endpoint_id: int
    events: list[str]


@dataclass(frozen=True)
class EndpointChanged(
    Event, says="{actor} changed {fields} of {subject}", icon="webhook", group="access"
):
    endpoint_id: int
    fields: str


@dataclass(frozen=True)
class EndpointPaused(
    Event, says="{subject} hears nothing any more: {reason}", icon="player-pause", tone="warn",
    group="access",
):  # fmt: skip
    endpoint_id: int
    reason: str


@dataclass(frozen=True)
class EndpointResumed(
    Event, says="{actor} lets {subject} hear again", icon="player-play", tone="ok", group="access"
):
    endpoint_id: int


@dataclass(frozen=True)
class DeliveriesQueued(
    Event, says="{count} events wait for {subject}", icon="webhook", group="access"
):
    endpoint_id: int
    count: int


@dataclass(frozen=True)
class DeliveriesAttempted(
    Event, says="{delivered} events reached {subject}, {failed} did not", icon="webhook",
    group="access",
):  # fmt: skip
    endpoint_id: int
    delivered: int
    failed: int


@dataclass(frozen=True)
class DeliveryReplayed(Event, says="{actor} sends {subject} again", icon="repeat", group="access"):
    delivery_id: int
