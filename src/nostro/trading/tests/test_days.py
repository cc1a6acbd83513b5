"""A platform's own ends of days, held against our deals on a real server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act, now
from nostro.core.jobs import drain
from nostro.kit import Money
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import ports, queries, sync
from nostro.trading.models import BalanceBreak, DailyReport, Platform, TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import MORNING, deal
from nostro.trading.tests.test_pages import browser_of
from tests import make

pytestmark = pytest.mark.django_db
END = datetime(2026, 6, 1, 20, 59, 59, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


def opened(client: Client) -> TradingAccount:
    drain()
    return TradingAccount.objects.get(client=client)


def paid(account: TradingAccount, amount: str, kind: BalanceKind = BalanceKind.BALANCE) -> None:
    PLATFORMS.take(account.platform.slug).change_balance(
        account.login or 0, Money.of(f"{amount} USD"), kind, reference=f"test{now():%H%M%S%f}",
        check_margin=False,
    )  # fmt: skip


def two_days_later(server: Server, platform: Platform) -> None:
    server.control("/advance", to="2026-06-03T08:00:00")
    sync.sync_once(Act.system(), platform)
    sync.Follower(platform).look()


def test_the_days_of_an_account_agree_with_its_deals(platform: Platform, server: Server) -> None:
    account = opened(make.client("SC"))
    paid(account, "500.00")
    paid(account, "20.00", BalanceKind.CREDIT)
    two_days_later(server, platform)

    first, second = DailyReport.objects.order_by("at")

    assert (first.account, first.balance, first.credit) == (account, Decimal(500), Decimal(20))
    assert first.equity == Decimal(520)
    assert first.agrees
    assert second.agrees
    assert second.at - first.at == timedelta(days=1)
    assert not BalanceBreak.objects.exists()

    sync.Follower(platform).look()
    assert DailyReport.objects.count() == 2
    page = browser_of(make.staff("*")).get(f"/staff/trading/accounts/{account.pk}/?tab=days").text
    assert "Agrees" in page
    assert "500.00" in page


def test_what_is_practised_has_no_days(platform: Platform, server: Server) -> None:
    trading_make.practice(trading_make.newcomer())
    account = opened(make.client("SC"))
    two_days_later(server, platform)

    assert set(DailyReport.objects.values_list("account", flat=True)) == {account.pk}


# ── By hand ──


@pytest.fixture
def account(act: Act) -> TradingAccount:
    made = trading_make.account(make.client("SC"), trading_make.platform())
    trading.begin_backfill(Act.system(), made.platform, since=MORNING, until=MORNING)
    return made


def funded(account: TradingAccount, ticket: int, amount: str, **more: Any) -> ports.Deal:
    return deal(
        ticket, account.login or 0, kind=ports.DealKind.BALANCE, profit=Decimal(amount), **more
    )


def report(account: TradingAccount, balance: str, **more: Any) -> ports.DailyReport:
    shown = Decimal(balance)
    one = ports.DailyReport(
        login=account.login or 0, at=END, group="", balance=shown, credit=Decimal(0), equity=shown,
        margin=Decimal(0), free_margin=shown, floating=Decimal(0), raw={},
    )  # fmt: skip
    return replace(one, **more)


def compared(account: TradingAccount, *reports: ports.DailyReport) -> int:
    return trading.compare_days(Act.system(), account.platform, reports=reports)


def test_a_day_that_differs_becomes_a_break_with_its_cause_once(account: TradingAccount) -> None:
    trading.record_deals(Act.system(), account.platform, deals=[funded(account, 1, "100")])

    assert compared(account, report(account, "107.5")) == 1

    found = BalanceBreak.objects.get()
    assert (found.account, found.shown, found.derived) == (account, Decimal("107.5"), Decimal(100))
    assert found.cause == (
        "The platform's own report of 1 June 2026 has another balance than its deals until then "
        "make."
    )
    day = DailyReport.objects.get()
    assert (day.found, day.agrees) == (found, False)
    page = browser_of(make.staff("*")).get(f"/staff/trading/accounts/{account.pk}/?tab=days").text
    assert "Differs" in page
    assert str(found) in page

    later = report(account, "107.5", at=END + timedelta(days=1))
    assert compared(account, report(account, "107.5"), later) == 0, "the same stands already"
    assert BalanceBreak.objects.count() == 1


def test_credit_is_held_against_credit(account: TradingAccount) -> None:
    lent = deal(1, account.login or 0, kind=ports.DealKind.CREDIT, profit=Decimal(30))
    trading.record_deals(Act.system(), account.platform, deals=[lent])

    assert compared(account, report(account, "0", credit=Decimal(30))) == 0
    later = END + timedelta(days=1)
    assert compared(account, report(account, "0", credit=Decimal(25), at=later)) == 1
    assert "another credit" in BalanceBreak.objects.get().cause


def test_what_comes_after_the_end_of_a_day_is_not_of_it(account: TradingAccount) -> None:
    last, next_one = END + timedelta(milliseconds=900), END + timedelta(seconds=1)
    trading.record_deals(
        Act.system(), account.platform,
        deals=[funded(account, 1, "100", at=last), funded(account, 2, "50", at=next_one)],
    )  # fmt: skip

    assert compared(account, report(account, "100")) == 0
    assert DailyReport.objects.get().agrees


def test_a_stranger_is_left_out_and_many_accounts_cost_no_more(account: TradingAccount) -> None:
    stranger = replace(report(account, "5"), login=424_242)
    compared(account, report(account, "0"))

    with CaptureQueriesContext(connection) as one:
        compared(account, stranger, report(account, "0", at=END + timedelta(days=1)))
    many = [report(account, "0", at=END + timedelta(days=2 + n)) for n in range(40)]
    with CaptureQueriesContext(connection) as forty:
        compared(account, *many)

    assert len(forty) == len(one)
    assert DailyReport.objects.count() == 42
    assert {one.account_id for one in DailyReport.objects.all()} == {account.pk}


def test_who_may_not_see_the_client_sees_no_days(account: TradingAccount) -> None:
    compared(account, report(account, "0"))
    make.entity("UK")

    seen = [
        queries.days(make.act_of(make.staff("trading.*", entities=[code]))).count()
        for code in ("SC", "UK")
    ]

    assert seen == [1, 0]
