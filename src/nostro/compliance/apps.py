"""The compliance room."""

from nostro.core.apps import RoomConfig


class ComplianceConfig(RoomConfig):
    name = "nostro.compliance"
