"""The proof of the ledger, kept: who looks at it later sees when it held and what did not.

What does not hold raises an alarm, and an alarm stays until a person has said why, once the whole
ledger was proved again.
"""

from collections.abc import Sequence
from typing import Any

from nostro.core.acts import Act
from nostro.core.approvals import BY_OTHERS
from nostro.core.operations import operation
from nostro.kit.problems import Forbidden, Problem
from nostro.ledger.events import (
    AlarmRaised,
    AlarmResolved,
    EntriesSealed,
    LedgerFlawFound,
    LedgerVerified,
    ProofAsked,
    SealAnswered,
)
from nostro.ledger.models import Alarm, Seal, Verification
from nostro.ledger.operations.by_hand import ReasonNeeded
from nostro.ledger.operations.posting import called
from nostro.ledger.queries import Flaw, holds_since, unlike

MOST_KEPT = 200


class StillBroken(Problem):
    """An alarm is resolved once the whole ledger has been proved again."""

    status = 409


class NothingToSeal(Problem):
    """All that was proved is sealed, or somebody may still be writing what was not."""

    status = 409


@operation(internal=True)
def record_verification(
    act: Act, *, entries: int, flaws: Sequence[Flaw], through: int = 0, whole: bool = True
) -> Verification:
    """Keep the outcome of a proof of the ledger: of all of it, or of what has come since."""
    said = [f"{one.invariant}: {one.detail}" for one in flaws]
    verification = Verification.objects.create(
        at=act.at, entries=entries, flaws=said, through=through, whole=whole
    )
    if flaws:
        act.record(LedgerFlawFound(entries, len(flaws)), about=verification)
        _raise_alarm(act, flaws)
    else:
        act.record(LedgerVerified(entries), about=verification)
    return verification


def _raise_alarm(act: Act, flaws: Sequence[Flaw]) -> None:
    """Open an alarm, or add to the one that is open: what was found once is not forgotten."""
    alarm = Alarm.objects.select_for_update().filter(status=Alarm.Status.OPEN).first()
    if alarm is None:
        alarm = Alarm(status=Alarm.Status.OPEN, raised_at=act.at, broken_at=act.at)
        alarm.flaws = _kept([], flaws)
        alarm.save()
        act.record(AlarmRaised(len(flaws)), about=alarm)
        return
    alarm.broken_at, alarm.flaws = act.at, _kept(alarm.flaws, flaws)
    alarm.save(update_fields=["broken_at", "flaws"])


def _kept(earlier: list[dict[str, Any]], flaws: Sequence[Flaw]) -> list[dict[str, Any]]:
    """One row an invariant and thing, with what was said of it last."""
    rows = {(one["invariant"], one["account_id"], one["entry_id"]): one for one in earlier}
    for one in flaws:
        rows[one.invariant, one.account_id, one.entry_id] = {
            "invariant": one.invariant, "detail": one.detail,
            "account_id": one.account_id, "entry_id": one.entry_id,
        }  # fmt: skip
    return list(rows.values())[:MOST_KEPT]


@operation(internal=True)
def seal_entries(act: Act) -> Seal:
    """Seal up to ten thousand entries that have been proved and that nobody can add to any more.

    The digest goes into the log, whose own seal is signed. `NothingToSeal` where there are none.
    """
    pk = called("ledger_seal", act.at)
    if pk is None:
        raise NothingToSeal("What has been proved is sealed already.")
    seal = Seal.objects.get(pk=pk)
    act.record(EntriesSealed(seal.last, seal.sha256), about=seal)
    return seal


@operation(title="Prove all of it", verb="Prove", icon="shield-check")
def prove_ledger(act: Act) -> None:
    """Prove every invariant over every row now. The outcome comes to the proof page."""
    act.record(ProofAsked(), about=None)


class NothingUnlike(Problem):
    """Everything reads as it was sealed, or was answered for."""

    status = 409


@operation(title="Answer for the seals", icon="shield-check",
           confirm="A second person has to agree.")  # fmt: skip
def answer_seals(act: Act, alarm: Alarm, *, reason: str) -> int:
    """Say why sealed entries do not read as they did, and let them stand as they read now.

    Nothing in the ledger changes: the reason, who agreed and what it reads now go into the log.
    The number of seals and entries that were answered for.
    """
    if not reason.strip():
        raise ReasonNeeded("Say what happened to what was sealed.", field="reason")
    if alarm.status != Alarm.Status.OPEN:
        raise NothingUnlike("This alarm is resolved.")
    found = unlike()
    if not found:
        raise NothingUnlike("Everything reads as it was sealed.")
    for one in found:
        said = SealAnswered(one.seal_id, one.entry_id, one.sha256, reason.strip())
        act.record(said, about=alarm)
    return len(found)


BY_OTHERS.add(answer_seals.name)


@operation(title="Resolve", icon="shield-check")
def resolve_alarm(act: Act, alarm: Alarm, *, reason: str) -> Alarm:
    """Say what was wrong and how it was set right. The whole ledger has to hold again first."""
    if act.actor.kind != "staff" or act.actor.id is None:
        raise Forbidden("An alarm is resolved by a person, under their name.")
    if not reason.strip():
        raise ReasonNeeded("Say what was wrong and how it was set right.", field="reason")
    if not holds_since(alarm.broken_at):
        raise StillBroken(
            "The whole ledger has not been proved since. Mend it, then prove it on the proof page."
        )
    alarm.move_to(Alarm.Status.RESOLVED, resolved_by=act.actor.id, reason=reason.strip())
    act.record(AlarmResolved(reason.strip()), about=alarm)
    return alarm
