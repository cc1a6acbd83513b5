"""What can have happened to the ledger by hand, and its own proofs.

Entries themselves are no events: each belongs to an act whose event says what happened.
"""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class LedgerVerified(Event, says="The ledger was verified", icon="shield-check", group="money"):
    entries: int


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
