"""Work queues: what waits for somebody, for how long, and what comes next. They follow from the
states that wait (`HasStates.waits`); a room only dresses them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Value

from nostro.core.acts import Act
from nostro.core.events import room_of
from nostro.core.models import label
from nostro.core.queries import FINDERS
from nostro.core.states import STATEFUL, HasStates
from nostro.kit.problems import Forbidden
from nostro.ui.addresses import STAFF, url_of
from nostro.ui.keyset import together
from nostro.ui.templatetags.nostro import SOON, span

MOST = 500
RoomWaits = tuple[int, int]
QUEUES: dict[str, "Queue"] = {}
"""The queues that rooms have dressed, by `label/status`."""


@dataclass(frozen=True)
class Queue:
    """Things in one state that wait for one operation. Making one registers it."""

    model: type[models.Model]
    status: str
    title: str = ""
    icon: str = "inbox"
    page: str = ""
    waits_for: str = ""
    rows: Callable[[Act], models.QuerySet[Any]] | None = None
    since: str = "status_at"
    line: Callable[[Any], str] = field(default=str)
    nothing: str = "Nothing is waiting."
    section: str = ""

    def __post_init__(self) -> None:
        QUEUES[self.key] = self

    @property
    def key(self) -> str:
        return f"{self.model._meta.label_lower}/{self.status}"

    @property
    def room(self) -> str:
        return self.section or str(self.model._meta.app_label)

    @property
    def operation(self) -> str:
        waits = self.model.waits if issubclass(self.model, HasStates) else {}
        wait = waits.get(self.status)
        return self.waits_for or (wait.waits_for if wait else "")

    @property
    def heading(self) -> str:
        if self.title or not issubclass(self.model, HasStates):
            return self.title or str(self.model._meta.verbose_name_plural)
        plural = str(self.model._meta.verbose_name_plural).capitalize()
        return f"{plural}: {self.model.label_of(self.status).lower()}"

    @property
    def next_url(self) -> str:
        return f"{STAFF}queues/{self.key}/next"

    def waiting(self, act: Act) -> models.QuerySet[Any]:
        """What waits and this person may see, the most pressing first."""
        if self.rows is not None:
            found = self.rows(act)
        else:
            finder = FINDERS.get(self.model)
            if finder is None:
                return self.model._base_manager.none()
            found = finder(act).filter(status=self.status)
        return found.order_by(F("due_at").asc(nulls_last=True), "pk")

    def may(self, act: Act) -> bool:
        return not self.operation or act.actor.may(self.operation)


@dataclass(frozen=True)
class Standing:
    """How a queue stands now, as `ui/parts/queues.html` draws it."""

    queue: Queue
    waiting: int
    late: int
    soon: int
    oldest: str
    first: Any = None
    now: datetime | None = None

    def drawn(self) -> dict[str, Any]:
        on_time = self.waiting - self.late - self.soon
        parts = [("ok", on_time), ("warn", self.soon), ("bad", self.late)]
        words = [
            {"text": f"{count} {word}", "tone": tone}
            for count, word, tone in (
                (self.late, "overdue", "bad"),
                (self.soon, "due soon", "warn"),
                (on_time, "on time", ""),
            )
            if count
        ]
        due = getattr(self.first, "due_at", None)
        left = due - self.now if due and self.now else None
        clock = "" if left is None else span(left) + (" over" if left < timedelta() else " left")
        number = str(self.first) if self.first is not None else ""
        line = self.queue.line(self.first) if number else ""
        return {
            "title": self.queue.heading,
            "url": self.queue.page,
            "icon": self.queue.icon,
            "idle": not self.waiting,
            "waiting": f"{MOST}+" if self.waiting > MOST else self.waiting,
            "oldest": self.oldest,
            "parts": [{"tone": tone, "value": count} for tone, count in parts],
            "label": ", ".join(str(one["text"]) for one in words),
            "words": words,
            "next": line,
            "next_line": " · ".join(one for one in (clock, number) if one and one != line),
            "next_url": self.queue.next_url,
            "nothing": self.queue.nothing,
        }


def all_queues(act: Act) -> list[Queue]:
    """Every queue this person can work on; those no room has dressed come as they are."""
    for model in STATEFUL:
        if room_of(model.__module__) == "tests":
            continue
        for status in model.waits:
            if f"{label(model)}/{status}" not in QUEUES:
                Queue(model, status)
    return [one for one in QUEUES.values() if one.may(act)]


Clock = tuple[int, datetime | None, datetime | None]


def _clocks(act: Act) -> list[tuple[Queue, models.QuerySet[Any], list[Clock]]]:
    """Id, start and promise of everything that waits for this person, in one statement."""
    asked = []
    for queue in all_queues(act):
        try:
            asked.append((queue, queue.waiting(act)))
        except Forbidden:
            continue
    looks = [
        rows.annotate(of=Value(queue.key)).values_list("of", "pk", queue.since, "due_at")
        for queue, rows in asked
    ]
    found: dict[str, list[Clock]] = defaultdict(list)
    if looks:
        for key, pk, since, due in together([one[: MOST + 1] for one in looks]):
            found[key].append((pk, since, due))
    return [(queue, rows, sorted(found[queue.key], key=_pressing)) for queue, rows in asked]


def _pressing(clock: Clock) -> tuple[bool, float, int]:
    pk, _, due = clock
    return due is None, due.timestamp() if due else 0, pk


def _standing(act: Act, queue: Queue, clocks: list[Clock]) -> Standing:
    late = soon = 0
    for _, since, due in clocks:
        if due is None or since is None:
            continue
        late += due < act.at
        soon += due >= act.at and (act.at - since) >= (due - since) * float(SOON)
    oldest = min((since for _, since, _ in clocks if since), default=None)
    waited = span(act.at - oldest) if oldest else ""
    return Standing(queue, len(clocks), late, soon, waited, None, act.at)


def standings(act: Act) -> list[Standing]:
    """Every queue of this person with the thing that comes next, the ones with work first."""
    found = []
    for queue, rows, clocks in _clocks(act):
        first = rows.filter(pk=clocks[0][0]).first() if clocks else None
        found.append(replace(_standing(act, queue, clocks), first=first))
    return sorted(found, key=lambda one: (-one.late, -one.soon, -one.waiting))


def waiting_by_room(act: Act, known: Iterable[Standing] | None = None) -> dict[str, RoomWaits]:
    """How much waits in each room, and how much of it is late; `known` spares another look."""
    if known is None:
        known = [_standing(act, queue, clocks) for queue, _, clocks in _clocks(act)]
    counts: dict[str, RoomWaits] = {}
    for one in known:
        waiting, late = counts.get(one.queue.room, (0, 0))
        counts[one.queue.room] = (waiting + min(one.waiting, MOST), late + one.late)
    return counts


def next_of(act: Act, queue: Queue) -> tuple[Any, str]:
    """The most pressing thing of a queue, and where to work on it."""
    row = queue.waiting(act).first()
    if row is None:
        return None, ""
    return row, url_of(row) or (f"{queue.page}?open={row.pk}" if queue.page else "")
