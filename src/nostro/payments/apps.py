"""The payments room."""

from nostro.core.apps import RoomConfig


class PaymentsConfig(RoomConfig):
    name = "nostro.payments"
