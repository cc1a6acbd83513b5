"""My work: the queues with their clocks, what just happened, who is on shift. Higher rooms fill
the strip of charts and the line of health.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nostro.core import log
from nostro.core.acts import Act
from nostro.kit.problems import NotFound
from nostro.ui import queues
from nostro.ui.addresses import STAFF
from nostro.ui.answers import told
from nostro.ui.arranging import PARTS, arranged
from nostro.ui.charts import Chart
from nostro.ui.figures import Figure
from nostro.ui.pages import show, staff_view, waits
from nostro.ui.timeline import feed, without_readings


@dataclass(frozen=True)
class Strip:
    """One of up to three small charts, with the figures that it sums up to."""

    title: str
    chart: Chart
    note: str = ""
    figures: Sequence[Figure] = ()
    foot: str = ""

    @property
    def legend(self) -> list[tuple[Figure, str]]:
        """The figures, each with the swatch of the line or bar of its name."""
        swatches = {one.name: one.colour.replace("d", "f-") for one in self.chart.series}
        return [(one, swatches.get(one.label, "")) for one in self.figures]


@dataclass(frozen=True)
class Health:
    """How something we depend on does now. Tones: nothing (well), warn, bad."""

    name: str
    text: str = ""
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True)
class OnShift:
    """Somebody at work: what they took, and what they decided today."""

    name: str
    on: str
    decided: int
    median: str = ""
    until: str = ""


@dataclass(frozen=True)
class Assigned:
    """Something with this person's name on it."""

    title: str
    url: str
    due_at: Any = None
    since: Any = field(default=None)


HEALTH: list[Callable[[Act], Sequence[Health]]] = []
STRIP: list[Callable[[Act], Strip | None]] = []
SHIFT: list[Callable[[Act], Sequence[OnShift]]] = []
ASSIGNED: list[Callable[[Act], Sequence[Assigned]]] = []


@staff_view
def home_view(request: HttpRequest, act: Act) -> HttpResponse:
    standing = queues.standings(act)
    waits(act, standing)
    seen, hidden = arranged(act, standing, lambda one: one.queue.key)
    parts = arranged(act, PARTS, str)[0]
    pressing = [one for one in standing if one.waiting and one in seen]
    asks = STRIP if "charts" in parts else []
    strip = [one for one in (ask(act) for ask in asks) if one is not None]
    may_read = act.actor.may(log.records.name) and "feed" in parts
    context = {
        "title": "My work",
        "waiting": sum(one.waiting for one in standing),
        "late": sum(one.late for one in standing),
        "soon": sum(one.soon for one in standing),
        "next_url": pressing[0].queue.next_url if pressing else "",
        "queues": [one.drawn() for one in sorted(seen, key=lambda one: not one.waiting)],
        "hidden": [one.drawn() for one in hidden if one.waiting],
        "parts": parts,
        "topics": " ".join(sorted({one.queue.key.partition("/")[0] for one in standing})),
        "groups": sorted(filter(None, (list(ask(act)) for ask in HEALTH)), key=len, reverse=True)
        if "health" in parts
        else [],
        "strip": strip,
        "shift": [one for ask in SHIFT for one in ask(act)] if "shift" in parts else [],
        "assigned": [one for ask in ASSIGNED for one in ask(act)],
        "feed": feed(act, without_readings(log.records(act))) if may_read else [],
    }
    return show(request, act, "ui/pages/home.html", context)


@staff_view
def next_view(request: HttpRequest, act: Act, model: str, status: str) -> HttpResponse:
    """To the most pressing thing of a queue."""
    queue = next((q for q in queues.all_queues(act) if q.key == f"{model}/{status}"), None)
    if queue is None:
        raise NotFound("There is no such queue, or it is not yours to work on.")
    row, url = queues.next_of(act, queue)
    if row is None:
        told(request, queue.nothing, tone="info")
    return HttpResponseRedirect(url or STAFF)
