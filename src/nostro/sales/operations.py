"""Everything anyone can do with tasks: set one, give it to somebody, say what came of it."""

from datetime import datetime, timedelta

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.people.models import Client, Staff
from nostro.sales.events import TaskDone, TaskDropped, TaskGiven, TaskMade
from nostro.sales.models import Task

FURTHEST = timedelta(days=366)


class BadTask(Problem):
    """A task that nobody could do: nothing to do, nobody to do it, or no time for it."""


@operation(title="Set a task", icon="checkbox", lock=False)
def set_task(
    act: Act, client: Client, *, how: Task.How, text: str, until: datetime,
    owner: Staff | None = None,
) -> Task:  # fmt: skip
    """Say what is to be done about this client, and until when. Without an owner it is the
    client's owner's, or else anybody's.
    """
    if not text.strip():
        raise BadTask("Write what is to be done.", field="text")
    if not act.at < until <= act.at + FURTHEST:
        raise BadTask("Choose a time within the coming year.", field="until")
    return _made(act, client, how, whole(text, "text"), until, _at_work(owner) or _of(client))


@operation(internal=True, lock=False)
def make_task(
    act: Act, client: Client, *, how: Task.How, text: str, within: timedelta, key: str
) -> Task:
    """A task that follows from something that happened: one for each `key`."""
    return _made(act, client, how, text, act.at + within, _of(client), key)


def _made(
    act: Act, client: Client, how: str, text: str, until: datetime, owner: Staff | None,
    key: str | None = None,
) -> Task:  # fmt: skip
    task = Task.objects.create(
        client=client, owner=owner, how=how, text=text, key=key, made_at=act.at,
        status=Task.Status.OPEN, status_at=act.at, due_at=until,
    )  # fmt: skip
    act.record(TaskMade(task.pk, owner.pk if owner else None), about=task)
    return task


def _at_work(owner: Staff | None) -> Staff | None:
    if owner is not None and owner.left_at is not None:
        raise BadTask(f"{owner} does not work here any more.", field="owner")
    return owner


def _of(client: Client) -> Staff | None:
    """The client's owner, unless they have left: nobody would do it then."""
    owner = client.owner
    return owner if owner is not None and owner.left_at is None else None


@operation(title="Give to", icon="user", reads=("client",))
def give_task(act: Act, task: Task, *, owner: Staff) -> Task:
    """Say who does it."""
    if task.status != Task.Status.OPEN:
        raise BadTask(f"{task} is {task.status_label.lower()} already.")
    task.owner = _at_work(owner)
    task.save(update_fields=["owner"])
    act.record(TaskGiven(task.pk, owner.pk), about=task)
    return task


@operation(title="Finish", verb="Finish", icon="check", reads=("client",))
def finish_task(act: Act, task: Task, *, outcome: str) -> Task:
    """Say what came of it. A call without an outcome is not finished."""
    if not outcome.strip():
        raise BadTask("Say what came of it.", field="outcome")
    task.move_to(Task.Status.DONE, outcome=whole(outcome, "outcome"))
    act.record(TaskDone(task.pk), about=task)
    return task


@operation(title="Drop", icon="x", tone="refuse", reads=("client",))
def drop_task(act: Act, task: Task, *, reason: str) -> Task:
    """It is not to be done any more; the reason stays with it."""
    if not reason.strip():
        raise BadTask("Say why.", field="reason")
    task.move_to(Task.Status.DROPPED, outcome=whole(reason))
    act.record(TaskDropped(task.pk), about=task)
    return task
