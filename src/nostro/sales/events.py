"""What can have happened to a task."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class TaskMade(Event, says="{actor} set {subject} about {client}", icon="checkbox", group="notes"):
    task_id: int
    owner_id: int | None


@dataclass(frozen=True)
class TaskGiven(Event, says="{actor} gave {subject} to {owner}", icon="user", group="notes"):
    task_id: int
    owner_id: int


@dataclass(frozen=True)
class TaskDone(Event, says="{actor} finished {subject}", icon="check", tone="ok", group="notes"):
    task_id: int


@dataclass(frozen=True)
class TaskDropped(Event, says="{actor} dropped {subject}", icon="x", group="notes"):
    task_id: int
