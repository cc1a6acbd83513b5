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
