"""What forms offer where an operation asks for a country, a role or a part of the firm."""

from collections.abc import Iterable
from typing import Any

from nostro.core.acts import Act
from nostro.people import queries
from nostro.people.countries import COUNTRIES
from nostro.ui.fields import CHOICES, LABELS, PRESENT

Pairs = Iterable[tuple[Any, str]]


def _countries(act: Act, subject: Any) -> Pairs:
    return COUNTRIES.items()


def _roles(act: Act, subject: Any) -> Pairs:
    return [(one.slug, one.title) for one in queries.roles(act)]


def _entities(act: Act, subject: Any) -> Pairs:
    return [(one.code, one.name) for one in queries.entities(act)]


def _levels(act: Act, subject: Any) -> Pairs:
    return [(level, f"Level {level}") for level in range(3)]


def _codes(row: Any) -> list[str]:
    return [one.code for one in row.entities.all()]


CHOICES |= {
    "country": _countries,
    "nationality": _countries,
    "role_slugs": _roles,
    "entity_codes": _entities,
    "entity_code": _entities,
    "people.set_level.level": _levels,
}
PRESENT |= {
    "people.change_staff.role_slugs": lambda row: [one.slug for one in row.roles.all()],
    "people.change_staff.entity_codes": _codes,
    "people.change_brand.entity_codes": _codes,
}
LABELS |= {
    "role_slugs": "Roles",
    "entity_codes": "Legal entities",
    "entity_code": "Legal entity",
    "entity_id": "Legal entity",
    "entity": "Legal entity",
}
