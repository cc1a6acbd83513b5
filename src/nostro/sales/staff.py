"""Staff pages of sales: tasks with their clocks, and those of one client on the client's page."""

from collections.abc import Sequence

from django.db.models import QuerySet

from nostro.core.acts import Act
from nostro.people.models import Client
from nostro.sales import operations, queries
from nostro.sales.models import Task
from nostro.ui.actions import allow_when, only_in
from nostro.ui.additions import extend
from nostro.ui.addresses import url_of
from nostro.ui.columns import Badge, Clock, Column, Date, Person
from nostro.ui.details import DetailPage, kv, table
from nostro.ui.figures import Pill
from nostro.ui.filters import choice, date_range, flag
from nostro.ui.home import ASSIGNED, Assigned
from nostro.ui.lists import ListPage, View
from nostro.ui.queues import Queue
from nostro.ui.timeline import NAMES

Status = Task.Status
TONES = {"open": "wait", "done": "ok", "dropped": ""}

for wanted in (operations.give_task, operations.finish_task, operations.drop_task):
    allow_when(wanted, only_in(Status.OPEN))


def _names(ids: set[int]) -> dict[int, tuple[str, str]]:
    """By number alone: a timeline is read by colleagues who may not read tasks."""
    return {pk: (f"TK-{pk}", f"{task.url}{pk}/") for pk in ids}


task = DetailPage(
    room="sales",
    slug="tasks",
    model=Task,
    rows=queries.tasks,
    title=lambda row: row.text,
    subtitle=lambda row: f"{row} · {row.get_how_display().lower()} · {row.client.name}",
    pills=lambda act, row: [Pill(row.status_label, TONES[row.status])],
    panels=[
        kv(
            "Details",
            [
                Person("client"),
                Person("owner"),
                Column("get_how_display", "How"),
                Date("made_at", "Set"),
                Clock("due_at", "Until", since="made_at"),
                Column("outcome", "What came of it"),
            ],
        )
    ],
    actions=[operations.finish_task, operations.give_task, operations.drop_task],
    icon="checkbox",
)
tasks = ListPage(
    room="sales",
    slug="tasks",
    title="Tasks",
    rows=queries.tasks,
    columns=[
        Clock("due_at", "Until", since="made_at", sort="due_at"),
        Person("client.name", "Client", url=lambda row: url_of(row.client)),
        Column("text", "To do", url=url_of, cut=True),
        Column("get_how_display", "How", quiet=True, low=2),
        Person("owner", "Owner", low=2),
        Date("made_at", "Set", sort="made_at", low=3),
        Badge("status", colors=TONES),
    ],
    filters=[
        choice("status", Status.choices),
        choice("how", Task.How.choices),
        flag("unowned", "Without an owner", owner__isnull=True),
        date_range("made_at", title="Set"),
    ],
    views=[
        View("Open", status=Status.OPEN),
        View("Mine", status=Status.OPEN, owner_id=lambda act: act.actor.id),
        View("Done", status=Status.DONE, counted=False),
        View("All", counted=False),
    ],
    actions=[operations.give_task],
    inspector=task,
    search=["text", "client__last_name__holds", "client__first_name__holds"],
    number="TK",
    order="-made_at",
    empty="Nothing is to be done. Set a task on a client's page.",
    icon="checkbox",
)
Queue(
    Task,
    Status.OPEN,
    title="Tasks",
    icon="checkbox",
    page=tasks.url,
    since="made_at",
    line=lambda row: f"{row.client.name}, {row.text}",
    nothing="No task waits.",
)
NAMES["sales.task"] = _names

# ── On a client's page and on the home ──


def _of_client(act: Act, row: Client) -> QuerySet[Task]:
    return queries.tasks(act).filter(client=row, status=Status.OPEN).order_by("due_at")[:10]


def assigned(act: Act) -> Sequence[Assigned]:
    """Open tasks of this person, the next one first."""
    if act.actor.kind != "staff" or not act.actor.may(queries.tasks.name):
        return []
    rows = queries.tasks(act).filter(owner_id=act.actor.id, status=Status.OPEN)
    return [
        Assigned(f"{one.text}, {one.client.name}", url_of(one), one.due_at, one.made_at)
        for one in rows.order_by("due_at")[:20]
    ]


ASSIGNED.append(assigned)
extend(
    "people.client",
    place=85,
    panels=[
        table(
            "Tasks",
            _of_client,
            [
                Column("text", "To do", url=url_of),
                Clock("due_at", "Until", since="made_at"),
            ],
            empty="Nothing is to be done.",
            side=True,
            may=queries.tasks.name,
            offer=("Set one", operations.set_task),
        )
    ],
)
