"""How a draft comes into force: it is proposed with its reason, and somebody else activates it."""

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.rules.events import (
    VersionActivated,
    VersionDropped,
    VersionSentBack,
    VersionSubmitted,
)
from nostro.rules.flaws import Flaw
from nostro.rules.models import Version
from nostro.rules.operations.drafts import point_of
from nostro.rules.queries import flaws_of
from nostro.rules.tables import diff, from_jdm


class NotReady(Problem):
    """The table has flaws; the sentence names the first, the page lists them all."""


class OwnVersion(Problem):
    """Who wrote a version may not also put it in force."""


class ReasonNeeded(Problem):
    """A change of the rules says why."""


def _flawless(version: Version) -> None:
    point_of(version.point)
    found = flaws_of(version)
    if found:
        more = f" And {len(found) - 1} more." if len(found) > 1 else ""
        raise NotReady(f"{_said(version, found[0])}{more}")


def _said(version: Version, flaw: Flaw) -> str:
    rows = [row.id for row in from_jdm(version.jdm).rows]
    place = f"Row {rows.index(flaw.row_id) + 1}, " if flaw.row_id in rows else ""
    field = f"{flaw.field.replace('_', ' ')}: " if flaw.field else ""
    return f"{place}{field}{flaw.sentence}"


@operation(title="Ask for activation", icon="send")
def submit_version(act: Act, version: Version, *, reason: str) -> Version:
    """Hand a draft to a second person, with the reason for the change."""
    if not reason.strip():
        raise ReasonNeeded("Say why the rule should change.", field="reason")
    if not version.can_move_to(Version.Status.PROPOSED):
        raise WrongState(f"{version} is {version.status_label.lower()} already.")
    _flawless(version)
    active = Version.objects.filter(point=version.point, status=Version.Status.ACTIVE).first()
    same = active is not None and not diff(from_jdm(active.jdm), from_jdm(version.jdm))
    if active is not None and same and active.cases == version.cases:
        raise NotReady("This draft changes nothing. Change a cell, or drop it.")
    version.move_to(Version.Status.PROPOSED, note=reason.strip())
    act.record(VersionSubmitted(version.point, version.number), about=version)
    return version


@operation(title="Activate", icon="check", confirm="It decides from the next question on.")
def activate_version(act: Act, version: Version) -> Version:
    """Put a proposed version in force. The one before it is retired, and kept."""
    if version.status != Version.Status.PROPOSED:
        raise WrongState(f"{version} is {version.status_label.lower()}, so it is not activated.")
    if act.actor.kind == "staff" and act.actor.id in version.authors:
        raise OwnVersion("Someone else has to activate what you wrote.")
    _flawless(version)
    active = (
        Version.objects.select_for_update()
        .filter(point=version.point, status=Version.Status.ACTIVE)
        .first()
    )
    if active is not None:
        active.move_to(Version.Status.RETIRED, active_to=act.at)
    reviewer = act.actor.id if act.actor.kind == "staff" else None
    version.move_to(Version.Status.ACTIVE, active_from=act.at, reviewer_id=reviewer)
    was = active.number if active is not None else 0
    act.record(VersionActivated(version.point, version.number, was), about=version)
    return version


@operation(title="Send back", icon="arrow-back-up", tone="refuse")
def send_back_version(act: Act, version: Version, *, reason: str) -> Version:
    """Give a proposed version back to who wrote it, with what is wrong."""
    if not reason.strip():
        raise ReasonNeeded("Say what should be different.", field="reason")
    version.move_to(Version.Status.DRAFT)
    act.record(VersionSentBack(version.point, reason.strip()), about=version)
    return version


@operation(title="Discard", icon="trash", confirm="Nobody can work on it any more.")
def drop_version(act: Act, version: Version) -> Version:
    """Give a draft up. It is kept, and never comes into force."""
    version.move_to(Version.Status.DROPPED)
    act.record(VersionDropped(version.point, version.number), about=version)
    return version
