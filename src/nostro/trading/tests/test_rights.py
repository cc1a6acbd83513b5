"""A platform that does not do what an account's state says: kept, seen, asked for again."""

from datetime import timedelta

import pytest
from django.conf import LazySettings

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.trading import operations as trading
from nostro.trading import queries, reactions
from nostro.trading.models import OneTimeSecret, Platform, TradingAccount
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import recorded
from tests import make

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status


@pytest.fixture
def unknown(platform: Platform) -> TradingAccount:
    """An account whose login the server does not know."""
    made = trading_make.account(make.client("SC"), platform)
    drain()
    return made


def test_rights_that_a_platform_refuses_are_seen_until_it_grants_them(
    unknown: TradingAccount, settings: LazySettings
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    trading.restrict_account(Act.system(), unknown, reason="Looked into.")
    drain()

    unknown.refresh_from_db()
    assert unknown.status == Status.CLOSE_ONLY
    assert unknown.rights_refused
    said = Record.objects.get(name="trading.RightsRefused")
    assert (said.data["status"], said.data["reason"]) == ("close only", unknown.rights_refused)
    assert list(queries.rights_differ()) == [unknown]
    page = make.browser(make.staff("trading.*", "people.*")).get(
        f"/staff/trading/accounts/{unknown.pk}/"
    )
    assert "lets it do something else" in page.content.decode()

    with clock_at(now() + timedelta(hours=1)):
        reactions.ask_rights_again(Act.system())
    assert recorded("RightsRefused") == 1  # the same word once

    trading.rights_set(Act.system(), unknown)
    assert not queries.rights_differ().exists()


def test_rights_that_are_granted_say_nothing(platform: Platform) -> None:
    ada = make.client("SC")
    drain()
    account = TradingAccount.objects.get(client=ada, status=Status.OPEN)
    trading.restrict_account(Act.system(), account, reason="Looked into.", how="disabled")
    drain()
    account.refresh_from_db()
    assert (account.rights_refused, recorded("RightsRefused"), recorded("RightsSet")) == ("", 0, 0)


def test_passwords_that_a_platform_refuses_leave_those_of_before(unknown: TradingAccount) -> None:
    secrets = OneTimeSecret.objects.count()
    trading.ask_passwords(Act.system(), unknown)
    drain()
    assert recorded("PasswordsRefused") == 1
    assert OneTimeSecret.objects.count() == secrets
