"""The reconciliation room."""

from nostro.core.apps import RoomConfig


class ReconciliationConfig(RoomConfig):
    name = "nostro.reconciliation"
