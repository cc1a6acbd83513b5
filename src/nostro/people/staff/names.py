"""How people and the firm are named in sentences, looked up together and never stored there."""

from collections.abc import Callable

from django.db import models

from nostro.core.acts import Act
from nostro.core.models import Role
from nostro.people import queries
from nostro.people.countries import country_name
from nostro.people.models import Brand, Desk, LegalEntity, Staff
from nostro.ui.addresses import STAFF
from nostro.ui.pages import ENTITIES
from nostro.ui.timeline import NAMES, WORDS, Names


def clients(ids: set[int]) -> Names:
    known = queries.client_names(ids)
    return {pk: (name, f"{STAFF}people/clients/{pk}/") for pk, name in known.items()}


def notes(ids: set[int]) -> Names:
    known = queries.noted_clients(ids)
    return {pk: ("a note", f"{STAFF}people/clients/{client}/") for pk, client in known.items()}


def named(model: type[models.Model], slug: str) -> Callable[[set[int]], Names]:
    """Things whose name is what they are printed as."""

    def look_up(ids: set[int]) -> Names:
        known = queries.printed(model, ids)
        return {pk: (name, f"{STAFF}people/{slug}/{pk}/") for pk, name in known.items()}

    return look_up


for kind in ("people.client", "client"):
    NAMES[kind] = clients
for kind in ("people.staff", "staff"):
    NAMES[kind] = named(Staff, "staff")
WORDS["country"] = country_name
NAMES["people.note"] = notes
NAMES["people.legalentity"] = named(LegalEntity, "entities")
NAMES["people.brand"] = named(Brand, "brands")
NAMES["people.desk"] = named(Desk, "desks")
NAMES["core.role"] = named(Role, "roles")


def switchable(act: Act) -> list[tuple[int, str]]:
    """The legal entities this person can choose between; one alone is no choice."""
    if not act.actor.may(queries.entities.name):
        return []
    found = [(one.pk, one.name) for one in queries.entities(act)]
    return found if len(found) > 1 else []


ENTITIES.append(switchable)
