"""Nobody is asked to agree to what would be refused in the end: a call is tried before it is
proposed, and taken back. Operations never touch the outside world, so nothing has happened.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Any

from django.db import connection, models

from nostro.core.acts import Act, frame
from nostro.core.approvals import FIRST
from nostro.core.operations import Operation, operation
from nostro.ledger.operations import NotAgreed


class TakenBack(Exception):
    """The call went well; what it did is taken back."""


@operation(lock=False, internal=True, open_to=("staff",))
def rehearse(
    act: Act,
    subject: models.Model | None,
    *,
    wanted: Operation[..., Any],
    inputs: Mapping[str, Any],
) -> None:
    """Carry a call out and take it back. It always raises."""
    wanted(act, *([] if subject is None else [subject]), **inputs)
    if frame().unsent:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")  # what was left for later is sent: it may be refused too
    raise TakenBack


def refuse_what_would_be(
    act: Act,
    wanted: Operation[..., Any],
    subject: models.Model | None,
    inputs: Mapping[str, Any],
) -> None:
    """Raises what the call itself would; what others carry out, when they agree, says that."""
    try:
        rehearse(replace(act, key=""), copy(subject), wanted=wanted, inputs=inputs)
    except (TakenBack, NotAgreed):
        return


FIRST.append(refuse_what_would_be)
