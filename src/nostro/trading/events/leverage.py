"""What can have happened to an account's leverage as its equity climbs."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from nostro.core.events import Event


@dataclass(frozen=True)
class LeverageFallNoticed(
    Event, says="Leverage of {subject} is to fall from 1:{was} to 1:{cap}, its equity is above a"
    " limit", icon="scale", tone="wait",
):  # fmt: skip
    account_id: int
    cap: int
    was: int
    decision: int


@dataclass(frozen=True)
class LeverageLowered(
    Event, says="{subject} goes down to 1:{cap} for its equity, it was 1:{was}", icon="scale",
    tone="warn",
):  # fmt: skip
    account_id: int
    cap: int
    was: int
    decision: int


@dataclass(frozen=True)
class LeverageFallCalledOff(
    Event, says="Leverage of {subject} stays at 1:{was}: its equity is within the limit again",
    icon="scale",
):  # fmt: skip
    """What the client was told is due no more; before leverage falls later, they are told anew."""

    account_id: int
    was: int


@dataclass(frozen=True)
class LeverageFallPutOff(
    Event, says="{subject} keeps 1:{was} while trades are open: its margin level would be"
    " {margin_level}% at 1:{cap}", icon="scale", tone="warn",
):  # fmt: skip
    account_id: int
    cap: int
    was: int
    margin_level: Decimal
    decision: int


@dataclass(frozen=True)
class LeverageKept(
    Event, says="{actor} let {subject} keep its leverage until {until}: {reason}",
    icon="scale", tone="info",
):  # fmt: skip
    """Whatever its equity until then."""

    account_id: int
    until: date
    reason: str


@dataclass(frozen=True)
class LeverageKeptEnded(
    Event, says="The equity of {subject} counts for its leverage again: {reason}", icon="scale"
):
    account_id: int
    reason: str


@dataclass(frozen=True)
class LeverageRequested(
    Event, says="{actor} asked for leverage 1:{leverage} instead of 1:{was}, {subject}",
    icon="scale", tone="wait",
):  # fmt: skip
    """`cap` is what the rules allow the account; there is no decision where the licence says no."""

    account_id: int
    request_id: int
    leverage: int
    was: int
    cap: int
    decision: int | None


@dataclass(frozen=True)
class LeverageApproved(
    Event, says="{actor} gave leverage 1:{leverage}, {subject}: {reason}", icon="check", tone="ok"
):
    """A person decided. It holds for so many days where it is above what the rules allow."""

    account_id: int
    request_id: int
    leverage: int
    days: int
    reason: str


@dataclass(frozen=True)
class LeverageRequestRefused(Event, says="{subject} was refused", icon="x", tone="bad"):
    """The answer stands on the request: it is the client's."""

    account_id: int
    request_id: int
    leverage: int


@dataclass(frozen=True)
class LeverageCancelled(Event, says="{actor} took {subject} back", icon="x"):
    account_id: int
    request_id: int


@dataclass(frozen=True)
class LeverageGiven(
    Event, says="{subject} may have 1:{leverage} until {until}, the rules allow 1:{cap}: {reason}",
    icon="scale", tone="info",
):  # fmt: skip
    """Above the rules' cap, and never above the licence's."""

    account_id: int
    leverage: int
    cap: int
    until: date
    reason: str


@dataclass(frozen=True)
class LeverageGivenEnded(
    Event, says="The rules decide about the leverage of {subject} again: {reason}", icon="scale"
):
    account_id: int
    reason: str
