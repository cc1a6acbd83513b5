"""Who may do, ask and see what. Denied unless granted, and checked in one place: the query.

A role grants names of operations and queries, the rows it sees and the fields it sees unmasked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Any, Literal, Self

from django.db import models

Kind = Literal["staff", "client", "partner", "system"]

OPEN: dict[str, frozenset[str]] = {}
"""Operation or query name → the kinds of people it is open to without a grant."""


@dataclass(frozen=True)
class Scope:
    """The rows a person of staff sees. `None` is no limit; an empty set is nothing at all."""

    entities: frozenset[int] | None = None
    desks: frozenset[int] | None = None
    countries: frozenset[str] | None = None
    owner: int | None = None

    @property
    def narrow(self) -> bool:
        """Whether it picks among the clients of an entity."""
        return (self.desks, self.countries, self.owner) != (None, None, None)

    def limits(self, path: str) -> dict[str, Any]:
        """As ORM lookups; `path` leads from the row to its client (`""`, `"client__"`)."""
        chosen: dict[str, Any] = {}
        if self.entities is not None:
            chosen[f"{path}entity_id__in"] = self.entities
        if self.desks is not None:
            chosen[f"{path}desk_id__in"] = self.desks
        if self.countries is not None:
            chosen[f"{path}country__in"] = self.countries
        if self.owner is not None:
            chosen[f"{path}owner_id"] = self.owner
        return chosen


@lru_cache(maxsize=2**15)
def _granted(patterns: frozenset[str], name: str) -> bool:
    """Whether one of the patterns fits. A page asks for hundreds of names; roles seldom change."""
    return any(fnmatchcase(name, one) for one in patterns)


@dataclass(frozen=True)
class Grants:
    """What somebody has been given: name patterns (`payments.*`), rows, and unmasked fields."""

    names: frozenset[str] = frozenset()
    scope: Scope = field(default_factory=Scope)
    unmasked: frozenset[str] = frozenset()
    within: frozenset[str] | None = None
    """An API key's scopes: patterns that narrow `names` further."""

    @cached_property
    def _known(self) -> dict[str, bool]:
        return {}

    def allow(self, name: str) -> bool:
        if name not in self._known:
            granted = _granted(self.names, name)
            if granted and self.within is not None:
                granted = _granted(self.within, name)
            self._known[name] = granted
        return self._known[name]

    def unmask(self, field_name: str) -> bool:
        return any(fnmatchcase(field_name, pattern) for pattern in self.unmasked)


@dataclass(frozen=True)
class Actor:
    """Who acts. `key` is the id of the API key when one speaks for them."""

    kind: Kind
    id: int | None
    name: str
    grants: Grants
    key: int | None = None

    def may(self, name: str) -> bool:
        if self.kind == "system":
            return True
        within = self.grants.within
        if within is not None and not any(fnmatchcase(name, one) for one in within):
            return False
        opened = self.kind in OPEN.get(name, ())
        return opened or (self.kind == "staff" and self.grants.allow(name))

    def is_client(self, client_id: int | None) -> bool:
        return self.kind == "client" and self.id == client_id

    def is_same_person(self, kind: str, id: int | None) -> bool:
        return self.kind == kind and self.id == id


SYSTEM = Actor("system", None, "System", Grants(frozenset({"*"}), unmasked=frozenset({"*"})))


class Rows[M: models.Model](models.QuerySet[M]):
    """A query set that can mask fields: what its reader may not see never leaves it."""

    _masks: Mapping[str, Callable[[Any], Any]] = {}

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._masks = self._masks
        return clone

    def masking(self, masks: Mapping[str, Callable[[Any], Any]]) -> Self:
        clone = self._clone()
        clone._masks = {**self._masks, **masks}
        return clone

    def _masked(self, row: Any) -> Any:
        for name, mask in self._masks.items():
            setattr(row, name, mask(getattr(row, name)))
        return row

    def _values(self, *names: Any, **expressions: Any) -> Self:
        """Values cannot be masked, so a masked field is never among them."""
        if self._masks and (not names or not self._masks.keys().isdisjoint(names)):
            raise RuntimeError("Read masked fields off the things themselves.")
        values: Self = super()._values(*names, **expressions)  # type: ignore[misc]
        values._masks = {}
        return values

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self._masks:
            for row in self._result_cache or ():
                self._masked(row)

    def iterator(self, chunk_size: int | None = None) -> Iterator[M]:
        return map(self._masked, super().iterator(chunk_size))


def visible[M: models.Model](
    actor: Actor, rows: models.QuerySet[M], *, client: str = "client__", partner: str | None = None
) -> models.QuerySet[M]:
    """The rows this actor may see. `client` and `partner` are the paths from a row to them.

    A path ends in `__`, or is empty where the row is the client or partner itself.
    """
    if actor.kind == "system":
        return rows
    if actor.kind == "staff":
        return rows.filter(**actor.grants.scope.limits(client))
    path = client if actor.kind == "client" else partner
    if path is None or actor.id is None:
        return rows.none()
    return rows.filter(**{f"{path}id" if path else "pk": actor.id})


def dots(text: Any) -> str:
    """`lukas@example.com` becomes `l•••@•••.com`; any other text keeps its first letter."""
    word = str(text or "")
    if "@" in word:
        return f"{word[0]}•••@•••.{word.rpartition('.')[2]}"
    return f"{word[:1]}•••" if word else ""


def masks_for(actor: Actor, fields: Iterable[str], *, prefix: str) -> dict[str, Callable[..., Any]]:
    """The masks this actor needs: every field that is not granted as `prefix.field`."""
    return {name: dots for name in fields if not actor.grants.unmask(f"{prefix}.{name}")}
