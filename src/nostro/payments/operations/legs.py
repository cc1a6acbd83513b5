"""The legs of a withdrawal on their way: sent, paid, or not confirmed."""

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.ledger import chart
from nostro.ledger.operations import Move, post
from nostro.payments.events import WithdrawalPaid, WithdrawalSent, WithdrawalStuck
from nostro.payments.models import Deposit, Leg, Withdrawal


def _leg(withdrawal: Withdrawal, number: int) -> Leg:
    return withdrawal.legs.select_related("provider", "deposit").get(number=number)


@operation(internal=True)
def leg_sent(act: Act, withdrawal: Withdrawal, *, number: int, reference: str) -> Withdrawal:
    """A provider or a bank has taken a leg: what was held leaves the house's hands."""
    leg = _leg(withdrawal, number)
    leg.status, leg.reference, leg.sent_at = Leg.Status.SENT, reference, act.at
    leg.save(update_fields=["status", "reference", "sent_at"])
    there = chart.provider_clearing(leg.provider.slug) if leg.deposit else chart.bank_in_transit()
    post(
        act, f"{withdrawal} to {leg.provider}",
        Move(leg.money, source=chart.client_held(withdrawal.client_id), target=there),
        key=f"withdrawal/{withdrawal.pk}/leg/{number}", kind="withdrawal",
        entity_id=withdrawal.entity_id,
    )  # fmt: skip
    if leg.deposit is not None:
        deposit = Deposit.objects.select_for_update().get(pk=leg.deposit.pk)
        deposit.refunded += leg.amount
        deposit.save(update_fields=["refunded"])
    act.record(WithdrawalSent(withdrawal.pk, leg.money, leg.provider.slug), about=withdrawal)
    open_legs = withdrawal.legs.filter(status__in=[Leg.Status.PLANNED, Leg.Status.UNKNOWN])
    if withdrawal.status != Withdrawal.Status.SENT and not open_legs.exists():
        withdrawal.move_to(Withdrawal.Status.SENT)
    return withdrawal


@operation(internal=True)
def leg_paid(act: Act, withdrawal: Withdrawal, *, number: int) -> Withdrawal:
    """The money has arrived, by the provider's word or the bank's statement."""
    leg = _leg(withdrawal, number)
    leg.status, leg.paid_at = Leg.Status.PAID, act.at
    leg.save(update_fields=["status", "paid_at"])
    act.record(WithdrawalPaid(withdrawal.pk, leg.money), about=withdrawal)
    if not withdrawal.legs.exclude(status=Leg.Status.PAID).exists():
        withdrawal.move_to(Withdrawal.Status.PAID, paid_at=act.at)
    return withdrawal


@operation(internal=True)
def leg_stuck(act: Act, withdrawal: Withdrawal, *, number: int, reason: str) -> Withdrawal:
    """The provider refused a leg: a person has to look, nothing is sent elsewhere by itself."""
    leg = _leg(withdrawal, number)
    leg.status = Leg.Status.FAILED
    leg.save(update_fields=["status"])
    if withdrawal.status != Withdrawal.Status.STUCK:
        withdrawal.move_to(Withdrawal.Status.STUCK, reason=reason[:200])
    act.record(WithdrawalStuck(withdrawal.pk, reason[:200]), about=withdrawal)
    return withdrawal
