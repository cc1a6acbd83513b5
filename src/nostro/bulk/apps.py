"""The room of bulk changes."""

from nostro.core.apps import RoomConfig


class BulkConfig(RoomConfig):
    name = "nostro.bulk"
