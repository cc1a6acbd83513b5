"""Details and forms: buttons that fit the person and the state, errors in place, four eyes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pydantic import Field

from nostro.core import approvals
from nostro.core.acts import Act
from nostro.core.approvals import Need
from nostro.core.files import Upload
from nostro.core.models import Proposal, Record, User
from nostro.core.operations import OPERATIONS, Operation
from nostro.kit import Money
from nostro.ui import fields
from nostro.ui.forms import OperationForm
from nostro.ui.tests import sample
from nostro.ui.tests.conftest import SignIn as SignedIn

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.com", None, kind="partner", person_id=100)


@pytest.fixture
def four_eyes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def ask(act: Act, wanted: object, subject: object, inputs: object) -> Need:
        return Need(people=1, within=timedelta(hours=4), sentence="Closing takes two.")

    monkeypatch.setattr(approvals, "ASK", [ask])
    yield


def test_a_page_shows_the_thing_its_buttons_and_its_timeline(
    signed_in: SignedIn, ada: User, act: Act
) -> None:
    sample.count_events(act, ada, times=3)

    page = signed_in("tests.users", "core.records").get(f"/staff/sample/users/{ada.pk}/").text

    assert f"<h1>{ada}</h1>" in page
    assert f'data-dialog="/staff/do/tests.close_user/{ada.pk}"' in page
    assert "System</b> counted 2 of" in page
    assert "Today" in page


def test_the_inspector_is_a_fragment_with_the_key_on_its_button(
    signed_in: SignedIn, ada: User
) -> None:
    part = (
        signed_in("tests.users")
        .get(f"/staff/sample/users/{ada.pk}/?part=inspector", headers=HTMX)
        .text
    )

    assert "<html" not in part
    assert re.search(r'data-dialog="[^"]*close_user[^>]*data-key="R"', part)
    assert "a•••@•••.com" in part


def test_a_list_opens_with_the_inspector_already_filled(signed_in: SignedIn, ada: User) -> None:
    page = signed_in("tests.users").get(f"/staff/sample/users/?open={ada.pk}").text

    assert f'href="/staff/sample/users/{ada.pk}/"' in page
    assert "n-decide" in page


def test_a_refusal_stands_beside_its_button(signed_in: SignedIn, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)

    page = signed_in("tests.users").get(f"/staff/sample/users/{ada.pk}/").text

    assert 'aria-disabled="true"' in page
    assert "It is closed already." in page
    assert "data-dialog" not in page


def test_what_is_outside_ones_sight_is_not_there(signed_in: SignedIn, ada: User) -> None:
    assert signed_in("tests.users").get("/staff/sample/users/999/").status_code == 404
    assert signed_in().get(f"/staff/sample/users/{ada.pk}/").status_code == 403


def test_the_dialog_asks_what_the_signature_asks(signed_in: SignedIn, ada: User) -> None:
    dialog = signed_in("tests.users").get(f"/staff/do/tests.close_user/{ada.pk}", headers=HTMX).text

    assert "Close a sign-in for good." in dialog
    assert '<textarea name="reason"' in dialog
    assert re.search(r'<option value="soft" selected>Soft', dialog)


def test_a_missing_input_is_said_in_place_and_nothing_happens(
    signed_in: SignedIn, ada: User
) -> None:
    browser = signed_in("tests.users")

    answer = browser.post(f"/staff/do/tests.close_user/{ada.pk}", {}, headers=HTMX)

    ada.refresh_from_db()
    assert answer.status_code == 422
    assert "This is needed." in answer.text
    assert ada.is_active
    assert not Record.objects.filter(name="tests.Closed").exists()


def test_a_problem_about_a_field_is_said_beside_it(signed_in: SignedIn, ada: User) -> None:
    answer = signed_in("tests.users").post(
        f"/staff/do/tests.close_user/{ada.pk}", {"reason": "wrong", "how": "soft"}, headers=HTMX
    )

    assert answer.status_code == 422
    assert re.search(r'id="id_reason_error"[^>]*>.*That is no reason\.', answer.text, re.S)


def test_carrying_out_closes_the_dialog_and_refreshes_the_page(
    signed_in: SignedIn, ada: User
) -> None:
    answer = signed_in("tests.users").post(
        f"/staff/do/tests.close_user/{ada.pk}", {"reason": "asked", "how": "hard"}, headers=HTMX
    )

    ada.refresh_from_db()
    assert answer.status_code == 204
    assert '"dialog-close": true' in answer["HX-Trigger"]
    assert '"changed": true' in answer["HX-Trigger"]
    assert not ada.is_active


def test_without_scripts_the_same_form_is_a_page_and_leads_back(
    signed_in: SignedIn, ada: User
) -> None:
    browser = signed_in("tests.users")
    url = f"/staff/do/tests.close_user/{ada.pk}"
    assert "<html" in browser.get(url).text

    answer = browser.post(url, {"reason": "asked", "how": "soft"})

    assert answer["Location"] == f"/staff/sample/users/{ada.pk}/"
    assert "Close: sign-in" in browser.get(answer["Location"]).text


def test_a_way_out_of_the_house_is_not_taken(signed_in: SignedIn, ada: User) -> None:
    url = f"/staff/do/tests.close_user/{ada.pk}?next=https://evil.example/"

    answer = signed_in("tests.users").post(url, {"reason": "asked", "how": "soft"})

    assert answer["Location"] == f"/staff/sample/users/{ada.pk}/"


def test_a_call_that_takes_two_is_proposed_and_says_for_whom_it_waits(
    signed_in: SignedIn, ada: User, four_eyes: None
) -> None:
    browser = signed_in("tests.users", "core.*")

    answer = browser.post(
        f"/staff/do/tests.close_user/{ada.pk}", {"reason": "asked", "how": "soft"}, headers=HTMX
    )

    ada.refresh_from_db()
    proposal = Proposal.objects.get()
    assert f"Proposed as {proposal}. It waits for one other person." in answer["HX-Trigger"]
    assert ada.is_active
    page = browser.get(f"/staff/sample/users/{ada.pk}/").text
    assert "Close waits for one more person" in page
    assert "someone else has to give it, because you proposed it" in page


def test_an_internal_operation_has_no_form(signed_in: SignedIn, ada: User) -> None:
    assert signed_in("*").get("/staff/do/ui.export_rows").status_code == 404
    assert signed_in("*").get("/staff/do/core.no_such_thing").status_code == 404


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


def everything(
    act: Act,
    *,
    money: Money,
    share: Decimal,
    files: Upload | None = None,
    sizes: list[Size],
    user: User | None = None,
    names: list[str],
    on: bool = False,
    kind: Literal["a", "b"] = "a",
    level: Annotated[int, Field(ge=0)] = 0,
) -> None:
    """Every kind of input."""


@pytest.fixture
def every_kind() -> Iterator[Operation[..., None]]:
    made: Operation[..., None] = Operation(everything)
    yield made
    OPERATIONS.pop(made.name)


def test_every_kind_of_input_comes_back_as_json(
    every_kind: Operation[..., None], act: Act, ada: User
) -> None:
    data = {
        "money_0": "1,250.50", "money_1": "usd", "share": "0.25", "sizes": ["large"],
        "user": str(ada.pk), "names": "Ada\n Bob \n", "kind": "b", "level": "3",
    }  # fmt: skip
    form = OperationForm(every_kind, act, data, {"files": SimpleUploadedFile("a.txt", b"hi")})

    assert form.is_valid(), form.errors
    raw = form.raw()
    upload = raw.pop("files")
    assert (upload.name, upload.content) == ("a.txt", b"hi")
    assert raw == {
        "money": {"amount": "1250.50", "currency": "USD"},
        "share": "0.25",
        "sizes": ["large"],
        "user": ada.pk,
        "names": ["Ada", "Bob"],
        "on": False,
        "kind": "b",
        "level": 3,
    }


def test_what_does_not_fit_an_input_is_said_in_the_words_of_the_house(
    every_kind: Operation[..., None], act: Act, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "SHORT_LIST", 0)
    data = {
        "money_0": "1", "money_1": "USD", "share": "a lot", "sizes": ["large"], "names": "x",
    }  # fmt: skip
    form = OperationForm(every_kind, act, data | {"user": "Ada", "kind": "c", "level": "1"})
    assert form.carry_out() is None
    assert form.errors["user"] == ["Choose a user from the list."]
    assert form.errors["kind"] == ["Choose one from the list."]

    form = OperationForm(every_kind, act, data | {"user": f"U-{ada.pk}", "kind": "b"})
    assert form.carry_out() is None
    assert form.errors == {"share": ["Give a number, such as 12.50."]}


def test_a_decimal_comma_is_never_taken_for_thousands(
    every_kind: Operation[..., None], act: Act
) -> None:
    form = OperationForm(every_kind, act, {"money_0": "640,50", "money_1": "EUR"})

    form.is_valid()

    assert form.cleaned_data["money"] == {"amount": "640,50", "currency": "EUR"}
