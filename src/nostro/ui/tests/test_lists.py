"""Lists: pages by key, filters, masks, views, bulk actions and spreadsheets."""

import csv
import io
import re

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act
from nostro.core.models import Record, User
from nostro.ui import keyset
from nostro.ui.exports import safe
from nostro.ui.models import SavedView
from nostro.ui.tests import sample
from nostro.ui.tests.conftest import SignIn as SignedIn

HTMX = {"HX-Request": "true"}


@pytest.fixture
def people(db: None) -> list[User]:
    return [
        User.objects.create_user(f"{name}@example.com", None, kind="partner", person_id=100 + at)
        for at, name in enumerate(["kept", "ada", "=cmd", "bob"])
    ]


def cells(text: str) -> list[str]:
    return re.findall(r'data-row="(\d+)"', text)


def next_url(text: str) -> str:
    found = re.search(r'href="([^"]+)" rel="next"', text)
    return found[1].replace("&amp;", "&") if found else ""


def previous_url(text: str) -> str:
    found = re.search(r'href="([^"]+)" rel="prev"', text)
    return found[1].replace("&amp;", "&") if found else ""


def test_a_thousand_records_are_read_page_by_page_without_counting(
    signed_in: SignedIn, act: Act
) -> None:
    user = User.objects.create_user("u@example.com", None, kind="client", person_id=1)
    sample.count_events(act, user, times=1000)
    browser = signed_in("core.records")
    seen: list[str] = []
    url = "/staff/sample/events/"

    with CaptureQueriesContext(connection) as asked:
        while url:
            page = browser.get(url).text
            seen += cells(page)
            url = next_url(page)

    expected = [
        str(pk) for pk in Record.objects.order_by("-at", "-pk").values_list("pk", flat=True)
    ]
    assert seen == expected
    assert len(seen) == 1001  # with the sign-in
    assert asked.captured_queries
    assert not [one for one in asked.captured_queries if "COUNT(" in one["sql"].upper()]


def test_the_count_stops_at_five_hundred(signed_in: SignedIn, act: Act) -> None:
    user = User.objects.create_user("u@example.com", None, kind="client", person_id=1)
    sample.count_events(act, user, times=600)

    page = signed_in("core.records").get("/staff/sample/events/").text

    assert "50 of more than 500" in page


def test_the_way_back_shows_the_same_page_again(signed_in: SignedIn, act: Act) -> None:
    user = User.objects.create_user("u@example.com", None, kind="client", person_id=1)
    sample.count_events(act, user, times=130)
    browser = signed_in("core.records")
    first = browser.get("/staff/sample/events/").text
    second = browser.get(next_url(first)).text

    back = browser.get(previous_url(second)).text

    assert cells(back) == cells(first)
    assert previous_url(back) == ""


@pytest.mark.parametrize("order", ["person_id", "-person_id", "kind", "-kind", "pk", "-pk"])
def test_every_row_is_read_once_in_any_order_with_nulls_and_ties(db: None, order: str) -> None:
    for at in range(23):
        person = None if at % 3 == 0 else 50 + at
        User.objects.create(email=f"{at}@x.io", kind=["staff", "client"][at % 2], person_id=person)

    read = [row.pk for rows in keyset.every(User.objects.all(), order, size=4) for row in rows]
    tie = "-pk" if order.startswith("-") else "pk"
    assert read == list(User.objects.order_by(order, tie).values_list("pk", flat=True))

    page = keyset.page_of(User.objects.all(), order, size=4)
    after = keyset.page_of(User.objects.all(), order, size=4, after=page.after)
    before = keyset.page_of(User.objects.all(), order, size=4, before=after.before)
    assert [row.pk for row in before.rows] == [row.pk for row in page.rows]


@pytest.mark.parametrize("place", ["x", "W10", "eyJhIjogMX0", "bnVsbA", "WyJ4IiwgMV0"])
def test_a_place_that_is_none_is_refused_politely(signed_in: SignedIn, place: str) -> None:
    answer = signed_in("core.records").get(f"/staff/sample/events/?after={place}")

    assert answer.status_code == 422
    assert "Start from the first" in answer.text


def test_a_masked_column_is_dotted_out_and_cannot_be_sorted_by(
    signed_in: SignedIn, people: list[User]
) -> None:
    masked = signed_in("tests.users")
    page = masked.get("/staff/sample/users/").text

    assert "a•••@•••.com" in page
    assert "ada@example.com" not in page
    assert "sort=email" not in page
    assert masked.get("/staff/sample/users/?sort=email").status_code == 422


