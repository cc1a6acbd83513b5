"""What can have happened to accounts that stood on a platform before."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class TakeoverRead(
    Event, says="{actor} began to compare logins of {platform_name} with our clients",
    icon="transfer-in",
):  # fmt: skip
    platform_id: int
    platform_name: str


@dataclass(frozen=True)
class LoginsListed(Event, says="Logins to compare: {count}", icon="list"):
    count: int


@dataclass(frozen=True)
class LoginsCompared(Event, says="Logins compared: {count}", icon="search"):
    """Some of them at a time. `planned` of them can be taken over."""

    count: int
    planned: int


@dataclass(frozen=True)
class TakeoverCompared(
    Event, icon="checks", tone="wait",
    says="Every login is compared: {planned} can be taken over, {refused} are refused, {left} are "
    "nobody’s",
):  # fmt: skip
    planned: int
    refused: int
    left: int


@dataclass(frozen=True)
class TakeoverStarted(
    Event, says="The accounts of {subject} are taken over", icon="player-play", tone="ok"
):
    planned: int


@dataclass(frozen=True)
class AccountTakenOver(
    Event, says="{subject} was taken over from the platform, with {deals} deals",
    icon="transfer-in", tone="ok",
):  # fmt: skip
    """It stood there before. `deals` is how many of its past were known here by then."""

    account_id: int
    login: int
    deals: int


@dataclass(frozen=True)
class LoginsTakenOver(Event, says="Accounts taken over: {count}", icon="transfer-in"):
    """Some of them at a time; `refused` is how many were not, after all."""

    count: int
    refused: int


@dataclass(frozen=True)
class TakeoverInterrupted(
    Event, says="{subject} cannot go on: {reason}", icon="player-pause", tone="bad"
):
    """What is not taken over waits for people again."""

    reason: str


@dataclass(frozen=True)
class TakeoverCompleted(
    Event, says="Taken over: {taken} accounts, {refused} were refused", icon="checks", tone="ok"
):
    taken: int
    refused: int


@dataclass(frozen=True)
class TakeoverDropped(Event, says="{subject} was given up: {reason}", icon="x", tone="bad"):
    reason: str
