"""One operation on many rows: first what would happen to each, then each as its own call, with
its own verdict. A refusal of one never holds up the others.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nostro.core.acts import Act
from nostro.core.doors import call, whole
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.ui.actions import Action, as_actions
from nostro.ui.answers import is_htmx, trigger
from nostro.ui.forms import OperationForm, is_proposed, said_of
from nostro.ui.pages import fresh, show

if TYPE_CHECKING:
    from nostro.ui.lists import ListPage

MOST = 200
log = logging.getLogger("nostro.ui")


class TooMany(Problem):
    """More rows than one person can answer for at once."""


ELSEWHERE: list[Callable[["ListPage"], dict[str, Any]]] = []
"""Buttons of the bar that take the chosen rows to a page of a higher room."""


def buttons(page: "ListPage", actions: list[Action]) -> list[dict[str, Any]]:
    """The bar over chosen rows: what may be done with them here, and where else they may go."""
    if not actions:
        return []
    return [*(button(page.url, one) for one in actions), *(one(page) for one in ELSEWHERE)]


def button(url: str, action: Action) -> dict[str, Any]:
    return {
        "title": action.title or action.operation.title,
        "url": f"{url}bulk/{action.operation.name}",
        "icon": action.operation.icon,
        "method": "dialog",
    }


def _chosen(page: "ListPage", request: HttpRequest, act: Act) -> list[Any]:
    given = request.POST if request.method == "POST" else request.GET
    keys = [one for one in given.getlist("row") if one.isdigit()]
    if len(keys) > MOST:
        raise TooMany(f"Choose {MOST} rows at most.")
    found = {row.pk: row for row in page.rows(act).filter(pk__in=keys)}
    rows = [found[int(one)] for one in dict.fromkeys(keys) if int(one) in found]
    if not rows:
        raise NotFound("None of these rows is there any more.")
    return rows


def answer(page: "ListPage", request: HttpRequest, act: Act, operation: str) -> HttpResponse:
    action = next(
        (one for one in as_actions(page.actions) if one.operation.name == operation), None
    )
    if action is None:
        raise NotFound("There is no such action on this list.")
    if not act.actor.may(operation):
        raise Forbidden(f"Your role does not include “{action.operation.title}”.")
    rows = _chosen(page, request, act)
    preview = [{"row": str(row), "why_not": action.refusal(act, row)} for row in rows]
    data = request.POST if request.method == "POST" else None
    form = OperationForm(action.operation, act, data, initial=request.GET.dict())
    ready = sum(not one["why_not"] for one in preview)
    context: dict[str, Any] = {
        "title": f"{action.title or action.operation.title}: {len(rows)} rows",
        "text": action.operation.help,
        "form": form,
        "preview": preview,
        "keys": [row.pk for row in rows],
        "ready": ready,
        "submit": f"{action.operation.verb}: {ready}",
        "key": request.POST.get("key") or uuid4().hex,
        "action_url": request.path,
    }
    status = 200
    if data is not None and form.is_valid():
        context["verdicts"] = _carried_out(act, action, form, rows, context["key"])
        context["done"] = sum(one["ok"] for one in context["verdicts"])
    elif data is not None:
        status = 422
    if not is_htmx(request):
        return show(request, act, "ui/pages/bulk_page.html", context, status=status)
    given = render(request, "ui/pages/bulk.html", context, status=status)
    return trigger(given, changed=True) if "verdicts" in context else given


def _carried_out(
    act: Act, action: Action, form: OperationForm, rows: list[Any], key: str
) -> list[dict[str, Any]]:
    verdicts = []
    raw = form.raw()
    for row in rows:
        sentence, ok = _one(fresh(act, f"{key}/{row.pk}"), action, row, raw)
        verdicts.append({"row": str(row), "text": sentence, "ok": ok})
    return verdicts


def _one(act: Act, action: Action, row: Any, raw: dict[str, Any]) -> tuple[str, bool]:
    refusal = action.refusal(act, row)
    if refusal:
        return refusal, False
    try:
        given = call(act, action.operation, whole(row), raw)
    except Problem as problem:
        return problem.sentence, False
    except Exception:
        # The rows before this one are done: their owner must learn so, whatever broke here.
        log.exception("%s on %s failed", action.operation.name, row.pk)
        return "This failed on our side. Nothing was changed for this row.", False
    proposed = is_proposed(action.operation, given)
    return (said_of(action.operation, given) if proposed else "Done."), True
