"""Statements of trading accounts: sums that add up to the last digit, and what their pages say."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nostro.core.acts import Act, now
from nostro.core.guard import acting_as_system
from nostro.kit import Lots
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import ports
from nostro.trading.models import BalanceBreak, Deal, Platform, TradingAccount
from nostro.trading.ports import DealEntry, DealKind, DealReason
from nostro.trading.queries.statement_sheets import TooLong, sheet
from nostro.trading.queries.statements import (
    BadDays,
    NotReadYet,
    Span,
    Statement,
    lines,
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


@pytest.fixture
def busy(account: TradingAccount) -> TradingAccount:
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


def address(account: TradingAccount, asked: str = "month=2026-06") -> str:
    return f"/room/accounts/{account.pk}/statement/?{asked}"


def staff_address(account: TradingAccount, asked: str = "month=2026-06") -> str:
    return f"/staff/trading/accounts/{account.pk}/statement/?{asked}"


def test_a_client_reads_the_sum_and_its_lines(busy: TradingAccount) -> None:
    room = browser_of(busy.client)
    shown = room.get(address(busy)).text
    for words in (
        "1,198.55", "Deposits", "Withdrawals", "Result of trades", "Swap", "Commission",
        "closed, stop-out", "closed, take profit", "balance 1,328.55", "June 2026",
        "Credit, lent and no part of the balance",
    ):  # fmt: skip
        assert words in shown, words
    one_day = room.get(address(busy, "since=2026-06-02&until=2026-06-02")).text
    assert "2 June 2026" in one_day
    assert "stop-out" not in one_day
    empty = room.get(address(busy, "month=2026-08")).text
    assert "Nothing moved in these days" in empty
    assert "1,203.55" in empty
    assert f'href="/room/accounts/{busy.pk}/statement/"' in room.get("/room/statements/").text
    assert f"/room/accounts/{busy.pk}/statement/" in room.get(f"/room/accounts/{busy.pk}/").text


def test_a_statement_is_taken_home_in_three_forms(busy: TradingAccount) -> None:
    room = browser_of(busy.client)
    text = room.get(address(busy, "month=2026-06&form=csv")).content.decode("utf-8-sig")
    first, *rows = text.splitlines()
    assert first.startswith('"Time, UTC",Ticket,What,Symbol,Lots,Opened at,Price,Profit,Swap')
    assert rows[0].startswith(",,Balance at the start") and rows[0].endswith(",1000.00")
    assert any("Sell closed" in one for one in rows) is False
    assert any("Buy closed, stop-out" in one and one.endswith("-30.00,1298.55") for one in rows)
    assert any(one.startswith(',,"Deposits, together"') and "250.50" in one for one in rows)
    assert any(one.startswith(",,Balance at the end") and "1198.55" in one for one in rows)
    assert rows[-1].startswith(",,Credit at the end")
    pdf, book = (room.get(address(busy, f"month=2026-06&form={one}")) for one in ("pdf", "xlsx"))
    assert pdf.content.startswith(b"%PDF") and book.content.startswith(b"PK")
    assert "statement-" in pdf["Content-Disposition"]


def test_staff_read_the_same_and_a_file_they_take_is_recorded(busy: TradingAccount) -> None:
    dealer = browser_of(make.staff("trading.*", "people.*", "ui.export_rows", "core.*"))
    shown = dealer.get(staff_address(busy)).text
    for words in ("1,198.55", "1,000.00", "Buy closed, stop-out", "Opening balance"):
        assert words in shown, words
    page = dealer.get(f"/staff/trading/accounts/{busy.pk}/").text
    assert f"/staff/trading/accounts/{busy.pk}/statement/?month=" in page
    before = trading_make.Record.objects.filter(name="ui.Exported").count()
    for form in ("csv", "xlsx", "pdf"):
        assert dealer.post(staff_address(busy), {"form": form}).status_code == 200
    assert trading_make.Record.objects.filter(name="ui.Exported").count() == before + 3
    assert dealer.post(staff_address(busy), {"form": "exe"}).status_code == 422


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("since=2026-06-10&until=2026-06-02", "comes after"),
        ("since=2026-06-01&until=2126-06-01", "has not come yet"),
        ("month=2126-01", "has not come yet"), ("since=2126-01-01", "comes after"),
        ("since=yesterday", "is not a day"), ("until=2026-02-30", "is not a day"),
        ("until=20260101", "is not a day"), ("month=2026-13", "is not a month"),
        ("month=June", "is not a month"), ("since=0001-01-01", "No account is that old"),
        ("since=1999-12-31", "No account is that old"), ("since=%00", "is not a day"),
        ("month=2026-06&form=exe", "CSV, XLSX or PDF"),
    ],
)  # fmt: skip
def test_days_that_make_no_sense_are_refused_in_a_sentence(
    busy: TradingAccount, asked: str, words: str
) -> None:
    answer = browser_of(busy.client).get(address(busy, asked))
    assert (answer.status_code, words in answer.text) == (422, True)
    if "form" not in asked:
        dealer = browser_of(make.staff("trading.*", "people.*"))
        assert dealer.get(staff_address(busy, asked)).status_code == 422


def test_a_place_that_is_not_in_the_statement_is_not_there(busy: TradingAccount) -> None:
    room = browser_of(busy.client)
    outside = Deal.objects.get(profit=Decimal(5)).pk
    for before in ("x", "9" * 30, "0", str(outside)):
        assert room.get(address(busy, f"month=2026-06&before={before}")).status_code == 404


def test_days_are_a_month_or_from_and_to_or_this_month() -> None:
    assert span_of({}, TODAY) == Span(date(2026, 11, 1), TODAY)
    assert span_of({"month": "2026-02"}, TODAY) == Span(date(2026, 2, 1), date(2026, 2, 28))
    assert span_of({"month": "2026-11"}, TODAY).last == TODAY
    assert span_of({"until": "2026-03-05"}, TODAY) == Span(date(2026, 3, 1), date(2026, 3, 5))
    assert span_of({"since": "2025-03-05"}, TODAY) == Span(date(2025, 3, 5), TODAY)
    assert [Span(date(2026, 2, 1), date(2026, 2, day)).said for day in (1, 28, 27)] == [
        "1 February 2026", "February 2026", "1 February 2026 to 27 February 2026",
    ]  # fmt: skip
    with pytest.raises(BadDays):
        span_of({"month": "2026-12"}, TODAY)


def test_nobody_reads_the_statement_of_somebody_else(busy: TradingAccount) -> None:
    stranger = browser_of(make.client("SC"))
    records = trading_make.Record.objects.count()
    for asked in ("month=2026-06", "form=csv", "form=pdf"):
        answer = stranger.get(address(busy, asked))
        assert answer.status_code == 404
        assert b"1198" not in answer.content and b"1,198" not in answer.content
    assert trading_make.Record.objects.count() == records
    blind = browser_of(make.staff("trading.accounts", "people.*"))
    assert blind.get(staff_address(busy)).status_code == 403
    sees_only: Browser = browser_of(make.staff("trading.*", "people.*"))
    assert sees_only.post(staff_address(busy), {"form": "csv"}).status_code == 403


def reported(account: TradingAccount, at: datetime, equity: str) -> None:
    balance = june(account, Span(date(2026, 5, 1), at.date())).balance.closing.amount
    one = ports.DailyReport(
        login=account.login or 0, at=at, group="", balance=balance, credit=Decimal(0),
        equity=Decimal(equity), margin=Decimal(0), free_margin=Decimal(0), floating=Decimal(0),
        raw={},
    )  # fmt: skip
    trading.compare_days(Act.system(), account.platform, reports=[one])


def test_equity_at_both_ends_is_the_platforms_or_plainly_unknown(busy: TradingAccount) -> None:
    end = datetime(2026, 5, 31, 20, 59, 59, tzinfo=UTC)
    reported(busy, end - timedelta(days=1), "999.11")
    reported(busy, end, "1001.11")
    reported(busy, end + timedelta(days=40), "7.77")

    found = june(busy)
    shown = browser_of(busy.client).get(address(busy)).text

    assert found.began is not None and f"{found.began.equity.amount}" == "1001.11"
    assert found.ended is None
    assert "1,001.11 USD" in shown
    assert "31 May 2026 20:59:59 UTC" in shown
    assert "Not known" in shown
    assert "there is none of 30 June 2026" in shown
    assert "7.77" not in shown


def test_what_is_open_now_stands_in_a_statement_that_ends_now(account: TradingAccount) -> None:
    zero = Decimal(0)
    open_ = ports.Position(
        ticket=77, login=account.login or 0, symbol="EURUSD", side=ports.Side.BUY,
        lots=Lots("0.30"), contract_size=Decimal(100_000), open_price=Decimal("1.1"),
        current_price=Decimal("1.2"), profit=Decimal("12.34"), swap=zero, profit_rate=Decimal(1),
        opened_at=MONDAY, comment="", raw={},
    )  # fmt: skip
    state = ports.AccountState(
        login=account.login or 0, balance=zero, credit=zero, equity=Decimal("12.34"), margin=zero,
        free_margin=zero, margin_level=zero, floating=Decimal("12.34"), raw={},
    )  # fmt: skip
    trading.record_positions(Act.system(), account.platform, positions=[open_])
    trading.read_accounts(Act.system(), account.platform, states=[state])
    room = browser_of(account.client)

    shown = room.get(address(account, "")).text
    assert "Open now" in shown and "12.34 USD" in shown
    rows = room.get(address(account, "form=csv")).content.decode("utf-8-sig")
    assert "Buy open,EURUSD,0.30,1.10,1.20,12.34" in rows
    assert room.get(address(account, "form=pdf")).content.startswith(b"%PDF")
    before = room.get(address(account)).text
    assert "Open now" not in before


def test_practice_has_statements_that_say_it_is_virtual(live: Platform) -> None:
    trading.add_group(
        Act.system(), live, path=r"demo\SC-USD-Standard", entity=make.entity("SC"), currency="USD",
        account_type="standard", practice=True,
    )  # fmt: skip
    owner = trading_make.newcomer()
    account = trading.account_opened(
        Act.system(), trading_make.practice(owner), login=990_001, main="Main-pass1",
        investor="Look-only1",
    )  # fmt: skip
    moved(account, "10000")

    shown = browser_of(owner).get(address(account)).text

    for words in ("Virtual money put in", "10,000.00", "Practice: virtual money",
                  "none is kept of a practice account"):  # fmt: skip
        assert words in shown, words
    assert browser_of(owner).get(address(account, "month=2026-06&form=pdf")).status_code == 200


def test_while_the_past_is_read_nobody_says_what_stood(busy: TradingAccount) -> None:
    trading.begin_backfill(
        Act.system(), busy.platform, since=MONDAY, until=now() + timedelta(days=1)
    )
    with pytest.raises(NotReadYet):
        june(busy)
    answer = browser_of(busy.client).get(address(busy))
    assert (answer.status_code, "still being read" in answer.text) == (409, True)
    assert browser_of(make.staff("*")).get(staff_address(busy)).status_code == 409


def test_a_break_of_the_account_is_said(busy: TradingAccount) -> None:
    with acting_as_system("a break for a test"):
        BalanceBreak.objects.create(
            account=busy, kind="balance", shown=Decimal(1), derived=Decimal(2), cause="Other.",
            found_at=now(), status_at=now(),
        )  # fmt: skip
    assert june(busy).doubt
    assert "We are looking into this account" in browser_of(busy.client).get(address(busy)).text


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
