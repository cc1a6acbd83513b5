"""A platform's own sum of open lots, held against the positions that are kept of it."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.kit import Lots, Money
from nostro.trading import operations as trading
from nostro.trading import ports, queries
from nostro.trading.models import Platform, Position, TradingAccount
from nostro.trading.ports import PLATFORMS, AccountRequest, BalanceKind
from nostro.trading.sync import Follower
from nostro.trading.sync.open_lots import AGAIN, EVERY, REST, SELDOM, SUM, Sums
from nostro.trading.tests import make as trading_make
from nostro.trading.tests import test_ctrader
from nostro.trading.tests import test_platform as stories
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.test_pages import browser_of
from tests import make

pytestmark = pytest.mark.django_db
platform = test_ctrader.platform


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "ctrader", "ctrader")
    yield running
    running.stop()


@pytest.fixture
def account(platform: Platform) -> TradingAccount:
    made = stories.opened(make.client("SC"))
    stories.paid_in(made, platform)
    return made


def look(follower: Follower) -> float:
    """A look at the sum alone, so that positions stay as a test left them; how long until the
    next one.
    """
    lots, act = follower.lots, Act.system()
    lots.wait = 0.0
    positions, sums = lots.read(act)
    lots.compare(act, sums, positions)
    return lots.wait


def read(platform: Platform) -> Follower:
    """Everything else was looked at."""
    follower = Follower(platform)
    follower.look()
    return follower


def there(platform: Platform) -> list[ports.Position]:
    return [one for page in PLATFORMS.take(platform.slug).positions() for one in page]


def keep(platform: Platform, positions: list[ports.Position]) -> None:
    trading.record_positions(Act.system(), platform, positions=positions)


def compared() -> list[int]:
    rows = Record.objects.filter(name="trading.OpenLotsCompared").order_by("pk")
    return [row.data["count"] for row in rows]


def shown(platform: Platform) -> str:
    """The platform's page."""
    return browser_of(make.staff("*")).get(f"/staff/trading/platforms/{platform.pk}/").text


def test_sums_that_agree_say_nothing(
    server: Server, platform: Platform, account: TradingAccount
) -> None:
    for side, lots in (("buy", "0.2"), ("buy", "0.1"), ("sell", "0.1")):
        server.trade(account.login or 0, side=side, lots=lots)
    follower = read(platform)

    assert [look(follower), look(follower)] == [REST, REST]
    follower.lots.wait = 0.0
    follower.look()

    assert (follower.lots.wait, Position.objects.count()) == (REST, 3)
    assert compared() == []
    assert "Open lots" not in shown(platform)


def test_a_difference_that_stands_for_two_looks_is_shown_and_goes_when_it_is_gone(
    server: Server, platform: Platform, account: TradingAccount
) -> None:
    kept = server.trade(account.login or 0, lots="0.2")
    server.trade(account.login or 0, side="sell", lots="0.1")
    follower = read(platform)
    assert look(follower) == REST
    both = there(platform)
    keep(platform, [one for one in both if one.ticket == kept])

    assert look(follower) == EVERY
    assert compared() == [], "one look may have come between two trades"
    assert look(follower) == REST

    assert compared() == [1]
    platform.refresh_from_db()
    apart = dict(platform.apart["EURUSD"])
    since = apart.pop("since")
    assert apart == {
        "theirs": ["0.2", "0.1"], "ours": ["0.2", "0"], "others": ["0", "0"],
        "difference": ["0", "0.1"],
    }  # fmt: skip
    page = shown(platform)
    assert "Open lots of EURUSD differ" in page
    assert "0.2 / 0.1" in page and "0.2 / 0" in page and "0 / 0.1" in page
    anew = Follower(platform)
    assert look(anew) == REST, "whoever begins anew knows what stands"
    platform.refresh_from_db()
    assert (compared(), platform.apart["EURUSD"]["since"]) == ([1], since)

    keep(platform, both)
    look(anew)

    assert compared() == [1, 0]
    platform.refresh_from_db()
    assert platform.apart == {}
    page = shown(platform)
    assert "Open lots that differ" not in page and "Open lots of EURUSD" not in page


