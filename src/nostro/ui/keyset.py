"""Pages by key, not by number: the next page starts behind the last row of this one, so a deep
page costs what the first does, and rows that arrive meanwhile neither repeat nor hide others.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Q

from nostro.kit.problems import Problem

PAGE = 50
MANY = 500


class BadPlace(Problem):
    """The address names a place in the list that does not exist."""


@dataclass(frozen=True)
class Page:
    """Some rows, and where the pages before and after them start."""

    rows: list[Any]
    before: str = ""
    after: str = ""


def _nullable(rows: models.QuerySet[Any], path: str) -> bool:
    if "__" in path:
        return True
    try:
        found = rows.model._meta.pk if path == "pk" else rows.model._meta.get_field(path)
    except FieldDoesNotExist:
        return True
    return bool(getattr(found, "null", True))


def _place(row: Any) -> str:
    value = row.sorted_by
    body = json.dumps([None if value is None else str(value), row.pk])
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def _read(rows: models.QuerySet[Any], text: str) -> tuple[Any, Any]:
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        kind = rows.query.annotations["sorted_by"].output_field
        return (None if value is None else kind.to_python(value)), int(pk)
    except (ValueError, TypeError, binascii.Error, ValidationError) as error:
        raise BadPlace("This page of the list does not exist. Start from the first.") from error


def _behind(path: str, place: tuple[Any, Any], *, down: bool, nullable: bool) -> Q:
    """Rows behind a place. PostgreSQL puts nulls last going up and first going down."""
    value, pk = place
    way = "lt" if down else "gt"
    tie = Q(**{f"pk__{way}": pk})
    if value is None:
        same = Q(**{f"{path}__isnull": True}) & tie
        return same | Q(**{f"{path}__isnull": False}) if down else same
    # The first condition is implied by the second; it is what an index can start from.
    behind = Q(**{f"{path}__{way}e": value}) & (Q(**{f"{path}__{way}": value}) | tie)
    return behind | Q(**{f"{path}__isnull": True}) if nullable and not down else behind


def page_of(
    rows: models.QuerySet[Any], order: str, *, after: str = "", before: str = "", size: int = PAGE
) -> Page:
    """One page of `rows` by `order` (`-at`), ties broken by the primary key the same way."""
    path = order.removeprefix("-")
    down = order.startswith("-") != bool(before)
    sign = "-" if down else ""
    rows = rows.annotate(sorted_by=F(path)).order_by(f"{sign}{path}", f"{sign}pk")
    if after or before:
        place = _read(rows, after or before)
        rows = rows.filter(_behind(path, place, down=down, nullable=_nullable(rows, path)))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if before:
        found.reverse()
    first, last = (_place(found[0]), _place(found[-1])) if found else ("", "")
    has_before, has_after = (more, True) if before else (bool(after), more)
    return Page(found, first if has_before else "", last if has_after else "")


def every(rows: models.QuerySet[Any], order: str, *, size: int = 1000) -> Iterator[list[Any]]:
    """All rows in pages, masked as they are on the screen (`iterator()` would not mask them)."""
    after = ""
    while True:
        page = page_of(rows, order, after=after, size=size)
        if page.rows:
            yield page.rows
        if not page.after:
            return
        after = page.after


def about_how_many(rows: models.QuerySet[Any], most: int = MANY) -> tuple[int, bool]:
    """How many rows there are up to `most`, and whether there are more: never a full count."""
    found = len(rows.order_by().values_list("pk", flat=True)[: most + 1])
    return min(found, most), found > most


def together(looks: Sequence[models.QuerySet[Any]]) -> models.QuerySet[Any]:
    """Several short looks at the database as one statement, in no order of their own."""
    first, *more = looks
    found = first.union(*more, all=True)
    return found.order_by() if found.query.combinator else found
