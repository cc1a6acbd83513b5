"""Orders that wait, and closed accounts in the archive of their platform, on a real server."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.guard import acting_as_system
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit import Refused
from nostro.kit.problems import Problem
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import queries, reactions, sync
from nostro.trading.adapters.mt5 import Mt5
from nostro.trading.models import PendingOrder, TradingAccount
from nostro.trading.operations.accounts import NotYet, StillInUse
from nostro.trading.ports import PLATFORMS, AccountChange, PlatformAccount, Right
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import paid_in, recorded
from nostro.trading.tests.test_pages import browser_of
from tests import make

if TYPE_CHECKING:
    from nostro.trading.ports import TradingPlatform

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def closed(account: TradingAccount) -> TradingAccount:
    trading.close_account(Act.system(), account, reason="Asked by the client")
    drain()
    account.refresh_from_db()
    return account


def connection(account: TradingAccount) -> "TradingPlatform":
    return PLATFORMS.take(account.platform.slug)


def a_week_later() -> None:
    """What the night's look at closed accounts does once a week has passed."""
    with clock_at(now() + WEEK):
        reactions.archive_closed(Act.system(door="schedule"))
        drain()


# ── Orders ──


def place(server: Server, account: TradingAccount, price: str = "0.50000") -> int:
    wanted = {"login": account.login, "symbol": "EURUSD", "side": "buy", "lots": "0.03"}
    number = int(server.control("/place", **wanted, price=price)["order"])
    sync.sync_once(Act.system(), account.platform)
    return number


def test_an_order_that_waits_is_shown_on_the_account_and_keeps_it_open(
    account: TradingAccount, server: Server
) -> None:
    paid_in(account, "100")
    number = place(server, account)
    order = PendingOrder.objects.get()
    assert (order.ticket, order.account, order.kind) == (number, account, "buy limit")
    assert (str(order.instrument), float(order.lots), float(order.price)) == ("EURUSD", 0.03, 0.5)

    page = browser_of(make.staff("*")).get(f"/staff/trading/accounts/{account.pk}/").text
    assert "Buy limit" in page
    assert "0.50000" in page or "0.50" in page
    assert [one.pk for one in queries.orders(make.act_of(account.client))] == [order.pk]
    assert not queries.orders(make.act_of(make.client("SC"))).exists()

    server.control("/cancel", order=number)
    sync.sync_once(Act.system(), account.platform)
    assert not PendingOrder.objects.exists()


def test_an_account_on_which_an_order_waits_is_not_closed(
    account: TradingAccount, server: Server
) -> None:
    place(server, account)
    before = recorded("AccountClosed")

    with pytest.raises(StillInUse, match="Orders still wait"):
        trading.close_account(Act.system(), account, reason="Asked by the client")

    account.refresh_from_db()
    assert (account.status, recorded("AccountClosed")) == (Status.OPEN, before)


def test_orders_that_did_not_change_are_not_written_again(
    account: TradingAccount, server: Server
) -> None:
    place(server, account)
    follower = sync.Follower(account.platform)
    follower.look()
    written = PendingOrder.objects.get().read_at
    follower.due.pop("orders")
    follower.look()
    assert PendingOrder.objects.get().read_at == written


# ── The archive ──


def test_a_closed_account_is_archived_once_the_rules_say_so(closed: TradingAccount) -> None:
    reactions.archive_closed(Act.system(door="schedule"))
    drain()
    closed.refresh_from_db()
    assert closed.archived_at is None

    a_week_later()

    closed.refresh_from_db()
    assert closed.archived_at is not None
    assert (recorded("ArchiveAsked"), recorded("AccountArchived")) == (1, 1)
    assert closed.login not in connection(closed).logins()
    a_week_later()
    assert recorded("ArchiveAsked") == 1


def test_an_account_whose_deals_are_not_all_read_is_not_archived(
    account: TradingAccount,
) -> None:
    paid_in(account, "100")
    with acting_as_system("a test's account lost sight of its last deal"):
        TradingAccount.objects.update(balance=0)
    account.refresh_from_db()
    trading.close_account(Act.system(), account, reason="Asked by the client")
    drain()
    records = Record.objects.count()

    with pytest.raises(WrongState, match=r"do not end at nothing: 100\.00 USD"):
        trading.settle_closed(Act.system(), account, closed_days=7)

    assert Record.objects.count() == records
    assert account.login in connection(account).logins()


