"""Openings that a platform has not answered for long: seen in a queue, and asked for again."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from nostro.core.acts import Act, clock_at, now
from nostro.core.doors import call
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.ports import PLATFORMS
from nostro.trading.staff.accounts import accounts
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.test_pages import browser_of
from nostro.ui.queues import QUEUES
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status


@pytest.fixture(autouse=True)
def _one_factor(settings: Any) -> None:
    settings.NOSTRO_REQUIRE_MFA = False


@pytest.fixture
def nowhere(act: Act) -> Client:
    """A client whose account is to be opened where nothing answers."""
    trading_make.group(trading_make.platform())
    client = make.client("SC")
    if not client.trading_accounts.exists():
        trading.request_account(
            make.act_of(client), client, account_type="standard", currency="USD"
        )
    return client


def test_an_opening_that_was_given_up_waits_for_a_person_who_tries_again(
    nowhere: Client,
) -> None:
    account = nowhere.trading_accounts.get()
    given_up()
    queue = QUEUES["trading.tradingaccount/opening"]
    dealer = make.staff("trading.*", "people.*")
    assert not queue.waiting(make.act_of(dealer)).exists(), "it may take an hour"

    with clock_at(now() + timedelta(hours=30)):
        act = make.act_of(dealer)
        assert [one.pk for one in queue.waiting(act)] == [account.pk]
        page = browser_of(dealer).get(f"{accounts.url}?view=overdue").text
        assert "Try again" in page and nowhere.name in page
        call(act, trading.retry_opening, account.pk, {})
        assert not queue.waiting(act).exists()
        account.refresh_from_db()
        assert account.status == Status.OPENING
        assert account.due_at is not None and account.due_at > now()
    assert waiting_jobs() == 1


def given_up() -> None:
    """As after all tries: the job is kept as failed, and nobody takes it up by itself."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE status = 'todo'")


def waiting_jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"
            " AND args->>'reaction' = 'trading.open_on_platform'"
        )
        found: int = cursor.fetchone()[0]
    return found


def test_what_is_tried_again_is_opened_once(server: "Server", platform: Platform) -> None:
    before = set(PLATFORMS.take(platform.slug).logins("real\\*"))
    client = make.client("SC")
    server.misbehave("drop_after_acting", "USER_ADD")
    drain()
    given_up()

    with clock_at(now() + timedelta(hours=30)):
        trading.retry_opening(Act.system(), client.trading_accounts.get())
        drain()

    account = client.trading_accounts.get()
    assert account.status == Status.OPEN
    assert set(PLATFORMS.take(platform.slug).logins("real\\*")) - before == {account.login}


def test_what_was_to_come_back_from_the_archive_and_did_not_is_asked_for_again(
    server: "Server", platform: Platform
) -> None:
    client = make.client("SC")
    drain()
    account = client.trading_accounts.get()
    PLATFORMS.take(platform.slug).archive_account(account.login or 0)
    trading.close_account(Act.system(), account, reason="Asked by the client")
    trading.account_archived(Act.system(), account)
    drain()
    trading.reopen_account(Act.system(), account, reason="They came back")
    given_up()
    with pytest.raises(WrongState):
        trading.retry_opening(Act.system(), account)
    asked = Record.objects.filter(name="trading.AccountReopened").count()

    with clock_at(now() + timedelta(hours=2)):
        trading.retry_opening(Act.system(), account)
        drain()

    account.refresh_from_db()
    assert (account.status, account.archived_at) == (Status.OPEN, None)
    assert PLATFORMS.take(platform.slug).account(account.login or 0).enabled
    assert Record.objects.filter(name="trading.AccountReopened").count() == asked + 1
