"""The staff pages that make something with a secret: it is shown once, on that page alone."""

from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client as Browser

from nostro.core.models import User
from nostro.hooks.models import ApiKey, Endpoint
from tests import make


@pytest.fixture
def browser(db: None, settings: Any) -> Browser:
    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()
    browser = Browser()
    browser.force_login(
        User.objects.get(kind="staff", person_id=make.staff("hooks.*", "core.*").pk)
    )
    return browser


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_new_key_is_shown_once_on_its_page(browser: Browser, headers: dict[str, str]) -> None:
    typed = {"name": "Nightly", "scopes": "people.*\npayments.*", "key": "k1"}

    page = browser.post("/staff/hooks/new-key/", typed, headers=headers)
    again = browser.post("/staff/hooks/new-key/", typed, headers=headers)

    assert 'value="nst_' in page.text
    assert page["Cache-Control"] == "no-store"
    assert "nst_" not in again.text.replace("nst_…", "")
    assert ApiKey.objects.get().scopes == ["people.*", "payments.*"]


def test_a_wrong_scope_is_said_beside_its_field(browser: Browser) -> None:
    page = browser.post("/staff/hooks/new-key/", {"name": "x", "scopes": "peple.*"})

    assert page.status_code == 422
    assert "names nothing here" in page.text
    assert not ApiKey.objects.exists()


def test_a_new_endpoint_shows_its_secret_once(browser: Browser) -> None:
    typed = {"name": "Warehouse", "url": "https://example.com/hook", "events": "people.*"}

    page = browser.post("/staff/hooks/new-endpoint/", typed)

    assert 'value="whsec_' in page.text
    endpoint = Endpoint.objects.get()
    assert "whsec_" not in browser.get(f"/staff/hooks/endpoints/{endpoint.pk}/").text