def test_an_answer_that_was_lost_archives_it_once(closed: TradingAccount, server: Server) -> None:
    server.misbehave("drop_after_acting", "USER_ARCHIVE_ADD")

    a_week_later()
    closed.refresh_from_db()
    assert closed.archived_at is None
    with clock_at(now() + WEEK + timedelta(minutes=2)):
        drain()

    closed.refresh_from_db()
    assert closed.archived_at is not None
    assert recorded("AccountArchived") == 1


def test_what_the_platform_does_not_archive_stays_as_it_is(
    closed: TradingAccount, server: Server
) -> None:
    server.control("/place", login=closed.login, symbol="EURUSD", side="buy", lots="0.01", price=1)

    a_week_later()

    closed.refresh_from_db()
    assert (closed.status, closed.archived_at) == (Status.CLOSED, None)
    assert recorded("ArchiveRefused") == 1


def test_an_archived_account_is_opened_again_as_it_was(closed: TradingAccount) -> None:
    before = connection(closed).account(closed.login or 0)
    a_week_later()
    closed.refresh_from_db()

    staff = make.act_of(make.staff("*"))
    trading.reopen_account(staff, closed, reason="The client came back")
    drain()

    closed.refresh_from_db()
    assert (closed.status, closed.archived_at) == (Status.OPEN, None)
    after = connection(closed).account(closed.login or 0)
    assert (after.login, after.group, after.comment) == (before.login, before.group, before.comment)
    assert (after.enabled, after.trading) == (True, Right.FULL)
    assert recorded("AccountRestored") == 1


def test_an_account_that_is_only_closed_is_opened_again_as_well(closed: TradingAccount) -> None:
    assert not connection(closed).account(closed.login or 0).enabled

    trading.reopen_account(Act.system(), closed, reason="Closed by mistake")
    drain()

    closed.refresh_from_db()
    assert closed.status == Status.OPEN
    assert connection(closed).account(closed.login or 0).trading == Right.FULL


def test_what_the_platform_does_not_bring_back_is_closed_again(
    closed: TradingAccount,
) -> None:
    there = connection(closed)
    client = there.client  # type: ignore[attr-defined]
    client.write("USER_DELETE", {"LOGIN": closed.login})

    trading.reopen_account(Act.system(), closed, reason="Closed by mistake")
    drain()

    closed.refresh_from_db()
    assert (closed.status, recorded("ReopeningRefused")) == (Status.CLOSED, 1)
    with pytest.raises(Refused):
        there.account(closed.login or 0)


def test_a_reopening_that_cannot_be_is_refused_and_changes_nothing(
    account: TradingAccount, ada: Client
) -> None:
    records = Record.objects.count()
    with pytest.raises(Problem, match="Say why"):
        trading.reopen_account(Act.system(), account, reason=" ")
    with pytest.raises(WrongState, match="is open"):
        trading.reopen_account(Act.system(), account, reason="again")
    assert Record.objects.count() == records

    trading.close_account(Act.system(), account, reason="Asked by the client")
    with acting_as_system("a test's client is not active"):
        Client.objects.filter(pk=ada.pk).update(status=Client.Status.RESTRICTED)
    account.refresh_from_db()
    records = Record.objects.count()
    with pytest.raises(NotYet):
        trading.reopen_account(Act.system(), account, reason="again")
    account.refresh_from_db()
    assert (account.status, Record.objects.count()) == (Status.CLOSED, records)


class Stubborn(Mt5):
    """A server that brings an account back, and gives it no rights."""

    def change_account(self, login: int, change: AccountChange) -> PlatformAccount:
        raise Refused("No permission.")


def test_what_came_back_without_its_rights_is_watched_and_archived_again(
    closed: TradingAccount,
) -> None:
    a_week_later()
    there = connection(closed)
    there.__class__ = Stubborn  # as this server is from now on
    trading.reopen_account(Act.system(), closed, reason="Closed by mistake")
    drain()

    closed.refresh_from_db()
    assert (closed.status, closed.archived_at) == (Status.CLOSED, None)
    assert recorded("ReopeningRefused") == 1
    assert closed.login in queries.watched(closed.platform)
    there.__class__ = Mt5
    with clock_at(now() + timedelta(days=40)):
        a_week_later()
    closed.refresh_from_db()
    assert closed.archived_at is not None


class Keeping(Mt5):
    """A server that brings nothing back."""

    def restore_account(self, login: int) -> None:
        raise Refused("No permission.")


def test_what_never_left_the_archive_stays_in_it(closed: TradingAccount) -> None:
    a_week_later()
    connection(closed).__class__ = Keeping
    trading.reopen_account(Act.system(), closed, reason="Closed by mistake")
    drain()
    closed.refresh_from_db()
    assert closed.status == Status.CLOSED
    assert closed.archived_at is not None
