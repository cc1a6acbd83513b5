"""How a step towards a vendor runs: alone on its thing, under a key of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models

from nostro.core.acts import Act
from nostro.core.models import label
from nostro.kit.vendors import Retry


@contextmanager
def alone(thing: models.Model) -> Iterator[None]:
    """One step at a time on one thing. The lock dies with its connection, so a crash frees it."""
    name = [f"{label(thing)}:{thing.pk}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name)
        if not cursor.fetchone()[0]:
            raise Retry(f"{thing} is being worked on.", after=5)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)


def part_of(act: Act, name: object) -> Act:
    """An act of its own for each part of a reaction, so that each has a key of its own."""
    key = f"{act.key}/{name}" if act.key else ""
    return Act.system(cause=act.cause, key=key, door=act.door)
