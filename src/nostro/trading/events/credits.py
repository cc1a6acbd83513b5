"""What happens to credit on trading accounts."""

from dataclasses import dataclass

from nostro.core.events import Event
from nostro.kit.money import Money


@dataclass(frozen=True)
class CreditAsked(
    Event, says="{actor} lends {money} on an account: {reason}", icon="gift", group="money"
):
    """The platform is asked to put it there."""

    credit_id: int
    account_id: int
    money: Money
    reason: str
    decision: int | None


@dataclass(frozen=True)
class CreditGiven(
    Event, says="{subject}: {money} of credit is on the account", icon="gift", tone="ok",
    group="money",
):  # fmt: skip
    credit_id: int
    account_id: int
    money: Money
    ticket: int


@dataclass(frozen=True)
class CreditRefused(
    Event, says="{subject}: the platform gave no credit: {reason}", icon="gift", tone="bad",
    group="money",
):  # fmt: skip
    credit_id: int
    account_id: int
    reason: str


@dataclass(frozen=True)
class CreditEndAsked(
    Event, says="{actor} takes {money} of credit back: {reason}", icon="gift", group="money"
):
    """The platform is asked to take it back."""

    credit_id: int
    account_id: int
    money: Money
    reason: str


@dataclass(frozen=True)
class CreditKept(
    Event, says="{subject} stays on the account: {reason}", icon="gift", tone="warn", group="money"
):
    credit_id: int
    account_id: int
    reason: str


@dataclass(frozen=True)
class CreditEnded(
    Event, says="{subject}: {money} of credit was taken back", icon="gift", group="money"
):
    """`said` is what of it was left, where that was less than was lent."""

    credit_id: int
    account_id: int
    money: Money
    why: str
    said: str = ""


@dataclass(frozen=True)
class CreditLeft(
    Event, says="{subject}: the platform shows {left} of it, {money} was lent", icon="gift",
    tone="warn", group="money",
):  # fmt: skip
    credit_id: int
    account_id: int
    left: Money
    money: Money
