"""What people in finance read and take out as files: statements, trial balance, journal."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from nostro.core.acts import Act, clock_at
from nostro.core.models import Record
from nostro.kit.money import Money
from nostro.kit.problems import NotFound
from nostro.ledger import chart, queries
from nostro.ledger.models import Entry, LedgerAccount
from nostro.ledger.queries import Days, Moment
from nostro.ledger.reactions import roll_up
from nostro.ledger.tests.make import deposit, row
from tests import make

pytestmark = pytest.mark.django_db
TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def wallet(client: Any, code: str = "USD") -> LedgerAccount:
    return LedgerAccount.objects.get(path=chart.client_wallet(client.pk).path, asset_id=code)


# ── Statements ──


def test_a_statement_has_what_stood_before_and_after_its_days() -> None:
    for day in (1, 2, 3):
        with clock_at(TODAY.replace(day=day)):
            deposit(1, f"{day}0.00 EUR")
    for account in (row(1), row(0)):
        sign = 1 if account.client_id else -1
        found = queries.account_statement(
            Act.system(), account.pk, days=Days(date(2026, 11, 2), date(2026, 11, 2))
        )
        assert [found.opening.amount, found.closing.amount] == [sign * 10, sign * 30]
        assert [one.money.amount * sign for one in found.rows] == [20]
        assert found.carried == found.opening


def test_pages_of_a_statement_carry_the_balance_on_for_kept_and_for_hot_accounts() -> None:
    for amount in range(1, 8):
        deposit(1, f"{amount}.00 EUR")
    roll_up()
    for account in (row(1), row(0)):
        first = queries.account_statement(Act.system(), account.pk, most=3)
        rest = queries.account_statement(Act.system(), account.pk, most=4, before=first.before)
        after = [abs(one.balance.amount) for one in (*first.rows, *rest.rows) if one.balance]
        assert after == [28, 21, 15, 10, 6, 3, 1]
        assert rest.carried == first.opening == Money.of("0.00 EUR")
        whole = queries.whole_statement(Act.system(), account.pk, most=100)
        assert [abs(one.money.amount) for one in whole.rows] == [1, 2, 3, 4, 5, 6, 7]


def test_a_statement_that_is_too_long_for_a_file_is_refused_in_a_sentence() -> None:
    from nostro.ledger.tests.make import post_things, posting

    some = [posting(1, "1.00 EUR") for _ in range(501)]
    post_things(Act.system(), postings=some)
    with pytest.raises(Exception, match="Choose fewer days"):
        queries.whole_statement(Act.system(), row(1).pk, most=400)


def test_a_statement_is_a_page_and_three_files_each_with_a_record(
    ada: Any, browser: Browser
) -> None:
    url = f"/staff/ledger/accounts/{wallet(ada).pk}/statement/"
    found = text(browser.get(url))
    assert "Ada Lovelace · Wallet" in found
    assert "Closing balance" in found
    assert "Opening balance" in found
    starts = {"csv": "\ufeff".encode(), "xlsx": b"PK", "pdf": b"%PDF"}
    for kind, start in starts.items():
        assert browser.post(url, {"form": kind}).content.startswith(start)
    assert Record.objects.filter(name="ui.Exported").count() == 3
    assert browser.post(url, {"form": "exe"}).status_code == 422
    assert Record.objects.filter(name="ui.Exported").count() == 3


@pytest.mark.parametrize(
    "wrong", ["since=soon", "since=2026-11-02&until=2026-11-01", "start=later"]
)
def test_days_that_make_no_sense_are_refused_in_a_sentence(
    ada: Any, browser: Browser, wrong: str
) -> None:
    url = f"/staff/ledger/accounts/{wallet(ada).pk}/statement/?{wrong}"
    assert browser.get(url).status_code == 422


def test_on_a_shared_account_somebody_sees_the_legs_of_their_own_entities(ada: Any) -> None:
    other = make.client("UK", currency="USD")
    make.funded(other, "80.00 USD")
    clearing = LedgerAccount.objects.get(path="provider/cardwell/clearing", asset_id="USD")
    british = make.act_of(make.staff("ledger.*", entities=["UK"]))
    found = queries.account_statement(british, clearing.pk)
    assert [str(one.money) for one in found.rows] == ["-80.00 USD"]
    assert found.closing == Money.of("-80.00 USD")
    assert len(queries.account_statement(Act.system(), clearing.pk).rows) == 2
    with pytest.raises(NotFound):
        queries.account_statement(british, wallet(ada).pk)


# ── Chart and trial balance ──


def test_the_chart_by_effective_date_adds_up_days_as_legs_do() -> None:
    from nostro.ledger.tests.make import post_things, posting

    with clock_at(TODAY.replace(day=3)):
        deposit(1, "10.00 EUR")
    late = posting(2, "5.00 EUR", effective_at=TODAY.replace(day=2))
    with clock_at(TODAY.replace(day=9)):
        post_things(Act.system(), postings=[late])
    roll_up()

    def owed(day: int, clock: Any) -> Decimal:
        lines = queries.chart_of_accounts(Act.system(), Moment(TODAY.replace(day=day), clock))
        return sum((one.balance.amount for one in lines if one.path == "client"), Decimal(0))

    assert [owed(day, "effective") for day in (1, 2, 3, 9)] == [0, 5, 15, 15]
    assert [owed(day, "recorded") for day in (1, 2, 3, 9)] == [0, 0, 10, 15]


def test_a_trial_balance_is_of_one_entity_and_sums_on_both_sides(
    ada: Any, browser: Browser
) -> None:
    make.funded(make.client("UK", currency="USD"), "80.00 USD")
    uk = make.entity("UK").pk
    found = text(browser.get(f"/staff/ledger/trial/?entity={uk}&currency=USD"))
    assert "80.00" in found
    assert "120.50" not in found
    assert "does not balance" not in found
    assert text(browser.get("/staff/ledger/trial/")).count("200.50") >= 2
    assert browser.post("/staff/ledger/trial/", {"form": "pdf"}).content.startswith(b"%PDF")


@pytest.mark.parametrize("wrong", ["entity=999", "entity=x", "currency=XYZ", "at=soon"])
def test_a_trial_balance_of_nothing_known_is_refused(browser: Browser, wrong: str) -> None:
    assert browser.get(f"/staff/ledger/trial/?{wrong}").status_code == 422


# ── The journal ──


def test_the_journal_is_found_by_account_client_amount_currency_and_operation(
    ada: Any, browser: Browser
) -> None:
    other = make.client(currency="EUR")
    make.funded(other, "77.00 EUR")
    make.entity("UK")
    entry = f"E-{Entry.objects.latest('pk').pk}<"
    for found, hidden in (
        (f"client=C-{other.pk}", f"client={ada.pk}"),
        ("currency=eur", "currency=USD"),
        ("amount_from=76&amount_to=77", "amount_from=77.01&amount_to=100"),
        (f"account=client/{other.pk}", f"account=client/{ada.pk}/wallet"),
        ("operation=settle+deposit", "operation=revalue"),
        (f"entity={other.entity_id}&client={other.pk}", f"client={other.pk}&kind=exchange"),
    ):
        assert entry in text(browser.get(f"/staff/ledger/entries/?{found}"))
        assert entry not in text(browser.get(f"/staff/ledger/entries/?{hidden}"))


@pytest.mark.parametrize("wrong", ["client=Ada", "currency=XYZ", "amount_from=lots", "entity=9999"])
def test_a_journal_filter_that_makes_no_sense_is_refused(
    ada: Any, browser: Browser, wrong: str
) -> None:
    assert browser.get(f"/staff/ledger/entries/?{wrong}").status_code == 422


def test_the_journal_is_printed_by_name(ada: Any, browser: Browser) -> None:
    url = "/staff/ledger/entries/export"
    assert b"Ada Lovelace \xc2\xb7 Wallet" in b"".join(browser.post(url, {"form": "csv"}))
    assert browser.post(url, {"form": "pdf"}).content.startswith(b"%PDF")
