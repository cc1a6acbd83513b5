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


@dataclass(frozen=True)
class ProviderAdded(
    Event, says="{actor} connected the liquidity provider {subject}", icon="building-bank",
    group="trading",
):  # fmt: skip
    slug: str


@dataclass(frozen=True)
class ProviderTroubled(
    Event, says="{subject} does not answer: {trouble}", icon="alert-triangle", tone="bad",
    group="trading",
):  # fmt: skip
    provider_id: int
    trouble: str


@dataclass(frozen=True)
class ProviderAnswered(
    Event, says="{subject} answers again", icon="check", tone="ok", group="trading"
):
    provider_id: int


@dataclass(frozen=True)
class FreshStartAsked(
    Event, says="{actor} begins the numbers with {subject} anew: {note}", icon="refresh",
    tone="warn", group="trading",
):  # fmt: skip
    provider_id: int
    note: str


@dataclass(frozen=True)
class FillsRecorded(
    Event, says="{subject} reported fills: {fills}, corrections: {corrections}",
    icon="arrows-exchange", group="trading",
):  # fmt: skip
    """One batch of the drop copy, as far as it was new."""

    provider_id: int
    fills: int
    corrections: int
    ids: list[int]


@dataclass(frozen=True)
class NumbersBroken(
    Event, says="{subject} began its numbers anew or gave some up: its trades are asked for",
    icon="alert-triangle", tone="warn", group="trading",
):  # fmt: skip
    provider_id: int


@dataclass(frozen=True)
class FillsCompared(
    Event, says="{subject} was asked for its trades. Missing here: {missing}, not there: {gone}",
    icon="git-compare", group="trading",
):  # fmt: skip
    provider_id: int
    missing: int
    gone: int
    ids: list[int]


@dataclass(frozen=True)
class ProviderSymbolMapped(
    Event, says="{actor} said that {subject} is {code}", icon="list", group="trading"
):
    code: str


@dataclass(frozen=True)
class PositionBreakFound(
    Event, says="{subject}: the provider holds {theirs}, our fills make {ours}",
    icon="alert-triangle", tone="bad", group="trading",
):  # fmt: skip
    break_id: int
    theirs: str
    ours: str


@dataclass(frozen=True)
class PositionBreakExplained(
    Event, says="{actor} explained {subject}: {note}", icon="check", tone="ok", group="trading"
):
    break_id: int
    note: str
    taken_over: bool


@dataclass(frozen=True)
class PositionBreakSettled(
    Event, says="{subject} is over: both sides agree again", icon="check", tone="ok",
    group="trading",
):  # fmt: skip
    break_id: int