def test_a_masked_field_is_neither_searched_nor_filtered_by(
    signed_in: SignedIn, people: list[User]
) -> None:
    masked = signed_in("tests.users")

    searched = masked.get("/staff/sample/users/?q=ada").text
    filtered = masked.get("/staff/sample/users/?email=ada")

    assert cells(searched) == []
    assert filtered.status_code == 422
    assert 'name="email"' not in masked.get("/staff/sample/users/").text


def test_who_may_see_a_field_sorts_searches_and_filters_by_it(
    signed_in: SignedIn, people: list[User]
) -> None:
    browser = signed_in("tests.users", unmasked=("tests.user.*",))

    assert cells(browser.get("/staff/sample/users/?q=ada").text) == [str(people[1].pk)]
    assert cells(browser.get("/staff/sample/users/?email=bob").text) == [str(people[3].pk)]
    first = cells(browser.get("/staff/sample/users/?sort=email").text)[0]
    assert first == str(people[2].pk)


def test_a_number_finds_its_thing_with_and_without_its_letter(
    signed_in: SignedIn, people: list[User]
) -> None:
    browser = signed_in("tests.users")

    for words in (f"U-{people[1].pk}", f"u-{people[1].pk}", str(people[1].pk)):
        assert cells(browser.get(f"/staff/sample/users/?q={words}").text) == [str(people[1].pk)]


def test_the_exact_number_is_found_first_and_with_its_letter_alone(
    signed_in: SignedIn, people: list[User]
) -> None:
    number = people[0].pk
    for at in range(200, 260):
        User.objects.create_user(f"{number}{at}@u.com", None, kind="partner", person_id=at)
    browser = signed_in("tests.users", unmasked=("*",))
    digits = cells(browser.get(f"/staff/sample/users/?q={number}&sort=-email").text)

    assert digits[0] == str(number)
    assert len(digits) > 1
    for asked in (f"u-{number}", f"#{number}"):
        assert cells(browser.get("/staff/sample/users/", {"q": asked}).text) == [str(number)]
        found = browser.get("/palette", {"q": asked}).text
        assert set(re.findall(r"sign-in \d+", found)) == {str(people[0])}
    hits = browser.get("/palette", {"q": str(number)}).text
    assert re.findall(r"sign-in \d+", hits)[0] == str(people[0])


def test_views_filters_and_a_senseless_filter(signed_in: SignedIn, people: list[User]) -> None:
    browser = signed_in("tests.users")

    assert len(cells(browser.get("/staff/sample/users/?view=partners").text)) == 4
    assert len(cells(browser.get("/staff/sample/users/?kind=staff").text)) == 1
    assert cells(browser.get("/staff/sample/users/?joined_at_to=2001-01-01").text) == []
    assert browser.get("/staff/sample/users/?joined_at_from=soon").status_code == 422
    assert browser.get("/staff/sample/users/?kind=emperor").status_code == 422


def test_an_empty_list_says_what_comes_next_and_a_filtered_one_that_nothing_fits(
    signed_in: SignedIn,
) -> None:
    browser = signed_in("tests.users")
    assert "Nobody signs in yet." in browser.get("/staff/sample/users/?view=partners").text

    filtered = browser.get("/staff/sample/users/?kind=client").text
    assert "Nobody signs in yet." not in filtered
    assert "No row fits these filters." in filtered


def test_rows_come_as_a_fragment_and_keep_the_open_one(
    signed_in: SignedIn, people: list[User]
) -> None:
    here = {**HTMX, "HX-Current-URL": f"http://testserver/staff/sample/users/?open={people[1].pk}"}
    part = signed_in("tests.users").get("/staff/sample/users/?part=rows", headers=here).text

    assert "<html" not in part
    assert re.search(rf'data-row="{people[1].pk}"[^>]*aria-current="true"', part)


def test_a_view_is_saved_for_its_owner_only_and_deleted(
    signed_in: SignedIn, people: list[User]
) -> None:
    browser = signed_in("tests.users")
    asked = {"page": "sample/users", "name": "My partners", "query": "kind=partner"}

    assert browser.post("/staff/do/ui.save_view", asked, headers=HTMX).status_code == 204
    again = browser.post("/staff/do/ui.save_view", asked, headers=HTMX)

    assert again.status_code == 422
    assert "You have a view of this name" in again.text
    page = browser.get("/staff/sample/users/").text
    assert "My partners" in page
    view = SavedView.objects.get()
    assert browser.post(f"/staff/do/ui.delete_view/{view.pk}", headers=HTMX).status_code == 204
    assert not SavedView.objects.exists()


# ── Bulk ──


