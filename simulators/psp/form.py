"""Stripe's form encoding: `line_items[0][price_data][currency]=eur` means nested objects."""

import re
from collections.abc import Iterable
from typing import Any


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nested dictionaries of strings. A list is a dictionary whose names are numbers or empty."""
    found: dict[str, Any] = {}
    for path, value in pairs:
        names = re.findall(r"^[^\[\]]+|(?<=\[)[^\[\]]*(?=\])", path)
        place = found
        for name in names[:-1]:
            inner = place.setdefault(name, {})
            place = inner if isinstance(inner, dict) else {}
        last = names[-1] if names else path
        place[last or str(len(place))] = value
    return found


def items(value: Any) -> list[Any]:
    """The members of a list in their order."""
    if not isinstance(value, dict):
        return []
    return [value[name] for name in sorted(value, key=lambda n: int(n) if n.isdecimal() else 0)]
