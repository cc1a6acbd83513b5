"""What can have happened on the pages themselves."""

from dataclasses import dataclass
from typing import Any

from nostro.core.events import Event


@dataclass(frozen=True)
class ViewSaved(Event, says="{actor} saved a view of {page}", icon="bookmark", group="access"):
    page: str


@dataclass(frozen=True)
class ViewDeleted(Event, says="{actor} deleted a view of {page}", icon="bookmark", group="access"):
    page: str


@dataclass(frozen=True)
class HomeArranged(Event, says="{actor} arranged their home", icon="adjustments", group="access"):
    hidden: int


@dataclass(frozen=True)
class Exported(
    Event, says="{actor} exported {rows} rows of {page} as {form}", icon="file-export",
    tone="info", group="access",
):  # fmt: skip
    page: str
    rows: int
    filters: dict[str, Any]
    form: str = "csv"


@dataclass(frozen=True)
class SignedIn(Event, says="{actor} signed in", icon="login", group="access"):
    sign_in_id: int


@dataclass(frozen=True)
class SessionEnded(Event, says="{actor} ended a session", icon="logout", group="access"):
    sign_in_id: int
