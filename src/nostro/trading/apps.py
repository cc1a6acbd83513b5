"""The trading room."""

from nostro.core.apps import RoomConfig


class TradingConfig(RoomConfig):
    name = "nostro.trading"
