"""Somebody in finance at a browser, and a client with money."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import caches
from django.test import Client as Browser

from nostro.core.acts import Act
from tests import make


@pytest.fixture(autouse=True)
def _no_second_factor(settings: LazySettings) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    caches["memory"].clear()


@pytest.fixture
def browser(act: Act) -> Browser:
    return make.browser(make.staff("ledger.*", "people.*", "core.*", "ui.*"))


@pytest.fixture
def ada(act: Act) -> Any:
    client = make.client(currency="USD")
    make.funded(client, "120.50 USD")
    return client
