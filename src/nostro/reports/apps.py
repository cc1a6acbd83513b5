"""The reports room."""

from nostro.core.apps import RoomConfig


class ReportsConfig(RoomConfig):
    name = "nostro.reports"
