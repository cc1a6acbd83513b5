"""What payments does after something happened: pages opened, notices read, money sent.

Each step asks before it acts, so that a crash between the act and its record doubles nothing; one
step on one thing runs at a time; and what a crash left lying is taken up by the clock.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import models

from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.kit.vendors import Refused, Unknown, VendorTrouble
from nostro.payments import operations as payments
from nostro.payments.events import (
    DepositSentBack,
    DepositStarted,
    NoticeReceived,
    TransferRequested,
    WithdrawalApproved,
    WithdrawalLookedInto,
)
from nostro.payments.models import Deposit, Leg, Notice, Provider, Transfer, Withdrawal
from nostro.payments.ports import (
    BANKS,
    PROVIDERS,
    CreditTransfer,
    DepositState,
    EventKind,
    RefundState,
    TransferState,
)
from nostro.payments.reactions.cards import forget_at_provider as forget_at_provider
from nostro.payments.reactions.moving import carry_on as carry_on
from nostro.payments.reactions.moving import carry_over as carry_over
from nostro.payments.reactions.moving import go_on_with_moves as go_on_with_moves
from nostro.payments.reactions.steps import alone, part_of
from nostro.trading.ports import PLATFORMS, BalanceKind, TradingPlatform
from nostro.trading.queries import credits_on
from nostro.trading.reactions.steps import in_turn, take_steps
from nostro.trading.sending import SaidNo, once

LYING = timedelta(minutes=3)
"""After this long without news a step is taken up again: longer than any vendor is waited for."""
FORGOTTEN = timedelta(days=14)


# ── Deposits ──


@on(DepositStarted)
def open_payment_page(act: Act, event: DepositStarted, key: str) -> None:
    """Ask the provider for a page on which the client pays."""
    open_page(act, Deposit(pk=event.deposit_id))


def open_page(act: Act, named: Deposit) -> None:
    """The same key opens the same page, however often it is asked for."""
    with alone(named):
        deposit = Deposit.objects.select_related("provider", "card").get(pk=named.pk)
        if deposit.reference or deposit.status != Deposit.Status.STARTED:
            return
        back = f"{settings.BASE_URL}/room/deposits/{deposit.pk}/"
        try:
            page = PROVIDERS.take(deposit.provider.slug).start_deposit(
                deposit.money, key=f"{deposit.key}:1", description=f"Deposit {deposit}",
                success_url=f"{back}?paid=1", cancel_url=f"{back}?left=1",
                card=deposit.card.token if deposit.card else "",
            )  # fmt: skip
        except Refused as no:
            payments.fail_deposit(act, deposit, reason=no.reason)
            return
        payments.deposit_opened(act, deposit, reference=page.reference, url=page.url)


@on(NoticeReceived)
def read_notice(act: Act, event: NoticeReceived, key: str) -> None:
    """A webhook says that something happened; what happened, the provider is asked."""
    notice = Notice.objects.get(pk=event.notice_id)
    if notice.kind.startswith("refund"):
        for leg in legs_of(notice):
            ask_about_refund(part_of(act, leg.pk), leg)
        return
    deposit = deposit_of(notice)
    if deposit is None:
        return
    if notice.kind == EventKind.DISPUTE_OPENED:
        if deposit.status == Deposit.Status.SETTLED:
            payments.charge_back_deposit(act, deposit)
    elif notice.kind.startswith("deposit"):
        ask_about(act, deposit)


def deposit_of(notice: Notice) -> Deposit | None:
    """By our own key first: the payment's name is not known before the client has submitted."""
    rows = Deposit.objects.filter(provider=notice.provider_id).select_related("provider", "method")
    ours = notice.key.partition(":")[0]
    found = rows.filter(key=ours).first() if ours else None
    for name in dict.fromkeys(filter(None, (notice.reference, notice.payment))):
        found = (
            found
            or rows.filter(models.Q(reference=name) | models.Q(payment_reference=name)).first()
        )
    return found


def legs_of(notice: Notice) -> models.QuerySet[Leg]:
    rows = Leg.objects.filter(provider=notice.provider_id).select_related("withdrawal", "provider")
    named = models.Q(reference=notice.reference) if notice.reference else models.Q(pk__in=())
    return rows.filter(named | models.Q(key=notice.key or "-"))


