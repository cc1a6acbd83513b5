"""Somebody of staff at a browser, with as much as a test grants them."""

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.core.cache import caches
from django.test import Client

from nostro.core import approvals
from nostro.core.access import Actor, Grants, Scope
from nostro.core.identity import ACTORS
from nostro.core.models import User

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _own_addresses(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kit alone: its own addresses, and nobody above who answers for four eyes."""
    monkeypatch.setattr(approvals, "ASK", [])
    settings.ROOT_URLCONF = "nostro.ui.tests.urls"
    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()


@pytest.fixture
def signed_in(db: None, monkeypatch: pytest.MonkeyPatch) -> SignIn:
    """`signed_in("ui.*")` is a browser in which Eleni has signed in with these grants."""

    def sign_in(*names: str, unmasked: tuple[str, ...] = (), entities: object = None) -> Client:
        scope = Scope(entities=entities if isinstance(entities, frozenset) else None)
        grants = Grants(frozenset(names), scope, frozenset(unmasked))
        monkeypatch.setitem(
            ACTORS, "staff", lambda user: Actor("staff", user.person_id, "Eleni Markou", grants)
        )
        user = User.objects.filter(email="eleni@example.com").first()
        user = user or User.objects.create_user("eleni@example.com", "x", kind="staff", person_id=7)
        browser = Client()
        browser.force_login(user)
        return browser

    return sign_in
