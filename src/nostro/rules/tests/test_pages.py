"""The pages of rules: the table, its editor, decisions with their reason."""

import re
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.core.cache import caches
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.people.events import TagAdded
from nostro.people.models import Client
from nostro.rules import operations
from nostro.rules.deciding import decide
from nostro.rules.decisions import FOUR_EYES, FourEyesAsked
from nostro.rules.models import Decision, Version
from nostro.rules.wording import said
from tests import make

pytestmark = pytest.mark.django_db
POINT = FOUR_EYES.name
RULE = f"/staff/rules/table/{POINT}/"


@pytest.fixture(autouse=True)
def _no_second_factor(settings: LazySettings) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()


@operation(internal=True, lock=False)
def ask_about(act: Act, client: Client, *, wanted: str) -> Decision:
    """Ask the rule about a client."""
    nothing, none = Decimal(0), ""
    asked = FourEyesAsked(
        operation=wanted, amount=nothing, worth=nothing, currency=none, entity=none, kind=none
    )
    act.record(TagAdded("asked"), about=client)
    return decide(act, FOUR_EYES, asked, about=client).decision


@pytest.fixture
def browser(act: Act) -> Browser:
    return make.browser(make.staff("rules.*", "people.*", "core.records"))


@pytest.fixture
def draft(act: Act) -> Version:
    return operations.draft_version(make.act_of(make.staff("rules.*")), point=POINT)


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("<= 2000", "≤ 2,000"),
        ('"low", "medium"', "low, medium"),
        ("true", "yes"),
        ("(5000..10000]", "(5,000..10,000]"),
        ("[1..5)", "[1..5)"),
        ('>= date("2026-01-31")', "≥ 2026-01-31"),
        ("", ""),
    ],
)
def test_a_cell_is_shown_as_people_read_it(cell: str, words: str) -> None:
    assert said(cell) == words


def test_the_list_names_every_rule_with_how_often_it_was_asked(browser: Browser) -> None:
    ask_about(Act.system(), make.client(), wanted="people.set_role")
    found = text(browser.get("/staff/rules/points/"))
    assert FOUR_EYES.title in found
    assert POINT in found


def test_a_rule_that_was_never_asked_shows_its_built_in_table(browser: Browser) -> None:
    found = text(browser.get(RULE))
    assert "built in" in found
    assert "Rights are given by two people." in found


def test_the_page_of_a_draft_marks_what_changed_and_says_why_it_is_not_ready(
    browser: Browser, draft: Version
) -> None:
    operations.edit_cell(Act.system(), draft, row="rest", field="people", cell="< (")
    found = text(browser.get(RULE))
    assert "is-new" in found
    assert "Not ready." in found
    assert "is-flawed" in found
    assert re.search(r'id="flaw-\d+-people">Expected ', found)


def test_a_rule_or_version_that_does_not_exist_is_not_found(browser: Browser) -> None:
    assert browser.get("/staff/rules/table/payments.generosity/").status_code == 404
    assert browser.get(f"{RULE}?version=99").status_code == 404


def test_pages_of_rules_are_closed_to_whoever_may_not_ask(draft: Version) -> None:
    nobody = make.browser(make.staff("people.*"))
    for page in ("points/", f"table/{POINT}/", "decisions/", f"edit/{draft.pk}/"):
        assert nobody.get(f"/staff/rules/{page}").status_code == 403


def rows_of(version: Version) -> dict[str, list[str]]:
    """The editor's form as a browser would send it back."""
    version.refresh_from_db()
    rules = version.jdm["nodes"][1]["content"]["rules"]
    form = {"id": [one["_id"] for one in rules], "note": [one["_description"] for one in rules]}
    for side, names in (
        ("cell", ("operation", "amount", "worth", "currency", "entity", "kind")),
        ("out", ("people", "within_hours")),
    ):
        for name in names:
            prefix = "in" if side == "cell" else "out"
            form[f"{side}.{name}"] = [one[f"{prefix}.{name}"] for one in rules]
    return form


LARGE = ["large-adjustments-of-clients", "large-adjustments"]
LAST = ["credit", "brought-over", "rest"]


def test_the_editor_writes_the_table_and_keeps_a_broken_cell_with_its_flaw(
    browser: Browser, draft: Version
) -> None:
    form = rows_of(draft)
    form["out.people"][-1] = "two"
    page = f"/staff/rules/edit/{draft.pk}/"
    assert browser.post(page, {**form, "what": "save"}).status_code == 302
    assert rows_of(draft)["out.people"][-1] == "two"
    assert "Not ready" in text(browser.get(page))


