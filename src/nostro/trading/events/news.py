"""What can have happened around news."""

from dataclasses import dataclass
from datetime import datetime

from nostro.core.events import Event


@dataclass(frozen=True)
class NewsWindowAdded(
    Event, says="{actor} capped leverage at 1:{cap} around “{title}”", icon="calendar-event"
):
    title: str
    about: str
    cap: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class NewsWindowEnded(Event, says="{actor} ended {subject} early: {reason}", icon="x"):
    reason: str


@dataclass(frozen=True)
class NewsLowered(
    Event, says="{subject} goes down to 1:{leverage} around “{title}”, it was 1:{was}",
    icon="scale", tone="warn",
):  # fmt: skip
    account_id: int
    leverage: int
    was: int
    title: str


@dataclass(frozen=True)
class NewsPassed(
    Event, says="The news have passed: {subject} goes back to 1:{leverage}", icon="scale", tone="ok"
):
    account_id: int
    leverage: int
