"""A client who may not trade any more does not trade on any platform either, by a rule, until they
may again; what else restricts an account stays.
"""

from datetime import timedelta
from typing import Any

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.rules.deciding import BUILT_IN
from nostro.rules.engine import compile_table, evaluate
from nostro.rules.models import Decision
from nostro.rules.points import mutations
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.decisions import STANDING, StandingAsked
from nostro.trading.models import Platform, Restriction, TradingAccount
from nostro.trading.operations.accounts import NotYet
from nostro.trading.ports import PLATFORMS, Right
from nostro.trading.reactions import follow_standings
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import recorded
from tests import make

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status
SYSTEM = Act.system


def now_is(account: TradingAccount) -> str:
    account.refresh_from_db()
    return account.status


def test_a_restricted_client_may_only_close_trades_until_they_are_active_again(
    account: TradingAccount, ada: Client, platform: Platform
) -> None:
    people.restrict_client(SYSTEM(), ada, reason="The identity document has expired")
    drain()

    assert now_is(account) == Status.CLOSE_ONLY
    assert account.reason == f"{ada} is restricted"
    assert PLATFORMS.take(platform.slug).account(account.login or 0).trading == Right.NONE
    (row,) = queries.restrictions_of(account)
    decision = Decision.objects.get(pk=row.decision or 0)
    assert (row.cause, decision.point) == (Restriction.Cause.CLIENT, "trading.client_standing")
    page = make.browser(ada).get(f"/room/accounts/{account.pk}/").content.decode()
    assert "No trading for now" in page and "is restricted" not in page

    people.activate_client(SYSTEM(), ada, reason="A new document")
    drain()
    assert now_is(account) == Status.OPEN
    assert PLATFORMS.take(platform.slug).account(account.login or 0).trading == Right.FULL
    assert (recorded("AccountRestricted"), recorded("RestrictionLifted")) == (1, 1)


def test_who_is_closed_trades_nothing_any_more(account: TradingAccount, ada: Client) -> None:
    people.close_client(SYSTEM(), ada, reason="Asked for")
    drain()
    assert now_is(account) == Status.READ_ONLY
    there = PLATFORMS.take(account.platform.slug).account(account.login or 0)
    assert there.trading == Right.NONE


def test_people_cannot_lift_what_follows_the_client(account: TradingAccount, ada: Client) -> None:
    people.restrict_client(SYSTEM(), ada, reason="A hit on a list")
    drain()
    records = Record.objects.count()
    account.refresh_from_db()
    with pytest.raises(WrongState, match="trades again once the client is active"):
        trading.lift_restriction(SYSTEM(), account)
    assert (now_is(account), Record.objects.count()) == (Status.CLOSE_ONLY, records)


def test_an_active_client_s_account_stays_as_people_have_restricted_it(
    account: TradingAccount, ada: Client
) -> None:
    trading.restrict_account(SYSTEM(), account, reason="Looked into", how="read_only")
    people.restrict_client(SYSTEM(), ada, reason="x")
    drain()
    assert now_is(account) == Status.READ_ONLY
    assert len(queries.restrictions_of(account)) == 2
    people.activate_client(SYSTEM(), ada, reason="x")
    drain()
    assert (now_is(account), account.reason) == (Status.READ_ONLY, "Looked into")

    people.restrict_client(SYSTEM(), ada, reason="x")
    drain()
    account.refresh_from_db()
    trading.lift_restriction(SYSTEM(), account)
    assert now_is(account) == Status.CLOSE_ONLY  # as the client's standing still asks


def test_who_is_restricted_raises_no_leverage_and_wakes_no_sleeper(
    account: TradingAccount, ada: Client
) -> None:
    trading.change_leverage(SYSTEM(), account, leverage=100)
    drain()
    account.refresh_from_db()
    people.restrict_client(SYSTEM(), ada, reason="x")  # and nothing has reacted yet
    account.client.refresh_from_db()
    records = Record.objects.count()
    with pytest.raises(NotYet, match="until the client is active"):
        trading.ask_leverage(make.act_of(ada), account, leverage=200)
    trading_make.asleep(account)
    with pytest.raises(NotYet, match="until the client is active"):
        trading.reactivate_account(make.act_of(ada), account)
    assert Record.objects.count() == records
    assert (now_is(account), account.leverage) == (Status.DORMANT, 100)

    drain()
    assert now_is(account) == Status.CLOSE_ONLY
    people.activate_client(SYSTEM(), ada, reason="x")
    drain()
    assert now_is(account) == Status.DORMANT


def test_an_account_that_was_being_opened_follows_as_soon_as_it_is_there(
    platform: Platform, ada: Client
) -> None:
    asked = trading.request_account(SYSTEM(), ada, account_type="standard", currency="USD")
    assert asked.status == Status.OPENING
    people.restrict_client(SYSTEM(), ada, reason="x")
    drain()
    assert now_is(asked) == Status.CLOSE_ONLY


def test_nobody_opens_what_waits_while_the_client_is_restricted(platform: Platform) -> None:
    grace = make.client("SC")
    drain()
    people.set_risk(SYSTEM(), grace, risk="high", score=90)
    waiting = trading.request_account(
        SYSTEM(), grace, account_type="standard", currency="USD", platform=platform
    )
    assert waiting.status == Status.REQUESTED
    people.restrict_client(SYSTEM(), grace, reason="x")
    group = trading_make.group_at(platform, "SC-USD-Standard")
    with pytest.raises(NotYet):
        trading.approve_account(SYSTEM(), waiting, group=group, leverage=30)
    assert now_is(waiting) == Status.REQUESTED


def test_virtual_money_stays_and_a_clock_catches_up_with_the_rule(
    account: TradingAccount, ada: Client
) -> None:
    played = trading_make.practice(ada)
    drain()
    people.restrict_client(SYSTEM(), ada, reason="x")
    with clock_at(now() + timedelta(hours=1)):
        follow_standings(SYSTEM(door="schedule"))
    assert (now_is(account), now_is(played)) == (Status.CLOSE_ONLY, Status.OPEN)
    records = Record.objects.filter(name="trading.AccountRestricted").count()
    follow_standings(SYSTEM(door="schedule"))
    drain()
    assert Record.objects.filter(name="trading.AccountRestricted").count() == records == 1


@pytest.mark.parametrize(
    ("status", "practice", "how"),
    [
        ("restricted", False, "close_only"), ("restricted", True, "none"),
        ("closed", True, "read_only"), ("refused", False, "read_only"),
        ("in_review", False, "read_only"), ("registered", True, "none"),
    ],
)  # fmt: skip
def test_the_house_s_own_rule_by_standing(act: Act, status: Any, practice: bool, how: str) -> None:
    asked = StandingAsked(entity="CY", status=status, practice=practice)
    assert queries.in_force(STANDING)(asked).how == how


def test_a_broken_question_leaves_closing_only(act: Act) -> None:
    example = StandingAsked(entity="CY", status="restricted", practice=False)
    ready = compile_table(STANDING, BUILT_IN[STANDING.name])
    for spoilt in mutations(STANDING, example):
        found = evaluate(STANDING, ready, spoilt.inputs)
        assert (found.cautious, found.output.how) == (True, "close_only"), spoilt
