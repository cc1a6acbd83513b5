"""How steps towards vendors run: alone on their thing, and each vendor's in turn."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models.functions import MD5, Cast, Concat, RowNumber

from nostro.core.models import label
from nostro.kit.vendors import VendorTrouble, Waiting

FEW = 3
"""After so many failures at one vendor in one pass, the rest of its things wait for the next."""
type Step = tuple[Callable[[Any], None], models.Model, object]
"""What to do, with which thing, and the vendor it is done at."""


@contextmanager
def alone(thing: models.Model) -> Iterator[None]:
    """One step at a time on one thing. The lock dies with its connection, so a crash frees it."""
    name = [f"{label(thing)}:{thing.pk}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name)
        if not cursor.fetchone()[0]:
            raise Waiting(f"{thing} is being worked on.", after=5)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)


def in_turn(
    step: Callable[[Any], None],
    rows: models.QuerySet[Any],
    vendor: str,
    at: datetime,
    *,
    most: int = 200,
) -> list[Step]:
    """A step on each of the things: one of each vendor after another, each minute in another
    order. What fails at one vendor keeps nothing waiting at the others, nor always the same there.
    """
    minute = models.Value(f"/{at:%Y-%m-%dT%H:%M}")
    mixed = MD5(Concat(Cast("pk", models.TextField()), minute))
    turn = models.Window(RowNumber(), partition_by=models.F(vendor), order_by=mixed)
    found = rows.annotate(turn=turn, at_vendor=models.F(vendor)).order_by("turn", "pk")[:most]
    return [(step, one, (vendor, one.at_vendor)) for one in found]


def take_steps(steps: list[Step]) -> None:
    """Each step once; a vendor that fails a few times is left until the next pass. What only waits
    for an earlier try of ours is no failure, or much that waits would keep the rest waiting too.
    """
    failed: Counter[object] = Counter()
    for step, thing, vendor in steps:
        if failed[vendor] < FEW:
            try:
                step(thing)
            except Waiting:
                continue
            except VendorTrouble:
                failed[vendor] += 1
