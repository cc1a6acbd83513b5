"""What can have happened to a message."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class MessageQueued(
    Event, says="A message to {client} was written: {template}", icon="mail", group="notes"
):
    message_id: int
    template: str


@dataclass(frozen=True)
class MessageWritten(Event, says="{actor} wrote {subject} to {client}", icon="mail", group="notes"):
    """A colleague wrote it, where `MessageQueued` follows from something that happened."""

    message_id: int
    template: str


@dataclass(frozen=True)
class MessageSent(Event, says="{subject} went to {client}", icon="mail-forward", group="notes"):
    message_id: int


@dataclass(frozen=True)
class MessageRefused(
    Event, says="{subject} could not be delivered", icon="alert-circle", tone="bad", group="notes"
):
    message_id: int
