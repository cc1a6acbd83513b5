"""Things as JSON: the published fields of what a query found, and nothing else.

Masked fields come masked out of the query. An operation's answer is found again through the
query before it is shown, so that what somebody may not see is not in the answer either.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_type_hints
from uuid import UUID

from django.db import models
from pydantic import BaseModel, create_model
from pydantic_core import to_jsonable_python

from nostro.core.acts import Act
from nostro.core.doors import PUBLISHED, Published
from nostro.core.queries import find
from nostro.kit import Money
from nostro.kit.problems import NotFound

NOTHING = Published(("id",))
type Field = models.Field[Any, Any]

TYPES: tuple[tuple[type[Any], Any], ...] = (
    (models.BooleanField, bool),
    (models.DateTimeField, datetime),
    (models.DateField, date),
    (models.DecimalField, Decimal),
    (models.FloatField, float),
    (models.IntegerField, int),
    (models.UUIDField, UUID),
    (models.JSONField, Any),
)


def published(model: type[models.Model]) -> Published:
    """What of a model leaves the house: its id alone, until its room says more."""
    return PUBLISHED.get(model, NOTHING)


def names_for(act: Act, model: type[models.Model]) -> tuple[str, ...]:
    shown = published(model)
    more = shown.staff if act.actor.kind in ("staff", "system") else ()
    return (*shown.fields, *more, *shown.once)


def plain(value: Any) -> Any:
    """Any answer as JSON: money as amount and currency, decimals as text, files in base64."""
    return to_jsonable_python(value, fallback=_other, inf_nan_mode="null", bytes_mode="base64")


def _other(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": str(value.amount), "currency": str(value.currency)}
    return value.pk if isinstance(value, models.Model) else str(value)


def shown(act: Act, row: models.Model) -> dict[str, Any]:
    """One thing that a query found."""
    return {name: plain(getattr(row, name)) for name in names_for(act, type(row))}


def answered(act: Act, answer: Any) -> dict[str, Any]:
    """What an operation answered, as far as the asker may see it."""
    if not isinstance(answer, models.Model):
        return {"answer": plain(answer)}
    try:
        seen = find(act, type(answer), answer.pk)
    except NotFound:
        return {"id": answer.pk}
    for name in published(type(answer)).once:
        seen.__dict__[name] = getattr(answer, name)
    return shown(act, seen)


def field_of(model: type[models.Model], name: str) -> Field | None:
    """The column behind a name, `owner_id` and `owner` alike."""
    for one in model._meta.concrete_fields:
        if name in (one.name, one.attname):
            return one
    return None


def type_of(model: type[models.Model], name: str) -> Any:
    """What a published name holds, for the schema. Masked text stands for any of them."""
    field = field_of(model, name)
    if field is None:
        owner = getattr(model, name)
        hints = get_type_hints(owner.fget) if isinstance(owner, property) else {}
        return hints.get("return", Any) if isinstance(owner, property) else type(owner)
    if isinstance(field, models.ForeignKey):
        kind: Any = int
    else:
        kind = next((found for known, found in TYPES if isinstance(field, known)), str)
    if kind is date:
        kind = date | str
    return kind | None if field.null and kind is not Any else kind


def schema_of(model: type[models.Model]) -> type[BaseModel]:
    """A thing's shape, for OpenAPI."""
    known = published(model)
    shape: dict[str, Any] = {
        name: (type_of(model, name), ...) for name in (*known.fields, *known.once)
    }
    shape |= {name: (type_of(model, name), None) for name in known.staff}
    return create_model(model._meta.label.replace(".", "_"), **shape)
