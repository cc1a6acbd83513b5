"""A person's own home: which queues and parts it shows, in which order. What is new is shown."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core.acts import Act
from nostro.core.doors import call
from nostro.ui import operations, queries
from nostro.ui.addresses import STAFF
from nostro.ui.answers import told
from nostro.ui.pages import fresh, show, staff_view
from nostro.ui.queues import all_queues

PARTS = {
    "health": "How things stand", "charts": "Charts", "shift": "On shift",
    "assigned": "Assigned to you", "feed": "Just happened",
}  # fmt: skip
"""Parts of the home besides its queues. They are shown or hidden, and stand where they stand."""


def arranged[T](act: Act, things: Iterable[T], key: Callable[[T], str]) -> tuple[list[T], list[T]]:
    """What somebody wants to see in their order, then what they have hidden."""
    kept = queries.arrangements(act).first()
    if kept is None:
        return list(things), []
    place = {one: number for number, one in enumerate(kept.order)}
    ordered = sorted(things, key=lambda one: place.get(key(one), -1))
    hidden = [one for one in ordered if key(one) in kept.hidden]
    return [one for one in ordered if key(one) not in kept.hidden], hidden


def _moved(order: list[str], what: str) -> list[str]:
    """`up payments.withdrawal/approval`: one place further up, or down."""
    verb, _, key = what.partition(" ")
    left = [one for one in order if one != key]
    at = max(0, order.index(key) + (1 if verb == "down" else -1)) if key in order else 0
    return [*left[:at], *[key for _ in order[len(left) :]], *left[at:]]


@staff_view
def arrange_view(request: HttpRequest, act: Act) -> HttpResponse:
    """What stands on the home, and in which order the queues do."""
    if request.method == "POST":
        order, shown = request.POST.getlist("order"), request.POST.getlist("shown")
        what, kept = request.POST.get("what", ""), queries.arrangements(act).first()
        hidden = [one for one in (*order, *PARTS) if one not in shown]
        # Until somebody moves a queue, the most pressing one stands first.
        now = _moved(order, what) if " " in what else kept.order if kept else []
        raw = {"order": now, "hidden": hidden} if what != "reset" else {"order": [], "hidden": []}
        call(fresh(act, request.POST.get("key", "")), operations.arrange_home, None, raw)
        if " " in what:
            return HttpResponseRedirect(f"{request.path}#{what.partition(' ')[2]}")
        told(request, "Your home is arranged.")
        return HttpResponseRedirect(STAFF)
    names = {one.key: one.heading for one in all_queues(act)}
    seen, hidden = arranged(act, names, str)
    off = arranged(act, PARTS, str)[1]
    context: dict[str, Any] = {
        "title": "Arrange your home",
        "crumb": [{"title": "My work", "url": STAFF}],
        "queues": [(key, names[key], key not in hidden) for key in [*seen, *hidden]],
        "parts": [(key, title, key not in off) for key, title in PARTS.items()],
        "key": uuid4().hex,
    }
    return show(request, act, "ui/pages/arrange.html", context)
