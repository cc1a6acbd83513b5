"""What can have happened in reconciliation. No names and no account numbers of anybody."""

from dataclasses import dataclass

from nostro.core.events import Event
from nostro.kit.money import Money


@dataclass(frozen=True)
class BankAccountAdded(
    Event, says="{actor} added the bank account {subject}", icon="building-bank", group="money"
):
    account_id: int


@dataclass(frozen=True)
class BankTroubled(Event, says="{subject}: {trouble}", icon="alert-triangle", tone="warn"):
    trouble: str


@dataclass(frozen=True)
class StatementRead(
    Event, says="Bank lines read: {lines} new, {matched} matched, {breaks} in breaks",
    icon="file-text", tone="ok", group="money",
):  # fmt: skip
    file_id: int
    lines: int
    matched: int
    breaks: int


@dataclass(frozen=True)
class StatementFlagged(
    Event, says="{subject} does not prove itself: {reason}", icon="alert-triangle", tone="bad",
    group="money",
):  # fmt: skip
    file_id: int
    reason: str


@dataclass(frozen=True)
class OpeningFound(
    Event, says="{money} stood on {subject} before the ledger began", icon="building-bank",
    group="money",
):  # fmt: skip
    account_id: int
    money: Money


@dataclass(frozen=True)
class LinesMatched(
    Event, says="{subject}: {money} matched by {rule}", icon="git-compare", tone="ok",
    group="money",
):  # fmt: skip
    match_id: int
    rule: str
    money: Money


@dataclass(frozen=True)
class MatchProposed(
    Event, says="{subject} waits to be confirmed: {rule}", icon="git-compare", tone="wait",
    group="money",
):  # fmt: skip
    match_id: int
    rule: str


@dataclass(frozen=True)
class MatchRefused(
    Event, says="{actor} refused {subject}: {reason}", icon="x", tone="bad", group="money"
):
    match_id: int
    reason: str


@dataclass(frozen=True)
class MatchUndone(
    Event, says="{actor} undid {subject}: {reason}", icon="arrow-back-up", tone="warn",
    group="money",
):  # fmt: skip
    match_id: int
    reason: str


@dataclass(frozen=True)
class BreakFound(
    Event, says="{subject}, {kind}: {money}", icon="alert-triangle", tone="warn", group="money"
):
    break_id: int
    kind: str
    money: Money


@dataclass(frozen=True)
class BreakAssigned(Event, says="{actor} gave {subject} to an owner", icon="user", group="money"):
    break_id: int
    staff_id: int


@dataclass(frozen=True)
class BreakExplained(
    Event, says="{actor} explained {subject}: {cause}", icon="check", tone="ok", group="money"
):
    break_id: int
    cause: str


@dataclass(frozen=True)
class PayoutsRecorded(
    Event, says="{count} payouts of {provider} are expected at the bank", icon="arrow-down-left",
    group="money",
):  # fmt: skip
    provider: str
    count: int


@dataclass(frozen=True)
class ProviderCompared(
    Event, says="{provider} holds {theirs}, the ledger expects {expected}", icon="scale",
    group="money",
):  # fmt: skip
    provider: str
    theirs: Money
    expected: Money


@dataclass(frozen=True)
class PaymentsChased(Event, says="{count} sent payments are on no statement", icon="clock"):
    count: int


@dataclass(frozen=True)
class ClientMoneyReconciled(
    Event, says="Client money: {resource} set aside, {requirement} required", icon="scale",
    tone="ok", group="money",
):  # fmt: skip
    report_id: int
    resource: Money
    requirement: Money
