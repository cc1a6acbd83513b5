"""How money looks in JSON: `{"amount": "12.50", "currency": "USD"}`, or `"12.50 USD"` coming in.

Amounts are strings on the wire, because a JSON number is a float to most who read it.
"""

from collections.abc import Callable
from typing import Any

from pydantic_core import core_schema

from nostro.kit.problems import Problem


def as_value_error[T](make: Callable[[Any], T]) -> Callable[[Any], T]:
    """A `Problem` in a validator, said as pydantic wants to hear it."""

    def made(value: Any) -> T:
        try:
            return make(value)
        except Problem as problem:
            raise ValueError(problem.sentence) from problem

    return made


def from_text(make: Callable[[Any], Any], example: str) -> core_schema.CoreSchema:
    """Exact numbers as strings, both ways. A float that comes in is refused by `make`."""
    return core_schema.no_info_plain_validator_function(
        as_value_error(lambda value: make(_no_float(value))),
        serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="json"),
        metadata={
            "pydantic_js_functions": [
                lambda _schema, _handler: {"type": "string", "examples": [example]}
            ]
        },
    )


def _no_float(value: Any) -> Any:
    if isinstance(value, float):
        raise Problem("Write the amount as text, so that it stays exact.")
    return value


def money_schema(make: Callable[[Any], Any]) -> core_schema.CoreSchema:
    shape = {
        "type": "object",
        "required": ["amount", "currency"],
        "properties": {
            "amount": {"type": "string", "pattern": r"^-?\d{1,20}(\.\d{1,18})?$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3,5}$"},
        },
        "examples": [{"amount": "12.50", "currency": "USD"}],
    }
    return core_schema.no_info_plain_validator_function(
        as_value_error(make),
        serialization=core_schema.plain_serializer_function_ser_schema(
            lambda money: {"amount": str(money.amount), "currency": str(money.currency)},
            when_used="json",
        ),
        metadata={"pydantic_js_functions": [lambda _schema, _handler: shape]},
    )
