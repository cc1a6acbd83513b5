"""What can have happened to rules: drafts, second persons, back-tests."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class VersionDrafted(
    Event, says="{actor} began to change a rule: {subject}", icon="pencil", group="compliance"
):
    point: str
    number: int


@dataclass(frozen=True)
class VersionEdited(
    Event, says="{actor} changed {cells} cells of {subject}", icon="pencil", group="compliance"
):
    point: str
    cells: int


@dataclass(frozen=True)
class CasesChanged(
    Event, says="{actor} changed the test cases of {subject}", icon="list-check", group="compliance"
):
    point: str
    cases: int


@dataclass(frozen=True)
class VersionSubmitted(
    Event,
    says="{actor} asked for {subject} to be activated",
    icon="clipboard-text",
    tone="wait",
    group="compliance",
):
    point: str
    number: int


@dataclass(frozen=True)
class VersionActivated(
    Event, says="{actor} activated {subject}", icon="check", tone="ok", group="compliance"
):
    point: str
    number: int
    was: int


@dataclass(frozen=True)
class VersionSentBack(
    Event, says="{actor} sent {subject} back: {reason}", icon="x", tone="warn", group="compliance"
):
    point: str
    reason: str


@dataclass(frozen=True)
class VersionDropped(
    Event, says="{actor} dropped {subject}", icon="trash", tone="warn", group="compliance"
):
    point: str
    number: int


@dataclass(frozen=True)
class BackTestAsked(
    Event,
    says="{actor} asked what {subject} would change in {days} days",
    icon="history",
    group="compliance",
):
    back_test_id: int
    point: str
    days: int
    total: int


@dataclass(frozen=True)
class BackTestAdvanced(
    Event, says="{subject}: {asked} of {total} asked", icon="history", group="compliance"
):
    asked: int
    total: int


@dataclass(frozen=True)
class BackTestDone(
    Event,
    says="{subject}: {changed} of {asked} decisions would change",
    icon="history",
    tone="ok",
    group="compliance",
):
    asked: int
    changed: int


@dataclass(frozen=True)
class BackTestStopped(
    Event,
    says="{subject} stopped, because the draft was changed",
    icon="history",
    tone="warn",
    group="compliance",
):
    asked: int