@pytest.mark.parametrize(
    ("what", "ids"),
    [
        ("add 1", ["people-and-rights", "row-1", *LARGE, "adjustments", "news", *LAST]),
        ("remove 0", [*LARGE, "adjustments", "news", *LAST]),
        ("up 4", ["people-and-rights", *LARGE, "news", "adjustments", *LAST]),
        ("down 0", [LARGE[0], "people-and-rights", *LARGE[1:], "adjustments", "news", *LAST]),
    ],
)
def test_rows_are_added_removed_and_moved_from_the_editor(
    browser: Browser, draft: Version, what: str, ids: list[str]
) -> None:
    browser.post(f"/staff/rules/edit/{draft.pk}/", {**rows_of(draft), "what": what})
    assert rows_of(draft)["id"] == ids


def test_a_table_that_came_in_incomplete_changes_nothing(browser: Browser, draft: Version) -> None:
    form = rows_of(draft)
    form["note"] = form["note"][:1]
    answer = browser.post(f"/staff/rules/edit/{draft.pk}/", {**form, "what": "save"})
    assert answer.status_code == 422
    assert rows_of(draft)["note"] != form["note"]


def test_a_cell_asks_for_what_it_shall_say_and_for_nothing_else(
    browser: Browser, draft: Version
) -> None:
    url = f"/staff/do/rules.edit_cell/{draft.pk}"
    form = text(browser.get(f"{url}?row=rest&field=people&cell=1", HTTP_HX_REQUEST="true"))

    assert re.findall(r'<label for="id_(\w+)"', form) == ["cell"]
    assert "Change a cell: rest, people" in form
    typed = {"row": "rest", "field": "people", "cell": "2", "given": ["row", "field"]}
    gone = browser.post(url, typed | {"row": "gone"}, HTTP_HX_REQUEST="true")
    assert gone.status_code == 422
    assert "The table has no row gone." in text(gone)
    assert 'type="hidden" name="row"' in text(gone)
    assert browser.post(url, typed, HTTP_HX_REQUEST="true").status_code == 204
    begun = text(browser.get("/staff/do/rules.draft_version?point=core.four_eyes"))
    assert "<label" not in begun[begun.index("n-form") :]


def test_an_example_is_added_by_a_form_drawn_from_the_rule(
    browser: Browser, draft: Version
) -> None:
    page = f"/staff/rules/case/{draft.pk}/"
    good = {"title": "a note", "in.operation": "people.add_note", "in.amount": "0", "in.worth": "0",
            "in.currency": "", "in.entity": "", "in.kind": "", "out.people": "0"}  # fmt: skip
    assert browser.post(page, good | {"in.amount": "much"}).status_code == 422
    assert browser.post(page, good).status_code == 302
    draft.refresh_from_db()
    assert [one["title"] for one in draft.cases] == ["a note"]
    assert "a note" in text(browser.get(RULE))


def test_a_decision_says_its_row_in_words_and_what_today_s_rule_would_say(
    browser: Browser,
) -> None:
    decision = ask_about(Act.system(), make.client(), wanted="people.set_role")
    found = text(browser.get(f"/staff/rules/decisions/{decision.pk}/"))
    assert "one other person agrees within 24 hours" in found
    assert f"{RULE}?version=1#row-1" in found
    assert "Rights are given by two people." in found
    assert "answers the same" in found
    assert "rules.tests" not in found


def test_a_client_s_decisions_stand_on_their_page_and_in_their_timeline(browser: Browser) -> None:
    ada = make.client()
    decision = ask_about(Act.system(), ada, wanted="people.set_role")
    page = f"/staff/people/clients/{ada.pk}/"
    shown = text(browser.get(f"{page}?tab=decisions"))
    assert FOUR_EYES.title in shown
    assert f'<a href="{page}">{ada.name}</a>' in shown
    assert f"D-{decision.pk}" in text(browser.get(page))


def test_a_decision_about_a_foreign_client_is_not_found() -> None:
    decision = ask_about(Act.system(), make.client("UK"), wanted="people.set_role")
    cypriot = make.browser(make.staff("rules.*", entities=["CY"]))
    assert cypriot.get(f"/staff/rules/decisions/{decision.pk}/").status_code == 404


def test_a_back_test_stands_on_the_page_with_its_flips(browser: Browser, draft: Version) -> None:
    ada = make.client()
    ask_about(Act.system(), ada, wanted="people.add_note")
    operations.edit_cell(Act.system(), draft, row="rest", field="people", cell="2")
    test = operations.start_back_test(Act.system(), draft)
    found = text(browser.get(RULE))
    assert "1 would change" in found
    assert "Stricter" in found
    assert ada.name in text(browser.get(f"/staff/rules/flips/?back_test={test.pk}"))
