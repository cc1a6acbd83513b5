"""What can have happened on the trading side."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class PlatformAdded(Event, says="{actor} connected the platform {subject}", icon="server"):
    slug: str


@dataclass(frozen=True)
class SymbolsRead(Event, says="{count} symbols were read from {subject}", icon="list"):
    count: int


@dataclass(frozen=True)
class GroupAdded(Event, says="{actor} added the group {path}", icon="list"):
    path: str


@dataclass(frozen=True)
class AccountRequested(
    Event, says="A {account_type} account in {currency} was asked for", icon="plus"
):
    account_type: str
    currency: str


@dataclass(frozen=True)
class AccountDecided(
    Event, says="The rules gave {subject} the group {group_path} and leverage 1:{leverage}",
    icon="table", tone="ok",
):  # fmt: skip
    """Group and leverage are known; the platform is asked to open it."""

    account_id: int
    group_path: str
    leverage: int
    decision: int


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
class LeverageSet(Event, says="Leverage of {subject} is 1:{leverage}", icon="scale"):
    account_id: int
    leverage: int
    was: int


@dataclass(frozen=True)
class DealsRecorded(Event, says="{count} deals were read from {subject}", icon="chart-candle"):
    """One event a batch. `deal_ids` are ours, in the order of tickets."""

    platform_id: int
    count: int
    deal_ids: list[int]


@dataclass(frozen=True)
class BalanceBreakFound(
    Event, says="The balance of {subject} is not what its deals make it", icon="alert-triangle",
    tone="bad",
):  # fmt: skip
    account_id: int
    break_id: int


@dataclass(frozen=True)
class BreakExplained(Event, says="{actor} explained a break: {note}", icon="check", tone="ok"):
    break_id: int
    note: str
