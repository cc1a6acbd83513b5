"""The people room."""

from nostro.core.apps import RoomConfig


class PeopleConfig(RoomConfig):
    name = "nostro.people"
