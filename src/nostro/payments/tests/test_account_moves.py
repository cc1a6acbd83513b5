"""Accounts that move, and the money that moves with them or keeps them where they are."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.payments import operations as payments
from nostro.payments import reactions
from nostro.payments.models import Transfer
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import queries as trading_queries
from nostro.trading import sync
from nostro.trading.models import BalanceBreak, Platform, TradingAccount
from nostro.trading.operations.accounts import StillInUse
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import platform as platform  # the fixtures
from nostro.trading.tests.conftest import server as server
from nostro.trading.tests.make import group_at, paid_in, taken_in
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status


@pytest.fixture
def ada(platform: Platform) -> Client:
    return make.client("SC")


@pytest.fixture
def account(ada: Client) -> TradingAccount:
    """Opened on the server by itself."""
    drain()
    return TradingAccount.objects.get(client=ada, status=Status.OPEN)


def test_an_account_is_not_moved_while_money_is_on_its_way(
    account: TradingAccount, platform: Platform, ada: Client
) -> None:
    paid_in(account, "200")
    payments.request_transfer(
        Act.system(), ada, account=account, money=Money.of("50.00 USD"), direction="out"
    )
    records = Record.objects.count()

    with pytest.raises(StillInUse, match="still on its way"):
        trading.move_account(
            Act.system(), account, group=group_at(platform, "SC-USD-Raw"), reason="x"
        )

    assert Record.objects.count() == records


def test_an_account_moves_to_another_platform_with_its_money(
    account: TradingAccount, ada: Client, platform: Platform, server: "Server"
) -> None:
    paid_in(account, "750.25")
    second = trading_make.platform(server.settings, slug="mt5-two")
    drain()

    heir = trading.migrate_account(
        Act.system(), account, group=group_at(second, "SC-USD-Standard"), reason="New platform"
    )
    for minutes in (0, 1, 2, 3):
        with clock_at(now() + timedelta(minutes=minutes)):
            drain()
            sync.sync_once(Act.system(), platform)
            sync.sync_once(Act.system(), second)

    account.refresh_from_db()
    heir.refresh_from_db()
    assert account.status == Status.CLOSED
    assert account.balance == 0
    assert (heir.status, heir.moved_from_id) == (Status.OPEN, account.pk)
    assert PLATFORMS.take(second.slug).account(heir.login or 0).balance == Decimal("750.25")
    assert [one.direction for one in Transfer.objects.order_by("pk")] == ["out", "in"]
    assert not balance(chart.transit(platform.slug), "USD")
    assert verify() == []


def test_open_trades_stay_where_they_are_and_so_does_their_account(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    paid_in(account, "5000")
    server.trade(account.login or 0)
    sync.sync_once(Act.system(), platform)
    second = trading_make.platform(server.settings, slug="mt5-two")
    drain()

    with pytest.raises(StillInUse, match="open trades"):
        trading.migrate_account(
            Act.system(), account, group=group_at(second, "SC-USD-Standard"), reason="x"
        )

    account.refresh_from_db()
    assert (account.status, TradingAccount.objects.count()) == (Status.OPEN, 1)


def test_a_restriction_does_not_get_lost_in_a_move(
    account: TradingAccount, server: "Server"
) -> None:
    second = trading_make.platform(server.settings, slug="mt5-two")
    drain()
    group = group_at(second, "SC-USD-Standard")
    until = now() + timedelta(days=1)
    trading.restrict_account(Act.system(), account, reason="Looked into.", until=until)
    with pytest.raises(WrongState, match="close only"):
        trading.migrate_account(Act.system(), account, group=group, reason="x")
    assert TradingAccount.objects.count() == 1


def test_nothing_else_happens_to_an_account_while_it_moves_and_a_refusal_gives_it_back(
    account: TradingAccount, ada: Client, server: "Server"
) -> None:
    paid_in(account, "50")
    second = trading_make.platform(server.settings, slug="mt5-two")
    drain()
    group = group_at(second, "SC-USD-Standard")
    heir = trading.migrate_account(Act.system(), account, group=group, reason="New platform")
    with pytest.raises(WrongState, match="being moved"):
        trading.lift_restriction(Act.system(), account)
    with pytest.raises(WrongState, match="being moved"):
        payments.request_transfer(
            make.act_of(ada), ada, account=account, money=Money.of("10 USD"), direction="out"
        )

    trading.account_failed(Act.system(), heir, reason="The server is full.")
    trading.refuse_account(Act.system(), heir, reason="Another time.")
    account.refresh_from_db()
    assert account.status == Status.OPEN
    again = trading.migrate_account(Act.system(), account, group=group, reason="Now then")
    assert again.moved_from_id == account.pk


def test_a_move_whose_transfer_failed_goes_on_with_what_is_there_then(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    paid_in(account, "100")
    second = trading_make.platform(server.settings, slug="mt5-two")
    drain()
    heir = trading.migrate_account(
        Act.system(), account, group=group_at(second, "SC-USD-Standard"), reason="New platform"
    )
    # Less is there than was read: a dealer took some of it.
    PLATFORMS.take(platform.slug).change_balance(
        account.login or 0, Money.of("-30.00 USD"), BalanceKind.BALANCE, reference="a dealer",
        check_margin=True,
    )  # fmt: skip
    drain()
    assert Transfer.objects.get().status == Transfer.Status.FAILED

    for hour in (1, 2, 3):
        with clock_at(now() + timedelta(hours=hour)):
            sync.sync_once(Act.system(), platform)
            sync.sync_once(Act.system(), second)
            reactions.go_on_with_moves(Act.system())
            drain()
    account.refresh_from_db()
    assert account.status == Status.CLOSED
    heir.refresh_from_db()
    assert PLATFORMS.take(second.slug).account(heir.login or 0).balance == Decimal("70.00")


def test_money_between_wallet_and_account_leaves_no_break_at_any_step(
    account: TradingAccount, platform: Platform, ada: Client, server: "Server"
) -> None:
    paid_in(account, "200")
    taken_in(platform)

    def recheck() -> int:
        return sync.recheck(Act.system(), platform, since=sync.EARLIEST)

    steps: tuple[tuple[str, Literal["in", "out"]], ...] = (
        ("50.00 USD", "out"),
        ("20.00 USD", "in"),
    )
    for money, direction in steps:
        transfer = payments.request_transfer(
            Act.system(), ada, account=account, money=Money.of(money), direction=direction
        )
        assert recheck() == 0, "asked for here, and not there yet"
        amount = transfer.money if direction == "in" else -transfer.money
        PLATFORMS.take(platform.slug).change_balance(
            account.login or 0, amount, BalanceKind.BALANCE, reference=transfer.reference
        )
        assert recheck() == 0, "there, and not settled here"
        drain()
        assert Transfer.objects.get(pk=transfer.pk).status == Transfer.Status.SETTLED
        assert recheck() == 0, "settled"

    assert trading_queries.held([account])[account.pk] == Money.of("170.00 USD")
    assert not BalanceBreak.objects.exists()


def test_money_on_its_way_holds_up_a_wish_to_trade_without_swaps(platform: Platform) -> None:
    amina = make.client("SC", country="AE")
    drain()
    account = TradingAccount.objects.get(client=amina, status=Status.OPEN)
    make.funded(amina, "100.00 USD")
    payments.request_transfer(
        make.act_of(amina), amina, account=account, money=Money.of("50.00 USD")
    )
    with pytest.raises(StillInUse):
        trading.ask_swap_free(make.act_of(amina), account, days=30)
    assert not account.swap_free_requests.exists()
