"""Accounts that sleep or owe, with a real server beside us."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.guard import acting_as_system
from nostro.core.jobs import drain
from nostro.core.states import WrongState
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.messages.models import Message
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import reactions, sync
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind, Right
from nostro.trading.tests import make as trading_make
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

from nostro.trading.tests.make import lost, paid_in, recorded, taken_in

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status


# ── Sleep ──


def test_an_idle_account_is_noticed_then_sleeps_then_pays_and_never_falls_below_zero(
    account: TradingAccount, ada: Client, platform: Platform, server: "Server"
) -> None:
    paid_in(account, "15.00")
    opened = account.opened_at or now()
    for days, state, fees in (
        (334, Status.OPEN, 0), (340, Status.OPEN, 0), (364, Status.OPEN, 0),
        (371, Status.DORMANT, 0), (400, Status.DORMANT, 1), (401, Status.DORMANT, 1),
        (440, Status.DORMANT, 2), (480, Status.DORMANT, 2),
    ):  # fmt: skip
        with clock_at(opened + timedelta(days=days)):
            server.control("/clock", at=f"{now():%Y-%m-%dT%H:%M:%S}")
            reactions.watch_dormancy(Act.system())
            drain()
            sync.sync_once(Act.system(), platform)
        account.refresh_from_db()
        assert (account.status, recorded("DormancyFeeAsked")) == (state, fees), days

    assert recorded("DormancyNoticed") == 1
    assert account.balance == 0
    taken = balance(chart.house_fees(), "USD")
    assert taken == Money.of("15.00 USD")
    assert Message.objects.filter(client=ada, template="account_idle").count() == 1
    assert verify() == []


def test_a_client_wakes_a_dormant_account_and_may_trade_again(
    account: TradingAccount, ada: Client, platform: Platform
) -> None:
    with clock_at(now() + timedelta(days=340)):
        reactions.watch_dormancy(Act.system())
    with clock_at(now() + timedelta(days=372)):
        reactions.watch_dormancy(Act.system())
        drain()
    account.refresh_from_db()
    assert account.status == Status.DORMANT
    there = PLATFORMS.take(platform.slug).account(account.login or 0)
    assert there.trading == Right.NONE

    trading.reactivate_account(make.act_of(ada), account)
    drain()

    assert PLATFORMS.take(platform.slug).account(account.login or 0).trading == Right.FULL
    with pytest.raises(WrongState):
        trading.reactivate_account(make.act_of(ada), account)


def test_an_account_that_trades_never_falls_dormant(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    paid_in(account, "1000")
    at = now() + timedelta(days=300)
    seen = trading_make.deal(77, account.login or 0, at=at)
    trading.record_deals(Act.system(), platform, deals=[seen])

    with clock_at(at + timedelta(days=60)):
        reactions.watch_dormancy(Act.system())

    assert recorded("DormancyNoticed") == 0


def test_a_client_who_signs_in_without_trading_never_falls_dormant(
    account: TradingAccount, ada: Client
) -> None:
    with clock_at(now() + timedelta(days=200)):
        make.browser(ada)
    with clock_at(now() + timedelta(days=500)):
        reactions.watch_dormancy(Act.system())
    assert recorded("DormancyNoticed") == 0
    with clock_at(now() + timedelta(days=540)):
        reactions.watch_dormancy(Act.system())
    assert recorded("DormancyNoticed") == 1


def test_a_sign_in_on_the_platform_counts_as_well(
    account: TradingAccount, server: "Server"
) -> None:
    later = now() + timedelta(days=300)
    server.control("/clock", at=f"{later:%Y-%m-%dT%H:%M:%S}")
    server.control("/sign-in", login=account.login)
    with clock_at(now() + timedelta(days=340)):
        reactions.watch_dormancy(Act.system())
    assert recorded("DormancyNoticed") == 0


def test_a_platform_that_does_not_answer_lets_nothing_fall_asleep(
    account: TradingAccount, server: "Server", platform: Platform
) -> None:
    PLATFORMS.take(platform.slug).close()
    server.stop()
    with clock_at(now() + timedelta(days=340)):
        reactions.watch_dormancy(Act.system())
    assert recorded("DormancyNoticed") == 0


def asleep(account: TradingAccount) -> None:
    for days in (340, 372):
        with clock_at(now() + timedelta(days=days)):
            reactions.watch_dormancy(Act.system())
            drain()
    account.refresh_from_db()
    assert account.status == Status.DORMANT


def test_a_dormant_account_wakes_when_its_owner_signs_in(
    account: TradingAccount, ada: Client, platform: Platform
) -> None:
    asleep(account)
    with clock_at(now() + timedelta(days=390)):
        make.browser(ada)
        drain()
        account.refresh_from_db()
        assert (account.status, account.idle_notice_at) == (Status.OPEN, None)
        assert PLATFORMS.take(platform.slug).account(account.login or 0).trading == Right.FULL
        reactions.watch_dormancy(Act.system())
    assert (recorded("AccountReactivated"), recorded("DormancyFeeAsked")) == (1, 0)


def test_a_dormant_account_wakes_by_a_sign_in_on_its_platform_before_it_is_charged(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    paid_in(account, "15.00")
    asleep(account)
    later = now() + timedelta(days=390)
    server.control("/clock", at=f"{later:%Y-%m-%dT%H:%M:%S}")
    server.control("/sign-in", login=account.login)
    with clock_at(later + timedelta(days=10)):
        reactions.watch_dormancy(Act.system())
        drain()
    account.refresh_from_db()
    assert account.status == Status.OPEN
    assert recorded("DormancyFeeAsked") == 0


def test_a_colleague_or_another_client_who_signs_in_wakes_nobody(
    account: TradingAccount, ada: Client
) -> None:
    asleep(account)
    with clock_at(now() + timedelta(days=390)):
        make.browser(make.client("SC"))
        make.browser(make.staff("trading.*"))
        drain()
    account.refresh_from_db()
    assert account.status == Status.DORMANT


# ── Below zero ──


def test_a_debt_seen_again_before_it_was_read_is_written_off_once(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    lost(account, server)

    reactions.correct_negatives(Act.system())
    with clock_at(now() + timedelta(days=1)):
        reactions.correct_negatives(Act.system())
    drain()

    sync.sync_once(Act.system(), platform)
    account.refresh_from_db()
    assert account.balance == 0
    assert (recorded("NegativeFound"), recorded("PlatformMoneyBooked")) == (2, 1)


def test_a_retail_client_below_zero_is_brought_to_zero_at_our_expense(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    lost(account, server)
    owed = account.money(-account.balance)

    for _ in range(2):
        reactions.correct_negatives(Act.system())
        drain()
        sync.sync_once(Act.system(), platform)

    account.refresh_from_db()
    assert account.balance == 0
    assert (recorded("NegativeFound"), recorded("PlatformMoneyBooked")) == (1, 1)
    written_off = balance(chart.house_nbp(), "USD")
    assert written_off == -owed
    taken_in(platform)
    assert not sync.recheck(Act.system(), platform, since=sync.EARLIEST)


def test_what_was_paid_in_meanwhile_is_not_written_off_too(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    lost(account, server)
    owed = account.money(-account.balance)
    reactions.correct_negatives(Act.system())
    paid = Money.of("100.00 USD")
    PLATFORMS.take(platform.slug).change_balance(
        account.login or 0, paid, BalanceKind.BALANCE, reference="a dealer", check_margin=False
    )
    drain()
    assert recorded("PlatformMoneyBooked") == 0

    sync.sync_once(Act.system(), platform)
    reactions.correct_negatives(Act.system())
    drain()
    sync.sync_once(Act.system(), platform)
    account.refresh_from_db()
    assert account.balance == 0
    assert balance(chart.house_nbp(), "USD") == -(owed - paid)


def test_a_professional_who_owes_much_is_left_to_a_person(
    account: TradingAccount, ada: Client, platform: Platform, server: "Server"
) -> None:
    with acting_as_system("a test's client is a professional"):
        Client.objects.filter(pk=ada.pk).update(category="professional")
    lost(account, server, 900)

    reactions.correct_negatives(Act.system())
    drain()

    sync.sync_once(Act.system(), platform)
    account.refresh_from_db()
    assert round(account.balance) == -900
    assert (recorded("NegativeFound"), recorded("PlatformMoneyBooked")) == (1, 0)


def test_a_correction_whose_answer_is_lost_is_booked_once(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    lost(account, server)
    server.misbehave("drop_after_acting", "TRADE_BALANCE")

    reactions.correct_negatives(Act.system())
    for minutes in (0, 5, 10):
        with clock_at(now() + timedelta(minutes=minutes)):
            drain()

    sync.sync_once(Act.system(), platform)
    account.refresh_from_db()
    assert account.balance == 0
    assert recorded("PlatformMoneyBooked") == 1
