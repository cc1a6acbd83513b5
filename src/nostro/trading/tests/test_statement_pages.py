"""Statements of trading accounts as their owners and staff read them, on pages and in files."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act, now
from nostro.core.guard import acting_as_system
from nostro.core.models import Record
from nostro.kit import Lots
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import ports
from nostro.trading.models import BalanceBreak, Deal, Platform, TradingAccount
from nostro.trading.queries.statements import (
    NotReadYet,
    Span,
)
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.test_pages import browser_of
from nostro.trading.tests.test_statements import (
    MONDAY,
    address,
    june,
    kept_busy,
    moved,
    staff_address,
)
from tests import make

pytestmark = pytest.mark.django_db


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
    before = Record.objects.filter(name="ui.Exported").count()
    for form in ("csv", "xlsx", "pdf"):
        assert dealer.post(staff_address(busy), {"form": form}).status_code == 200
    assert Record.objects.filter(name="ui.Exported").count() == before + 3
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


def test_nobody_reads_the_statement_of_somebody_else(busy: TradingAccount) -> None:
    stranger = browser_of(make.client("SC"))
    records = Record.objects.count()
    for asked in ("month=2026-06", "form=csv", "form=pdf"):
        answer = stranger.get(address(busy, asked))
        assert answer.status_code == 404
        assert b"1198" not in answer.content and b"1,198" not in answer.content
    assert Record.objects.count() == records
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
