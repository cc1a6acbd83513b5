"""Money on its way to a real platform and back: no broken line loses or doubles it."""

from datetime import timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.payments import reactions
from nostro.payments.models import Transfer
from nostro.payments.operations import request_transfer
from nostro.payments.operations.transfers import NotFree
from nostro.trading import sync
from nostro.trading.models import Platform, Sending, TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.tests.conftest import platform as platform
from nostro.trading.tests.conftest import server as server
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db
Status = Transfer.Status


@pytest.fixture
def account(platform: Platform) -> TradingAccount:
    """An account that the client's approval opened, and 1,000 USD in the wallet beside it."""
    ada = make.client("SC")
    drain()
    make.funded(ada, "1000.00 USD")
    return TradingAccount.objects.get(client=ada)


def moved(account: TradingAccount, amount: str, direction: str = "in") -> Transfer:
    transfer = request_transfer(
        Act.system(), account.client, account=account, money=Money.of(amount),
        direction=direction,  # type: ignore[arg-type]
    )  # fmt: skip
    drain()
    transfer.refresh_from_db()
    return transfer


def later() -> None:
    with clock_at(now() + timedelta(minutes=10)):
        drain()


def on_platform(account: TradingAccount) -> str:
    state = PLATFORMS.take(account.platform.slug).account_state(account.login or 0)
    return f"{state.balance:.2f}"


def ours(account: TradingAccount) -> tuple[str, str, str]:
    """Wallet, in transit, on the trading account."""
    slug, login = account.platform.slug, account.login or 0
    accounts = (
        chart.client_wallet(account.client_id),
        chart.transit(slug),
        chart.client_trading(account.client_id, slug, login),
    )
    wallet, transit, trading = (str(balance(one, "USD").amount) for one in accounts)
    return wallet, transit, trading


def test_money_goes_there_and_comes_back(account: TradingAccount) -> None:
    assert moved(account, "300.00 USD").status == Status.SETTLED
    assert (on_platform(account), ours(account)) == ("300.00", ("700.00", "0.00", "300.00"))

    assert moved(account, "100.00 USD", "out").status == Status.SETTLED

    assert (on_platform(account), ours(account)) == ("200.00", ("800.00", "0.00", "200.00"))
    assert verify() == []


@pytest.mark.parametrize("what", ["drop_after_acting", "half_reply", "drop_before_acting"])
@pytest.mark.parametrize("direction", ["in", "out"])
def test_a_line_that_breaks_while_money_moves_moves_it_once(
    server: "Server", account: TradingAccount, what: str, direction: str
) -> None:
    if direction == "out":
        moved(account, "400.00 USD")
    server.misbehave(what, "TRADE_BALANCE")

    transfer = moved(account, "100.00 USD", direction)
    assert transfer.status == Status.IN_TRANSIT
    later()

    transfer.refresh_from_db()
    assert transfer.status == Status.SETTLED and transfer.ticket
    there = "100.00" if direction == "in" else "300.00"
    wallet = "900.00" if direction == "in" else "700.00"
    assert (on_platform(account), ours(account)) == (there, (wallet, "0.00", there))
    assert verify() == []


def test_what_a_server_does_only_after_our_patience_is_not_asked_of_it_again(
    server: "Server", account: TradingAccount
) -> None:
    server.control("/misbehave", what="act_late", command="TRADE_BALANCE", seconds=6.5)

    transfer = moved(account, "100.00 USD")
    with clock_at(now() + timedelta(seconds=65)):
        drain()

    transfer.refresh_from_db()
    assert (transfer.status, on_platform(account)) == (Status.IN_TRANSIT, "0.00")
    assert Sending.objects.get(reference=transfer.reference).times == 1
    until = monotonic() + 20
    while on_platform(account) == "0.00" and monotonic() < until:
        sleep(0.2)
    later()
    transfer.refresh_from_db()
    assert transfer.status == Status.SETTLED
    assert (on_platform(account), ours(account)) == ("100.00", ("900.00", "0.00", "100.00"))
    assert Sending.objects.get(reference=transfer.reference).times == 1


def test_what_cannot_happen_any_more_is_sent_again(
    server: "Server", account: TradingAccount
) -> None:
    server.misbehave("drop_before_acting", "TRADE_BALANCE")
    transfer = moved(account, "100.00 USD")

    later()

    transfer.refresh_from_db()
    assert (transfer.status, on_platform(account)) == (Status.SETTLED, "100.00")
    assert Sending.objects.get(reference=transfer.reference).times == 2


def test_much_that_waits_for_an_earlier_try_keeps_nothing_else_waiting(
    server: "Server", account: TradingAccount
) -> None:
    begun, later = now(), now() + reactions.LYING + timedelta(seconds=10)
    server.control("/misbehave", what="drop_before_acting", command="TRADE_BALANCE", times=16)
    waiting = [moved(account, "10.00 USD") for _ in range(8)]
    with clock_at(later):
        drain()  # once more in vain, and nobody knows how it ended
    with clock_at(begun):
        lost = request_transfer(
            Act.system(), account.client, account=account, money=Money.of("100.00 USD")
        )
    with clock_at(later + timedelta(seconds=5)):
        reactions.take_up_what_lies(Act.system())

    lost.refresh_from_db()
    assert lost.status == Status.SETTLED
    found = Transfer.objects.filter(pk__in=[one.pk for one in waiting])
    assert {one.status for one in found} == {Status.IN_TRANSIT}
    assert ours(account) == ("820.00", "80.00", "100.00")


def test_more_than_the_account_can_give_is_refused_and_nothing_is_lost(
    account: TradingAccount,
) -> None:
    moved(account, "50.00 USD")
    records = Record.objects.count()

    with pytest.raises(NotFree, match=r"50\.00 USD can be taken out of MT5 Live .* now"):
        request_transfer(
            Act.system(), account.client, account=account, money=Money.of("50.01 USD"),
            direction="out",
        )  # fmt: skip

    assert Record.objects.count() == records
    assert Transfer.objects.count() == 1
    assert moved(account, "50.00 USD", "out").status == Status.SETTLED


def test_what_a_dealer_took_meanwhile_is_refused_by_the_platform_and_nothing_is_lost(
    account: TradingAccount,
) -> None:
    moved(account, "80.00 USD")
    PLATFORMS.take(account.platform.slug).change_balance(
        account.login or 0, Money.of("-30.00 USD"), BalanceKind.BALANCE, reference="a dealer",
    )  # fmt: skip

    transfer = moved(account, "80.00 USD", "out")

    assert transfer.status == Status.FAILED
    assert transfer.reason
    assert (on_platform(account), ours(account)) == ("50.00", ("920.00", "0.00", "80.00"))


def test_what_moves_and_what_trading_does_add_up_to_the_platforms_balance(
    server: "Server", account: TradingAccount
) -> None:
    moved(account, "900.00 USD")
    position = server.trade(account.login or 0, lots="0.3")
    server.control("/advance", to="2026-06-01T09:00:00")
    server.close(position)

    sync.sync_once(Act.system(), account.platform)

    assert ours(account)[2] == on_platform(account) != "900.00"
    assert verify() == []
