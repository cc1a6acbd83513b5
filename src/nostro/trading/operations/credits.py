"""Credit on trading accounts: decided by a rule, put there by the platform, then in the ledger on
an account of its own. It is never mixed with cash, and goes back by itself when its time is over.
"""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from django.db.models import Sum

from nostro.bulk.models import BulkChange
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.money import Money
from nostro.kit.problems import Forbidden, Problem
from nostro.kit.words import whole
from nostro.ledger import chart
from nostro.ledger.operations import Move, post
from nostro.rules.deciding import decide
from nostro.trading.decisions import CREDIT
from nostro.trading.decisions import CreditAsked as Asked
from nostro.trading.events import (
    CreditAsked,
    CreditEndAsked,
    CreditEnded,
    CreditGiven,
    CreditKept,
    CreditLeft,
    CreditRefused,
)
from nostro.trading.models import Credit, TradingAccount
from nostro.trading.queries.books import LENT
from nostro.trading.queries.credits import Lent, lent_in
from nostro.trading.rates import in_usd

Status = TradingAccount.Status
ON_IT = (Credit.Status.ASKED, Credit.Status.GIVEN, Credit.Status.ENDING)


@operation(title="Give credit", icon="gift", reads=("entity", "client", "platform"))
def give_credit(
    act: Act, account: TradingAccount, *, money: Money, days: int, reason: str
) -> Credit:
    """Lend the account money that carries its trades and cannot be withdrawn, for some days."""
    check_credit(account, money, days, reason)
    answer = decide(act, CREDIT, credit_asked(account, money, days), about=account)
    if not answer.output.allowed:
        raise Forbidden(f"The rules do not allow it: {answer.sentence}")
    made = Credit.objects.create(
        account=account, amount=money.amount, reason=whole(reason), decision=answer.id,
        reference=f"{LENT}{uuid4().hex[:20].upper()}", asked_at=act.at,
        expires_at=act.at + timedelta(days=days), status=Credit.Status.ASKED,
    )  # fmt: skip
    event = CreditAsked(made.pk, account.pk, money, made.reason, answer.id)
    act.record(event, about=made)
    return made


def credit_asked(account: TradingAccount, money: Money, days: int) -> Asked:
    """The facts that the rule of credit is asked with."""
    rows = Credit.objects.filter(account=account, status__in=ON_IT)
    lent = rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return Asked(
        entity=account.entity.code, category=account.client.category,
        worth=in_usd(money + account.money(lent)), days=Decimal(days),
    )  # fmt: skip


def check_credit(account: TradingAccount, money: Money, days: int, reason: str) -> None:
    """What speaks against a credit before a rule is asked."""
    if account.practice:
        raise WrongState(f"{account} holds virtual money: it is topped up instead.")
    if account.status != Status.OPEN or account.login is None:
        raise WrongState(f"{account} is {account.status_label.lower()}.")
    if money.currency != account.currency:
        raise Problem(f"{account} is held in {account.currency}.", field="money")
    if money.amount <= 0:
        raise Problem("An amount to lend is above zero.", field="money")
    if days < 1:
        raise Problem("It is lent for a day at least.", field="days")
    if not reason.strip():
        raise Problem("Say what for.", field="reason")


@operation(internal=True, reads=("account__platform",))
def credit_given(act: Act, credit: Credit, *, ticket: int) -> Credit:
    """The platform has put it on the account."""
    credit.move_to(Credit.Status.GIVEN, given_at=act.at)
    _post(act, credit, "given", credit.money)
    act.record(CreditGiven(credit.pk, credit.account_id, credit.money, ticket), about=credit)
    return credit


@operation(internal=True)
def credit_refused(act: Act, credit: Credit, *, reason: str) -> Credit:
    """The platform would not."""
    credit.move_to(Credit.Status.REFUSED, trouble=reason[:200])
    act.record(CreditRefused(credit.pk, credit.account_id, reason[:200]), about=credit)
    return credit


@operation(title="Take back", icon="gift", tone="refuse", reads=("account",))
def take_back_credit(act: Act, credit: Credit, *, reason: str) -> Credit:
    """Take it back before its time. The platform refuses where open trades need it."""
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    credit.move_to(Credit.Status.ENDING, trouble="")
    event = CreditEndAsked(credit.pk, credit.account_id, credit.money, whole(reason))
    act.record(event, about=credit)
    return credit


@operation(title="Take back what was lent", icon="gift", tone="refuse")
def take_back_lent(act: Act, account: TradingAccount, *, change: BulkChange, reason: str) -> Credit:
    """Take back the credit that a bulk change lent on the account, or what is left of it."""
    lent = lent_in(change, [account.pk]).get(account.pk)
    credit = check_lent(account, lent)
    return take_back_credit(act, credit, reason=reason)


def check_lent(account: TradingAccount, lent: Lent | None) -> Credit:
    """What speaks against taking back what a bulk change lent on an account; the credit."""
    if lent is None:
        raise WrongState(f"Nothing was lent on {account} by it.")
    credit = lent.credit
    if credit.status == Credit.Status.ENDED:
        raise WrongState(f"{credit} is used up or gone already: {lent.gone or 'taken back'}.")
    if credit.status == Credit.Status.ENDING:
        raise WrongState(f"{credit} is being taken back already.")
    credit.check_move(Credit.Status.ENDING)
    return credit


@operation(internal=True)
def note_left(act: Act, credit: Credit, *, left: Money) -> Credit:
    """The platform shows less of it than was lent: so much is taken back."""
    if credit.status != Credit.Status.ENDING or credit.left is not None:
        raise WrongState(f"{credit} is {credit.status_label.lower()}.")
    credit.left = left.amount
    credit.save(update_fields=["left"])
    act.record(CreditLeft(credit.pk, credit.account_id, left, credit.money), about=credit)
    return credit


@operation(internal=True, reads=("account__platform",))
def credit_ended(act: Act, credit: Credit, *, why: str = "taken back") -> Credit:
    """It is not on the account any more."""
    credit.move_to(Credit.Status.ENDED, ended_at=act.at, trouble="")
    taken, said = credit.to_take, ""
    if taken != credit.money:
        said = f"{taken} was left of {credit.money}." if taken else f"Nothing of {credit} was left."
    if taken:
        _post(act, credit, "ended", taken)
    act.record(CreditEnded(credit.pk, credit.account_id, taken, why, said), about=credit)
    return credit


@operation(internal=True, reads=("account",))
def credit_kept(act: Act, credit: Credit, *, reason: str) -> Credit:
    """The platform would not take it back: it stays until it does."""
    credit.move_to(Credit.Status.GIVEN, trouble=reason[:200], left=None)
    act.record(CreditKept(credit.pk, credit.account_id, reason[:200]), about=credit)
    return credit


def _post(act: Act, credit: Credit, step: str, money: Money) -> None:
    account = credit.account
    if account.login is None:
        raise WrongState(f"{account} has no login.")
    there = chart.client_credit(account.client_id, account.platform.slug, account.login)
    ours = chart.house_bonus()
    source, target = (ours, there) if step == "given" else (there, ours)
    post(
        act, f"{credit} {step}", Move(money, source=source, target=target), kind="credit",
        key=f"credit/{credit.pk}/{step}", entity_id=account.entity_id,
    )  # fmt: skip
