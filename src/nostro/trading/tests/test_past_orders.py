"""Orders on an account: those that wait, to their owner, and those that ended, to staff."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act, clock_at
from nostro.core.jobs import drain
from nostro.trading import operations as trading
from nostro.trading import queries, sync
from nostro.trading.models import PastOrder, PendingOrder, Platform, SyncCursor, TradingAccount
from nostro.trading.ports import PLATFORMS
from nostro.trading.sync import following
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import paid_in
from nostro.trading.tests.test_pages import browser_of
from tests import make

if TYPE_CHECKING:
    from nostro.people.models import Client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


def opened(client: "Client") -> TradingAccount:
    drain()
    found = TradingAccount.objects.get(client=client)
    paid_in(found, "100")
    return found


def place(server: Server, account: TradingAccount) -> int:
    given = {"symbol": "EURUSD", "side": "buy", "lots": "0.03", "price": "0.50000"}
    return int(server.control("/place", login=account.login, **given)["order"])


def looked(platform: Platform) -> None:
    sync.sync_once(Act.system(), platform)


def test_an_order_that_waits_stands_in_its_owners_room(platform: Platform, server: Server) -> None:
    account = opened(make.client("SC"))
    place(server, account)
    looked(platform)

    own = browser_of(account.client).get(f"/room/accounts/{account.pk}/").text
    other = browser_of(make.client("SC")).get(f"/room/accounts/{account.pk}/")

    assert "Buy limit 0.03 EURUSD" in own
    assert "at 0.50" in own
    assert other.status_code == 404


def test_an_order_that_ended_unfilled_is_kept_once_and_shown_to_staff(
    platform: Platform, server: Server
) -> None:
    account = opened(make.client("SC"))
    number = place(server, account)
    server.control("/cancel", order=number)
    server.close(server.trade(account.login or 0, lots="0.01"))

    looked(platform)
    looked(platform)

    ended = PastOrder.objects.get()
    assert (ended.ticket, ended.account, ended.state) == (number, account, "cancelled")
    assert not PendingOrder.objects.exists()
    assert SyncCursor.objects.get().orders_to is not None
    assert [one.pk for one in queries.past_orders(make.act_of(account.client))] == [ended.pk]
    assert not queries.past_orders(make.act_of(make.client("SC"))).exists()
    address = f"/staff/trading/accounts/{account.pk}/?tab=orders"
    page = browser_of(make.staff("*")).get(address).text
    assert "Cancelled" in page
    assert str(number) in page


def test_a_busy_platforms_ended_orders_are_read_day_by_day(
    platform: Platform, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = opened(make.client("SC"))
    first = place(server, account)
    server.control("/cancel", order=first)
    server.control("/advance", to="2026-06-03T09:00:00")
    second = place(server, account)
    server.control("/cancel", order=second)
    monkeypatch.setattr(following, "PAST", 1)
    follower, seen = sync.Follower(platform), []

    with clock_at(datetime(2026, 6, 3, 9, tzinfo=UTC)):
        for _ in range(6):
            follower.look()
            seen.append(PastOrder.objects.count())

    assert (seen[0], seen[-1]) == (1, 2), "no look brought both"
    assert set(PastOrder.objects.values_list("ticket", flat=True)) == {first, second}


@pytest.fixture
def ctrader(tmp_path: Path) -> Iterator[Platform]:
    running = Server(tmp_path / "ctrader", "ctrader")
    for code in ("CY", "UK", "SC"):
        make.entity(code)
    settings = {
        "host": "localhost", "port": running.ready["port"], "login": 30001,
        "manager_port": running.ready["manager_port"], "password": "Manager1!",
        "plant": "simulated", "broker": "meridian", "answer_timeout": 5,
        "certificate": Path(running.ready["certificate"]).read_text(),
    }  # fmt: skip
    made = trading.add_platform(
        Act.system(), slug="ctrader-live", name="cTrader", kind="ctrader", settings=settings
    )
    drain()
    yield made
    PLATFORMS.take(made.slug).close()
    running.stop()


def test_a_platform_that_keeps_no_past_orders_is_followed_without_them(
    act: Act, ctrader: Platform
) -> None:
    looked(ctrader)
    follower = sync.Follower(ctrader)

    follower.look()

    assert follower.due["ended"] > monotonic() + 600, "asked again in an hour"
    assert not PastOrder.objects.exists()
