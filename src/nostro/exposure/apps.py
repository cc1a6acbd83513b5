"""The exposure room."""

from nostro.core.apps import RoomConfig


class ExposureConfig(RoomConfig):
    name = "nostro.exposure"
