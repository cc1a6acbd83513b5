"""What would refuse a change of many accounts: the operations' own checks, over facts that are
looked up for all of them together. Rules are asked as they are in force; nothing is kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from nostro.bulk.foresight import Since, answered_by, foresees, named_in_files
from nostro.core.acts import Act
from nostro.core.models import label
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.decisions import PROVISION, SWAP_FREE
from nostro.trading.events import (
    AccountClosed,
    AccountDecided,
    AccountFailed,
    AccountOpened,
    AccountReactivated,
    AccountReopened,
    AccountRestored,
    AccountRestricted,
    CredentialsMade,
    CreditAsked,
    CreditEndAsked,
    CreditEnded,
    CreditGiven,
    CreditKept,
    CreditRefused,
    GroupAsked,
    GroupRefused,
    GroupSet,
    LeverageAsked,
    LeverageRefused,
    LeverageSet,
    MigrationAsked,
    PasswordsAsked,
    PasswordsRefused,
    PracticeOpened,
    ReopeningRefused,
    RestrictionLifted,
    RightsRefused,
    SleepResumed,
)
from nostro.trading.models import TradingAccount
from nostro.trading.operations import accounts as opening
from nostro.trading.operations import credits as lending
from nostro.trading.operations import lifecycle
from nostro.trading.operations import restrictions as restricting
from nostro.trading.queries.credits import lent_in

Accounts = Sequence[TradingAccount]
Inputs = Mapping[str, Any]

answered_by(AccountDecided, done=(AccountOpened, PracticeOpened), refused=AccountFailed)
answered_by(AccountReopened, done=AccountRestored, refused=ReopeningRefused)
answered_by(CreditAsked, done=CreditGiven, refused=CreditRefused)
answered_by(CreditEndAsked, done=CreditEnded, refused=CreditKept, anyhow=True)
answered_by(PasswordsAsked, done=CredentialsMade, refused=PasswordsRefused)
for rights in (
    AccountRestricted, RestrictionLifted, SleepResumed, AccountClosed, AccountReactivated,
    MigrationAsked,
):  # fmt: skip
    answered_by(rights, done=Since(label(TradingAccount), "rights_set_at"), refused=RightsRefused)
answered_by(GroupAsked, done=GroupSet, refused=GroupRefused)
answered_by(LeverageAsked, done=LeverageSet, refused=LeverageRefused)
named_in_files(label(TradingAccount), "login", "login")


def facts_of(accounts: Accounts) -> lifecycle.Facts:
    """Open positions, money on its way, caps and groups of these accounts, in a few statements."""
    queries.with_positions(accounts)
    waiting = queries.all_on_the_way(accounts)
    return lifecycle.Facts(
        waiting=lambda account: waiting.get(account.pk, ""),
        cap=queries.caps(),
        ceiling=queries.ceilings(),
        sibling=cache(queries.sibling),
        group=cache(queries.group_at),
    )


def refused(
    accounts: Iterable[TradingAccount], check: Callable[[TradingAccount], Any]
) -> dict[int, str]:
    """The sentence of each account that a check speaks against."""
    found = {}
    for one in accounts:
        try:
            check(one)
        except Problem as problem:
            found[one.pk] = problem.sentence
    return found


@foresees(trading.change_leverage)
def leverage_changes(act: Act, rows: Accounts, inputs: Inputs) -> Mapping[int, str]:
    facts, wanted = facts_of(rows), inputs["leverage"]
    return refused(
        rows,
        lambda one: opening.check_leverage_change(one, wanted, facts.cap(one, "")),
    )


@foresees(trading.move_account)
def moves(act: Act, rows: Accounts, inputs: Inputs) -> Mapping[int, str]:
    facts, group, leverage = facts_of(rows), inputs["group"], inputs.get("leverage")

    def check(one: TradingAccount) -> None:
        lifecycle.check_may_lever(act, one, leverage)
        lifecycle.check_move(one, group, facts, leverage)

    return refused(rows, check)


@foresees(trading.change_account_type)
def type_changes(act: Act, rows: Accounts, inputs: Inputs) -> Mapping[int, str]:
    facts, rule, wanted = facts_of(rows), queries.in_force(PROVISION), inputs["account_type"]
    without, ends = queries.in_force(SWAP_FREE), inputs.get("end_swap_free", False)

    def check(one: TradingAccount) -> None:
        terms = None
        if one.group is not None and one.group.swap_free:
            terms = without(queries.swap_free_asked(one, wanted))
        answer = rule(lifecycle.type_asked(one, wanted, terms))
        lifecycle.check_type(one, wanted, answer, terms, ends, facts)

    return refused(rows, check)


@foresees(trading.make_swap_free)
def without_swaps(act: Act, rows: Accounts, inputs: Inputs) -> Mapping[int, str]:
    facts, rule = facts_of(rows), queries.in_force_with_words(SWAP_FREE)
    return refused(
        rows,
        lambda one: lifecycle.check_swap_free(
            one, inputs["days"], *rule(queries.swap_free_asked(one)), facts
        ),
    )


@foresees(trading.end_swap_free)
def with_swaps(act: Act, rows: Accounts, inputs: Inputs) -> Mapping[int, str]:
    facts = facts_of(rows)
    return refused(rows, lambda one: lifecycle.check_swaps(one, facts))


@foresees(trading.restrict_account)
def restrictions(act: Act, rows: Accounts, inputs: Inputs) -> Mapping[int, str]:
    queries.with_positions(rows)
    held = queries.restrictions_on(rows)
    return refused(
        rows,
        lambda one: restricting.check_restriction(one, act.at, held.get(one.pk, []), **inputs),
    )


@foresees(trading.ease_restriction)
def easings(act: Act, rows: Accounts, inputs: Inputs) -> Mapping[int, str]:
    queries.with_positions(rows)
    held = queries.restrictions_on(rows)
    return refused(
        rows,
        lambda one: restricting.check_easing(act, one, held.get(one.pk, []), **inputs),
    )


@foresees(trading.lift_restriction)
def liftings(act: Act, rows: Accounts, inputs: Inputs) -> Mapping[int, str]:
    held = queries.restrictions_on(rows)
    return refused(rows, lambda one: restricting.check_lifting(one, held.get(one.pk, [])))


@foresees(trading.close_account)
def closings(act: Act, rows: Accounts, inputs: Inputs) -> Mapping[int, str]:
    facts = facts_of(rows)
    return refused(rows, lambda one: opening.check_closing(one, facts.waiting(one)))


@foresees(trading.take_back_lent)
def credits_back(act: Act, rows: Accounts, inputs: Inputs) -> Mapping[int, str]:
    lent = lent_in(inputs["change"], [one.pk for one in rows])
    return refused(rows, lambda one: lending.check_lent(one, lent.get(one.pk)))
