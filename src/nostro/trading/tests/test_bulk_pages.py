"""The pages of bulk changes, as staff open them from the list of accounts."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from nostro.bulk import operations as bulk
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.tests.make import prepared
from nostro.core.acts import Act
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.people.models import Staff
from nostro.trading import operations as trading
from nostro.trading.models import TradingAccount
from tests import make

from nostro.trading.tests.make import everything, many  # isort: skip

pytestmark = pytest.mark.django_db
NEW = "/staff/bulk/new/?page=trading/accounts"
WHY = {"why": "New terms", "leverage": "50", "operation": "trading.change_leverage"}


@pytest.fixture
def eleni(db: None) -> Staff:
    return make.staff("*")


@pytest.fixture
def browser(eleni: Staff) -> Browser:
    return make.browser(eleni)


def only_change() -> BulkChange:
    drain()
    return BulkChange.objects.get()


def test_the_list_of_accounts_leads_to_a_bulk_change_of_all_that_match(browser: Browser) -> None:
    many(60)

    page = browser.get("/staff/trading/accounts/?view=open&currency=USD").text

    assert "/staff/bulk/new/?view=open&amp;currency=USD&amp;page=trading%2Faccounts" in page
    asked = browser.get(f"{NEW}&view=open&currency=USD").text
    assert "<b>60</b> rows chosen" in asked
    assert 'value="trading.change_leverage"' in asked


def test_all_rows_that_match_the_filter_are_taken_and_no_other(browser: Browser) -> None:
    first = many(60)
    trading.restrict_account(Act.system(), first, reason="A test")

    answer = browser.post(f"{NEW}&view=open", WHY)

    change = only_change()
    assert answer.headers["Location"] == f"/staff/bulk/changes/{change.pk}/"
    assert (change.total, change.chosen) == (59, "Accounts: Open")
    assert not change.rows.filter(thing_id=first.pk).exists()


def test_ticked_rows_are_taken_and_no_other(browser: Browser) -> None:
    many(5)
    ticked = [str(pk) for pk in everything().values_list("pk", flat=True)[1:3]]

    asked = browser.post(NEW, {"row": ticked}).text
    browser.post(NEW, {**WHY, "row": ticked})

    assert "<b>2</b> rows chosen" in asked
    rows = only_change().rows.order_by("number").values_list("thing_id", flat=True)
    assert [str(one) for one in rows] == ticked


def test_a_file_of_logins_names_the_rows_and_what_it_names_wrongly_has_its_verdict(
    browser: Browser,
) -> None:
    many(5)
    logins = [str(one) for one in everything().values_list("login", flat=True)[:2]]
    file = SimpleUploadedFile("logins.csv", "\n".join(["login", *logins, "77"]).encode())

    browser.post(f"{NEW}&view=all", {**WHY, "file": file})

    change = only_change()
    said = [(one.name, one.status, one.said) for one in change.rows.order_by("number")]
    assert said == [
        ("", "planned", ""), ("", "planned", ""),
        ("77", "refused", "No row of the list bears this login."),
    ]  # fmt: skip
    assert change.chosen == "Named in logins.csv, of Accounts: All"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"why": " "}, "Say why."),
        ({"leverage": ""}, "This is needed."),
        ({"leverage": "much"}, "whole number"),
        ({"file": b"abc\nabc\n"}, "Line 2: “abc” is no login."),
        ({"file": b"77\n"}, "No row of the list bears any login of this file."),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(
    given: dict[str, str | bytes], said: str, browser: Browser
) -> None:
    many(2)
    sent = {
        name: SimpleUploadedFile("x.csv", value) if isinstance(value, bytes) else value
        for name, value in {**WHY, **given}.items()
    }

    answer = browser.post(f"{NEW}&view=all", sent)

    assert (answer.status_code, said in answer.text) == (422, True)
    assert not BulkChange.objects.exists()
    assert not Record.objects.filter(name__startswith="bulk.").exists()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/staff/bulk/new/?page=trading/nothing", 404),
        ("/staff/bulk/new/", 404),
        (f"{NEW}&operation=trading.nothing", 404),
        (f"{NEW}&status=nonsense", 422),
        ("/staff/bulk/new/?page=trading/deals", 404),
    ],
)
def test_addresses_that_lead_nowhere_are_said(address: str, status: int, browser: Browser) -> None:
    assert browser.get(address).status_code == status


def test_who_may_change_nothing_is_offered_nothing() -> None:
    many(2)
    browser = make.browser(make.staff("trading.accounts"))

    assert "/staff/bulk/new/" not in browser.get("/staff/trading/accounts/").text
    assert browser.get(NEW).status_code == 404
    assert not BulkChange.objects.exists()


def test_the_page_of_a_change_says_what_will_be_done_and_starts_it(
    browser: Browser, eleni: Staff
) -> None:
    first = many(40)
    trading.restrict_account(Act.system(), first, reason="A test")
    change = prepared(
        make.act_of(eleni), "trading.restrict_account", everything(), reason="Volatile"
    )
    url = f"/staff/bulk/changes/{change.pk}/"

    page = browser.get(url).text
    assert "Will be done" in page
    assert "It is close only already, until it is lifted: A test" in page
    assert f"/staff/do/bulk.start_change/{change.pk}" in page
    browser.post(f"/staff/do/bulk.start_change/{change.pk}", {"key": "k"})
    drain()

    page = browser.get(url).text
    assert "Every row has its verdict." in page
    assert TradingAccount.objects.filter(status="close_only").count() == 40
    for address in (
        "/staff/bulk/changes/?view=all",
        f"/staff/bulk/changes/?view=all&open={change.pk}",
    ):
        assert str(change) in browser.get(address).text


def test_the_verdicts_leave_as_a_spreadsheet(browser: Browser, eleni: Staff) -> None:
    first = many(4)
    trading.restrict_account(Act.system(), first, reason="A test", how="disabled")
    change = prepared(make.act_of(eleni), "trading.change_leverage", everything(), leverage=50)

    answer = browser.post(f"/staff/bulk/rows/export?view=all&change={change.pk}", {"form": "csv"})

    text = b"".join(answer).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Row", "Bulk change", "Verdict", "What was said", "When"]
    assert rows[1][:4] == [str(first), str(change), "Refused", "It is disabled."]
    assert len(rows) == 5


def test_the_list_of_rows_costs_the_same_for_few_and_many(
    browser: Browser, eleni: Staff, django_assert_max_num_queries: object
) -> None:
    many(300)
    change = prepared(make.act_of(eleni), "trading.change_leverage", everything(), leverage=50)
    assert BulkRow.objects.count() == 300

    with django_assert_max_num_queries(40):  # type: ignore[operator]
        page = browser.get(f"/staff/bulk/rows/?view=all&change={change.pk}").text

    assert "50 of 300" in page


def test_a_stopped_change_says_how_far_it_came(browser: Browser, eleni: Staff) -> None:
    many(80)
    change = prepared(make.act_of(eleni), "trading.restrict_account", everything(), reason="x")
    bulk.start_change(make.act_of(eleni), change)
    drain(limit=1)
    browser.post(f"/staff/do/bulk.stop_change/{change.pk}", {"reason": "Ask first", "key": "s"})

    page = browser.get(f"/staff/bulk/changes/{change.pk}/").text
    assert "<b>50</b> of 80 rows have a verdict" in page
    assert f"/staff/do/bulk.resume_change/{change.pk}" in page
