"""What can have happened to a practice account. Its events have names of their own, so that nobody
who listens for accounts with real money hears of it.
"""

from dataclasses import dataclass

from nostro.core.events import Event
from nostro.kit.money import Money


@dataclass(frozen=True)
class PracticeRequested(
    Event, says="A practice account with {money} of virtual money was asked for", icon="plus"
):
    account_type: str
    currency: str
    money: Money


@dataclass(frozen=True)
class PracticeOpened(Event, says="{subject} was opened for practice", icon="flask", tone="ok"):
    account_id: int
    login: int


@dataclass(frozen=True)
class VirtualMoneyAsked(Event, says="{money} of virtual money is due on {subject}", icon="coins"):
    """Virtual money: it is nobody's, and no ledger knows it."""

    account_id: int
    money: Money
    reference: str


@dataclass(frozen=True)
class VirtualMoneyBooked(
    Event, says="{money} of virtual money was put on {subject}", icon="receipt", tone="ok"
):
    account_id: int
    money: Money
    ticket: int


@dataclass(frozen=True)
class VirtualMoneyRefused(
    Event, says="{money} of virtual money could not be put on {subject}: {reason}", icon="x",
    tone="bad",
):  # fmt: skip
    account_id: int
    money: Money
    reason: str


@dataclass(frozen=True)
class PracticeNoticed(
    Event, says="{subject} was not used for {idle_days} days: the client was told that it ends",
    icon="bell", tone="warn",
):  # fmt: skip
    account_id: int
    idle_days: int
    decision: int


@dataclass(frozen=True)
class PracticeEnded(Event, says="{actor} ended practice on {subject}: {reason}", icon="x"):
    account_id: int
    reason: str
    decision: int | None = None
