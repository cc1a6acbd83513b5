"""Practice accounts: a platform's account with virtual money, which no ledger ever hears of.

The rules choose group, leverage and amounts; the platform is given the money under a reference of
ours, so that it is looked up and never given twice.
"""

from decimal import Decimal
from uuid import uuid4

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, Problem
from nostro.kit.words import whole
from nostro.people.models import Client
from nostro.rules.deciding import decide
from nostro.trading import queries
from nostro.trading.decisions import PRACTICE, PRACTICE_END, PracticeAnswer
from nostro.trading.events import (
    PracticeEnded,
    PracticeNoticed,
    PracticeRequested,
)
from nostro.trading.models import Group, Platform, TradingAccount
from nostro.trading.operations.accounts import EnoughAccounts, NotOffered, NotYet, StillInUse, place
from nostro.trading.operations.restrictions import end_all
from nostro.trading.operations.virtual import ask_virtual_money

Status = TradingAccount.Status


class NotForPractice(Problem):
    """Something that only an account with virtual money has, or only one with real money."""


@operation(
    open_to=("client",), title="Open a practice account", verb="Open practice account",
    icon="flask", reads=("entity",),
)  # fmt: skip
def request_practice(
    act: Act,
    client: Client,
    *,
    account_type: str,
    currency: str,
    balance: Decimal,
    platform: Platform | None = None,
    name: str = "",
) -> TradingAccount:
    """Open a trading account with virtual money. The rules choose its group and leverage at once.

    `balance` is what it begins with, in the account's currency.
    """
    asked = queries.practice_asked(client, account_type, currency)
    answer = decide(act, PRACTICE, asked, about=client)
    terms = answer.output
    if not terms.accounts:
        if not asked.confirmed and not client.level:
            raise NotYet("Confirm your e-mail address first: then you can practise at once.")
        raise Forbidden(f"The rules allow no practice account: {answer.sentence}")
    if queries.practice_held(client) >= terms.accounts:
        raise EnoughAccounts(
            f"{terms.accounts:.0f} practice accounts are the most at once. End one of them first."
        )
    group = _group(client, terms, account_type, currency, platform)
    if not terms.least <= balance <= terms.most:
        raise Problem(
            f"A practice account begins with {terms.least:,.0f} to {terms.most:,.0f} {currency}.",
            field="balance",
        )
    account = TradingAccount.objects.create(
        client=client, entity=client.entity, platform=group.platform, account_type=account_type,
        currency=currency, name=whole(name, "name", most=40) or f"Practice {currency}",
        practice=True,
        requested_at=act.at, status=Status.REQUESTED, key=f"NSA{uuid4().hex[:20].upper()}",
        virtual_due=balance, decision=answer.id,
    )  # fmt: skip
    event = PracticeRequested(account_type, currency, account.money(balance))
    act.record(event, about=account)
    place(act, account, group, int(terms.leverage))
    return account


def _group(
    client: Client, terms: PracticeAnswer, account_type: str, currency: str,
    platform: Platform | None,
) -> Group:  # fmt: skip
    rows = Group.objects.filter(
        entity=client.entity, account_type=account_type, currency=currency, practice=True,
        swap_free=False, platform__left_at=None,
    )  # fmt: skip
    if terms.group:
        rows = rows.filter(path=terms.group)
    if platform is not None:
        rows = rows.filter(platform=platform)
    elif terms.platform:
        rows = rows.filter(platform__slug=terms.platform)
    group = rows.select_related("platform").order_by("platform", "pk").first()
    if group is None or terms.leverage < 1:
        raise NotOffered(f"We do not offer {account_type} practice accounts in {currency}.")
    return group


@operation(
    open_to=("client",), title="Top up virtual money", verb="Top up", icon="coins",
    reads=("client", "entity"),
)  # fmt: skip
def top_up_practice(act: Act, account: TradingAccount, *, amount: Decimal) -> TradingAccount:
    """Put more virtual money on a practice account that has little left."""
    _check(account)
    client = account.client
    asked = queries.practice_asked(client, account.account_type, account.currency)
    terms = decide(act, PRACTICE, asked, about=account).output
    if account.virtual_due:
        raise WrongState(f"{account.money(account.virtual_due)} is on its way already.")
    if account.balance >= terms.top_up_below:
        raise Problem(
            f"More can be had below {terms.top_up_below:,.0f} {account.currency}; "
            f"there is {account.balance_money}."
        )
    most = terms.top_up_to - account.balance
    if not 0 < account.money(amount).amount <= most:
        raise Problem(
            f"Choose an amount above zero, and at most {account.money(most)}.", field="amount"
        )
    account.virtual_due = account.money(amount).amount
    ask_virtual_money(act, account)
    return account


def _check(account: TradingAccount) -> None:
    if not account.practice:
        raise NotForPractice(f"{account} holds real money.")
    if account.status != Status.OPEN:
        raise WrongState(f"{account} is {account.status_label.lower()}.")


@operation(open_to=("client",), title="End practice", verb="End", icon="x", tone="refuse")
def end_practice(act: Act, account: TradingAccount, *, reason: str = "") -> TradingAccount:
    """Close a practice account. Its virtual money goes with it; its trades stay to be seen."""
    _end(act, account, whole(reason) or "No longer used", None)
    return account


def _end(act: Act, account: TradingAccount, reason: str, decision: int | None) -> None:
    if not account.practice:
        raise NotForPractice(f"{account} holds real money: it is closed, and keeps its records.")
    if account.position_set.exists() or account.orders.exists():
        raise StillInUse(f"Close the open trades of {account} and cancel its orders first.")
    end_all(act, account)
    account.move_to(
        Status.CLOSED, reason=reason, virtual_due=Decimal(0), virtual_reference="",
        restricted_until=None,
    )  # fmt: skip
    act.record(PracticeEnded(account.pk, reason, decision), about=account)


@operation(internal=True, reads=("entity",))
def settle_practice(
    act: Act, account: TradingAccount, *, idle_days: int, noticed_days: int
) -> TradingAccount:
    """Do what the rule of a practice account's end says is due: a notice, or its end."""
    asked = queries.practice_end_asked(account, idle_days, noticed_days)
    answer = decide(act, PRACTICE_END, asked, about=account)
    step = answer.output.step
    if step == "notice":
        account.idle_notice_at = act.at
        account.save(update_fields=["idle_notice_at"])
        act.record(PracticeNoticed(account.pk, idle_days, answer.id), about=account)
    elif step == "end":
        _end(act, account, f"No trade for {idle_days} days", answer.id)
    else:
        raise WrongState(f"Nothing is due on {account}.")
    return account
