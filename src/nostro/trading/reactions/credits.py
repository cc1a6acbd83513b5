"""What trading does about credit: the platform's half, and its end by the clock."""

import logging
from datetime import timedelta
from decimal import Decimal
from functools import partial

from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.core.models import Record, label
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.events import CreditAsked, CreditEndAsked
from nostro.trading.models import Credit
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.queries.credits import moved_by_others
from nostro.trading.queries.following import tried_at
from nostro.trading.reactions.steps import alone, in_turn, take_steps
from nostro.trading.sending import SaidNo, once

log = logging.getLogger("nostro.trading")
Status = Credit.Status
LYING, FORGOTTEN = timedelta(minutes=3), timedelta(days=14)


def _credit(pk: int) -> Credit:
    return Credit.objects.select_related("account__platform").get(pk=pk)


def _booked(act: Act, credit: Credit, *, back: bool) -> int:
    """The ticket of its deal, sent once under its reference. Raises `SaidNo`."""
    platform, login = PLATFORMS.take(credit.account.platform.slug), credit.account.login or 0
    reference = credit.reference
    if back:  # each try to take it back is one of its own: an earlier one was refused
        reference = f"{credit.reference}-{act.cause}"
    since = Record.objects.get(pk=act.cause or 0).at - timedelta(hours=1)
    money = -credit.to_take if back else credit.money
    find = partial(platform.find_balance_operation, login, reference, since)
    send = partial(
        platform.change_balance, login, money, BalanceKind.CREDIT, reference=reference,
        check_margin=back,
    )  # fmt: skip
    return once(act, credit.account.platform, reference, find, send).number


@on(CreditAsked)
def put_credit(act: Act, event: CreditAsked, key: str) -> None:
    _put(act, event.credit_id)


def _put(act: Act, pk: int) -> None:
    with alone(Credit(pk=pk)):
        credit = _credit(pk)
        if credit.status != Status.ASKED:
            return
        try:
            ticket = _booked(act, credit, back=False)
        except SaidNo as no:
            trading.credit_refused(act, credit, reason=no.reason)
            return
        trading.credit_given(act, credit, ticket=ticket)


def _note_left(act: Act, credit: Credit) -> None:
    """Somebody may have taken some of it on the platform, as their deals say: what is left there is
    taken back. Looked at before anything was sent: afterwards our own try may be why there is less.
    """
    account, lent = credit.account, credit.money
    tried = tried_at(account.platform, f"{credit.reference}-{act.cause}")
    took = account.money(moved_by_others(account))
    if credit.left is not None or tried or took.amount >= 0:
        return
    state = PLATFORMS.take(account.platform.slug).account_state(account.login or 0)
    none = account.money(Decimal(0))
    left = max(lent + took, min(account.money(state.credit), lent), none)
    if left < lent:
        trading.note_left(act, credit, left=left)


@on(CreditEndAsked)
def take_credit(act: Act, event: CreditEndAsked, key: str) -> None:
    _take(act, event.credit_id)


def _take(act: Act, pk: int) -> None:
    with alone(Credit(pk=pk)):
        credit = _credit(pk)
        if credit.status != Status.ENDING:
            return
        try:
            _note_left(act, credit)
            if credit.to_take:
                _booked(act, credit, back=True)
        except SaidNo as no:
            trading.credit_kept(act, credit, reason=no.reason)
            return
        trading.credit_ended(act, credit)


@every("* * * * *")
def take_up_credits(act: Act) -> None:
    """Go on with credit that a platform was asked for without an answer, and whose job gave up."""
    lying = Credit.objects.filter(
        status__in=ASKED_FOR, status_at__range=(act.at - FORGOTTEN, act.at - LYING)
    )
    take_steps(in_turn(_take_up, lying, "account__platform", act.at))


def _take_up(credit: Credit) -> None:
    """Under the event that asked for it: what was sent because of it is looked for first."""
    name, step = ASKED_FOR[credit.status]
    asked = Record.objects.filter(
        name=name, subject_type=label(credit), subject_id=credit.pk
    ).order_by("-pk")
    if record := asked.first():
        step(Act.system(cause=record.pk, door="schedule"), credit.pk)


ASKED_FOR = {
    str(Status.ASKED): (CreditAsked.name, _put), str(Status.ENDING): (CreditEndAsked.name, _take),
}  # fmt: skip
"""What asks for a credit in such a state, and what is done then."""


@every("*/10 * * * *")
def end_expired_credit(act: Act) -> None:
    """Credit whose time is over; a platform that refuses is asked daily."""
    for credit in queries.credits_over(act.at):
        once = Act.system(door="schedule", key=f"credit/{credit.pk}/{act.at:%Y-%m-%d}")
        try:
            trading.take_back_credit(once, credit, reason="Its time is over.")
        except Problem as refusal:
            log.info("%s stays: %s", credit, refusal)
