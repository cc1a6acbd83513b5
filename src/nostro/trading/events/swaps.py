"""What can have happened to a wish to trade without swaps, and to trades held without them."""

from dataclasses import dataclass
from datetime import date

from nostro.core.events import Event
from nostro.kit.money import Money


@dataclass(frozen=True)
class SwapFreeRequested(
    Event, says="{actor} asked to trade without swaps for {days} days, {subject}", icon="moon",
    tone="wait",
):  # fmt: skip
    account_id: int
    request_id: int
    days: int
    decision: int


@dataclass(frozen=True)
class SwapFreeApproved(Event, says="{actor} gave {subject}", icon="check", tone="ok"):
    account_id: int
    request_id: int


@dataclass(frozen=True)
class SwapFreeRefused(Event, says="{subject} was refused", icon="x", tone="bad"):
    """The answer stands on the request: it is the client's."""

    account_id: int
    request_id: int


@dataclass(frozen=True)
class SwapFreeCancelled(Event, says="{actor} took {subject} back", icon="x"):
    account_id: int
    request_id: int


@dataclass(frozen=True)
class SwapFreeFeeAsked(
    Event, says="{money} for {trades} trades held overnight without swaps on {subject}",
    icon="moon", group="money",
):  # fmt: skip
    """The platform is asked to take it, under this reference."""

    account_id: int
    money: Money
    reference: str
    night: date
    trades: int
    decisions: list[int]


@dataclass(frozen=True)
class NightLeftUncharged(
    Event, says="{trades} trades held over the night of {night} on {subject} are not charged: "
    "their opening was never read", icon="moon", tone="warn",
):  # fmt: skip
    """They were closed before the night was looked through, and opened before our deals begin."""

    night: date
    trades: int


@dataclass(frozen=True)
class NightCounted(
    Event, says="The night of {night} was looked through on {subject}: {accounts} accounts pay",
    icon="moon",
):  # fmt: skip
    """What trades held without swaps cost that night was asked for."""

    night: date
    accounts: int
