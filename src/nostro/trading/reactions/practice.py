"""What trading does for practice accounts: the virtual money, the rights, and their end."""

import logging
from datetime import timedelta

from nostro.core.acts import Act
from nostro.core.jobs import every, on
from nostro.core.models import Record
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.events import PracticeEnded, VirtualMoneyAsked
from nostro.trading.models import TradingAccount
from nostro.trading.ports import PLATFORMS, AccountChange, BalanceKind, Right
from nostro.trading.sending import SaidNo, once

log = logging.getLogger("nostro.trading")
LEAST_IDLE = timedelta(days=7)
"""Nobody is looked at before; what follows when is a rule."""


def _account(pk: int) -> TradingAccount:
    return TradingAccount.objects.select_related("platform").get(pk=pk)


@on(VirtualMoneyAsked)
def put_virtual_money(act: Act, event: VirtualMoneyAsked, key: str) -> None:
    """Put it there, looked up by its reference before it is ever sent."""
    account = _account(event.account_id)
    if account.login is None or account.virtual_reference != event.reference:
        return
    platform = PLATFORMS.take(account.platform.slug)
    since = Record.objects.get(pk=act.cause or 0).at - timedelta(hours=1)
    login = account.login
    try:
        done = once(
            act, account.platform, event.reference,
            lambda: platform.find_balance_operation(login, event.reference, since),
            lambda: platform.change_balance(
                login, event.money, BalanceKind.BALANCE, reference=event.reference,
                check_margin=False,
            ),
        )  # fmt: skip
    except SaidNo as no:
        trading.virtual_money_refused(act, account, reason=no.reason)
        return
    trading.virtual_money_booked(act, account, ticket=done.number)


@on(PracticeEnded)
def shut(act: Act, event: PracticeEnded, key: str) -> None:
    """Nobody signs in to it any more."""
    account = _account(event.account_id)
    if account.login is None or account.status != TradingAccount.Status.CLOSED:
        return
    change = AccountChange(trading=Right.NONE, enabled=False)
    PLATFORMS.take(account.platform.slug).change_account(account.login, change)
    trading.note_rights(act, account)


@every("17 4 * * *")
def watch_practice(act: Act) -> None:
    """What is due on practice accounts nobody uses; the rule is asked of each, and kept where it
    acts.
    """
    due = queries.practice_end()
    for account, since in queries.idle_since(act.at - LEAST_IDLE, practice=True):
        idle, told = (act.at - since).days, account.idle_notice_at
        noticed = (act.at - told).days if told and told > since else -1
        step = due(queries.practice_end_asked(account, idle, noticed))
        if step == "none":
            continue
        once = Act.system(door="schedule", key=f"practice/{account.pk}/{step}/{since:%Y-%m-%d}")
        try:
            trading.settle_practice(once, account, idle_days=idle, noticed_days=noticed)
        except Problem as refusal:
            log.info("%s stays as it is: %s", account.pk, refusal)
