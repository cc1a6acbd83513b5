"""What payments does after something happened: pages opened, notices read, money sent.

Each step asks before it acts, so that a crash between the act and its record doubles nothing.
"""

from datetime import timedelta

from django.conf import settings

from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.jobs import every, on

from nostro.kit.vendors import Refused, Retry, Unknown
from nostro.payments import operations as payments
from nostro.payments.events import (
    DepositStarted,
    NoticeReceived,
    TransferRequested,
    WithdrawalApproved,
)
from nostro.payments.models import Deposit, Leg, Notice, Transfer, Withdrawal
from nostro.payments.ports import (
    BANKS,
    PROVIDERS,
    CreditTransfer,
    DepositState,
    RefundState,
    TransferState,
)
from nostro.trading.ports import PLATFORMS, BalanceKind


@on(DepositStarted)
def open_payment_page(act: Act, event: DepositStarted, key: str) -> None:
    """Ask the provider for a page on which the client pays."""
    deposit = Deposit.objects.select_related("provider").get(pk=event.deposit_id)
    if deposit.hosted_url or deposit.status != Deposit.Status.STARTED:
        return
    if deposit.provider.kind in BANKS.kinds():
        return
    back = f"{settings.BASE_URL}/room/deposits/{deposit.pk}"
    try:
        page = PROVIDERS.take(deposit.provider.slug).start_deposit(
            deposit.money, key=f"{deposit.key}:1", description=f"Deposit {deposit}",
            success_url=f"{back}?paid=1", cancel_url=f"{back}?left=1",
        )  # fmt: skip
    except Refused as no:
        payments.fail_deposit(act, deposit, reason=no.reason)
        return
    payments.deposit_opened(act, deposit, reference=page.reference, url=page.url)


@on(NoticeReceived)
def read_notice(act: Act, event: NoticeReceived, key: str) -> None:
    """A webhook says that something happened; what happened, the provider is asked."""
    notice = Notice.objects.get(pk=event.notice_id)
    deposit = (
        Deposit.objects.filter(reference=notice.reference).first()
        or Deposit.objects.filter(payment_reference=notice.reference).first()
        or Deposit.objects.filter(reference=notice.body.get("payment") or "-").first()
        or Deposit.objects.filter(payment_reference=notice.body.get("payment") or "-").first()
    )
    if deposit is not None and notice.kind.startswith("deposit"):
        ask_about(act, deposit)
    elif notice.kind.startswith("refund"):
        for leg in Leg.objects.filter(reference=notice.reference).select_related("withdrawal"):
            ask_about_refund(act, leg)


def ask_about(act: Act, deposit: Deposit) -> None:
    """Bring a deposit up to what its provider says now. Saying it twice changes nothing."""
    if not deposit.reference or deposit.settled_at:
        return
    status = PROVIDERS.take(deposit.provider.slug).deposit_status(deposit.reference)
    if status.state == DepositState.SUCCEEDED:
        if deposit.status != Deposit.Status.HELD:
            payments.settle_deposit(act, deposit, received=status.money, payment=status.payment)
        return
    ended = {DepositState.DECLINED_HARD, DepositState.EXPIRED}
    if status.state in ended and deposit.can_move_to(Deposit.Status.FAILED):
        payments.fail_deposit(act, deposit, reason=status.reason or "The page was left unpaid.")


@every("* * * * *")
def ask_about_open_deposits(act: Act) -> None:
    """The backstop for webhooks that never came."""
    waiting = [Deposit.Status.STARTED, Deposit.Status.PENDING]
    late = Deposit.objects.filter(status__in=waiting, started_at__lt=act.at - timedelta(minutes=2))
    fresh = late.filter(started_at__gt=act.at - timedelta(days=2)).exclude(reference="")
    for deposit in fresh.select_related("provider")[:200]:
        try:
            ask_about(Act.system(door="schedule"), deposit)
        except (Retry, Unknown) as trouble:
            payments.troubled(Act.system(), deposit.provider, trouble=str(trouble))
            return


