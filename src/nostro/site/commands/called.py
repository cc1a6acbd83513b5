"""Calls by name from the command line, for commands whose rooms may come and go."""

from collections.abc import Mapping
from typing import Any

import django

from nostro.kit.problems import NotFound


def called(name: str, subject: Any, inputs: Mapping[str, Any], *, key: str = "") -> Any:
    """Carry out the operation of this name as the system, through the same door as any other."""
    django.setup()
    from nostro.core.acts import Act
    from nostro.core.doors import call
    from nostro.core.operations import OPERATIONS

    operation = OPERATIONS.get(name)
    if operation is None:
        raise NotFound(f"This house has no operation called {name}.")
    return call(Act.system(door="command line", key=key), operation, subject, inputs)
