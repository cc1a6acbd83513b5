"""Raw inputs to typed ones, and what is wrong with them in a sentence a field."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nostro.core.operations import Operation
from nostro.kit.problems import Problem


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
    "int_parsing": "Give a whole number.",
    "int_from_float": "Give a whole number.",
    "decimal_parsing": "Give a number, such as 12.50.",
    "date_from_datetime_parsing": "Give a day, such as 2026-03-27.",
    "datetime_from_date_parsing": "Give a moment, such as 2026-03-27 14:30.",
    "bool_parsing": "Say yes or no.",
}


def validated(operation: Operation[..., Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The typed inputs; models are still ids. Raises `BadInput` with a sentence a field."""
    try:
        model = operation.inputs.model_validate(dict(raw))
    except ValidationError as error:
        errors: dict[str, str] = {}
        for one in error.errors():
            where = str(one["loc"][0]) if one["loc"] else "inputs"
            plain = one["msg"].removeprefix("Value error, ").replace("Input should", "This should")
            said = SENTENCES.get(one["type"]) or plain
            errors.setdefault(where, said if said.endswith(".") else f"{said}.")
        raise BadInput(errors) from error
    return {name: getattr(model, name) for name in operation.input_names}
