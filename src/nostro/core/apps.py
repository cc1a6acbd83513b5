"""What makes a Django app a room of the house."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.db.models.signals import post_migrate

DECLARATIONS = ("events", "decisions", "ports", "adapters", "operations", "queries", "reactions")
"""Files of a room that register something by being imported, in the order they need each other."""


class RoomConfig(AppConfig):
    """A room: its declarations are imported at start, and its tables are guarded."""

    default_auto_field = "django.db.models.BigAutoField"
    guarded = True
    default = False
    """Django picks the one config of a module that is a default: the room's, not this one."""

    def __init_subclass__(cls, **more: object) -> None:
        super().__init_subclass__(**more)
        cls.default = True

    def ready(self) -> None:
        for name in DECLARATIONS:
            if find_spec(f"{self.name}.{name}"):
                import_module(f"{self.name}.{name}")


class CoreConfig(RoomConfig):
    """The core: its own tables keep themselves."""

    name = "nostro.core"
    label = "core"
    guarded = False

    def ready(self) -> None:
        from nostro.core import approvals, seal  # noqa: F401
        from nostro.core.guard import install

        super().ready()
        post_migrate.connect(install, dispatch_uid="nostro.guard")
