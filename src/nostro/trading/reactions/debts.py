"""What trading does about accounts below zero: looked at each minute, set to zero where rules or
people say so, and what was lent on them taken back.
"""

import logging
from datetime import timedelta
from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.events import from_data
from nostro.core.jobs import every, on
from nostro.core.models import Record
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.kit.vendors import VendorTrouble
from nostro.ledger.queries import balance
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.decisions import NEGATIVE
from nostro.trading.events import NegativeFound, WriteOffAsked
from nostro.trading.models import TradingAccount
from nostro.trading.operations.debts import negative_asked
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.queries.books import credit_path
from nostro.trading.queries.debts import credit_kept_with_debts
from nostro.trading.reactions.booking import book_there

log = logging.getLogger("nostro.trading")
type Asked = NegativeFound | WriteOffAsked


@every("* * * * *")
def correct_negatives(act: Act) -> None:
    """Accounts below zero, each decided once for each such balance. One that is left to a person
    stays so until the rules say otherwise.
    """
    found = list(queries.below_zero())
    if not found:
        return
    rule, left = queries.in_force(NEGATIVE), queries.left_to_people(act)
    for debt in queries.debts(found):
        account = debt.account
        same = Decimal(left.get(account.pk, 0)) == -account.balance_money.amount
        here = f"{account.pk}/{account.balance.normalize():f}/{debt.cause}"
        once = f"negative/{here}/{act.at:%Y-%m-%d}"
        try:
            if not same or rule(negative_asked(debt)).correct:
                trading.correct_negative(Act.system(door="schedule", key=once), account)
        except Problem as refusal:
            log.info("%s stays below zero: %s", account.pk, refusal)


@on(NegativeFound, WriteOffAsked)
def write_off(act: Act, event: Asked, key: str) -> None:
    """Bring the balance to zero, and take back what was lent on the account.

    What was missing then may be less by now, or nothing: then nothing is booked, and what is
    missing still is seen, decided and booked as a case of its own.
    """
    if isinstance(event, NegativeFound) and not event.corrected:
        return
    account = _account(event)
    if account.login is None or _changed_since(act, account, event):
        return
    said = "a negative balance written off"
    if book_there(act, account, event.money, BalanceKind.CORRECTION, event.reference, said):
        _take_credit(act, account, event)


def _account(event: Asked) -> TradingAccount:
    return TradingAccount.objects.select_related("platform").get(pk=event.account_id)


def _booked(act: Act, account: TradingAccount, event: Asked) -> bool:
    since = Record.objects.get(pk=act.cause or 0).at - timedelta(hours=1)
    platform = PLATFORMS.take(account.platform.slug)
    found = platform.find_balance_operation(account.login or 0, event.reference, since)
    return found is not None


def _changed_since(act: Act, account: TradingAccount, event: Asked) -> bool:
    """Whether another amount is missing now, and ours was never booked."""
    if _booked(act, account, event):
        return False
    state = PLATFORMS.take(account.platform.slug).account_state(account.login or 0)
    return account.money(-state.balance) != event.money


def _take_credit(
    act: Act, account: TradingAccount, event: Asked, *, booked: Money | None = None
) -> None:
    """After the correction: below zero a platform takes none back. The ledger has it in the entry
    of the correction already; what is `booked` there now was lent since, and stays.
    """
    state = PLATFORMS.take(account.platform.slug).account_state(account.login or 0)
    there = account.money(state.credit)
    credit = min(there if booked is None else there - booked, event.credit)
    if credit.amount > 0:
        taken = f"{event.reference}C"
        book_there(act, account, -credit, BalanceKind.CREDIT, taken, "")


@every("29 * * * *")
def take_credit_with_debts(act: Act) -> None:
    """Credit that a platform would not take back with a debt that was written off: asked hourly, as
    long as it is there. Meanwhile it stands as a break.
    """
    for record in credit_kept_with_debts():
        event = from_data(record.name, record.data)
        once = Act.system(
            cause=record.pk, door="schedule", key=f"credit/{record.pk}/{act.at:%Y-%m-%d}"
        )
        try:
            if isinstance(event, NegativeFound | WriteOffAsked):
                account = _account(event)
                if _booked(once, account, event):
                    booked = balance(credit_path(account), account.currency)
                    _take_credit(once, account, event, booked=booked)
        except (Problem, VendorTrouble) as trouble:
            log.info("Credit stays on account %s: %s", record.subject_id, trouble)
