"""The rules room."""

from nostro.core.apps import RoomConfig


class RulesConfig(RoomConfig):
    name = "nostro.rules"
