"""The API: who may come in, what a call answers, and how a refusal is said."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from nostro.core import approvals
from nostro.core.acts import Act, clock_at, now
from nostro.core.approvals import Need
from nostro.core.models import Record, User
from nostro.hooks.models import ApiKey
from nostro.hooks.operations import create_api_key, revoke_api_key
from nostro.hooks.operations.limits import BURST
from nostro.people import operations as people
from nostro.people.models import Client, Note
from tests import make

pytestmark = pytest.mark.django_db
NOTE = "/api/v1/people/add_note"


def bearer(person: Any, *scopes: str) -> dict[str, str]:
    """Headers with a key of this person."""
    key = create_api_key(make.act_of(person), name="Test", scopes=list(scopes or ("*",)))
    return {"Authorization": f"Bearer {key.secret}"}


def post(path: str, body: Any, headers: dict[str, str]) -> Any:
    return Browser().post(path, json.dumps(body), content_type="application/json", headers=headers)


def get(path: str, headers: dict[str, str], **query: Any) -> Any:
    return Browser().get(path, query, headers=headers)


@pytest.fixture
def ada(db: None) -> Client:
    return make.client()


# ── Who may come in ──


def test_without_a_key_nothing_opens(ada: Client) -> None:
    answer = get("/api/v1/people/clients", {})

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "not-signed-in"


@pytest.mark.parametrize("sent", ["Bearer nst_wrong", "Bearer", "Basic eDp5", "Bearer "])
def test_a_key_that_is_none_opens_nothing(ada: Client, sent: str) -> None:
    assert get("/api/v1/people/clients", {"Authorization": sent}).status_code == 401


def test_a_revoked_key_is_refused_at_once(ada: Client) -> None:
    headers = bearer(make.staff("*"))
    assert get("/api/v1/people/clients", headers).status_code == 200

    revoke_api_key(Act.system(), ApiKey.objects.get())

    assert get("/api/v1/people/clients", headers).status_code == 401


def test_an_expired_key_is_refused(ada: Client) -> None:
    ends = now() + timedelta(minutes=5)
    key = create_api_key(make.act_of(make.staff("*")), name="x", scopes=["*"], expires_at=ends)
    headers = {"Authorization": f"Bearer {key.secret}"}

    assert get("/api/v1/people/clients", headers).status_code == 200
    with clock_at(ends + timedelta(seconds=1)):
        assert get("/api/v1/people/clients", headers).status_code == 401


def test_a_key_ends_with_its_owner(ada: Client) -> None:
    leaver, boss = make.staff("*"), make.staff("*")
    headers = bearer(leaver)

    people.end_staff(make.act_of(boss), leaver)

    assert get("/api/v1/people/clients", headers).status_code == 401


def test_scopes_narrow_what_a_key_may(ada: Client) -> None:
    headers = bearer(make.staff("*"), "people.clients")

    assert get("/api/v1/people/clients", headers).status_code == 200
    assert get("/api/v1/people/notes", headers).status_code == 403
    answer = post(NOTE, {"subject": ada.pk, "text": "x"}, headers)
    assert answer.status_code == 403
    assert not Note.objects.exists()


def test_scopes_give_nothing_that_the_owner_may_not(ada: Client) -> None:
    headers = bearer(make.staff("people.clients", "hooks.*"), "*")

    assert get("/api/v1/people/notes", headers).status_code == 403


def test_scopes_narrow_what_is_open_to_all_staff_too(ada: Client) -> None:
    headers = bearer(make.staff("*"), "people.*")

    answer = post("/api/v1/ui/save_view", {"page": "x", "name": "y"}, headers)

    assert answer.status_code == 403


def test_a_key_cannot_make_a_wider_key(ada: Client) -> None:
    headers = bearer(make.staff("*"), "hooks.create_api_key")

    answer = post("/api/v1/hooks/create_api_key", {"name": "x", "scopes": ["*"]}, headers)

    assert answer.status_code == 403
    assert ApiKey.objects.count() == 1


def test_a_person_signed_in_needs_the_csrf_token(ada: Client, settings: Any) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    person = make.staff("*")
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(kind="staff", person_id=person.pk))
    body = json.dumps({"subject": ada.pk, "text": "x"})

    refused = browser.post(NOTE, body, content_type="application/json")
    read = browser.get("/api/v1/people/clients")

    assert refused.status_code == 403
    assert not Note.objects.exists()
    assert read.status_code == 200


def test_staff_without_a_second_factor_get_no_further(ada: Client, settings: Any) -> None:
    settings.NOSTRO_REQUIRE_MFA = True
    browser = Browser()
    browser.force_login(User.objects.get(kind="staff", person_id=make.staff("*").pk))

    assert browser.get("/api/v1/people/clients").status_code == 403


def test_who_asks_too_often_is_told_to_wait(ada: Client) -> None:
    headers = bearer(make.staff("*"))
    with clock_at(now()):
        for _ in range(BURST):
            assert get("/api/v1/people/desks", headers).status_code == 200
        answer = get("/api/v1/people/desks", headers)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "1"


# ── Calls ──


def test_an_operation_answers_the_thing(ada: Client) -> None:
    answer = post(NOTE, {"subject": ada.pk, "text": "Call back"}, bearer(make.staff("*")))

    assert answer.status_code == 200
    assert answer.json()["text"] == "Call back"
    assert Note.objects.get().text == "Call back"


def test_the_answer_is_masked_like_every_reading(ada: Client) -> None:
    person = make.staff("people.*", "hooks.*")

    done = post("/api/v1/people/tag_client", {"subject": ada.pk, "tag": "vip"}, bearer(person))

    assert done.status_code == 200
    assert ada.email not in done.text
    assert "•••" in done.json()["email"]
    assert ada.email not in get(f"/api/v1/people/clients/{ada.pk}", bearer(person)).text


def test_a_masked_field_is_neither_filter_nor_order(ada: Client) -> None:
    person = make.staff("people.*", "hooks.*")

    for asked in ({"email": ada.email}, {"order": "email"}):
        answer = get("/api/v1/people/clients", bearer(person), **asked)
        assert answer.status_code == 422


def test_the_same_key_does_it_once(ada: Client) -> None:
    headers = {**bearer(make.staff("*")), "Idempotency-Key": "note-1"}

    answers = [post(NOTE, {"subject": ada.pk, "text": "once"}, headers).json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert Note.objects.count() == 1


def test_the_same_key_with_other_inputs_is_refused(ada: Client) -> None:
    headers = {**bearer(make.staff("*")), "Idempotency-Key": "note-1"}
    post(NOTE, {"subject": ada.pk, "text": "once"}, headers)

    answer = post(NOTE, {"subject": ada.pk, "text": "twice"}, headers)

    assert answer.status_code == 409
    assert answer.json()["code"] == "key-reused"
    assert Note.objects.count() == 1


def test_what_needs_other_people_is_answered_by_a_proposal(
    ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals, "ASK", [lambda *_: Need(people=1, permission="people.*")])

    answer = post(NOTE, {"subject": ada.pk, "text": "x"}, bearer(make.staff("*")))

    assert answer.status_code == 202
    assert answer.json()["operation"] == "people.add_note"
    assert answer.json()["status"] == "open"
    assert not Note.objects.exists()


def test_each_wrong_input_has_its_sentence(ada: Client) -> None:
    headers, before = bearer(make.staff("*")), Record.objects.count()

    answer = post(NOTE, {"subject": ada.pk, "txt": "x"}, headers)

    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "urn:nostro:problem:bad-input"
    assert problem["errors"] == {"text": "This is needed.", "txt": "There is no such input."}
    assert Record.objects.count() == before


@pytest.mark.parametrize(
    "body", ["{", "[]", '"x"', "{\"text\": NaN}", '{"text": "\\u0000"}', '{"text": "\\ud800"}',
             "[" * 5000]
)  # fmt: skip
def test_a_body_that_cannot_be_read_changes_nothing(ada: Client, body: str) -> None:
    headers, before = bearer(make.staff("*")), Record.objects.count()

    answer = Browser().post(NOTE, body, content_type="application/json", headers=headers)

    assert answer.status_code == 400
    assert Record.objects.count() == before


@pytest.mark.parametrize("subject", [None, True, 1.0, "x", [], {}, 10**30, -1, "１"])
def test_a_subject_that_is_no_id_is_not_found(ada: Client, subject: Any) -> None:
    headers, before = bearer(make.staff("*")), Record.objects.count()

    assert post(NOTE, {"subject": subject, "text": "x"}, headers).status_code == 404
    assert Record.objects.count() == before


def test_an_address_that_is_none_is_a_problem_too(ada: Client) -> None:
    answer = get("/api/v1/nowhere/at/all", {})

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_new_key_is_in_the_answer_once(ada: Client) -> None:
    browser = Browser()
    browser.force_login(User.objects.get(kind="client", person_id=ada.pk))
    body = json.dumps({"name": "Mine", "scopes": ["payments.*"]})

    made = browser.post("/api/v1/hooks/create_api_key", body, content_type="application/json")

    secret = made.json()["secret"]
    assert get("/api/v1/payments/deposits", {"Authorization": f"Bearer {secret}"}).json() == {
        "items": [],
        "next": None,
    }
    assert browser.get("/api/v1/hooks/api_keys").json()["items"][0]["secret"] == ""


# ── Lists ──


def test_pages_follow_each_other_without_gap_or_repeat(ada: Client) -> None:
    headers = bearer(make.staff("*"))
    clients = {ada.pk, *(make.client().pk for _ in range(6))}
    for order in ("-id", "id", "registered_at", "-registered_at"):
        seen: list[int] = []
        after = ""
        while True:
            page = get("/api/v1/people/clients", headers, limit=3, order=order, after=after).json()
            seen += [one["id"] for one in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert len(seen) == len(set(seen))
        assert set(seen) == clients


def test_a_list_is_filtered_by_what_has_an_index(ada: Client) -> None:
    bob, headers = make.client("SC"), bearer(make.staff("*"))

    found = get("/api/v1/people/clients", headers, entity_id=bob.entity_id).json()
    none = get("/api/v1/people/clients", headers, registered_at_from="2999-01-01").json()

    assert [one["id"] for one in found["items"]] == [bob.pk]
    assert none["items"] == []


@pytest.mark.parametrize(
    "asked",
    [{"colour": "red"}, {"order": "first_name"}, {"order": "--id"}, {"limit": "0"},
     {"limit": "many"}, {"limit": "201"}, {"after": "x"}, {"after": "W10"}, {"entity_id": "x"},
     {"registered_at_from": "soon"}, {"entity_id": "\x00"}, {"client__email": "x"},
     {"after": "WyJwayIsIDEsICJ4Il0"}],
)  # fmt: skip
def test_a_list_says_what_it_does_not_know(ada: Client, asked: dict[str, str]) -> None:
    answer = get("/api/v1/people/clients", bearer(make.staff("*")), **asked)

    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_client_is_not_told_how_staff_see_them(ada: Client) -> None:
    people.set_risk(Act.system(), ada, risk="high", score=90)

    mine = get(f"/api/v1/people/clients/{ada.pk}", bearer(ada)).json()

    assert mine["email"] == ada.email
    assert "risk" not in mine
    assert get("/api/v1/people/clients", bearer(ada), owner_id=1).status_code == 422


# ── The document, the page, the feed ──


def test_the_document_describes_the_routes(ada: Client) -> None:
    document = Browser().get("/api/v1/openapi.json").json()

    body = document["paths"]["/api/v1/people/add_note"]["post"]["requestBody"]
    shape = body["content"]["application/json"]["schema"]
    assert shape["required"] == ["subject", "text"]
    text = json.dumps(document)
    names = {one.split('"')[0] for one in text.split('"#/components/schemas/')[1:]}
    assert names <= set(document["components"]["schemas"])


def test_the_reference_can_be_read_without_anything_from_elsewhere(ada: Client) -> None:
    page = Browser().get("/api/v1/docs").text

    assert "/api/v1/people/add_note" in page
    assert "//cdn" not in page
    assert "<script>" not in page


@pytest.mark.django_db(transaction=True)
def test_the_feed_gives_events_in_the_order_of_commits() -> None:
    ada, headers = make.client(), bearer(make.staff("*"))
    for text in ("one", "two", "three"):
        people.add_note(Act.system(), ada, text=text)
    seen: list[dict[str, Any]] = []
    after = ""
    while True:
        page = get("/api/v1/events", headers, after=after, limit=2).json()
        if not page["items"]:
            break
        seen += page["items"]
        after = page["next"]

    kept = Record.objects.order_by("xid", "id").values_list("pk", flat=True)
    assert [one["id"] for one in seen] == list(kept)


@pytest.mark.django_db(transaction=True)
def test_the_feed_is_as_wide_as_its_reader() -> None:
    ada, bob = make.client("CY"), make.client("SC")
    people.set_risk(Act.system(), ada, risk="high", score=90)
    narrow = make.staff("*", entities=["SC"])

    of_entity = get("/api/v1/events", bearer(narrow), limit=500).json()["items"]
    of_ada = get("/api/v1/events", bearer(ada), limit=500).json()["items"]

    assert ada.pk not in {one["client_id"] for one in of_entity}
    assert bob.pk in {one["client_id"] for one in of_entity}
    assert {one["client_id"] for one in of_ada} <= {ada.pk}
    assert "people.RiskSet" not in {one["event"] for one in of_ada}


@pytest.mark.parametrize("after", ["x", "1-x", "-1-1", "1-" + "9" * 30])
def test_a_cursor_of_no_feed_is_refused(ada: Client, after: str) -> None:
    assert get("/api/v1/events", bearer(make.staff("*")), after=after).status_code == 400


@pytest.mark.parametrize("name", ["", "..", "../..", "/", "."])
def test_a_file_is_not_named_by_a_path(ada: Client, name: str) -> None:
    headers, before = bearer(make.staff("*")), Record.objects.count()

    answer = post(
        "/api/v1/compliance/upload_list", {"file": {"name": name, "content": "eA=="}}, headers
    )

    assert answer.status_code == 422
    assert Record.objects.count() == before
