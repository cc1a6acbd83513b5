"""The page kit as a room: it keeps views and sessions, so its tables are guarded like all."""

from nostro.core.apps import RoomConfig


class UiConfig(RoomConfig):
    name = "nostro.ui"
    label = "ui"

    def ready(self) -> None:
        super().ready()
        from nostro.ui import sessions

        sessions.listen()
