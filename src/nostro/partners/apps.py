"""The partners room."""

from nostro.core.apps import RoomConfig


class PartnersConfig(RoomConfig):
    name = "nostro.partners"
