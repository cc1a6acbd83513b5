"""Who changes what they sign in with is on record; a new password ends old sessions."""

import re
from time import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, format_hotp_value, hotp_value
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client

from nostro.core.models import Record, User
from nostro.people.models import Staff
from nostro.ui.models import SignIn
from tests import make

pytestmark = pytest.mark.django_db
OLD, NEW = "first-password-2026", "second-password-2026"


@pytest.fixture
def colleague() -> Staff:
    cache.clear()
    made = make.staff("people.*")
    user = User.objects.get(kind="staff", person_id=made.pk)
    user.set_password(OLD)
    user.save(update_fields=["password"])
    return made


def signed_in(who: Staff, password: str = OLD) -> Client:
    browser = Client()
    user = User.objects.get(kind="staff", person_id=who.pk)
    said = browser.post("/account/login/", {"login": user.email, "password": password})
    assert said.status_code == 302, said.content
    return browser


def told(who: Staff, name: str) -> list[dict[str, str]]:
    rows = Record.objects.filter(name=f"people.{name}", subject_id=who.pk, actor_id=who.pk)
    return list(rows.order_by("id").values_list("data", flat=True))


def test_a_new_password_is_on_record_and_ends_every_other_session(colleague: Staff) -> None:
    here, elsewhere = signed_in(colleague), signed_in(colleague)

    said = here.post(
        "/account/password/change/",
        {"oldpassword": OLD, "password1": NEW, "password2": NEW},
    )

    assert said.status_code == 302
    assert told(colleague, "PasswordChanged") == [{"how": "signed in"}]
    assert elsewhere.get("/staff/").status_code == 302
    assert here.get("/staff/").status_code == 200
    (row,) = SignIn.objects.filter(user__person_id=colleague.pk, ended_at=None)
    assert row.session_key == here.session.session_key
    assert Session.objects.filter(session_key=row.session_key).exists()
    assert signed_in(colleague, NEW).get("/staff/").status_code == 200


def test_a_refused_password_changes_nothing(colleague: Staff) -> None:
    here, elsewhere = signed_in(colleague), signed_in(colleague)

    here.post(
        "/account/password/change/",
        {"oldpassword": "wrong", "password1": NEW, "password2": NEW},
    )

    assert told(colleague, "PasswordChanged") == []
    assert elsewhere.get("/staff/").status_code == 200


def test_a_second_factor_is_on_record_when_it_comes_and_when_it_goes(
    colleague: Staff, django_capture_on_commit_callbacks: Any
) -> None:
    browser = signed_in(colleague)
    browser.post("/account/reauthenticate/", {"password": OLD})
    browser.get("/account/2fa/totp/activate/")
    secret = browser.session[SECRET_SESSION_KEY]
    code = format_hotp_value(hotp_value(secret, int(time()) // 30))

    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/account/2fa/totp/activate/", {"code": code})

    assert Authenticator.objects.filter(type="totp").exists()
    assert {"kind": "an authenticator app"} in told(colleague, "FactorAdded")
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/account/2fa/totp/deactivate/")
    assert {"kind": "an authenticator app"} in told(colleague, "FactorRemoved")


def test_who_tries_too_often_is_told_to_wait_on_a_page_of_the_house(db: None) -> None:
    cache.clear()
    browser, given = Client(), {"login": "nobody@example.com", "password": "guess"}

    said = [browser.post("/account/login/", given) for _ in range(40)]

    assert said[0].status_code == 200 and said[-1].status_code == 429
    assert "Wait a few minutes" in said[-1].content.decode()


def test_a_password_set_by_e_mail_is_on_record_and_signs_nobody_in(colleague: Staff) -> None:
    before, stranger = signed_in(colleague), Client()
    user = User.objects.get(kind="staff", person_id=colleague.pk)
    stranger.post("/account/password/reset/", {"email": user.email})
    (link,) = re.findall(r"/account/password/reset/key/\S+", str(mail.outbox[-1].body))
    form = stranger.get(link, follow=True).request["PATH_INFO"]

    stranger.post(form, {"password1": NEW, "password2": NEW})

    assert told(colleague, "PasswordChanged") == [{"how": "by e-mail"}]
    assert before.get("/staff/").status_code == stranger.get("/staff/").status_code == 302
    assert not SignIn.objects.filter(user=user, ended_at=None).exists()
    assert signed_in(colleague, NEW).get("/staff/").status_code == 200
