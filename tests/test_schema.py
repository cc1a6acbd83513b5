"""What OpenAPI says can be sent is never answered by a crash: a few random calls to each route."""

import json
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from django.core.cache import caches
from django.test import Client as Browser
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from nostro.core.models import User
from tests import make

QUIET = settings(
    max_examples=4, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture
def browser(transactional_db: None, settings: Any) -> Browser:
    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()
    browser = Browser(raise_request_exception=False)
    make.client()
    person = make.staff("*")
    browser.force_login(User.objects.get(kind="staff", person_id=person.pk))
    return browser


def sent(browser: Browser, case: Any) -> Any:
    """One generated call, through Django's own client."""
    path = case.path
    for name, value in (case.path_parameters or {}).items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    query = {name: str(value) for name, value in (case.query or {}).items()}
    key = (case.headers or {}).get("Idempotency-Key", "")
    headers = {"Idempotency-Key": key} if key else {}
    if case.method == "GET":
        return browser.get(path, query, headers=headers)
    body = case.body if isinstance(case.body, dict | list) else {}
    return browser.post(path, json.dumps(body), content_type="application/json", headers=headers)


def test_no_call_that_the_document_allows_makes_the_house_crash(browser: Browser) -> None:
    document = browser.get("/api/v1/openapi.json").json()
    crashes: dict[str, str] = {}
    walked = 0
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        walked += 1

        @QUIET
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            answer = sent(browser, case)
            if answer.status_code >= 500:
                said = repr(getattr(answer, "exc_info", ("",) * 2)[1])
                crashes.setdefault(f"{case.method} {case.path}", f"{case.body!r} {said}"[:300])

        call()
    assert walked > 100
    assert crashes == {}
