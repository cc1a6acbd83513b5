"""Shelves: a room states what it needs as a Protocol, each vendor puts one adapter there.

An adapter is a class made from its settings (a pydantic model). Its settings are stored under
`vendor/<shelf>/<slug>`, the secret ones encrypted; outside packages join by entry points.
"""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from pydantic import BaseModel, SecretStr

from nostro.core import secrets
from nostro.core.models import Setting
from nostro.kit.problems import Problem


class NotConfigured(Problem):
    """A vendor is named that has no settings, or that no adapter speaks to."""


class Shelf[Port]:
    """The adapters for one port, by the kind of vendor, and the connections made from them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._kinds: dict[str, tuple[Callable[[Any], Port], type[BaseModel]]] = {}
        self._made: dict[tuple[str, str], tuple[str, Port]] = {}
        self._looked_outside = False
        SHELVES[name] = self

    def put(self, kind: str, make: Callable[[Any], Port], settings: type[BaseModel]) -> None:
        """Offer an adapter for vendors of this kind."""
        self._kinds[kind] = (make, settings)

    def kinds(self) -> dict[str, type[BaseModel]]:
        """Each kind with the settings model its form is drawn from."""
        if not self._looked_outside:  # once: it reads the metadata of every installed package
            for point in entry_points(group=f"nostro.{self.name}"):
                if point.name not in self._kinds:
                    make = point.load()
                    self.put(point.name, make, make.settings)
            self._looked_outside = True
        return {kind: settings for kind, (_, settings) in self._kinds.items()}

    def take(self, slug: str, line: str = "") -> Port:
        """The connection called `slug`, or another `line` to the same vendor, for what would keep
        the first one busy. Made anew when its settings have changed.
        """
        row = Setting.objects.filter(name=self.setting_name(slug)).first()
        if row is None:
            raise NotConfigured(f"{slug} has no settings yet.")
        stamp = repr(row.value)
        known = self._made.get((slug, line))
        if known and known[0] == stamp:
            return known[1]
        kind = row.value["kind"]
        if kind not in self.kinds():
            raise NotConfigured(f"No adapter speaks to vendors of the kind {kind}.")
        make, settings = self._kinds[kind]
        made = make(settings.model_validate(secrets.opened(row.value["settings"])))
        self._made[slug, line] = (stamp, made)
        return made

    def setting_name(self, slug: str) -> str:
        return f"vendor/{self.name}/{slug}"

    def sealed(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        """Settings as they are stored: validated, the secret ones encrypted."""
        model = self.kinds()[kind].model_validate(values)
        plain = model.model_dump(mode="json")
        for name in type(model).model_fields:
            value = getattr(model, name)
            if isinstance(value, SecretStr):
                plain[name] = secrets.sealed(value.get_secret_value())
        return {"kind": kind, "settings": plain}

    def slugs(self) -> list[str]:
        prefix = self.setting_name("")
        names = Setting.objects.filter(name__startswith=prefix).values_list("name", flat=True)
        return sorted(name.removeprefix(prefix) for name in names)


SHELVES: dict[str, Shelf[Any]] = {}


def shelf(name: str) -> Shelf[Any]:
    return SHELVES[name]
