"""What the filters of payments offer: nothing, to whoever may not ask for it."""

from typing import Any

from nostro.core.acts import Act
from nostro.core.queries import Query
from nostro.payments import queries
from nostro.people import queries as people

Choices = list[tuple[Any, str]]


def _named(act: Act, ask: Query[[], Any]) -> Choices:
    return [(one.pk, one.name) for one in ask(act)] if act.actor.may(ask.name) else []


def entities(act: Act) -> Choices:
    return _named(act, people.entities)


def methods(act: Act) -> Choices:
    return _named(act, queries.methods)


def providers(act: Act) -> Choices:
    return _named(act, queries.providers)
