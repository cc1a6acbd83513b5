"""The hooks room."""

from nostro.core.apps import RoomConfig


class HooksConfig(RoomConfig):
    name = "nostro.hooks"
