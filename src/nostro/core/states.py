"""States with moves as data, and clocks: a state may wait for somebody, within a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models

from nostro.core.acts import frame
from nostro.core.statements import Kept
from nostro.kit.problems import Problem

STATEFUL: list[type["HasStates"]] = []


class WrongState(Problem):
    """The thing is in a state from which this cannot be done."""

    status = 409


@dataclass(frozen=True)
class Wait:
    """Somebody has to act: an operation they need to be allowed, and the time they have."""

    waits_for: str
    within: timedelta


class HasStates(Kept):
    """A noun with a life: `Status`, `moves`, and `waits` where a person must act."""

    Status: ClassVar[type[models.TextChoices]]
    moves: ClassVar[Mapping[str, set[str]]] = {}
    waits: ClassVar[Mapping[str, Wait]] = {}

    status = models.CharField(max_length=24)
    status_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta(Kept.Meta):
        abstract = True

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "Meta" not in cls.__dict__ or not getattr(cls.__dict__["Meta"], "abstract", False):
            STATEFUL.append(cls)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new thing starts the clock of its first state."""
        if self._state.adding and self.status_at is None:
            self._start_clock()
        super().save(*args, **kwargs)

    def _start_clock(self) -> None:
        at = frame().act.at
        wait = self.waits.get(self.status)
        self.status_at = at
        self.due_at = at + wait.within if wait else None

    @classmethod
    def label_of(cls, status: str) -> str:
        """The word for a state, as people say it."""
        return str(cls.Status(status).label)

    @property
    def status_label(self) -> str:
        return self.label_of(self.status)

    def can_move_to(self, status: str) -> bool:
        return status in self.moves.get(self.status, set())

    def check_move(self, status: str) -> None:
        if not self.can_move_to(status):
            raise WrongState(
                f"{self} is {self.status_label.lower()}, "
                f"so it cannot become {self.label_of(status).lower()}."
            )

    def move_to(self, status: str, **changes: Any) -> None:
        """Move, set the clock, and write `changes` in the same statement."""
        self.check_move(status)
        self.status = status
        self._start_clock()
        for name, value in changes.items():
            setattr(self, name, value)
        self.change("status", "status_at", "due_at", *changes)
