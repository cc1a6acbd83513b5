"""The dashboard, the home page's charts and the export of a client, as staff see them."""

import io
import zipfile

import pytest
from django.test import Client as Browser

from nostro.core.models import Record, User
from nostro.people.models import Staff
from nostro.reports.operations import refresh
from nostro.reports.tests.make import paid_in
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _without_a_second_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


def browser_of(person: Staff) -> Browser:
    browser = Browser()
    browser.force_login(
        User.objects.get(kind="staff", person_id=person.pk),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    return browser


def test_the_dashboard_shows_figures_that_say_what_they_count() -> None:
    paid_in()
    refresh()

    answer = browser_of(make.staff("reports.*")).get("/staff/reports/dashboard/?days=30")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "1,000.00" in page
    assert "payments.DepositSettled" in page
    assert "Nobody traded" in page


def test_the_dashboard_is_refused_to_whoever_was_not_granted_it() -> None:
    answer = browser_of(make.staff("people.*")).get("/staff/reports/dashboard/")

    assert answer.status_code == 403


def test_home_has_three_charts_for_those_who_may_see_figures_and_none_for_others() -> None:
    seen = browser_of(make.staff("reports.*")).get("/staff/").content.decode()
    unseen = browser_of(make.staff("people.*")).get("/staff/").content.decode()

    for title in ("Registered to trading", "In and out", "Approval turnaround"):
        assert title in seen
        assert title not in unseen


def test_a_client_s_file_is_taken_out_with_a_reason() -> None:
    client = paid_in()
    browser = browser_of(make.staff("people.*", "reports.*"))
    address = f"/staff/reports/evidence/{client.pk}/"

    asked = browser.get(address)
    given = browser.post(address, {"reason": "The regulator asked."})

    assert asked.status_code == 200
    assert given["Content-Type"] == "application/zip"
    assert "index.html" in zipfile.ZipFile(io.BytesIO(given.content)).namelist()
    assert Record.objects.filter(name="reports.ClientExported").count() == 1


def test_without_a_reason_the_form_comes_back_and_nothing_is_taken_out() -> None:
    client = paid_in()
    browser = browser_of(make.staff("people.*", "reports.*"))

    answer = browser.post(f"/staff/reports/evidence/{client.pk}/", {"reason": ""})

    assert answer.status_code == 422
    assert not Record.objects.filter(name="reports.ClientExported").exists()


def test_the_client_s_page_offers_the_export_to_those_who_may() -> None:
    client = paid_in()
    address = f"/staff/people/clients/{client.pk}/"

    seen = browser_of(make.staff("people.*", "core.*", "reports.*")).get(address)
    unseen = browser_of(make.staff("people.*", "core.*")).get(address)

    assert "Export the whole file" in seen.content.decode()
    assert "Export the whole file" not in unseen.content.decode()
