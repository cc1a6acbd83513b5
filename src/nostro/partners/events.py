"""What can have happened between the house and its partners."""

from dataclasses import dataclass
from datetime import datetime

from nostro.core.events import Event
from nostro.kit.money import Money


@dataclass(frozen=True)
class PartnerAdded(Event, says="{actor} added the partner {subject}", icon="user-plus"):
    code: str


@dataclass(frozen=True)
class PartnerMoved(Event, says="{actor} moved {subject} in the tree", icon="hierarchy"):
    """Nothing before `starts_at` changed."""

    parent_id: int | None
    was_id: int | None
    starts_at: datetime


@dataclass(frozen=True)
class PartnerPaused(
    Event, says="{actor} paused {subject}: {reason}", icon="player-pause", tone="warn"
):
    reason: str


@dataclass(frozen=True)
class PartnerResumed(Event, says="{subject} earns again: {reason}", icon="player-play", tone="ok"):
    reason: str


@dataclass(frozen=True)
class PayoutAccountSet(
    Event, says="{actor} set where {subject} is paid: {label}", icon="building-bank", group="money"
):
    label: str


@dataclass(frozen=True)
class LinkAdded(Event, says="{actor} made the link {code}", icon="link"):
    code: str


@dataclass(frozen=True)
class LinkEnded(Event, says="{actor} ended the link {code}", icon="link-off", tone="warn"):
    code: str


@dataclass(frozen=True)
class LinkClicked(Event, says="Somebody followed {subject}", icon="link"):
    click_id: int
    kept_for_id: int | None
    decision: int


@dataclass(frozen=True)
class PlanVersionAdded(Event, says="{actor} wrote version {number} of {subject}", icon="versions"):
    version_id: int
    number: int
    starts_at: datetime
    moved: int


@dataclass(frozen=True)
class PlanAssigned(Event, says="{subject} is paid by {plan}, version {number}", icon="table"):
    plan: str
    number: int
    version_id: int
    starts_at: datetime
    decision: int | None


@dataclass(frozen=True)
class ClientAttributed(
    Event, says="{client} came through a partner, by {how}", icon="affiliate", group="notes"
):
    partner_id: int
    how: str
    decision: int | None


@dataclass(frozen=True)
class ClientReassigned(
    Event, says="{actor} gave {client} to another partner: {reason}", icon="switch-horizontal",
    tone="warn", group="notes",
):  # fmt: skip
    partner_id: int
    was_id: int | None
    starts_at: datetime
    reason: str


@dataclass(frozen=True)
class AttributionRefused(
    Event, says="A claim on {client} was not followed: {reason}", icon="user-x", tone="warn",
    group="notes",
):  # fmt: skip
    partner_id: int
    kept_id: int | None
    reason: str
    decision: int


@dataclass(frozen=True)
class PartnerAccrued(Event, says="Commission accrued, lines: {count}", icon="coins", group="money"):
    """One event a batch, whatever its size."""

    count: int
    deals: int
    partner_ids: list[int]
    totals: list[Money]


@dataclass(frozen=True)
class AcquisitionAccrued(
    Event, says="A new client earned a partner {money}", icon="user-dollar", tone="ok",
    group="money",
):  # fmt: skip
    accrual_id: int
    partner_id: int
    money: Money


@dataclass(frozen=True)
class AccrualCorrected(
    Event, says="{actor} corrected {subject}: {reason}", icon="receipt-refund", tone="warn",
    group="money",
):  # fmt: skip
    accrual_id: int
    correction_id: int
    partner_id: int
    reason: str


@dataclass(frozen=True)
class AccrualsFollowedDeals(
    Event, says="Commission followed deals that changed, lines: {count}", icon="receipt-refund",
    tone="warn", group="money",
):  # fmt: skip
    """One event a batch, whatever its size."""

    count: int
    deals: int
    partner_ids: list[int]
    totals: list[Money]


@dataclass(frozen=True)
class StatementClosed(
    Event, says="{subject} was closed at {money}", icon="lock", tone="wait", group="money"
):
    statement_id: int
    money: Money
    lines: int
    decision: int


@dataclass(frozen=True)
class StatementApproved(
    Event, says="{actor} approved {subject}", icon="check", tone="ok", group="money"
):
    statement_id: int
    money: Money


@dataclass(frozen=True)
class StatementHeld(
    Event, says="{actor} holds {subject}: {reason}", icon="hand-stop", tone="warn", group="money"
):
    statement_id: int
    reason: str


@dataclass(frozen=True)
class PayoutSent(
    Event, says="{money} of {subject} went to the partner", icon="arrow-up-right", tone="ok",
    group="money",
):  # fmt: skip
    statement_id: int
    payout_id: int
    money: Money