def test_another_difference_takes_the_place_of_one_only_when_it_is_sure(
    server: Server, platform: Platform, account: TradingAccount
) -> None:
    server.trade(account.login or 0, lots="0.2")
    follower = read(platform)
    keep(platform, [])
    assert [look(follower), look(follower)] == [EVERY, REST]
    server.trade(account.login or 0, side="sell", lots="0.1")
    server.trade(account.login or 0, symbol="XAUUSD", lots="0.01")
    keep(platform, [one for one in there(platform) if one.symbol == "XAUUSD"])

    found = []
    for _ in range(2):
        look(follower)
        platform.refresh_from_db()
        found.append({symbol: said["difference"] for symbol, said in platform.apart.items()})

    assert found == [{"EURUSD": ["0.2", "0"]}, {"EURUSD": ["0.2", "0.1"]}]
    assert compared() == [1, 1]


def test_what_was_traded_while_positions_were_read_is_not_judged(
    server: Server, platform: Platform, account: TradingAccount
) -> None:
    server.trade(account.login or 0, lots="0.2")
    follower, act = read(platform), Act.system()
    positions = there(platform)
    traded = Sums(PLATFORMS.take(platform.slug).exposure(), {"EURUSD"})
    keep(platform, [])

    for _ in range(2):
        follower.lots.compare(act, traded, positions)
    assert (follower.lots.wait, compared()) == (EVERY, [])

    assert [look(follower), look(follower)] == [EVERY, REST]
    keep(platform, positions)
    follower.lots.compare(act, traded, positions)
    assert compared() == [1], "nor is what stands taken away"
    assert (look(follower), compared()) == (REST, [1, 0])


def test_positions_of_nobody_here_are_known_and_are_no_difference(
    server: Server, platform: Platform, account: TradingAccount
) -> None:
    request = AccountRequest(
        group=r"real\SC-USD-Standard", leverage=200, name="Eve", password="Passw0rd!",
        investor_password="",
    )  # fmt: skip
    line = PLATFORMS.take(platform.slug)
    stranger = line.open_account(request, key="stranger")
    money = Money.of("1000.00 USD")
    line.change_balance(stranger, money, BalanceKind.BALANCE, reference="stranger/in")
    server.trade(stranger, side="sell", lots="0.2")
    server.trade(account.login or 0, lots="0.1")
    follower = read(platform)

    assert [look(follower), look(follower)] == [REST, REST]

    assert (compared(), Position.objects.count()) == ([], 1)
    (apart,) = queries.lots_apart(platform, {}, follower.positions or ())
    assert (apart.ours, apart.others) == (
        (Decimal("0.1"), Decimal(0)), (Decimal(0), Decimal("0.2")),
    )  # fmt: skip


def test_a_sum_that_does_not_come_is_named_and_holds_nothing_up(
    server: Server, platform: Platform, account: TradingAccount
) -> None:
    follower = read(platform)
    server.misbehave("drop_before_acting", "EXPOSURE_SYMBOL_LIST")
    follower.lots.wait = 0.0

    follower.look()

    platform.refresh_from_db()
    assert list(platform.unread) == [SUM]
    assert follower.lots.wait == AGAIN
    follower.look()
    assert list(platform.unread) == [SUM], "it is not asked at every look"
    assert look(follower) == REST


def test_a_platform_that_makes_no_sum_is_asked_seldom_and_differs_no_more(
    act: Act, tmp_path: Path
) -> None:
    server = Server(tmp_path / "mt5")
    platform = trading_make.platform(server.settings)
    said = queries.LotsApart("EURUSD", *[(Decimal(one), Decimal(0)) for one in (2, 1, 0)])
    trading.note_open_lots(act, platform, apart={"EURUSD": said.said(act.at)})

    assert look(Follower(platform)) == SELDOM

    assert compared() == [1, 0]
    PLATFORMS.take(platform.slug).close()
    server.stop()


def test_many_symbols_and_positions_are_held_against_each_other_in_one_statement(
    platform: Platform,
) -> None:
    theirs = {f"SYM{number}": (Lots("0.01"), Lots("1.5")) for number in range(300)}

    with CaptureQueriesContext(connection) as asked:
        found = queries.lots_apart(platform, theirs, [])

    assert len(asked) == 1
    assert len(found) == 300
    assert {one.difference for one in found} == {(Decimal("0.01"), Decimal("1.5"))}
    nearly = {"SYM1": (Lots("0.00000003"), Lots(0))}
    assert queries.lots_apart(platform, nearly, []) == [], "what rounding leaves is no difference"