def ask_about(act: Act, named: Deposit) -> None:
    """Bring a deposit up to what its provider says now. Saying it twice changes nothing."""
    with alone(named):
        deposit = Deposit.objects.select_related("provider", "method").get(pk=named.pk)
        if not deposit.reference or deposit.settled_at or deposit.status == Deposit.Status.HELD:
            return
        status = PROVIDERS.take(deposit.provider.slug).deposit_status(deposit.reference)
        if status.state == DepositState.SUCCEEDED:
            payments.settle_deposit(
                act, deposit, received=status.money, payment=status.payment,
                instrument=status.instrument, card=status.card,
            )  # fmt: skip
            return
        ended = {DepositState.DECLINED_HARD, DepositState.EXPIRED}
        if status.state in ended and deposit.can_move_to(Deposit.Status.FAILED):
            payments.fail_deposit(act, deposit, reason=status.reason or "The page was left unpaid.")


@on(DepositSentBack)
def refund_held_deposit(act: Act, event: DepositSentBack, key: str) -> None:
    """Give held money back to where it came from. Looked up by its name before it is sent."""
    deposit = Deposit.objects.select_related("provider").get(pk=event.deposit_id)
    with alone(deposit):
        provider = PROVIDERS.take(deposit.provider.slug)
        paid, name = deposit.payment_reference or deposit.reference, f"{deposit.key}:back"
        if provider.find_refund(paid, key=name) is None:
            provider.refund(paid, event.money, key=name)


# ── Transfers ──


@on(TransferRequested)
def move_on_platform(act: Act, event: TransferRequested, key: str) -> None:
    """The platform's half of a transfer."""
    move(act, Transfer(pk=event.transfer_id))


def move(act: Act, named: Transfer) -> None:
    """Looked up by our reference before it is ever sent, and again when it cannot come any more."""
    with alone(named):
        transfer = Transfer.objects.select_related("account__platform").get(pk=named.pk)
        if transfer.status != Transfer.Status.IN_TRANSIT or transfer.account.login is None:
            return
        platform = PLATFORMS.take(transfer.account.platform.slug)
        login, since = transfer.account.login, transfer.requested_at - timedelta(hours=1)
        out = transfer.direction == "out"

        def send() -> int:
            if out:
                _check_lent(transfer, platform)
            amount = -transfer.money if out else transfer.money
            return platform.change_balance(
                login, amount, BalanceKind.BALANCE, reference=transfer.reference, check_margin=out
            )

        try:
            done = once(
                act, transfer.account.platform, transfer.reference,
                lambda: platform.find_balance_operation(login, transfer.reference, since), send,
            )  # fmt: skip
        except SaidNo as no:
            payments.fail_transfer(act, transfer, reason=no.reason)
            return
        payments.settle_transfer(act, transfer, ticket=done.number)


def _check_lent(transfer: Transfer, platform: TradingPlatform) -> None:
    """A platform counts credit as free: where some is lent it is asked what is free without it."""
    account = transfer.account
    if not (account.credit or credits_on(account).exists()):
        return
    state = platform.account_state(account.login or 0)
    account.balance, account.credit, account.free_margin = (
        state.balance, state.credit, state.free_margin,
    )  # fmt: skip
    if transfer.money > account.free_money:
        raise Refused(f"{account.free_money} is free on {account} without what is lent.")


# ── Withdrawals ──


@on(WithdrawalApproved)
def send_money(act: Act, event: WithdrawalApproved, key: str) -> None:
    """Pay out leg by leg: back to the card it came from, the rest by the bank."""
    send_legs(act, Withdrawal(pk=event.withdrawal_id))


def send_legs(act: Act, named: Withdrawal) -> None:
    """Every planned leg, in order. One that is refused stops the rest: a person looks."""
    with alone(named):
        withdrawal = Withdrawal.objects.select_related("client").get(pk=named.pk)
        legs = withdrawal.legs.select_related("provider", "deposit", "destination")
        for leg in legs.filter(status=Leg.Status.PLANNED).order_by("number"):
            one = part_of(act, leg.key)
            try:
                reference = _refunded(leg) if leg.deposit else _wired(act, leg)
            except Refused as no:
                payments.leg_stuck(one, withdrawal, number=leg.number, reason=no.reason)
                return
            payments.leg_sent(one, withdrawal, number=leg.number, reference=reference)
    for leg in legs.filter(status=Leg.Status.SENT, deposit__isnull=False):
        ask_about_refund(part_of(act, leg.key), leg)


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


def ask_about_refund(act: Act, named: Leg) -> None:
    """A card refund is paid when the provider says so, and may still come back after that."""
    withdrawal = named.withdrawal
    with alone(withdrawal):
        leg = Leg.objects.select_related("provider").get(pk=named.pk)
        if leg.status not in (Leg.Status.SENT, Leg.Status.PAID) or not leg.reference:
            return
        status = PROVIDERS.take(leg.provider.slug).refund_status(leg.reference)
        if status.state == RefundState.SUCCEEDED and leg.status == Leg.Status.SENT:
            payments.leg_paid(act, withdrawal, number=leg.number)
        elif status.state == RefundState.FAILED:
            reason = status.reason or "The card's bank did not take it."
            payments.leg_returned(act, withdrawal, number=leg.number, reason=reason)


