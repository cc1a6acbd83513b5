"""What rules make of accounts while they live, with a real server beside us."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.guard import acting_as_system
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit.problems import Forbidden, Problem
from nostro.messages.models import Message
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import reactions, sync
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.operations.accounts import NotOffered, StillInUse
from nostro.trading.ports import PLATFORMS, Right
from nostro.trading.tests.test_pages import browser_of
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

from nostro.trading.tests.make import group_at, paid_in, recorded, there

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status


# ── Groups ──


def test_an_account_moves_to_another_group_once_the_platform_says_so(
    account: TradingAccount, platform: Platform
) -> None:
    raw = group_at(platform, "SC-USD-Raw")

    trading.move_account(make.act_of(make.staff("*")), account, group=raw, reason="Asked by phone")
    account.refresh_from_db()
    assert (account.group != raw, recorded("GroupSet")) == (True, 0)
    drain()

    account.refresh_from_db()
    assert (account.group, account.account_type, account.leverage) == (raw, "raw", 200)
    assert there(account) == raw.path
    assert PLATFORMS.take(platform.slug).account(account.login or 0).leverage == 200


@pytest.mark.parametrize(
    ("name", "problem", "said"),
    [
        ("SC-EUR-Standard", NotOffered, "keeps its currency"),
        ("CY-USD-Standard", NotOffered, "not a group of"),
        ("SC-USD-Standard", Problem, "already"),
    ],
)
def test_a_group_of_another_currency_or_licence_is_refused(
    account: TradingAccount, platform: Platform, name: str, problem: type[Problem], said: str
) -> None:
    records = Record.objects.count()

    with pytest.raises(problem, match=said):
        trading.move_account(Act.system(), account, group=group_at(platform, name), reason="x")

    drain()
    account.refresh_from_db()
    assert (str(account.group), Record.objects.count()) == (r"real\SC-USD-Standard", records)
    assert there(account) == r"real\SC-USD-Standard"


def test_a_move_that_lowers_leverage_waits_for_open_trades_to_close(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    paid_in(account, "5000")
    server.trade(account.login or 0)
    sync.sync_once(Act.system(), platform)

    with pytest.raises(StillInUse, match="1:200"):
        trading.move_account(
            Act.system(), account, group=group_at(platform, "SC-USD-Raw"), reason="x"
        )

    assert recorded("GroupAsked") == 0


def test_a_client_changes_the_account_type_and_the_rules_say_where_it_is_kept(
    account: TradingAccount, ada: Client
) -> None:
    trading.change_account_type(make.act_of(ada), account, account_type="raw")
    drain()

    account.refresh_from_db()
    assert (there(account), account.account_type) == (r"real\SC-USD-Raw", "raw")
    with pytest.raises(NotOffered, match="platinum"):
        trading.change_account_type(make.act_of(ada), account, account_type="platinum")


def test_large_equity_lowers_the_cap_of_leverage(account: TradingAccount) -> None:
    paid_in(account, "60000")

    with pytest.raises(Problem, match="1:1 to 1:200"):
        trading.change_leverage(Act.system(), account, leverage=300)


# ── Swaps ──


def test_swap_free_trading_is_given_for_a_time_and_ends_by_itself(
    account: TradingAccount, ada: Client
) -> None:
    trading.make_swap_free(Act.system(), account, days=30, reason="Faith")
    drain()
    account.refresh_from_db()
    assert there(account) == r"real\SC-USD-Standard-SF"
    assert account.group is not None and account.group.swap_free

    for days, path in ((29, r"real\SC-USD-Standard-SF"), (31, r"real\SC-USD-Standard")):
        with clock_at(now() + timedelta(days=days)):
            reactions.end_expired_swap_free(Act.system())
            drain()
        assert there(account) == path

    account.refresh_from_db()
    assert (account.swap_free_until, recorded("SwapFreeEnded")) == (None, 1)
    assert Message.objects.filter(client=ada, template="swap_free_ended").count() == 1


def test_swap_free_trading_is_refused_where_the_rules_do_not_allow_it(
    platform: Platform,
) -> None:
    make.client("UK")
    drain()
    british = TradingAccount.objects.get(entity__code="UK", status=Status.OPEN)
    records = Record.objects.count()

    with pytest.raises(Forbidden, match="do not allow it"):
        trading.make_swap_free(Act.system(), british, days=30, reason="Faith")

    british.refresh_from_db()
    assert (british.swap_free_until, Record.objects.count()) == (None, records)


@pytest.mark.parametrize("days", [0, 181])
def test_swap_free_trading_has_a_longest_time(account: TradingAccount, days: int) -> None:
    with pytest.raises(Problem, match="1 to 180 days"):
        trading.make_swap_free(Act.system(), account, days=days, reason="Faith")

    account.refresh_from_db()
    assert account.swap_free_until is None


# ── States ──


@pytest.mark.parametrize(
    ("how", "enabled"), [("close_only", True), ("read_only", True), ("disabled", False)]
)
def test_a_restriction_has_a_kind_that_the_platform_follows(
    account: TradingAccount, platform: Platform, how: str, enabled: bool
) -> None:
    given = {"reason": "Source of funds", "how": how}
    trading.restrict_account(Act.system(), account, **given)  # type: ignore[arg-type]
    drain()

    shown = PLATFORMS.take(platform.slug).account(account.login or 0)
    assert (shown.trading, shown.enabled) == (Right.NONE, enabled)
    trading.lift_restriction(Act.system(), account)
    drain()
    shown = PLATFORMS.take(platform.slug).account(account.login or 0)
    assert (shown.trading, shown.enabled) == (Right.FULL, True)


# ── In the browser ──


def test_the_room_offers_the_other_type_and_wakes_a_sleeper(
    account: TradingAccount, ada: Client, platform: Platform
) -> None:
    browser = browser_of(ada)
    page = f"/room/accounts/{account.pk}/"
    assert "Change type" in browser.get(page).content.decode()

    browser.post(f"{page}type/", {"account_type": "raw"})
    drain()
    assert there(account) == r"real\SC-USD-Raw"

    trading_sleeps(account)
    assert "Use it again" in browser.get(page).content.decode()
    browser.post(f"{page}wake/", {})
    account.refresh_from_db()
    assert account.status == Status.OPEN


def trading_sleeps(account: TradingAccount) -> None:
    with acting_as_system("a test's account is asleep"):
        TradingAccount.objects.filter(pk=account.pk).update(status=Status.DORMANT)