@on(TransferRequested)
def move_on_platform(act: Act, event: TransferRequested, key: str) -> None:
    """The platform's half of a transfer. Looked up by our reference before it is ever sent."""
    transfer = Transfer.objects.select_related("account__platform").get(pk=event.transfer_id)
    if transfer.status != Transfer.Status.IN_TRANSIT or transfer.account.login is None:
        return
    platform = PLATFORMS.take(transfer.account.platform.slug)
    login, since = transfer.account.login, transfer.requested_at - timedelta(hours=1)
    ticket = platform.find_balance_operation(login, transfer.reference, since)
    if ticket is None:
        amount = transfer.money if transfer.direction == "in" else -transfer.money
        try:
            ticket = platform.change_balance(
                login, amount, BalanceKind.BALANCE, reference=transfer.reference,
                check_margin=transfer.direction == "out",
            )  # fmt: skip
        except Refused as no:
            payments.fail_transfer(act, transfer, reason=no.reason)
            return
    payments.settle_transfer(act, transfer, ticket=ticket)


@on(WithdrawalApproved)
def send_money(act: Act, event: WithdrawalApproved, key: str) -> None:
    """Pay out leg by leg: back to the card it came from, the rest by the bank."""
    withdrawal = Withdrawal.objects.select_related("client").get(pk=event.withdrawal_id)
    legs = withdrawal.legs.select_related("provider", "deposit", "destination").order_by("number")
    for leg in legs.filter(status=Leg.Status.PLANNED):
        try:
            reference = _refunded(leg) if leg.deposit else _wired(act, leg)
        except Refused as no:
            payments.leg_stuck(act, withdrawal, number=leg.number, reason=no.reason)
            return
        payments.leg_sent(act, withdrawal, number=leg.number, reference=reference)
    for leg in legs.filter(status=Leg.Status.SENT, deposit__isnull=False):
        ask_about_refund(act, leg)


def _refunded(leg: Leg) -> str:
    if leg.deposit is None:
        raise ValueError("Only a deposit can be refunded.")
    provider = PROVIDERS.take(leg.provider.slug)
    paid = leg.deposit.payment_reference or leg.deposit.reference
    found = provider.find_refund(paid, key=leg.key)
    return (found or provider.refund(paid, leg.money, key=leg.key)).reference


def _wired(act: Act, leg: Leg) -> str:
    if leg.destination is None:
        raise Refused("There is no bank account to pay to.")
    bank = BANKS.take(leg.provider.slug)
    ours = leg.provider.accounts.get(leg.currency)
    if ours is None:
        raise Refused(f"{leg.provider} holds no account in {leg.currency}.")
    known = bank.payments_status(leg.key)
    if known is None:
        sealed = {"iban": leg.destination.sealed}
        order = CreditTransfer(
            end_to_end_id=leg.key, money=leg.money, from_iban=ours,
            creditor_name=leg.destination.holder, creditor_iban=secrets.opened(sealed)["iban"],
            remittance=f"Withdrawal W-{leg.withdrawal_id}",
        )  # fmt: skip
        known = bank.send_payments([order], key=leg.key, at=act.at)
    status = known.get(leg.key)
    if status is None or status.state == TransferState.UNKNOWN:
        raise Unknown("The bank does not say how the payment stands.")
    if status.state == TransferState.REJECTED:
        raise Refused(status.reason or f"The bank rejected it ({status.code}).")
    return status.bank_reference or leg.key


def ask_about_refund(act: Act, leg: Leg) -> None:
    """A card refund is paid when the provider says so."""
    if leg.status != Leg.Status.SENT or not leg.reference:
        return
    status = PROVIDERS.take(leg.provider.slug).refund_status(leg.reference)
    if status.state == RefundState.SUCCEEDED:
        payments.leg_paid(act, leg.withdrawal, number=leg.number)


