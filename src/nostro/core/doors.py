"""How any door opens onto an operation: JSON in, things found through queries, four eyes asked.

Pages, the API, proposals and the command line all come through `call`, so that none of them can
do what the others cannot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from nostro.core import approvals
from nostro.core.acts import Act
from nostro.core.inputs import BadInput, validated
from nostro.core.operations import Operation
from nostro.core.queries import find
from nostro.kit.problems import Forbidden, NotFound

__all__ = [
    "PUBLISHED", "ROUTED", "BadInput", "call", "publish", "resolved", "route", "subject_of",
    "validated", "whole",
]  # fmt: skip


@dataclass(frozen=True)
class Published:
    """The fields of a thing that leave the house: for all who may see it, for staff alone, and
    those that only its maker is shown, once.
    """

    fields: tuple[str, ...]
    staff: tuple[str, ...] = ()
    once: tuple[str, ...] = ()


PUBLISHED: dict[type[models.Model], Published] = {}


ROUTED: set[str] = set()


def route(operation: Operation[..., Any]) -> None:
    """Give an internal operation its API route: a page of its own offers it, and no button."""
    ROUTED.add(operation.name)


def publish(
    model: type[models.Model],
    *fields: str,
    staff: tuple[str, ...] = (),
    once: tuple[str, ...] = (),
) -> None:
    """Say which fields of a thing leave through the API; what is not named stays inside."""
    missing = [one for one in (*fields, *staff, *once) if not hasattr(model, one)]
    if missing:
        raise TypeError(f"{model.__name__} has no {missing[0]}.")
    PUBLISHED[model] = Published(fields, staff, once)


def resolved(act: Act, operation: Operation[..., Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Inputs with each id turned into the thing it names, if the asker may see it."""
    for name, model in operation.input_models.items():
        if inputs.get(name) is not None:
            inputs[name] = whole(find(act, model, inputs[name]))
    return inputs


def whole[M: models.Model](seen: M) -> M:
    """The same row with nothing masked: an operation works on facts, only eyes are spared."""
    found: M = type(seen)._base_manager.get(pk=seen.pk)
    return found


def subject_of(act: Act, operation: Operation[..., Any], subject: Any) -> models.Model | None:
    if operation.subject_type is None:
        return None
    if isinstance(subject, models.Model):
        return subject
    if subject in (None, ""):
        raise NotFound(f"{operation.title} needs to know which one.")
    return find(act, operation.subject_type, subject)


def call(
    act: Act, operation: Operation[..., Any], subject: Any, raw: Mapping[str, Any], *, why: str = ""
) -> Any:
    """Carry an operation out, or store it as a proposal where other people must agree.

    `subject` is an id or a thing found through a query; `raw` is JSON. Answers what the
    operation answers, or the `Proposal`.
    """
    if not act.actor.may(operation.name):
        raise Forbidden(f"Your role does not include “{operation.title}”.")
    thing = subject_of(act, operation, subject)
    inputs = resolved(act, operation, validated(operation, raw))
    need = approvals.needed(act, operation, thing, inputs)
    if need.people > 0:
        for refuse in approvals.FIRST:
            refuse(act, operation, thing, inputs)
        return approvals.propose(act, thing, operation=operation.name, raw=raw, need=need, why=why)
    return operation(act, thing, **inputs) if thing is not None else operation(act, **inputs)
