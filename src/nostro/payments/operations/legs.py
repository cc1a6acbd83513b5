"""The legs of a withdrawal on their way: sent, paid, in doubt, come back, given back."""

from uuid import uuid4

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.ledger import chart
from nostro.ledger.chart import Account
from nostro.ledger.operations import Move, book
from nostro.payments.events import (
    LegGivenBack,
    LegPlannedAgain,
    LegReopened,
    WithdrawalPaid,
    WithdrawalReturned,
    WithdrawalSent,
    WithdrawalStuck,
)
from nostro.payments.models import Deposit, Leg, Withdrawal


def new_key(withdrawal: Withdrawal, number: int) -> str:
    """What a leg is called at its provider or bank: A to Z and 0 to 9, never used again."""
    return f"W{withdrawal.pk}L{number}{uuid4().hex[:12].upper()}"


def _leg(withdrawal: Withdrawal, number: int, *statuses: str) -> Leg:
    leg = withdrawal.legs.select_related("provider", "deposit").get(number=number)
    if leg.status not in statuses:
        raise WrongState(f"This part of {withdrawal} is {leg.get_status_display().lower()}.")
    return leg


def _there(leg: Leg) -> Account:
    """Where a leg's money stands once it has left us."""
    return chart.provider_clearing(leg.provider.slug) if leg.deposit else chart.bank_in_transit()


def _post(act: Act, leg: Leg, source: Account, target: Account, *, step: str) -> None:
    withdrawal = leg.withdrawal
    book(
        act, f"{withdrawal} {step}, {leg.provider}", Move(leg.money, source=source, target=target),
        key=f"leg/{leg.key}/{step}", kind="withdrawal", entity_id=withdrawal.entity_id,
    )  # fmt: skip


def _count_refund(leg: Leg, *, back: bool = False) -> None:
    if leg.deposit is not None:
        deposit = Deposit.objects.select_for_update().get(pk=leg.deposit.pk)
        deposit.refunded += -leg.amount if back else leg.amount
        deposit.save(update_fields=["refunded"])


def _settle_status(act: Act, withdrawal: Withdrawal) -> None:
    """A withdrawal is as far as its slowest leg."""
    found = set(withdrawal.legs.values_list("status", flat=True))
    if found & set(Withdrawal.OPEN_LEGS):
        return
    if found == {Leg.Status.GIVEN_BACK}:
        withdrawal.move_to(Withdrawal.Status.REFUSED)
    elif found <= {Leg.Status.PAID, Leg.Status.GIVEN_BACK}:
        withdrawal.move_to(Withdrawal.Status.PAID, paid_at=act.at)
    elif withdrawal.status != Withdrawal.Status.SENT:
        withdrawal.move_to(Withdrawal.Status.SENT)


@operation(internal=True)
def leg_sent(act: Act, withdrawal: Withdrawal, *, number: int, reference: str) -> Withdrawal:
    """A provider or a bank has taken a leg: what was held leaves the house's hands."""
    leg = _leg(withdrawal, number, Leg.Status.PLANNED, Leg.Status.UNKNOWN, Leg.Status.FAILED)
    leg.status, leg.reference, leg.sent_at = Leg.Status.SENT, reference, act.at
    leg.save(update_fields=["status", "reference", "sent_at"])
    _post(act, leg, chart.client_held(withdrawal.client_id), _there(leg), step="sent")
    _count_refund(leg)
    act.record(WithdrawalSent(withdrawal.pk, leg.money, leg.provider.slug), about=withdrawal)
    _settle_status(act, withdrawal)
    return withdrawal


@operation(internal=True)
def leg_paid(act: Act, withdrawal: Withdrawal, *, number: int) -> Withdrawal:
    """The money has arrived, by the provider's word or the bank's statement."""
    leg = _leg(withdrawal, number, Leg.Status.SENT)
    leg.status, leg.paid_at = Leg.Status.PAID, act.at
    leg.save(update_fields=["status", "paid_at"])
    act.record(WithdrawalPaid(withdrawal.pk, leg.money), about=withdrawal)
    _settle_status(act, withdrawal)
    return withdrawal


