"""What a platform says to the rights and passwords that an account is to have there."""

from dataclasses import dataclass

from nostro.core.events import Event


@dataclass(frozen=True)
class RightsRefused(
    Event,
    says="{platform} kept the rights of {subject}, which is {status} here: {reason}",
    icon="lock-open",
    tone="bad",
):
    """Here and there the account may do different things. It is asked for again every hour."""

    account_id: int
    platform: str
    status: str
    reason: str


@dataclass(frozen=True)
class RightsSet(Event, says="{subject} is {status} on {platform} too", icon="check", tone="ok"):
    account_id: int
    platform: str
    status: str


@dataclass(frozen=True)
class LookingPasswordKept(
    Event, says="{subject} kept its read-only password: {reason}", icon="key", tone="warn"
):
    """The main password is new all the same."""

    account_id: int
    reason: str


@dataclass(frozen=True)
class PasswordsRefused(
    Event, says="{subject} kept its passwords: {reason}", icon="key", tone="bad"
):
    account_id: int
    reason: str
