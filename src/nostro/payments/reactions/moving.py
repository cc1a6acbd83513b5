"""Accounts that move to another platform: their money comes along, then the old one is closed."""

import logging

from django.db import models

from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.kit.problems import Problem
from nostro.kit.vendors import Retry
from nostro.payments import operations as payments
from nostro.payments.events import TransferSettled
from nostro.payments.models import Transfer
from nostro.payments.reactions.steps import part_of
from nostro.trading import operations as trading
from nostro.trading.events import AccountOpened
from nostro.trading.models import TradingAccount
from nostro.trading.operations.accounts import StillInUse

log = logging.getLogger("nostro.payments")


@on(AccountOpened)
def carry_over(act: Act, event: AccountOpened, key: str) -> None:
    """An account that takes over another one gets its money: first out of the old one."""
    rows = TradingAccount.objects.select_related("moved_from__client__entity")
    old = rows.get(pk=event.account_id).moved_from
    if old is not None:
        _empty(act, old)


def _empty(act: Act, old: TradingAccount) -> None:
    """Take out what is there, or close it. What keeps either from being done ends by itself: a
    debt is written off, a balance is read anew; then it is tried again.
    """
    try:
        if old.balance_money.amount > 0:
            payments.request_transfer(
                act, old.client, account=old, money=old.balance_money, direction="out"
            )
        else:
            trading.close_account(act, old, reason="Moved to another platform.")
    except Problem as not_yet:
        log.info("%s is not empty yet: %s", old.pk, not_yet)


@every("41 * * * *")
def go_on_with_moves(act: Act) -> None:
    """Accounts whose heir is open, and whose money did not come along: tried again every hour."""
    rows = TradingAccount.objects.filter(
        status=TradingAccount.Status.READ_ONLY, moved_to__status=TradingAccount.Status.OPEN
    )
    on_the_way = Transfer.objects.filter(status=Transfer.Status.IN_TRANSIT)
    of_either = models.Q(account=models.OuterRef("pk")) | models.Q(
        account__moved_from=models.OuterRef("pk")
    )
    for old in rows.exclude(models.Exists(on_the_way.filter(of_either))).select_related(
        "client__entity"
    ):
        _empty(part_of(act, old.pk), old)


@on(TransferSettled)
def carry_on(act: Act, event: TransferSettled, key: str) -> None:
    """What came out of the old account goes into the new one; then the old one is closed."""
    rows = Transfer.objects.select_related("account__moved_from", "client__entity")
    transfer = rows.get(pk=event.transfer_id)
    heir = TradingAccount.objects.filter(moved_from=transfer.account).first()
    if transfer.direction == "out" and heir is not None and heir.status == heir.Status.OPEN:
        payments.request_transfer(
            part_of(act, "in"), transfer.client, account=heir, money=transfer.money
        )
    old = transfer.account.moved_from
    if transfer.direction == "in" and old is not None and old.status == old.Status.READ_ONLY:
        try:
            trading.close_account(part_of(act, "close"), old, reason="Moved to another platform.")
        except StillInUse as not_yet:
            raise Retry(str(not_yet), after=5) from not_yet
