"""From what a client typed to an operation, and back to the page with what was wrong."""

from typing import Any
from uuid import uuid4

from django.db import models
from django.http import HttpRequest

from nostro.core.acts import Act
from nostro.core.doors import BadInput, call
from nostro.core.operations import Operation
from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.ui.fields import THOUSANDS
from nostro.ui.pages import fresh


def typed_amount(text: str) -> str:
    """`2,400.00` without its thousands; anything else as it was typed, for Money to judge."""
    plain = text.strip().replace(" ", "")
    return plain.replace(",", "") if THOUSANDS.fullmatch(plain) else plain


def typed_money(text: str, currency: str) -> Money:
    """Raises `BadMoney`."""
    return Money.parse({"amount": typed_amount(text), "currency": currency})


def chosen[T](found: T | None, given: str, what: str) -> T | None:
    """What was found by what a form named. Nothing may be named; what is named is there.

    Raises `NotFound`: another thing than the one that was named is never taken in its place.
    """
    if found is None and given:
        raise NotFound(f"There is no such {what}.")
    return found


def carried_out(
    request: HttpRequest,
    act: Act,
    operation: Operation[..., Any],
    subject: models.Model,
    raw: dict[str, Any],
    *,
    aloud: tuple[type[Problem], ...] = (),
) -> tuple[Any, str]:
    """The operation's answer, or nothing and the sentence that says why not.

    The form's own key makes a second click harmless. Raises what is `aloud`: the page knows more.
    """
    key = request.POST.get("key", "")[:60] or uuid4().hex
    try:
        return call(fresh(act, key), operation, subject, raw), ""
    except aloud:
        raise
    except BadInput as problem:
        return None, " ".join(problem.errors.values())
    except Problem as problem:
        return None, problem.sentence
