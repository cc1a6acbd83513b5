"""Lists: a query's rows a page at a time, by keyset, filtered and ordered by what has an index."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from pydantic_core import to_json

from nostro.core.acts import Act
from nostro.core.doors import BadInput
from nostro.core.queries import Query, find
from nostro.kit.problems import Problem
from nostro.site.api.things import Field, field_of, names_for, plain, published, shown

MOST, USUAL = 200, 50
COMPARED = {"": "exact", "_from": "gte", "_until": "lt"}
CONTROLS = ("after", "limit", "order")


class BadParameter(Problem):
    """A filter, an order or a cursor that this list does not know."""


def indexed(model: type[models.Model]) -> list[str]:
    """The published names that a list may be filtered by without reading all of it."""
    meta = model._meta
    leading = {meta.pk.attname if meta.pk else "id"}
    own = [one for one in meta.concrete_fields if one.unique or getattr(one, "db_index", False)]
    leading |= {one.attname for one in own}
    for names in (
        *(one.fields for one in meta.indexes),
        *(one.fields for one in meta.constraints if isinstance(one, models.UniqueConstraint)),
    ):
        first = field_of(model, names[0].lstrip("-")) if names else None
        if first is not None:
            leading.add(first.attname)
    known = published(model)
    return [one for one in (*known.fields, *known.staff) if one in leading]


def sortable(model: type[models.Model]) -> list[str]:
    """Those of them that are never empty: a cursor has to stand somewhere."""
    fields = {name: field_of(model, name) for name in indexed(model)}
    return [name for name, one in fields.items() if one is not None and not one.null]


def is_ranged(field: Field) -> bool:
    return isinstance(field, models.DateField | models.DecimalField)


def filters(model: type[models.Model]) -> dict[str, tuple[str, Field]]:
    """Parameter → the lookup it makes and the column it reads."""
    found = {}
    for name in indexed(model):
        field = field_of(model, name)
        if field is None:
            continue
        for suffix, lookup in COMPARED.items():
            if not suffix or is_ranged(field):
                found[f"{name}{suffix}"] = (f"{name}__{lookup}", field)
    return found


def typed(field: Field, name: str, text: Any) -> Any:
    """A parameter as its column holds it."""
    try:
        if "\x00" in str(text):
            raise ValueError
        value = field.target_field if isinstance(field, models.ForeignKey) else field
        made = value.to_python(text)
        if made is None or isinstance(made, float):
            raise ValueError
        naive = isinstance(made, datetime) and made.tzinfo is None
        return made.replace(tzinfo=UTC) if naive else made
    except (ValidationError, ValueError, TypeError, ArithmeticError, OverflowError) as error:
        raise BadInput({name: "This is no such value."}) from error


def _masked(rows: models.QuerySet[Any], name: str) -> bool:
    return name in getattr(rows, "_masks", {})


def narrowed(act: Act, rows: models.QuerySet[Any], asked: dict[str, str]) -> models.QuerySet[Any]:
    """Filtered as asked. What is masked or not shown to this reader filters nothing."""
    known, seen = filters(rows.model), names_for(act, rows.model)
    for name, text in asked.items():
        if name in CONTROLS:
            continue
        lookup, field = known.get(name, ("", None))
        if field is None or field.attname not in seen or _masked(rows, field.attname):
            raise BadInput({name: "This list is not filtered by that."})
        rows = rows.filter(**{lookup: typed(field, name, text)})
    return rows


def _cursor(row: Any, name: str) -> str:
    value = plain(getattr(row, name))
    return urlsafe_b64encode(json.dumps([name, value, row.pk]).encode()).decode().rstrip("=")


def _stand(model: type[models.Model], name: str, text: str) -> tuple[Any, int]:
    try:
        found = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        column, value, pk = found
        if column != name or type(pk) is not int:
            raise ValueError
    except (NotBase64, ValueError, TypeError, RecursionError) as error:
        raise BadInput({"after": "This cursor is of another list or order."}) from error
    field = field_of(model, name)
    return (typed(field, "after", value) if field else value), pk


def page(act: Act, rows: models.QuerySet[Any], asked: dict[str, str]) -> dict[str, Any]:
    """One page: its items, and where the next one begins."""
    limit = asked.get("limit", str(USUAL))
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:9]) <= MOST):
        raise BadInput({"limit": f"A page has 1 to {MOST} items."})
    order = asked.get("order") or "-id"
    name, falling = order.lstrip("-"), order.startswith("-")
    seen = names_for(act, rows.model)
    allowed = name in sortable(rows.model) and name in seen and not _masked(rows, name)
    if order not in (name, f"-{name}") or not (allowed or name == "id"):
        raise BadInput({"order": "This list is not ordered by that."})
    name = "pk" if name == "id" else name
    rows = narrowed(act, rows, asked)
    if asked.get("after"):
        value, pk = _stand(rows.model, name, asked["after"])
        side = "lt" if falling else "gt"
        beyond = models.Q(**{f"{name}__{side}": value}) if name != "pk" else models.Q()
        tied = models.Q(**({name: value} if name != "pk" else {}), **{f"pk__{side}": pk})
        rows = rows.filter(beyond | tied if name != "pk" else tied)
    sign = "-" if falling else ""
    found = list(rows.order_by(f"{sign}{name}", f"{sign}pk")[: int(limit) + 1])
    items, more = found[: int(limit)], len(found) > int(limit)
    return {
        "items": [shown(act, row) for row in items],
        "next": _cursor(items[-1], name) if more else None,
    }


def json_answer(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(to_json(content), content_type="application/json", status=status)


def list_view(query: Query[..., Any]) -> Callable[[HttpRequest], HttpResponse]:
    def listed(request: HttpRequest) -> HttpResponse:
        act: Act = request.auth  # type: ignore[attr-defined]
        return json_answer(page(act, query(act), request.GET.dict()))

    listed.__name__ = f"list_{query.name.replace('.', '_')}"
    return listed


def one_view(query: Query[..., Any]) -> Callable[..., HttpResponse]:
    model: type[models.Model] = query.finds  # type: ignore[assignment]

    def opened(request: HttpRequest, id: int) -> HttpResponse:
        act: Act = request.auth  # type: ignore[attr-defined]
        if not act.actor.may(query.name):
            query(act)
        return json_answer(shown(act, find(act, model, id)))

    opened.__name__ = f"one_{query.name.replace('.', '_')}"
    return opened
