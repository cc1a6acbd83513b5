"""Fees and corrections of ours, booked on platforms."""

from datetime import timedelta
from functools import partial

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.kit.money import Money
from nostro.trading import operations as trading
from nostro.trading.models import TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.sending import SaidNo, once


def book_there(
    act: Act, account: TradingAccount, money: Money, kind: BalanceKind, reference: str, why: str
) -> bool:
    """Book money on a platform, looked up by its reference before it is ever sent. Whether it is
    there.
    """
    if account.login is None:
        return False
    own = Act.system(cause=act.cause, key=f"{act.key}/{reference}", door=act.door)
    platform = PLATFORMS.take(account.platform.slug)
    since = Record.objects.get(pk=act.cause or 0).at - timedelta(hours=1)
    login = account.login

    def send() -> int:
        return platform.change_balance(
            login, money, kind, reference=reference, check_margin=money.amount < 0
        )

    try:
        find = partial(platform.find_balance_operation, login, reference, since)
        done = once(act, account.platform, reference, find, send)
    except SaidNo as no:
        trading.booking_refused(own, account, money=money, reason=no.reason)
        return False
    if why:
        trading.money_booked(own, account, money=money, why=why, ticket=done.number)
    return True
