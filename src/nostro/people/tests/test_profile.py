"""A client's own page: how they sign in, where they are signed in, and the way out."""

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from nostro.core.models import User
from nostro.people.models import Client
from nostro.ui.models import SignIn
from tests import make

pytestmark = pytest.mark.django_db
PASSWORD = "a-clients-password-2026"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


def signed_in(who: Client, agent: str) -> Browser:
    cache.clear()
    user = User.objects.get(kind="client", person_id=who.pk)
    if not user.check_password(PASSWORD):
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    browser = Browser(headers={"User-Agent": agent})
    said = browser.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert said.status_code == 302, said.content
    return browser


def page(browser: Browser) -> str:
    said = browser.get("/room/profile/")
    assert said.status_code == 200
    return said.content.decode()


def test_a_client_sees_their_devices_and_signs_one_out() -> None:
    who = make.client("SC")
    here, lost = signed_in(who, FIREFOX), signed_in(who, SAFARI)
    shown = page(here)
    assert "Firefox, Windows" in shown and "Safari, iPhone" in shown and "This one" in shown
    row = SignIn.objects.get(session_key=lost.session.session_key)

    said = here.post("/room/profile/", {"session": str(row.pk)}, follow=True)

    assert "That device is signed out." in said.content.decode()
    assert "Safari, iPhone" not in page(here)
    assert lost.get("/room/profile/").status_code == 302


def test_nobody_ends_what_is_somebody_elses() -> None:
    here, theirs = signed_in(make.client("SC"), FIREFOX), signed_in(make.client("SC"), SAFARI)
    row = SignIn.objects.get(session_key=theirs.session.session_key)

    for said in (str(row.pk), "0", "", "x"):
        assert here.post("/room/profile/", {"session": said}).status_code == 404

    assert theirs.get("/room/profile/").status_code == 200


def test_the_way_out_is_on_the_page() -> None:
    browser = signed_in(make.client("SC"), FIREFOX)
    assert 'action="/sign-out"' in page(browser)
    assert "/account/password/change/" in page(browser)

    browser.post("/sign-out")

    assert browser.get("/room/profile/").status_code == 302


@pytest.mark.parametrize(
    ("agent", "name"),
    [(FIREFOX, "Firefox, Windows"), (SAFARI, "Safari, iPhone"), ("curl/8.5", "Unknown device")],
)
def test_a_device_is_called_as_people_would(agent: str, name: str) -> None:
    assert name in page(signed_in(make.client("SC"), agent))
