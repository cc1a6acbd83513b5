"""Statements of trading accounts: sums that add up to the last digit, and what their pages say."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nostro.core.acts import Act, now
from nostro.kit import Lots
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading.models import Deal, Platform, TradingAccount
from nostro.trading.ports import DealEntry, DealKind, DealReason
from nostro.trading.queries.statement_sheets import TooLong, sheet
from nostro.trading.queries.statements import (
    BadDays,
    Span,
    Statement,
    lines,
    one_sight,
    span_of,
    stands,
    statement,
)
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import deal
from nostro.trading.tests.test_pages import browser_of
from tests import make

pytestmark = pytest.mark.django_db
NUMBERS = count(1)
MONDAY = datetime(2026, 6, 1, 10, tzinfo=UTC)
JUNE = Span(date(2026, 6, 1), date(2026, 6, 30))
TODAY = date(2026, 11, 28)


def booked(account: TradingAccount, **more: Any) -> int:
    """One deal of the account, by our id."""
    ticket = next(NUMBERS)
    one = deal(ticket, account.login or 0, **{"at": MONDAY, "position": ticket, **more})
    (pk,) = trading.record_deals(Act.system(), account.platform, deals=[one])
    return pk


def moved(account: TradingAccount, amount: str, **more: Any) -> int:
    given = {"kind": DealKind.BALANCE, "profit": Decimal(amount), **more}
    return booked(account, entry=DealEntry.OTHER, symbol="", lots=Lots(0), **given)


def traded(account: TradingAccount, amount: str, **more: Any) -> int:
    given = {"profit": Decimal(amount), "position_price": Decimal("1.09"), **more}
    return booked(account, kind=DealKind.SELL, entry=DealEntry.OUT, **given)


def june(account: TradingAccount, span: Span = JUNE) -> Statement:
    account.refresh_from_db()
    return statement(account, span, now())


def parts(found: Statement) -> dict[str, str]:
    return {one.label: f"{one.money.amount}" for one in found.balance.parts}


def address(account: TradingAccount, asked: str = "month=2026-06") -> str:
    return f"/room/accounts/{account.pk}/statement/?{asked}"


def staff_address(account: TradingAccount, asked: str = "month=2026-06") -> str:
    return f"/staff/trading/accounts/{account.pk}/statement/?{asked}"


def kept_busy(account: TradingAccount) -> TradingAccount:
    """May leaves 1,000.00; June pays in, trades with costs, is lent something and takes out."""
    moved(account, "1000", at=MONDAY - timedelta(days=3))
    moved(account, "250.50")
    booked(account, commission=Decimal("-0.35"), at=MONDAY + timedelta(hours=1))
    traded(
        account, "80.10", swap=Decimal("-1.25"), commission=Decimal("-0.35"), fee=Decimal("-0.10"),
        reason=DealReason.TAKE_PROFIT, at=MONDAY + timedelta(hours=2),
    )  # fmt: skip
    traded(account, "-30", reason=DealReason.STOP_OUT, at=MONDAY + timedelta(hours=3))
    booked(account, at=MONDAY + timedelta(hours=4))
    moved(account, "-100", at=MONDAY + timedelta(days=1))
    moved(account, "50", kind=DealKind.CREDIT, at=MONDAY + timedelta(days=1))
    moved(account, "5", at=MONDAY + timedelta(days=40))
    return account


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def live(act: Act) -> Platform:
    return trading_make.platform()


@pytest.fixture
def ada(act: Act) -> Client:
    return make.client("SC")


@pytest.fixture
def account(ada: Client, live: Platform) -> TradingAccount:
    return trading_make.account(ada, live)


@pytest.fixture
def busy(account: TradingAccount) -> TradingAccount:
    return kept_busy(account)


def test_opening_and_what_moved_are_closing(busy: TradingAccount) -> None:
    found = june(busy)

    assert (str(found.balance.opening), str(found.balance.closing)) == (
        "1,000.00 USD", "1,198.55 USD",
    )  # fmt: skip
    assert parts(found) == {
        "Deposits": "250.50", "Withdrawals": "-100.00", "Result of trades": "50.10",
        "Swap": "-1.25", "Commission": "-0.70", "Fees and charges": "-0.10",
    }  # fmt: skip
    assert (str(found.credit.opening), str(found.credit.closing)) == ("0.00 USD", "50.00 USD")
    assert found.lines == 6
    july = june(busy, Span(date(2026, 7, 1), date(2026, 7, 31)))
    assert july.balance.opening == found.balance.closing
    assert july.credit.opening == found.credit.closing


def test_each_line_has_what_stood_after_it(busy: TradingAccount) -> None:
    found = june(busy)
    listed = list(lines(found))

    assert [f"{stands(found, one).amount}" for one in listed] == [
        "1198.55", "1198.55", "1298.55", "1328.55", "1250.15", "1250.50",
    ]  # fmt: skip
    rest = list(lines(found, str(listed[2].pk)))
    assert [one.pk for one in rest] == [one.pk for one in listed[3:]]
    assert stands(found, rest[0]) == stands(found, listed[3])


KINDS = [
    DealKind.BALANCE, DealKind.CREDIT, DealKind.CHARGE, DealKind.CORRECTION, DealKind.BONUS,
    DealKind.COMMISSION, DealKind.TAX, DealKind.BUY, DealKind.SELL,
]  # fmt: skip
FIGURE = st.decimals("-1000", "1000", places=4)
DEALS = st.lists(
    st.tuples(
        st.sampled_from(KINDS), st.sampled_from(list(DealEntry)), st.integers(0, 4 * 24),
        FIGURE, FIGURE, FIGURE, FIGURE, st.sampled_from([None, "gone", "changed"]),
    ),
    max_size=12,
)  # fmt: skip
ONE_BY_ONE = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ONE_BY_ONE
@given(DEALS, st.integers(0, 3), st.integers(0, 3))
def test_whatever_moves_an_account_its_statements_add_up_and_join(
    live: Platform, made: list[Any], first: int, more: int
) -> None:
    account = trading_make.account(make.client("SC"), live)
    stood = dict.fromkeys((False, True), Decimal(0))
    begins, ends = (MONDAY.replace(hour=0) + timedelta(days=days) for days in (first, first + more))
    for kind, entry, hours, profit, swap, commission, fee, later in made:
        at = MONDAY.replace(hour=0) + timedelta(hours=hours)
        figures = {"profit": profit, "swap": swap, "commission": commission, "fee": fee}
        pk = booked(account, kind=kind, entry=entry, at=at, **figures)
        total = profit + swap + commission + fee
        if later:
            one = deal(Deal.objects.get(pk=pk).ticket, account.login or 0, kind=kind, at=at,
                       profit=profit / 2)  # fmt: skip
            total = Decimal(0) if later == "gone" else profit / 2
            change = [(pk, None if later == "gone" else one)]
            trading.correct_deals(Act.system(), live, changes=change)
        if kind != DealKind.CREDIT:
            stood[False] += total if at < begins else 0
            stood[True] += total if at < ends + timedelta(days=1) else 0

    found = june(account, Span(begins.date(), ends.date()))

    assert found.balance.opening == account.money(stood[False])
    assert found.balance.closing == account.money(stood[True])
    together = sum((one.money for one in found.balance.parts), found.balance.opening)
    assert together == found.balance.closing
    lent = sum((one.money for one in found.credit.parts), found.credit.opening)
    assert lent == found.credit.closing
    listed = list(lines(found))
    assert len(listed) == found.lines
    assert not listed or stands(found, listed[0]) == found.balance.closing
    after = june(account, Span((ends + timedelta(days=1)).date(), date(2026, 6, 30)))
    assert after.balance.opening == found.balance.closing


def test_what_the_platform_changed_later_counts_on_its_own_day(busy: TradingAccount) -> None:
    won = Deal.objects.get(profit=Decimal("80.10"))
    trading.correct_deals(Act.system(), busy.platform, changes=[(won.pk, None)])

    found = june(busy)

    assert parts(found)["Corrected since"] == "-78.40"
    assert str(found.balance.closing) == "1,120.15 USD"
    assert "cancelled" in browser_of(busy.client).get(address(busy, "month=2026-06")).text


@pytest.mark.django_db(transaction=True)
def test_a_deal_that_comes_meanwhile_is_in_the_sums_and_the_lines_or_in_neither(
    account: TradingAccount,
) -> None:
    def later() -> None:
        moved(account, "5")
        connection.close()

    moved(account, "100")
    with one_sight():
        found = june(account)
        with ThreadPoolExecutor(1) as other:
            other.submit(later).result()
        listed = list(lines(found))

    assert [f"{stands(found, one).amount}" for one in listed] == ["100.00"]
    assert f"{june(account).balance.closing.amount}" == "105.00"


def test_days_are_a_month_or_from_and_to_or_this_month() -> None:
    assert span_of({}, TODAY) == Span(date(2026, 11, 1), TODAY)
    assert span_of({"month": "2026-02"}, TODAY) == Span(date(2026, 2, 1), date(2026, 2, 28))
    assert span_of({"month": "2026-11"}, TODAY).last == TODAY
    assert span_of({"until": "2026-03-05"}, TODAY) == Span(date(2026, 3, 1), date(2026, 3, 5))
    assert span_of({"since": "2025-03-05"}, TODAY) == Span(date(2025, 3, 5), TODAY)
    assert [Span(date(2026, 2, 1), date(2026, 2, day)).said for day in (1, 28, 27)] == [
        "1 February 2026", "February 2026", "1 to 27 February 2026",
    ]  # fmt: skip
    assert Span(date(2025, 12, 31), date(2026, 1, 2)).said == "31 December 2025 to 2 January 2026"
    assert Span(date(2026, 1, 31), date(2026, 2, 2)).said == "31 January to 2 February 2026"
    with pytest.raises(BadDays):
        span_of({"month": "2026-12"}, TODAY)


def test_many_deals_cost_as_many_statements_as_few_and_a_file_has_an_end(
    account: TradingAccount,
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as few:
            found = june(account)
            list(lines(found)[:50])
        return len(few)

    traded(account, "1")
    before = asked()
    some = [
        deal(10_000 + number, account.login or 0, kind=DealKind.SELL, entry=DealEntry.OUT,
             profit=Decimal(1), at=MONDAY + timedelta(minutes=number))
        for number in range(120)
    ]  # fmt: skip
    trading.record_deals(Act.system(), account.platform, deals=some)
    assert asked() == before
    found = june(account)
    assert len(sheet(found).rows) == 121 + 2 + len(found.balance.parts) + 1
    with pytest.raises(TooLong):
        sheet(found, most=120)
    shown = browser_of(account.client).get(address(account)).text
    older = shown.partition("before=")[2].partition('"')[0]
    page = browser_of(account.client).get(address(account, f"month=2026-06&before={older}")).text
    assert "balance 71.00" in page and "Older" in page