@on(WithdrawalLookedInto)
def settle_doubt(act: Act, event: WithdrawalLookedInto, key: str) -> None:
    """Ask what became of each leg in doubt; only what never happened is repeated or given back."""
    withdrawal = Withdrawal.objects.get(pk=event.withdrawal_id)
    with alone(withdrawal):
        rows = withdrawal.legs.select_related("provider", "deposit")
        for leg in rows.filter(status__in=[Leg.Status.FAILED, Leg.Status.RETURNED]):
            one = part_of(act, leg.key)
            known = "" if leg.status == Leg.Status.RETURNED else _known_reference(leg)
            if known:
                payments.leg_sent(one, withdrawal, number=leg.number, reference=known)
            elif event.then == "send_again":
                payments.plan_leg_again(one, withdrawal, number=leg.number)
            else:
                reason = f"{leg.provider} never paid it out"
                payments.give_back_leg(one, withdrawal, number=leg.number, reason=reason)
    send_legs(part_of(act, "send"), withdrawal)


def _known_reference(leg: Leg) -> str:
    """The provider's name for a leg that did happen; nothing where it proves that it did not."""
    if leg.deposit is not None:
        paid = leg.deposit.payment_reference or leg.deposit.reference
        found = PROVIDERS.take(leg.provider.slug).find_refund(paid, key=leg.key)
        return found.reference if found and found.state != RefundState.FAILED else ""
    known = BANKS.take(leg.provider.slug).payments_status(leg.key)
    status = known.get(leg.key) if known is not None else None
    if known is None or (status and status.state == TransferState.REJECTED):
        return ""
    if status is None or status.state == TransferState.UNKNOWN:
        raise Unknown("The bank does not say how the payment stands.")
    return status.bank_reference or leg.key


# ── By the clock ──


@every("* * * * *")
def ask_about_open_deposits(act: Act) -> None:
    """The backstop for webhooks that never came."""
    waiting = [Deposit.Status.STARTED, Deposit.Status.PENDING]
    late = Deposit.objects.filter(status__in=waiting, started_at__lt=act.at - timedelta(minutes=2))
    fresh = late.filter(started_at__gt=act.at - timedelta(days=2)).exclude(reference="")
    cards = fresh.exclude(provider__kind__in=list(BANKS.kinds())).select_related("provider")
    troubled: set[int] = set()
    for deposit in cards.order_by("started_at")[:200]:
        if deposit.provider_id in troubled:
            continue
        try:
            ask_about(part_of(act, deposit.pk), deposit)
            note_trouble(deposit.provider, "")
        except VendorTrouble as trouble:
            troubled.add(deposit.provider_id)
            note_trouble(deposit.provider, str(trouble))


def note_trouble(provider: Provider, trouble: str) -> None:
    """Write down that a provider began to fail, or answers again: the change, not each minute."""
    if bool(provider.trouble) != bool(trouble):
        payments.troubled(Act.system(door="schedule"), provider, trouble=trouble)


@every("* * * * *")
def take_up_what_lies(act: Act) -> None:
    """Go on with every step that a crash left lying: opened pages, transfers, legs, refunds."""
    since, until = act.at - FORGOTTEN, act.at - LYING
    unopened = Deposit.objects.filter(
        status=Deposit.Status.STARTED, reference="", started_at__range=(since, until)
    )
    moving = Transfer.objects.filter(
        status=Transfer.Status.IN_TRANSIT, requested_at__range=(since, until)
    )
    unsent = Withdrawal.objects.filter(
        legs__status=Leg.Status.PLANNED, status__in=["approved", "stuck", "returned"],
        approved_at__range=(since, until),
    ).exclude(legs__status__in=[Leg.Status.FAILED, Leg.Status.RETURNED])  # fmt: skip
    unpaid = Leg.objects.filter(
        status=Leg.Status.SENT, deposit__isnull=False, sent_at__range=(since, until)
    ).select_related("withdrawal")
    done: list[tuple[Callable[[Act, Any], None], models.QuerySet[Any], str]] = [
        (open_page, unopened, "provider"), (move, moving, "account__platform"),
        (send_legs, unsent, "legs__provider"), (ask_about_refund, unpaid, "provider"),
    ]  # fmt: skip
    for step, rows, vendor in done:
        take_steps(in_turn(partial(_do, act, step), rows, vendor, act.at))


def _do(act: Act, step: Callable[[Act, Any], None], thing: models.Model) -> None:
    step(part_of(act, thing.pk), thing)
