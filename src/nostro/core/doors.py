"""How any door opens onto an operation: JSON in, things found through queries, four eyes asked.

Pages, the API, proposals and the command line all come through `call`, so that none of them can
do what the others cannot.
"""

from collections.abc import Mapping
from typing import Any

from django.db import models
from pydantic import ValidationError

from nostro.core import approvals
from nostro.core.acts import Act
from nostro.core.models import Proposal
from nostro.core.operations import OPERATIONS, Operation
from nostro.core.queries import find
from nostro.kit.problems import Forbidden, NotFound, Problem


class BadInput(Problem):
    """Inputs that do not fit the operation. `errors` maps each field to its sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        first = next(iter(errors))
        super().__init__(f"{first.replace('_', ' ').capitalize()}: {errors[first]}", field=first)
        self.errors = errors


SENTENCES = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such input.",
    "string_too_short": "This is needed.",
}


def validated(operation: Operation[..., Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The typed inputs; models are still ids. Raises `BadInput` with a sentence a field."""
    try:
        model = operation.inputs.model_validate(dict(raw))
    except ValidationError as error:
        errors: dict[str, str] = {}
        for one in error.errors():
            where = str(one["loc"][0]) if one["loc"] else "inputs"
            said = SENTENCES.get(one["type"]) or one["msg"].removeprefix("Value error, ")
            errors.setdefault(where, said if said.endswith(".") else f"{said}.")
        raise BadInput(errors) from error
    return {name: getattr(model, name) for name in operation.input_names}


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
        return approvals.propose(act, thing, operation=operation.name, raw=raw, need=need, why=why)
    return operation(act, thing, **inputs) if thing is not None else operation(act, **inputs)


def carry_out(act: Act, proposal: Proposal) -> Any:
    """Do what a proposal asks, now that enough people agree. Runs inside their agreement."""
    operation = OPERATIONS[proposal.operation]
    thing = None
    if operation.subject_type is not None:
        rows = operation.subject_type._base_manager.select_for_update(no_key=True)
        thing = rows.get(pk=proposal.subject_id)
    inputs = validated(operation, proposal.inputs)
    for name, model in operation.input_models.items():
        if inputs.get(name) is not None:
            inputs[name] = model._base_manager.get(pk=inputs[name])
    return operation(act, thing, **inputs) if thing is not None else operation(act, **inputs)
