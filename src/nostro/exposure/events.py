"""What can have happened to what we carry."""

from dataclasses import dataclass

from nostro.core.events import Event
from nostro.kit.money import Money


@dataclass(frozen=True)
class LimitSet(
    Event, says="{actor} set the limit of {code} in book {book} to {money}: {reason}",
    icon="scale", group="trading",
):  # fmt: skip
    code: str
    book: str
    money: Money
    reason: str


@dataclass(frozen=True)
class LimitRemoved(
    Event, says="{actor} removed the limit of {code} in book {book}, the rule holds again",
    icon="scale", group="trading",
):  # fmt: skip
    code: str
    book: str


@dataclass(frozen=True)
class AlertRaised(
    Event, says="{subject}: {net} where {limit} is allowed", icon="alert-triangle", tone="bad",
    group="trading",
):  # fmt: skip
    alert_id: int
    code: str
    book: str
    net: Money
    limit: Money


@dataclass(frozen=True)
class AlertGrew(
    Event, says="{subject} went to {net}", icon="alert-triangle", tone="bad", group="trading"
):
    alert_id: int
    net: Money


@dataclass(frozen=True)
class AlertAcknowledged(
    Event, says="{actor} took {subject}: {note}", icon="check", tone="info", group="trading"
):
    alert_id: int
    note: str


@dataclass(frozen=True)
class AlertCleared(
    Event, says="{subject} is over, {net} is carried", icon="check", tone="ok", group="trading"
):
    alert_id: int
    net: Money


@dataclass(frozen=True)
class ExposureKept(Event, says="Exposure was read, open positions: {positions}", icon="scale"):
    positions: int
