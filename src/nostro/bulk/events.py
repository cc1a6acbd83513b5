"""What can have happened to a bulk change. Each row's own story stands with its thing."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class ChangePrepared(
    Event, says="{actor} prepared {subject}: {title} for {rows} rows. {reason}", icon="stack-2"
):
    title: str
    operation: str
    rows: int
    reason: str


@dataclass(frozen=True)
class UndoPrepared(
    Event, says="{actor} prepared {subject}: set back {rows} rows of B-{undoes}. {reason}",
    icon="arrow-back-up",
):  # fmt: skip
    undoes: int
    rows: int
    reason: str


@dataclass(frozen=True)
class RowsChecked(Event, says="{rows} rows of {subject} were checked, {refused} refused",
                  icon="list-check"):  # fmt: skip
    rows: int
    refused: int


@dataclass(frozen=True)
class ChangeChecked(
    Event, says="{subject} is checked: {planned} rows will be done, {refused} are refused",
    icon="list-check", tone="info",
):  # fmt: skip
    planned: int
    refused: int


@dataclass(frozen=True)
class ChangeProposed(
    Event, says="{subject} waits for {people} more", icon="clipboard-text", tone="wait"
):
    people: int


@dataclass(frozen=True)
class ChangeReturned(Event, says="{subject} was not agreed to", icon="x", tone="bad"):
    proposal_id: int


@dataclass(frozen=True)
class ChangeStarted(Event, says="{actor} started {subject}: {title}", icon="player-play",
                    tone="ok"):  # fmt: skip
    title: str
    run: int


@dataclass(frozen=True)
class RowsCarriedOut(
    Event, says="{rows} rows of {subject} were carried out, {refused} refused", icon="stack-2"
):
    rows: int
    refused: int
    run: int


@dataclass(frozen=True)
class RowsAnswered(Event, says="{rows} rows of {subject} were answered", icon="arrow-back-up"):
    rows: int


@dataclass(frozen=True)
class ChangeStopped(Event, says="{actor} stopped {subject}: {reason}", icon="player-pause",
                    tone="warn"):  # fmt: skip
    reason: str


@dataclass(frozen=True)
class ChangeResumed(Event, says="{actor} let {subject} go on", icon="player-play", tone="ok"):
    run: int


@dataclass(frozen=True)
class ChangeCompleted(
    Event, says="{subject} is done: {done} rows done, {refused} refused, {open} still open",
    icon="checks", tone="ok",
):  # fmt: skip
    done: int
    refused: int
    open: int


@dataclass(frozen=True)
class ChangeDropped(Event, says="{actor} dropped {subject}: {reason}", icon="trash", tone="warn"):
    reason: str
