"""What can have happened to a payment."""

from dataclasses import dataclass

from nostro.core.events import Event
from nostro.kit.money import Money


@dataclass(frozen=True)
class MethodSet(Event, says="{actor} set up the method {subject}", icon="credit-card"):
    slug: str


@dataclass(frozen=True)
class ProviderSet(Event, says="{actor} set up the provider {subject}", icon="building-bank"):
    slug: str


@dataclass(frozen=True)
class ProviderTroubled(Event, says="{subject}: {trouble}", icon="alert-triangle", tone="warn"):
    trouble: str


@dataclass(frozen=True)
class DepositStarted(
    Event, says="{money} by {method} was started, {subject}", icon="arrow-down-left", group="money"
):
    deposit_id: int
    money: Money
    method: str


@dataclass(frozen=True)
class DepositOpened(
    Event, says="The payment page of {subject} is ready", icon="credit-card", group="money"
):
    deposit_id: int


@dataclass(frozen=True)
class NoticeReceived(Event, says="{subject} told us of {kind}", icon="bell", group="money"):
    notice_id: int
    kind: str


@dataclass(frozen=True)
class DepositSettled(
    Event, says="{money} arrived by {method}, the wallet was credited", icon="arrow-down-left",
    tone="ok", group="money",
):  # fmt: skip
    deposit_id: int
    money: Money
    method: str
    first: bool


@dataclass(frozen=True)
class DepositFailed(
    Event, says="{money} by {method} failed: {reason}", icon="x", tone="bad", group="money"
):
    deposit_id: int
    money: Money
    method: str
    reason: str


@dataclass(frozen=True)
class DepositHeld(
    Event, says="{subject} needs a look: {reason}", icon="alert-triangle", tone="warn",
    group="money",
):  # fmt: skip
    deposit_id: int
    reason: str


@dataclass(frozen=True)
class DepositChargedBack(
    Event, says="{money} of {subject} was charged back", icon="alert-triangle", tone="bad",
    group="money",
):  # fmt: skip
    deposit_id: int
    money: Money


@dataclass(frozen=True)
class DestinationAdded(
    Event, says="{actor} added {label} to be paid to", icon="building-bank", group="money"
):
    destination_id: int
    label: str


@dataclass(frozen=True)
class WithdrawalRequested(
    Event, says="{actor} asked for {money} back, {subject}", icon="arrow-up-right", tone="wait",
    group="money",
):  # fmt: skip
    withdrawal_id: int
    money: Money
    decision: int
    people: int


@dataclass(frozen=True)
class WithdrawalApproved(
    Event, says="{actor} approved {subject}", icon="check", tone="ok", group="money"
):
    """Everybody who has to agree has agreed."""

    withdrawal_id: int
    note: str


@dataclass(frozen=True)
class WithdrawalApprovedOnce(
    Event, says="{actor} approved {subject}, first of two", icon="check", tone="ok", group="money"
):
    withdrawal_id: int
    note: str


@dataclass(frozen=True)
class WithdrawalRefused(
    Event, says="{actor} refused {subject}: {reason}", icon="x", tone="bad", group="money"
):
    withdrawal_id: int
    reason: str


@dataclass(frozen=True)
class WithdrawalCancelled(Event, says="{actor} cancelled {subject}", icon="x", group="money"):
    withdrawal_id: int


@dataclass(frozen=True)
class WithdrawalSent(
    Event, says="{money} of {subject} went to {provider}", icon="arrow-up-right", group="money"
):
    withdrawal_id: int
    money: Money
    provider: str


@dataclass(frozen=True)
class WithdrawalPaid(
    Event, says="{money} was paid out, {subject}", icon="check", tone="ok", group="money"
):
    withdrawal_id: int
    money: Money


@dataclass(frozen=True)
class WithdrawalStuck(
    Event, says="{subject} is not confirmed: {reason}", icon="alert-triangle", tone="warn",
    group="money",
):  # fmt: skip
    withdrawal_id: int
    reason: str


@dataclass(frozen=True)
class TransferRequested(
    Event, says="{money} is on its way, {subject}", icon="arrows-left-right", group="money"
):
    transfer_id: int
    money: Money
    direction: str


@dataclass(frozen=True)
class TransferSettled(
    Event, says="{money} arrived, {subject}", icon="arrows-left-right", tone="ok", group="money"
):
    transfer_id: int
    money: Money
    direction: str
    ticket: int


@dataclass(frozen=True)
class TransferFailed(
    Event, says="{money} went back: {reason}", icon="x", tone="bad", group="money"
):
    transfer_id: int
    money: Money
    reason: str
