"""Where things have their page, and how a list's address changes with each choice on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import models

from nostro.core.access import Actor
from nostro.core.models import label

STAFF = "/staff/"
URLS: dict[str, Callable[[Any], str]] = {}
"""Model label → the address of one such thing. Detail pages put themselves here."""
OPEN_TO: dict[str, Callable[[Actor], bool]] = {}
"""Address of a page → who may open it and what stands below it. Pages put themselves here."""
PASSING = ("after", "before", "open", "part", "saved")
"""Parameters that say where somebody stands in a list, not what they chose."""


def url_of(thing: object) -> str:
    """The address of a thing's page, or nothing where it has none."""
    known = URLS.get(label(thing)) if isinstance(thing, models.Model) else None
    return known(thing) if known else ""


def reached(actor: Actor, url: str) -> str:
    """The address, or nothing where this person may not open the page that it leads to."""
    may = OPEN_TO.get("/".join([*url.partition("?")[0].split("/")[:4], ""]))
    return url if may is None or may(actor) else ""


def operation_url(name: str, pk: Any = None) -> str:
    return f"{STAFF}do/{name}/{pk}" if pk is not None else f"{STAFF}do/{name}"


@dataclass(frozen=True)
class Address:
    """A path with its query, from which each link of a page is made."""

    path: str
    params: Mapping[str, str]

    @property
    def chosen(self) -> dict[str, str]:
        return {key: value for key, value in self.params.items() if value and key not in PASSING}

    def url(self, **changes: str | None) -> str:
        """The same choices with `changes` on top; `None` takes one away. Starts at page one."""
        query = urlencode({k: v for k, v in {**self.chosen, **changes}.items() if v is not None})
        return f"{self.path}?{query}" if query else self.path

    def without(self, *names: str) -> dict[str, str]:
        return {key: value for key, value in self.chosen.items() if key not in names}
