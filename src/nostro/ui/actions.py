"""Buttons: an operation is offered where this person may carry it out and the state allows it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from nostro.core.acts import Act
from nostro.core.operations import OPERATIONS, Operation
from nostro.core.states import HasStates
from nostro.ui.addresses import operation_url

When = Callable[[Act, Any], str | None]
"""`""` allows, a sentence says why not, `None` shows nothing."""

WHEN: dict[str, When] = {}


def allow_when(operation: Operation[..., Any], when: When) -> When:
    """Say once, for every page, when an operation is offered for a thing."""
    WHEN[operation.name] = when
    return when


def only_in(*statuses: str) -> When:
    """Offered in these states only."""
    return lambda act, row: "" if row.status in statuses else None


@dataclass(frozen=True)
class Action:
    """An operation as a button: its key, and when it is there."""

    operation: Operation[..., Any]
    key: str = ""
    tone: str = ""
    title: str = ""
    when: When | None = None
    on_top: bool = False
    """Whether it keeps its button where one menu holds all the others."""

    def verdict(self, act: Act, row: Any) -> str | None:
        """What speaks against it for this row, in the words of `When`."""
        if not act.actor.may(self.operation.name):
            return None
        when = self.when or WHEN.get(self.operation.name)
        if when is not None:
            return when(act, row)
        waiting = _waits(row, self.operation.name)
        return "" if not waiting or row.status in waiting else None

    def refusal(self, act: Act, row: Any) -> str:
        """The verdict as a sentence: where a button would be missing, say it."""
        found = self.verdict(act, row)
        if found is not None:
            return found
        if not act.actor.may(self.operation.name):
            return f"Your role does not include “{self.operation.title}”."
        if isinstance(row, HasStates):
            return f"{row} is {row.status_label.lower()}, so this cannot be done."
        return f"This cannot be done with {row}."


Actions = Sequence[Action | Operation[..., Any]]


def _waits(row: Any, operation: str) -> set[str]:
    waits = row.waits if isinstance(row, HasStates) else {}
    return {status for status, wait in waits.items() if wait.waits_for == operation}


def as_actions(given: Actions) -> list[Action]:
    return [one if isinstance(one, Action) else Action(one) for one in given]


def offered(act: Act, given: Actions, row: Any) -> list[dict[str, Any]]:
    """The buttons for a thing, with their keys: A, S, and R to refuse."""
    found: list[tuple[Action, str]] = []
    for one in as_actions(given):
        verdict = one.verdict(act, row)
        if verdict is not None and not one.operation.internal:
            found.append((one, verdict))
    free = iter(("A", "S"))
    first = next((one for one, _ in found if not _refuses(one)), None)
    return [
        button(one, row, why_not=verdict, primary=one is first)
        | {"key": one.key or ("R" if _refuses(one) else next(free, ""))}
        for one, verdict in found
    ]


def _refuses(action: Action) -> bool:
    return (action.tone or action.operation.tone) == "refuse"


def button(
    action: Action, row: Any = None, *, why_not: str = "", primary: bool = False
) -> dict[str, Any]:
    """One action as templates draw it: a plain post where there is nothing to ask."""
    wanted = action.operation
    asks = bool(wanted.input_names or wanted.confirm)
    return {
        "title": action.title or wanted.verb,
        "url": operation_url(wanted.name, row.pk if row is not None else None),
        "tone": action.tone or wanted.tone or ("primary" if primary else ""),
        "icon": wanted.icon,
        "method": "dialog" if asks or row is None else "post",
        "why_not": why_not,
    }


def creations(act: Act, given: Iterable[Operation[..., Any]]) -> list[dict[str, Any]]:
    """The buttons of operations without a subject."""
    return [button(Action(one)) for one in given if act.actor.may(one.name) and not one.internal]


DO: dict[str, str] = {}
"""Operation, or room → the heading under which a “Do” menu has it; headings in this order."""
SELDOM: set[str] = set()
"""Headings of what is done seldom: they stand in the menu of three dots instead."""


def possible(
    act: Act, model: type[models.Model], row: Any, besides: Iterable[Action] = ()
) -> list[dict[str, Any]]:
    """Every operation of the house that this person may now carry out on a thing, `besides` what
    has a button of its own.
    """
    shown = {one.operation for one in besides}
    wanted = [
        one
        for one in OPERATIONS.values()
        if one.subject_type is model and not one.internal and one not in shown
        if Action(one).verdict(act, row) == ""
    ]
    headings = list(dict.fromkeys(DO.values()))
    drawn = [
        button(Action(one), row) | {"heading": DO.get(one.name) or DO.get(one.room, "")}
        for one in sorted(wanted, key=lambda one: one.title)
    ]
    return sorted(
        drawn, key=lambda one: headings.index(one["heading"]) if one["heading"] else len(headings)
    )
