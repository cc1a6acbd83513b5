"""Who may open a page, and what its shell says."""

import re

import pytest
from django.conf import LazySettings
from django.test import Client

from nostro.core.access import Actor, Grants
from nostro.core.identity import ACTORS
from nostro.core.models import Record, User
from nostro.ui.models import Arrangement, SignIn
from nostro.ui.tests.conftest import SignIn as SignedIn

HTMX = {"HX-Request": "true"}


def test_somebody_who_has_not_signed_in_is_sent_to_the_door(db: None) -> None:
    answer = Client().get("/staff/sample/users/")

    assert answer.status_code == 302
    assert answer["Location"] == "/account/login/?next=/staff/sample/users/"


def test_a_fragment_asked_for_after_signing_out_says_so(db: None) -> None:
    assert Client().get("/staff/sample/users/", headers=HTMX).status_code == 401


def test_a_page_outside_the_role_is_refused_with_its_reason(signed_in: SignedIn) -> None:
    answer = signed_in("core.records").get("/staff/sample/users/")

    assert answer.status_code == 403
    assert "Your role does not include “Users”." in answer.text


def test_a_refusal_in_a_fragment_is_a_message_in_place(signed_in: SignedIn) -> None:
    answer = signed_in().get("/staff/sample/users/", headers=HTMX)

    assert answer.status_code == 403
    assert "Your role does not include" in answer["HX-Trigger"]


def test_a_client_does_not_enter_the_workshop(db: None) -> None:
    user = User.objects.create_user("c@example.com", "x", kind="client", person_id=1)
    browser = Client()
    browser.force_login(user)

    assert browser.get("/staff/").status_code == 403


def test_staff_without_a_second_factor_get_no_further_where_it_is_asked_for(
    signed_in: SignedIn,
    settings: LazySettings,
) -> None:
    browser = signed_in("ui.*")
    settings.NOSTRO_REQUIRE_MFA = True

    answer = browser.get("/staff/sample/users/")

    assert answer.status_code == 302
    assert "/2fa/" in answer["Location"]


def test_the_home_page_stands_without_any_work(signed_in: SignedIn) -> None:
    answer = signed_in().get("/staff/")

    assert answer.status_code == 200
    assert "My work" in answer.text
    assert "EM" in answer.text


def test_a_home_shows_what_its_owner_wants_to_see_and_stays_so(signed_in: SignedIn) -> None:
    browser = signed_in("*")
    offered = browser.get("/staff/arrange/").text
    keys = re.findall(r'name="order" value="([^"]+)"', offered)
    assert len(keys) > 1

    moved = {"order": keys, "shown": [*keys, "feed"], "what": f"up {keys[1]}"}
    assert browser.post("/staff/arrange/", moved).status_code == 302
    swapped = [keys[1], keys[0], *keys[2:]]
    shown = browser.get("/staff/arrange/").text
    assert re.findall(r'name="order" value="([^"]+)"', shown) == swapped

    browser.post("/staff/arrange/", {"order": swapped, "shown": swapped[1:], "what": ""})
    kept = Arrangement.objects.get()
    assert (kept.order, kept.hidden[0]) == (swapped, swapped[0])
    home = browser.get("/staff/").text
    assert "Just happened" not in home
    assert "Assigned to you" not in home
    assert Record.objects.filter(name="ui.HomeArranged").count() == 2

    browser.post("/staff/arrange/", {"order": swapped, "what": "reset"})
    assert "Just happened" in browser.get("/staff/").text


def test_a_home_of_senseless_parts_is_not_kept(signed_in: SignedIn) -> None:
    answer = signed_in("*").post("/staff/arrange/", {"order": ["x" * 101], "what": ""})
    assert answer.status_code == 422
    assert not Arrangement.objects.exists()


def test_the_front_door_leads_staff_to_their_work(signed_in: SignedIn) -> None:
    assert signed_in().get("/")["Location"] == "/staff/"
    assert Client().get("/")["Location"] == "/account/login/"


def test_signing_in_and_out_leaves_a_record(signed_in: SignedIn) -> None:
    browser = signed_in()
    sign_in = SignIn.objects.get()
    assert (sign_in.kind, sign_in.person_id) == ("staff", 7)

    browser.post("/sign-out")

    sign_in.refresh_from_db()
    assert sign_in.ended_at is not None
    assert list(Record.objects.order_by("id").values_list("name", flat=True)) == [
        "ui.SignedIn",
        "ui.SessionEnded",
    ]
    assert browser.get("/staff/").status_code == 302


