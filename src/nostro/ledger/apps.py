"""The ledger room."""

from nostro.core.apps import RoomConfig


class LedgerConfig(RoomConfig):
    name = "nostro.ledger"
