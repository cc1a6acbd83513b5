"""The messages room."""

from nostro.core.apps import RoomConfig


class MessagesConfig(RoomConfig):
    name = "nostro.messages"