def test_a_session_is_ended_from_another_device(signed_in: SignedIn) -> None:
    lost = signed_in()
    here = signed_in()
    found = SignIn.objects.get(session_key=lost.session.session_key)
    assert here.get("/staff/me/sessions/").text.count("ui.end_session") == 2

    answer = here.post(f"/staff/do/ui.end_session/{found.pk}", headers=HTMX)

    assert answer.status_code == 204
    assert lost.get("/staff/").status_code == 302
    assert here.get("/staff/").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in()
    user = User.objects.create_user("o@example.com", "x", kind="staff", person_id=8)
    found = SignIn.objects.get()
    monkeypatch.setitem(
        ACTORS, "staff", lambda user: Actor("staff", user.person_id, "Somebody", Grants())
    )
    other = Client()
    other.force_login(user)

    answer = other.post(f"/staff/do/ui.end_session/{found.pk}", headers=HTMX)

    found.refresh_from_db()
    assert answer.status_code == 404
    assert found.ended_at is None
    assert browser.get("/staff/").status_code == 200


@pytest.mark.parametrize("address", ["/staff/me/", "/staff/me/sessions/", "/palette?q=us"])
def test_the_pages_of_the_kit_itself_open(signed_in: SignedIn, address: str) -> None:
    assert signed_in("sample.*", "ui.*").get(address).status_code == 200


def test_the_palette_finds_only_what_its_reader_may_see(signed_in: SignedIn) -> None:
    everything = signed_in("tests.users", unmasked=("*",)).get("/palette?q=eleni@")
    masked = signed_in("tests.users").get("/palette?q=eleni@")
    nothing = signed_in().get("/palette?q=users")

    assert "sign-in" in everything.text
    assert "sign-in" not in masked.text
    assert "/staff/sample/users/" not in nothing.text


def test_the_palette_puts_the_one_thing_that_was_meant_first_with_what_can_be_done(
    signed_in: SignedIn,
) -> None:
    browser = signed_in("tests.users", "tests.close_user", unmasked=("*",))
    shown = browser.get("/palette?q=eleni@").text

    assert re.findall(r'role="group" aria-label="([^"]+)"', shown)[:2] == [
        "Best match", "You can do now",
    ]  # fmt: skip
    assert "/staff/do/tests.close_user/" in shown


def test_an_operation_is_found_without_the_sign_for_commands(signed_in: SignedIn) -> None:
    shown = signed_in("tests.users", "tests.close_user").get("/palette?q=close").text

    assert 'data-url="/staff/sample/users/"' in shown
    assert "choose in Users" in shown


def test_the_palette_lists_commands_that_the_role_includes(signed_in: SignedIn) -> None:
    assert "/staff/do/tests.pay_in" in signed_in().get("/palette?q=%3Epay").text


def test_who_forgot_a_password_or_has_no_account_is_told_the_way_on(
    db: None, client: Client
) -> None:
    closed = client.get("/account/signup/").text
    forgotten = client.get("/account/password/reset/").text

    assert 'href="/register"' in closed
    assert 'href="/account/login/"' in closed
    assert "Send the link" in forgotten
    assert 'href="/account/login/"' in forgotten
    for address, title in (
        ("password/reset/done/", "Look into your e-mail"),
        ("password/reset/key/1-abc/", "This link has ended"),
        ("inactive/", "Account inactive"),
    ):
        assert f"<title>{title}" in client.get(f"/account/{address}").text


def test_a_form_that_outlived_its_sign_in_is_told_so_on_a_page_of_the_house(db: None) -> None:
    browser = Client(enforce_csrf_checks=True)
    page = browser.post("/sign-out", {})
    part = browser.post("/sign-out", {}, headers=HTMX)

    assert page.status_code == part.status_code == 403
    assert "This page is too old" in page.text
    assert "n-error" in page.text
    assert "toast" in part["HX-Trigger"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "ours"), [("/room/nothing/here/", False), ("/staff/nothing/", True)]
)
def test_who_is_lost_in_a_brands_portal_reads_nothing_of_us(path: str, ours: bool) -> None:
    page = Client().get(path, follow=True).content.decode()
    assert ("Nostro" in page) is ours