def bulk(browser: Client, rows: list[User], **inputs: str) -> str:
    data = {"row": [str(one.pk) for one in rows], "key": "k1", **inputs}
    return browser.post("/staff/sample/users/bulk/tests.close_user", data, headers=HTMX).text


def test_a_bulk_preview_says_of_each_row_whether_it_can_be_done(
    signed_in: SignedIn, people: list[User]
) -> None:
    User.objects.filter(pk=people[3].pk).update(is_active=False)
    rows = "&".join(f"row={one.pk}" for one in people)

    page = (
        signed_in("tests.users")
        .get(f"/staff/sample/users/bulk/tests.close_user?{rows}", headers=HTMX)
        .text
    )

    assert page.count("It is closed already.") == 1
    assert "Close: 3" in page
    assert not Record.objects.filter(name="tests.Closed").exists()


def test_each_row_of_a_bulk_action_has_its_own_verdict_and_its_own_record(
    signed_in: SignedIn, people: list[User]
) -> None:
    browser = signed_in("tests.users")

    page = bulk(browser, people, reason="asked for it")

    assert "3 of 4 done" in page
    assert page.count("This one has to stay open.") == 1
    closed = Record.objects.filter(name="tests.Closed")
    assert closed.count() == 3
    assert closed.values("act_id").distinct().count() == 3


def test_a_bulk_action_sent_twice_is_done_once(signed_in: SignedIn, people: list[User]) -> None:
    browser = signed_in("tests.users")

    bulk(browser, people, reason="asked for it")
    bulk(browser, people, reason="asked for it")

    assert Record.objects.filter(name="tests.Closed").count() == 3


def test_a_bulk_action_without_its_inputs_asks_for_them(
    signed_in: SignedIn, people: list[User]
) -> None:
    page = bulk(signed_in("tests.users"), people)

    assert "This is needed." in page
    assert not Record.objects.filter(name="tests.Closed").exists()


def test_rows_outside_ones_sight_take_no_part_in_a_bulk_action(
    signed_in: SignedIn, people: list[User]
) -> None:
    answer = signed_in().post(
        "/staff/sample/users/bulk/tests.close_user", {"row": [people[1].pk]}, headers=HTMX
    )

    assert answer.status_code == 403
    assert not Record.objects.filter(name="tests.Closed").exists()


# ── Spreadsheets ──


def streamed(answer: object) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_an_export_is_masked_escaped_and_recorded_without_names(
    signed_in: SignedIn, people: list[User]
) -> None:
    browser = signed_in("tests.users", "ui.export_rows", unmasked=("tests.user.*",))

    answer = browser.post("/staff/sample/users/export?kind=partner&q=example", {"form": "csv"})

    rows = list(csv.reader(io.StringIO(streamed(answer).decode("utf-8-sig"))))
    assert rows[0][:2] == ["User", "Email"]
    assert [row[1] for row in rows[1:]] == [
        "kept@example.com",
        "ada@example.com",
        "'=cmd@example.com",
        "bob@example.com",
    ]
    said = Record.objects.get(name="ui.Exported").data
    assert said == {
        "page": "sample/users",
        "rows": 4,
        "filters": {"kind": "partner", "q": "…"},
        "form": "csv",
    }


def test_an_export_shows_no_more_than_the_screen(signed_in: SignedIn, people: list[User]) -> None:
    answer = signed_in("tests.users", "ui.export_rows").post(
        "/staff/sample/users/export", {"form": "csv"}
    )

    text = streamed(answer).decode()
    assert "a•••@•••.com" in text
    assert "ada@example.com" not in text


def test_a_workbook_holds_texts_as_texts(signed_in: SignedIn, people: list[User]) -> None:
    browser = signed_in("tests.users", "ui.export_rows", unmasked=("*",))

    answer = browser.post("/staff/sample/users/export?kind=partner", {"form": "xlsx"})

    sheet = openpyxl.load_workbook(io.BytesIO(streamed(answer))).active
    assert sheet is not None
    values = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert values[3][1] == "=cmd@example.com"
    assert [cell.data_type for cell in sheet[4]][1] == "s"


def test_an_export_needs_its_permission(signed_in: SignedIn, people: list[User]) -> None:
    browser = signed_in("tests.users")

    assert browser.post("/staff/sample/users/export", {"form": "csv"}).status_code == 403
    assert "Export" not in browser.get("/staff/sample/users/").text
    assert not Record.objects.filter(name="ui.Exported").exists()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\n=1", "＝1"])
def test_a_text_that_starts_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_figures_and_plain_texts_stay_as_they_are() -> None:
    assert [safe(-5), safe("Ada"), safe("a=b")] == [-5, "Ada", "a=b"]
