"""What can have happened to the ledger by hand, and its own proofs.

Entries themselves are no events: each belongs to an act whose event says what happened.
"""

from dataclasses import dataclass, field
from datetime import date

from nostro.core.events import Event
from nostro.kit.money import Money


@dataclass(frozen=True)
class Adjusted(
    Event,
    says="{actor} adjusted {path} by {money}: {reason}, {subject}",
    icon="adjustments",
    tone="warn",
    group="money",
):
    entry_id: int
    path: str
    money: Money
    reason: str
    evidence_id: int | None = None


@dataclass(frozen=True)
class EntryReversed(
    Event,
    says="{actor} reversed entry {was}: {reason}, {subject}",
    icon="arrow-back-up",
    tone="warn",
    group="money",
):
    entry_id: int
    was: int
    reason: str
    evidence_id: int | None = None


@dataclass(frozen=True)
class EvidenceKept(
    Event, says="{actor} kept {subject} for: {title}", icon="paperclip", group="money"
):
    title: str


@dataclass(frozen=True)
class EvidenceShown(Event, says="{actor} looked at {subject}", icon="eye", group="money"):
    pass


@dataclass(frozen=True)
class OpeningRead(
    Event,
    says="{actor} read a file of opening balances: {lines} lines, {faulty} of them not right",
    icon="file-import",
    group="money",
):
    lines: int
    faulty: int


@dataclass(frozen=True)
class OpeningPosted(
    Event, says="{actor} posted {lines} opening balances", icon="file-import", tone="warn",
    group="money",
):  # fmt: skip
    lines: int
    first_entry_id: int
    last_entry_id: int


@dataclass(frozen=True)
class OpeningDropped(Event, says="{actor} dropped {subject}: {reason}", icon="x", group="money"):
    reason: str


@dataclass(frozen=True)
class LedgerExported(
    Event,
    says="{actor} took the whole ledger out of the house: {reason}",
    icon="file-export",
    tone="warn",
    group="money",
):
    reason: str
    rows: int
    through_entry_id: int
    sha256: str


@dataclass(frozen=True)
class AlarmRaised(
    Event, says="{subject}: the ledger does not hold, {flaws} flaws were found",
    icon="alert-octagon", tone="bad", group="money",
):  # fmt: skip
    flaws: int


@dataclass(frozen=True)
class AlarmResolved(
    Event, says="{actor} resolved {subject}: {reason}", icon="shield-check", tone="ok",
    group="money",
):  # fmt: skip
    reason: str


@dataclass(frozen=True)
class ProofAsked(
    Event, says="{actor} asked for a proof of the whole ledger", icon="shield-check", group="money"
):
    pass


@dataclass(frozen=True)
class LedgerVerified(Event, says="The ledger was verified", icon="shield-check", group="money"):
    entries: int


@dataclass(frozen=True)
class EntriesSealed(
    Event, says="Entries to E-{through} were sealed: {sha256}", icon="shield-check", group="money"
):
    through: int
    sha256: str


@dataclass(frozen=True)
class SealAnswered(
    Event,
    says="{actor} answered for what does not read as it was sealed: {reason}",
    icon="shield-check",
    tone="warn",
    group="money",
):
    """`sha256` is what the seal's entries read now, empty where the seal itself is gone."""

    seal_id: int | None
    entry_id: int | None
    sha256: str
    reason: str


@dataclass(frozen=True)
class LedgerFlawFound(
    Event,
    says="The ledger does not hold: {flaws} invariants are broken",
    icon="alert-octagon",
    tone="bad",
    group="money",
):
    entries: int
    flaws: int


@dataclass(frozen=True)
class MoneyHeld(Event, says="{actor} held {money} of {path}: {reason}", icon="lock", group="money"):
    hold_id: int
    path: str
    money: Money
    reason: str


@dataclass(frozen=True)
class HoldCarriedOut(
    Event, says="{actor} carried out {subject}: {money}", icon="lock-open", group="money"
):
    hold_id: int
    entry_id: int
    money: Money


@dataclass(frozen=True)
class HoldReleased(Event, says="{subject} was released: {reason}", icon="lock-open", group="money"):
    hold_id: int
    entry_id: int
    reason: str


@dataclass(frozen=True)
class PeriodBooksClosed(
    Event, says="{actor} closed the books to {through}", icon="lock", group="money"
):
    period_id: int
    through: date
    note: str = ""
    unmet: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PeriodReopened(
    Event, says="{actor} opened the books again: {reason}", icon="lock-open", tone="warn",
    group="money",
):  # fmt: skip
    period_id: int
    through: date
    reason: str


@dataclass(frozen=True)
class LedgerAccountClosed(Event, says="{actor} closed {path}", icon="lock", group="money"):
    path: str


@dataclass(frozen=True)
class LedgerAccountReopened(
    Event, says="{actor} opened {path} again: {reason}", icon="lock-open", group="money"
):
    path: str
    reason: str


@dataclass(frozen=True)
class AssetAdded(Event, says="{actor} added {code} to the ledger", icon="coin", group="money"):
    code: str
    scale: int


@dataclass(frozen=True)
class RateQuoted(
    Event, says="{sells} into {buys} was quoted at {rate}", icon="arrows-exchange", group="money"
):
    quote_id: int
    sells: str
    buys: str
    rate: str


@dataclass(frozen=True)
class Exchanged(
    Event, says="{actor} exchanged {money} to {got}", icon="arrows-exchange", group="money"
):
    exchange_id: int
    entry_id: int
    money: Money
    got: Money
    earned: Money


@dataclass(frozen=True)
class PositionsRevalued(
    Event, says="Exchange positions of {day} were revalued: {result}", icon="scale", group="money"
):
    revaluation_id: int
    day: date
    result: Money


@dataclass(frozen=True)
class RevaluationSkipped(
    Event, says="Exchange positions of {day} were not revalued: {reason}", icon="alert-triangle",
    tone="warn", group="money",
):  # fmt: skip
    day: date
    reason: str
