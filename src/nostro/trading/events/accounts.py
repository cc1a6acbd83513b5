"""What can have happened to a trading account."""

from dataclasses import dataclass
from datetime import datetime

from nostro.core.events import Event
from nostro.kit.money import Money


@dataclass(frozen=True)
class AccountRequested(
    Event, says="A {account_type} account in {currency} was asked for", icon="plus"
):
    account_type: str
    currency: str


@dataclass(frozen=True)
class AccountHeld(
    Event, says="{subject} waits for a person: {reason}", icon="user-question", tone="wait"
):
    """The rules gave no answer that could be carried out."""

    account_id: int
    reason: str
    decision: int


@dataclass(frozen=True)
class AccountDecided(
    Event, says="{subject} was given the group {group_path} and leverage 1:{leverage}",
    icon="table", tone="ok",
):  # fmt: skip
    """Group and leverage are known; the platform is asked to open it."""

    account_id: int
    group_path: str
    leverage: int
    decision: int | None


@dataclass(frozen=True)
class AccountOpened(Event, says="{subject} was opened", icon="chart-candle", tone="ok"):
    account_id: int
    login: int


@dataclass(frozen=True)
class AccountFailed(Event, says="{subject} could not be opened: {reason}", icon="x", tone="bad"):
    account_id: int
    reason: str


@dataclass(frozen=True)
class AccountRefused(Event, says="{actor} refused {subject}: {reason}", icon="x", tone="bad"):
    account_id: int
    reason: str


@dataclass(frozen=True)
class CredentialsMade(Event, says="A one-time link for {subject} was made", icon="key"):
    account_id: int
    secret_id: int


@dataclass(frozen=True)
class CredentialsViewed(Event, says="The credentials of {subject} were opened", icon="key"):
    account_id: int


@dataclass(frozen=True)
class PasswordsAsked(Event, says="{actor} asked for new passwords of {subject}", icon="key"):
    account_id: int


@dataclass(frozen=True)
class LeverageAsked(Event, says="{actor} asked for leverage 1:{leverage}, {subject}", icon="scale"):
    account_id: int
    leverage: int


@dataclass(frozen=True)
class LeverageRefused(
    Event, says="{subject} kept its leverage: {reason}", icon="scale", tone="bad"
):
    account_id: int
    reason: str


@dataclass(frozen=True)
class LeverageSet(Event, says="Leverage of {subject} is 1:{leverage}", icon="scale"):
    account_id: int
    leverage: int
    was: int


@dataclass(frozen=True)
class AccountRestricted(
    Event, says="{actor} made {subject} {how}: {reason}", icon="lock", tone="warn"
):
    account_id: int
    reason: str
    how: str = "close only"


@dataclass(frozen=True)
class GroupAsked(Event, says="{subject} is to move to {path}: {reason}", icon="transfer"):
    """The platform is asked to move the account; `leverage` goes with it where it is another."""

    account_id: int
    group_id: int
    path: str
    reason: str
    leverage: int | None = None


@dataclass(frozen=True)
class GroupSet(Event, says="{subject} is in {path}, it was in {was}", icon="check", tone="ok"):
    """`free_since` is when it came into the group it was in, where that one was without swaps."""

    account_id: int
    path: str
    was: str
    free_since: datetime | None = None


@dataclass(frozen=True)
class GroupRefused(Event, says="{subject} stayed in its group: {reason}", icon="x", tone="bad"):
    account_id: int
    reason: str


@dataclass(frozen=True)
class SwapFreeGiven(
    Event, says="{subject} trades without swaps for {days} days: {reason}", icon="moon"
):
    account_id: int
    days: int
    reason: str
    decision: int


@dataclass(frozen=True)
class SwapFreeEnded(Event, says="{subject} pays swaps again: {reason}", icon="sun"):
    account_id: int
    reason: str


@dataclass(frozen=True)
class DormancyNoticed(
    Event, says="The client was told that {subject} is not used", icon="moon", tone="wait"
):
    account_id: int
    idle_days: int
    decision: int


@dataclass(frozen=True)
class DormancyStarted(
    Event, says="{subject} fell dormant after {idle_days} days without use", icon="moon",
    tone="warn",
):  # fmt: skip
    account_id: int
    idle_days: int
    decision: int


@dataclass(frozen=True)
class AccountReactivated(Event, says="{actor} woke {subject}", icon="sun", tone="ok"):
    account_id: int


@dataclass(frozen=True)
class DormancyFeeAsked(
    Event, says="{money} is due for keeping {subject}, which is dormant", icon="coins"
):
    account_id: int
    money: Money
    reference: str
    decision: int


@dataclass(frozen=True)
class NegativeFound(
    Event, says="{subject} stands at {money} below zero without open trades", icon="alert-triangle",
    tone="warn",
):  # fmt: skip
    """`credit` is what was lent on the account and goes with it, `cause` what the rule was told."""

    account_id: int
    money: Money
    credit: Money
    corrected: bool
    reference: str
    decision: int
    cause: str = ""


@dataclass(frozen=True)
class WriteOffAsked(
    Event, says="{actor} wrote off {money} that {subject} owed: {reason}", icon="receipt-refund",
    tone="warn",
):  # fmt: skip
    account_id: int
    money: Money
    credit: Money
    reason: str
    reference: str


@dataclass(frozen=True)
class PlatformMoneyBooked(
    Event, says="{money} booked on {subject}, {why}", icon="receipt", tone="ok"
):
    account_id: int
    money: Money
    why: str
    ticket: int


@dataclass(frozen=True)
class PlatformMoneyRefused(
    Event, says="{money} could not be booked on {subject}: {reason}", icon="x", tone="bad"
):
    account_id: int
    money: Money
    reason: str


@dataclass(frozen=True)
class MigrationAsked(
    Event, says="{actor} is moving {subject} to {platform}: {reason}", icon="arrows-exchange"
):
    """`to_id` is the account that takes over."""

    account_id: int
    to_id: int
    platform: str
    reason: str


@dataclass(frozen=True)
class SleepResumed(
    Event, says="{subject} is no longer restricted, and dormant as it was", icon="moon", tone="wait"
):
    account_id: int


@dataclass(frozen=True)
class RestrictionLifted(Event, says="{subject} may trade again", icon="lock-open", tone="ok"):
    account_id: int


@dataclass(frozen=True)
class AccountClosed(Event, says="{actor} closed {subject}: {reason}", icon="x"):
    account_id: int
    reason: str


@dataclass(frozen=True)
class ArchiveAsked(Event, says="{subject} is to be archived on its platform", icon="archive"):
    account_id: int
    decision: int


@dataclass(frozen=True)
class AccountArchived(Event, says="{subject} was archived on its platform", icon="archive"):
    account_id: int


@dataclass(frozen=True)
class ArchiveRefused(
    Event, says="The platform did not archive {subject}: {reason}", icon="archive", tone="warn"
):
    account_id: int
    reason: str


@dataclass(frozen=True)
class AccountReopened(
    Event, says="{actor} opened {subject} again: {reason}", icon="lock-open", tone="ok"
):
    account_id: int
    reason: str


@dataclass(frozen=True)
class AccountRestored(Event, says="The platform has {subject} again", icon="check", tone="ok"):
    account_id: int


@dataclass(frozen=True)
class ReopeningRefused(
    Event, says="The platform did not bring {subject} back: {reason}", icon="x", tone="bad"
):
    account_id: int
    reason: str