@operation(internal=True)
def reopen_leg(act: Act, withdrawal: Withdrawal, *, number: int, reason: str) -> Withdrawal:
    """What was taken for the arrival of this payment was not: it is on its way again."""
    leg = _leg(withdrawal, number, Leg.Status.PAID)
    leg.status, leg.paid_at = Leg.Status.SENT, None
    leg.save(update_fields=["status", "paid_at"])
    if withdrawal.status == Withdrawal.Status.PAID:
        withdrawal.move_to(Withdrawal.Status.SENT, paid_at=None)
    act.record(LegReopened(withdrawal.pk, leg.money, reason[:200]), about=withdrawal)
    return withdrawal


@operation(internal=True)
def leg_stuck(act: Act, withdrawal: Withdrawal, *, number: int, reason: str) -> Withdrawal:
    """The provider refused a leg: a person has to look, nothing is sent elsewhere by itself."""
    leg = _leg(withdrawal, number, Leg.Status.PLANNED, Leg.Status.UNKNOWN)
    leg.status = Leg.Status.FAILED
    leg.save(update_fields=["status"])
    if withdrawal.status != Withdrawal.Status.STUCK:
        withdrawal.move_to(Withdrawal.Status.STUCK, reason=reason[:200])
    act.record(WithdrawalStuck(withdrawal.pk, reason[:200]), about=withdrawal)
    return withdrawal


@operation(internal=True)
def leg_returned(act: Act, withdrawal: Withdrawal, *, number: int, reason: str) -> Withdrawal:
    """What was sent came back to us: it is held again, and a person decides where it goes."""
    leg = _leg(withdrawal, number, Leg.Status.SENT, Leg.Status.PAID)
    leg.status, leg.paid_at = Leg.Status.RETURNED, None
    leg.save(update_fields=["status", "paid_at"])
    _post(act, leg, _there(leg), chart.client_held(withdrawal.client_id), step="returned")
    _count_refund(leg, back=True)
    if withdrawal.status != Withdrawal.Status.RETURNED:
        withdrawal.move_to(Withdrawal.Status.RETURNED, reason=reason[:200], paid_at=None)
    act.record(WithdrawalReturned(withdrawal.pk, leg.money, reason[:200]), about=withdrawal)
    return withdrawal


@operation(internal=True)
def give_back_leg(act: Act, withdrawal: Withdrawal, *, number: int, reason: str) -> Withdrawal:
    """A leg that never left, or came back, returns to the wallet: once."""
    leg = _leg(withdrawal, number, Leg.Status.FAILED, Leg.Status.RETURNED)
    leg.status = Leg.Status.GIVEN_BACK
    leg.save(update_fields=["status"])
    held, wallet = (
        chart.client_held(withdrawal.client_id), chart.client_wallet(withdrawal.client_id),
    )  # fmt: skip
    _post(act, leg, held, wallet, step="back")
    act.record(LegGivenBack(withdrawal.pk, leg.money, reason[:200]), about=withdrawal)
    _settle_status(act, withdrawal)
    return withdrawal


@operation(internal=True)
def plan_leg_again(act: Act, withdrawal: Withdrawal, *, number: int) -> Withdrawal:
    """A leg that never left, or came back, goes out once more under a new name."""
    leg = _leg(withdrawal, number, Leg.Status.FAILED, Leg.Status.RETURNED)
    if leg.deposit is not None and leg.deposit.amount - leg.deposit.refunded < leg.amount:
        raise Problem(f"{leg.deposit} has less left to refund by now.")
    leg.status, leg.key, leg.reference = Leg.Status.PLANNED, new_key(withdrawal, number), ""
    leg.save(update_fields=["status", "key", "reference"])
    act.record(LegPlannedAgain(withdrawal.pk, leg.money), about=withdrawal)
    return withdrawal
