"""What becomes of an account that nobody uses: decided by a rule, asked of the platform, and
written down once the platform has done it.
"""

from datetime import datetime
from decimal import Decimal
from uuid import uuid4

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.money import Money
from nostro.rules.deciding import decide
from nostro.trading import queries
from nostro.trading.decisions import DORMANCY, DormancyAsked
from nostro.trading.events import (
    AccountReactivated,
    DormancyFeeAsked,
    DormancyNoticed,
    DormancyStarted,
    PlatformMoneyBooked,
    PlatformMoneyRefused,
)
from nostro.trading.models import TradingAccount
from nostro.trading.operations.accounts import check_standing
from nostro.trading.queries.books import FEE
from nostro.trading.rates import in_usd

Status = TradingAccount.Status


# ── Sleep ──


def dormancy_asked(unused: queries.Unused, at: datetime) -> DormancyAsked:
    """The facts that the rule of dormancy is asked with."""
    account, (idle, unseen, noticed) = unused.account, unused.days(at)
    return DormancyAsked(
        entity=account.entity.code,
        status="dormant" if account.status == Status.DORMANT else "open",
        idle_days=Decimal(idle),
        unseen_days=Decimal(unseen),
        noticed_days=Decimal(noticed),
        used_since=unused.used_since,
        balance=in_usd(account.balance_money),
    )


@operation(internal=True, reads=("entity",))
def settle_idleness(
    act: Act, account: TradingAccount, *, traded_at: datetime, seen_at: datetime | None
) -> TradingAccount:
    """Do what the rule of dormancy says is due: a notice, sleep, the month's fee, or to wake."""
    unused = queries.Unused(account, traded_at, seen_at)
    answer = decide(act, DORMANCY, dormancy_asked(unused, act.at), about=account)
    idle_days = (act.at - unused.used_at).days
    step = answer.output.step
    if step == "notice":
        account.idle_notice_at = act.at
        account.save(update_fields=["idle_notice_at"])
        act.record(DormancyNoticed(account.pk, idle_days, answer.id), about=account)
    elif step == "dormant":
        account.move_to(Status.DORMANT, reason=f"Not used for {idle_days} days")
        act.record(DormancyStarted(account.pk, idle_days, answer.id), about=account)
    elif step == "wake":
        account.move_to(Status.OPEN, reason="", idle_notice_at=None)
        act.record(AccountReactivated(account.pk), about=account)
    elif step == "fee":
        fee = min(account.money(answer.output.fee), account.free_money)
        if fee.amount <= 0:
            raise WrongState(f"{account} holds nothing that could be charged.")
        event = DormancyFeeAsked(account.pk, fee, reference_of(FEE), answer.id)
        act.record(event, about=account)
    else:
        raise WrongState(f"Nothing is due on {account}.")
    return account


@operation(open_to=("client",), title="Use it again", icon="sun")
def reactivate_account(act: Act, account: TradingAccount) -> TradingAccount:
    """Wake a dormant account: it can trade again, and costs nothing more."""
    if account.status != Status.DORMANT:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    check_standing(account)
    account.move_to(Status.OPEN, reason="", idle_notice_at=None)
    act.record(AccountReactivated(account.pk), about=account)
    return account


# ── Money that a platform was asked to book ──


@operation(internal=True)
def money_booked(
    act: Act, account: TradingAccount, *, money: Money, why: str, ticket: int
) -> TradingAccount:
    """The platform has booked what we asked for. The ledger follows with its deal."""
    act.record(PlatformMoneyBooked(account.pk, money, why, ticket), about=account)
    return account


@operation(internal=True)
def booking_refused(
    act: Act, account: TradingAccount, *, money: Money, reason: str
) -> TradingAccount:
    """The platform would not book it: nothing has moved."""
    act.record(PlatformMoneyRefused(account.pk, money, reason[:200]), about=account)
    return account


def reference_of(prefix: str) -> str:
    """A new one of the kind that the prefix says."""
    return f"{prefix}{uuid4().hex[:20].upper()}"
