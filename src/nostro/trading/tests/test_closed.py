"""Closed accounts on which a dealer lets something happen."""

from datetime import timedelta

import pytest

from nostro.core.acts import Act, clock_at
from nostro.core.jobs import drain
from nostro.kit import Money
from nostro.trading import operations as trading
from nostro.trading import sync
from nostro.trading.models import BalanceBreak, Platform, TradingAccount
from nostro.trading.ports import PLATFORMS, AccountChange, BalanceKind, Right
from nostro.trading.sync import EARLIEST
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import MORNING
from tests import make

pytestmark = pytest.mark.django_db
Kind, Status = BalanceBreak.Kind, TradingAccount.Status


@pytest.fixture
def closed(platform: Platform) -> TradingAccount:
    ada = make.client("SC")
    drain()
    account = TradingAccount.objects.get(client=ada, status=Status.OPEN)
    sync.sync_once(Act.system(), platform)
    with clock_at(MORNING - timedelta(days=1)):  # before the server says it is
        return trading.close_account(Act.system(), account, reason="Asked for.")


def booked(account: TradingAccount, amount: str) -> None:
    PLATFORMS.take(account.platform.slug).change_balance(
        account.login or 0, Money.of(amount), BalanceKind.BALANCE, reference="a dealer's",
        check_margin=False,
    )  # fmt: skip


def of_closed() -> list[BalanceBreak]:
    return list(BalanceBreak.objects.filter(kind=Kind.CLOSED, healed_at=None))


def test_a_closed_account_at_rest_is_no_break(platform: Platform, closed: TradingAccount) -> None:
    assert sync.recheck(Act.system(), platform, since=EARLIEST) == 0
    assert not BalanceBreak.objects.exists()


def test_money_on_a_closed_account_is_a_break_that_names_its_deal_and_heals(
    platform: Platform, closed: TradingAccount
) -> None:
    booked(closed, "50.00 USD")
    sync.sync_once(Act.system(), platform)
    sync.recheck(Act.system(), platform, since=EARLIEST)
    sync.recheck(Act.system(), platform, since=EARLIEST)

    (found,) = of_closed()
    trace = found.traces.get()
    assert (found.account, found.difference) == (closed, Money.of("50.00 USD"))
    assert f"50.00 USD on it. Deals since then: {trace.deal.ticket}." in found.cause
    assert trace.why == "unasked"

    booked(closed, "-50.00 USD")
    sync.recheck(Act.system(), platform, since=EARLIEST)
    sync.recheck(Act.system(), platform, since=EARLIEST)
    (last,) = of_closed()  # what took it away was nobody's wish either
    assert (str(last.difference), last.traces.get().why) == ("0.00 USD", "unasked")

    trading.explain_break(Act.system(), last, note="The dealer put it right.")
    sync.recheck(Act.system(), platform, since=EARLIEST)
    assert of_closed() == []
    sync.recheck(Act.system(), platform, since=EARLIEST)
    assert BalanceBreak.objects.filter(kind=Kind.CLOSED).count() == 2


def test_trades_on_a_closed_account_are_a_break_also_without_a_result(
    platform: Platform, closed: TradingAccount, server: Server
) -> None:
    login = closed.login or 0
    booked(closed, "100.00 USD")
    connection = PLATFORMS.take(platform.slug)
    connection.change_account(login, AccountChange(enabled=True, trading=Right.FULL))
    server.trade(login, lots="0.01")
    sync.sync_once(Act.system(), platform)
    sync.recheck(Act.system(), platform, since=EARLIEST)

    (found,) = of_closed()
    assert found.traces.count() == 2


def test_an_account_that_is_opened_again_has_no_such_break(
    platform: Platform, closed: TradingAccount
) -> None:
    booked(closed, "50.00 USD")
    sync.sync_once(Act.system(), platform)
    sync.recheck(Act.system(), platform, since=EARLIEST)
    trading.reopen_account(Act.system(), closed, reason="Asked for.")
    drain()
    sync.recheck(Act.system(), platform, since=EARLIEST)

    assert of_closed() == []
