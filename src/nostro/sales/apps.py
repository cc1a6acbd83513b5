"""The sales room."""

from nostro.core.apps import RoomConfig


class SalesConfig(RoomConfig):
    name = "nostro.sales"
