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
class NoticeRefused(
    Event, says="A message in the name of {subject} did not prove itself: {code}", icon="shield-x",
    tone="warn", group="access",
):  # fmt: skip
    code: str


@dataclass(frozen=True)
class ProviderPaused(
    Event, says="{actor} paused {subject}: {reason}", icon="player-pause", tone="warn"
):
    reason: str


@dataclass(frozen=True)
class ProviderResumed(Event, says="{actor} opened {subject} again", icon="clock-play", tone="ok"):
    slug: str


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
class DepositSentBack(
    Event, says="{actor} sent {subject} back to where it came from: {reason}",
    icon="credit-card-refund", tone="warn", group="money",
):  # fmt: skip
    """Held money that is not taken: the provider is asked to refund it."""

    deposit_id: int
    money: Money
    reason: str


@dataclass(frozen=True)
class DepositChargedBack(
    Event, says="{money} of {subject} was charged back", icon="alert-triangle", tone="bad",
    group="money",
):  # fmt: skip
    deposit_id: int
    money: Money


@dataclass(frozen=True)
class CardSaved(Event, says="{label} was saved for next time", icon="credit-card", group="money"):
    card_id: int
    label: str


@dataclass(frozen=True)
class CardRemoved(Event, says="{actor} had {label} forgotten", icon="trash", group="money"):
    card_id: int
    label: str


@dataclass(frozen=True)
class CardErased(Event, says="The provider keeps {label} no more", icon="trash", group="money"):
    card_id: int
    label: str


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
class WithdrawalAssigned(
    Event, says="{actor} gave {subject} to a colleague", icon="user-plus", group="money"
):
    withdrawal_id: int
    staff_id: int


@dataclass(frozen=True)
class WithdrawalSentBack(
    Event, says="{actor} asked the client about {subject}", icon="message", tone="info",
    group="money",
):  # fmt: skip
    """The question stands on the withdrawal: it is no matter for the log."""

    withdrawal_id: int


@dataclass(frozen=True)
class WithdrawalAnswered(
    Event, says="{actor} answered about {subject}", icon="message", tone="wait", group="money"
):
    withdrawal_id: int


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
class LegReopened(
    Event, says="{money} of {subject} waits for its bank line again: {reason}",
    icon="arrow-back-up", tone="warn", group="money",
):  # fmt: skip
    withdrawal_id: int
    money: Money
    reason: str


@dataclass(frozen=True)
class WithdrawalStuck(
    Event, says="{subject} is not confirmed: {reason}", icon="alert-triangle", tone="warn",
    group="money",
):  # fmt: skip
    withdrawal_id: int
    reason: str


@dataclass(frozen=True)
class WithdrawalLookedInto(
    Event, says="{actor} looked into {subject}: the provider is asked", icon="search",
    tone="info", group="money",
):  # fmt: skip
    """`then`: what to do with what the provider proves never to have happened."""

    withdrawal_id: int
    then: str
    note: str


@dataclass(frozen=True)
class LegGivenBack(
    Event, says="{money} of {subject} went back to the wallet: {reason}", icon="arrow-back-up",
    tone="warn", group="money",
):  # fmt: skip
    withdrawal_id: int
    money: Money
    reason: str


@dataclass(frozen=True)
class LegPlannedAgain(
    Event, says="{money} of {subject} will be sent again", icon="repeat", group="money"
):
    withdrawal_id: int
    money: Money


@dataclass(frozen=True)
class WithdrawalReturned(
    Event, says="{money} of {subject} came back: {reason}", icon="arrow-back-up", tone="warn",
    group="money",
):  # fmt: skip
    withdrawal_id: int
    money: Money
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


@dataclass(frozen=True)
class ClientTransferRequested(
    Event, says="{actor} asked to send {money} to another client, {subject}", icon="users",
    tone="wait", group="money",
):  # fmt: skip
    client_transfer_id: int
    recipient_id: int
    money: Money
    decision: int


@dataclass(frozen=True)
class ClientTransferApproved(
    Event, says="{actor} approved {subject}", icon="check", tone="ok", group="money"
):
    client_transfer_id: int
    note: str


@dataclass(frozen=True)
class ClientTransferSettled(
    Event, says="{money} went to another client, {subject}", icon="users", tone="ok", group="money"
):
    client_transfer_id: int
    recipient_id: int
    money: Money


@dataclass(frozen=True)
class ClientTransferReceived(
    Event, says="{money} came from another client, CT-{client_transfer_id}", icon="users",
    tone="ok", group="money",
):  # fmt: skip
    """The same, in the timeline of the client who got it."""

    client_transfer_id: int
    sender_id: int
    money: Money


@dataclass(frozen=True)
class ClientTransferRefused(
    Event, says="{money} was not sent to another client, {subject}", icon="x", tone="bad",
    group="money",
):  # fmt: skip
    """The reason stands on the transfer: it may name people."""

    client_transfer_id: int
    money: Money


@dataclass(frozen=True)
class ClientTransferCancelled(Event, says="{actor} took {subject} back", icon="x", group="money"):
    client_transfer_id: int
