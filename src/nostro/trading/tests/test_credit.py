"""Credit on trading accounts, with a real server beside us: lent, taken back, never cash."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from nostro.core.acts import Act, clock_at, now
from nostro.core.doors import call
from nostro.core.jobs import drain
from nostro.core.models import Proposal, Record
from nostro.core.states import WrongState
from nostro.kit import Money
from nostro.kit.problems import Forbidden, Problem
from nostro.kit.vendors import Retry
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.trading import operations as trading
from nostro.trading import reactions, sync
from nostro.trading.models import Credit, Platform, TradingAccount
from nostro.trading.ports import PLATFORMS
from nostro.trading.reactions.steps import FEW, in_turn, take_steps
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import lost, paid_in, recorded
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status


def lent(account: TradingAccount, money: str = "200.00 USD", days: int = 30) -> Credit:
    made = trading.give_credit(
        Act.system(), account, money=Money.of(money), days=days, reason="A loyal client."
    )
    drain()
    made.refresh_from_db()
    return made


def there(account: TradingAccount) -> Decimal:
    return PLATFORMS.take(account.platform.slug).account_state(account.login or 0).credit


def books(account: TradingAccount) -> tuple[Money, Money]:
    on_it = chart.client_credit(account.client_id, account.platform.slug, account.login or 0)
    return balance(on_it, "USD"), balance(chart.house_bonus(), "USD")


def test_credit_is_on_the_platform_and_apart_from_cash_in_the_ledger_until_its_time_is_over(
    account: TradingAccount, platform: Platform
) -> None:
    made = lent(account)
    assert (made.status, there(account)) == (Credit.Status.GIVEN, Decimal(200))
    assert books(account) == (Money.of("200.00 USD"), Money.of("-200.00 USD"))
    sync.sync_once(Act.system(), platform)
    account.refresh_from_db()
    assert account.free_money == Money.zero("USD")  # nothing of it can be taken out

    with clock_at(now() + timedelta(days=31)):
        reactions.end_expired_credit(Act.system())
        reactions.end_expired_credit(Act.system())
        drain()
    made.refresh_from_db()
    assert (made.status, there(account)) == (Credit.Status.ENDED, Decimal(0))
    assert books(account) == (Money.zero("USD"), Money.zero("USD"))
    assert verify() == []


def test_credit_whose_answer_is_lost_is_given_once(
    account: TradingAccount, server: "Server"
) -> None:
    server.misbehave("drop_after_acting", "TRADE_BALANCE")
    made = lent(account)
    for minutes in (1, 5, 10):
        with clock_at(now() + timedelta(minutes=minutes)):
            drain()
    made.refresh_from_db()
    assert (made.status, there(account)) == (Credit.Status.GIVEN, Decimal(200))
    assert books(account)[0] == Money.of("200.00 USD")
    assert recorded("CreditGiven") == 1


def test_credit_that_open_trades_need_stays_and_says_so(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    made = lent(account)
    server.trade(account.login or 0, lots="0.1")
    trading.take_back_credit(Act.system(), made, reason="By mistake.")
    drain()
    made.refresh_from_db()
    assert (made.status, there(account)) == (Credit.Status.GIVEN, Decimal(200))
    assert made.trouble
    assert (recorded("CreditKept"), recorded("CreditEnded")) == (1, 0)
    assert books(account)[0] == Money.of("200.00 USD")


@pytest.mark.parametrize(
    ("money", "days", "reason", "problem"),
    [
        ("0.00 USD", 30, "x", Problem),
        ("-5.00 USD", 30, "x", Problem),
        ("5.00 EUR", 30, "x", Problem),
        ("5.00 USD", 0, "x", Problem),
        ("5.00 USD", 30, "  ", Problem),
        ("5.00 USD", 181, "x", Forbidden),
        ("50001.00 USD", 30, "x", Forbidden),
    ],
)
def test_credit_that_cannot_be_lent_changes_nothing(
    account: TradingAccount, money: str, days: int, reason: str, problem: type[Problem]
) -> None:
    before = Record.objects.count()
    with pytest.raises(problem):
        trading.give_credit(Act.system(), account, money=Money.of(money), days=days, reason=reason)
    assert not Credit.objects.exists()
    assert Record.objects.count() == before


def test_retail_clients_of_the_eu_are_lent_nothing(platform: Platform) -> None:
    trading_make.group(platform, "CY", "EUR")
    retail = trading_make.account(make.client("CY", currency="EUR"), platform, currency="EUR")
    with pytest.raises(Forbidden, match="incentive"):
        trading.give_credit(
            Act.system(), retail, money=Money.of("10.00 EUR"), days=30, reason="Welcome."
        )
    trading.restrict_account(Act.system(), retail, reason="x")
    with pytest.raises(WrongState):
        trading.give_credit(
            Act.system(), retail, money=Money.of("10.00 EUR"), days=30, reason="Welcome."
        )


def test_more_than_a_little_takes_two_people(account: TradingAccount) -> None:
    maker = make.act_of(make.staff("trading.*"))
    given = {"money": "500.01 USD", "days": 30, "reason": "A loyal client."}
    assert isinstance(call(maker, trading.give_credit, account, given), Proposal)
    assert not Credit.objects.exists()
    made = call(maker, trading.give_credit, account, given | {"money": "500.00 USD"})
    assert isinstance(made, Credit)


def test_credit_goes_with_a_negative_balance(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    made = lent(account, "50.00 USD")
    lost(account, server)
    reactions.correct_negatives(Act.system())
    drain()
    sync.sync_once(Act.system(), platform)
    account.refresh_from_db()
    made.refresh_from_db()
    assert not account.balance
    assert not account.credit
    assert made.status == Credit.Status.ENDED
    assert books(account) == (Money.zero("USD"), Money.zero("USD"))
    assert verify() == []


def test_colleagues_see_what_is_lent_on_the_account_and_in_a_list_of_its_own(
    account: TradingAccount, settings: object
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]
    paid_in(account, "10.00")
    made = lent(account)
    browser = make.browser(make.staff("trading.*", "people.*"))
    for page in (f"accounts/{account.pk}/", "credits/", f"credits/{made.pk}/"):
        assert str(made) in browser.get(f"/staff/trading/{page}").content.decode()


def test_credit_whose_job_gave_up_is_taken_up_by_the_clock_and_given_once(
    account: TradingAccount, server: "Server"
) -> None:
    server.misbehave("drop_after_acting", "TRADE_BALANCE")
    made = lent(account)
    assert made.status == Credit.Status.ASKED
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")  # as one that was tried for a day
    reactions.take_up_credits(Act.system())
    made.refresh_from_db()
    assert made.status == Credit.Status.ASKED  # too early: its job may still be at it

    for minutes in (10, 20):
        with clock_at(now() + timedelta(minutes=minutes)):
            reactions.take_up_credits(Act.system())
    made.refresh_from_db()
    assert (made.status, there(account)) == (Credit.Status.GIVEN, Decimal(200))
    assert recorded("CreditGiven") == 1

    trading.take_back_credit(Act.system(), made, reason="Not needed.")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    with clock_at(now() + timedelta(minutes=10)):
        reactions.take_up_credits(Act.system())
    made.refresh_from_db()
    assert (made.status, there(account)) == (Credit.Status.ENDED, Decimal(0))


def test_a_dead_platform_keeps_nothing_waiting_at_another_one(account: TradingAccount) -> None:
    dead = trading_make.platform(slug="mt5-dead")
    lost_there = [
        trading_make.account(make.client("SC"), dead, platform=dead) for _ in range(FEW + 3)
    ]
    tried: list[int] = []

    def step(one: TradingAccount) -> None:
        tried.append(one.platform_id)
        if one.platform_id == dead.pk:
            raise Retry("Nobody answers.")

    rows = TradingAccount.objects.filter(login__isnull=False)
    take_steps(in_turn(step, rows, "platform", now(), most=4))

    assert len(lost_there) > 4 > FEW
    assert tried.count(account.platform_id) == 1
    take_steps(in_turn(step, rows, "platform", now()))
    assert tried[4:].count(dead.pk) == FEW
