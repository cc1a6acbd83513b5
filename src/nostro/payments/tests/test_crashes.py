"""The worker is killed between an act outside and its record inside, at every step of a client's
money: nothing happens twice, and every cent is where the ledger says.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.payments import reactions
from nostro.payments.models import Deposit, Leg, Transfer, Withdrawal
from nostro.payments.operations import (
    approve_withdrawal,
    request_transfer,
    request_withdrawal,
)
from nostro.payments.tests import make
from nostro.payments.tests.conftest import World, until
from nostro.people.models import Client
from nostro.trading.models import TradingAccount
from nostro.trading.ports import PLATFORMS
from nostro.trading.tests import make as trading
from simulators.web.launch import Running
from tests.work import STARTED, Worker

pytestmark = pytest.mark.django_db(transaction=True)
LONG = 60


@pytest.fixture(autouse=True)
def no_worker_left(transactional_db: None) -> Iterator[None]:
    """A worker that outlived a failed test would hold the tables that are about to be emptied."""
    yield
    while STARTED:
        STARTED.pop().program.kill()


@pytest.fixture
def mt5(tmp_path: Path) -> Iterator[Running]:
    running = Running("mt5", tmp_path / "mt5", "--seed", "7")
    yield running
    for slug in PLATFORMS.slugs():
        PLATFORMS.take(slug).close()
    running.stop()


def restarted() -> None:
    """A worker starts again; minutes later the clock takes up what the dead one left."""
    worker = Worker()
    worker.finish()

    def free() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            return bool(cursor.fetchone()[0] == 0)

    until(free, "the dead worker's locks are gone")
    with clock_at(now() + reactions.LYING * 2):
        reactions.ask_about_open_deposits(Act.system())
        reactions.take_up_what_lies(Act.system())
        drain()
        reactions.take_up_what_lies(Act.system())


def happened(name: str) -> int:
    return Record.objects.filter(name=f"payments.{name}").count()


def usd(text: str) -> Money:
    return Money.of(f"{text} USD")


def test_a_worker_killed_at_every_step_loses_and_doubles_nothing(
    world: World, mt5: Running
) -> None:
    ada = make.client()
    trading.platform(
        {"host": "127.0.0.1", "port": mt5.port, "login": 1001, "password": "Manager1!"}
    )
    drain()
    # The account its client asked for at registration, or one asked for now.
    found = TradingAccount.objects.filter(client=ada).first()
    account = found or trading_account(ada)
    drain()
    account.refresh_from_db()
    assert account.login is not None

    killed_while_a_deposit_is_opened_and_asked_about(world, ada)
    killed_while_money_moves_to_the_platform(mt5, ada, account)
    killed_while_a_card_is_refunded(world, ada)

    assert make.wallet(ada) == usd("150.00")
    assert make.held(ada) == usd("0.00")
    assert balance(chart.transit(account.platform.slug), "USD") == usd("0.00")
    assert balance(chart.provider_clearing("cardwell"), "USD") == usd("-300.00")
    assert verify() == []


def killed_while_a_deposit_is_opened_and_asked_about(world: World, ada: Client) -> None:
    world.psp.control("misbehave", what="slow", seconds=LONG, method="POST")
    deposit = make.started(ada, "500.00 USD")
    worker = Worker()
    worker.does(lambda: len(world.sessions()) == 1, "the page is open at the provider")
    worker.kill()
    assert Deposit.objects.get(pk=deposit.pk).reference == ""
    restarted()
    assert (len(world.sessions()), happened("DepositOpened")) == (1, 1)

    world.psp.control("misbehave", what="slow", seconds=LONG, method="GET")
    world.pays(deposit)
    worker = Worker()
    worker.does(lambda: world_is_slow(world), "the worker asks about it")
    worker.kill()
    assert make.wallet(ada) == usd("0.00")
    restarted()
    assert (make.wallet(ada), happened("DepositSettled")) == (usd("500.00"), 1)


def killed_while_money_moves_to_the_platform(
    mt5: Running, ada: Client, account: TradingAccount
) -> None:
    before = deals_on(mt5)
    mt5.control("misbehave", what="slow", command="TRADE_BALANCE", seconds=LONG)
    request_transfer(Act.system(), ada, account=account, money=usd("150.00"))
    worker = Worker()
    worker.does(lambda: deals_on(mt5) == before + 1, "the platform has the money")
    worker.kill()
    assert Transfer.objects.get().status == Transfer.Status.IN_TRANSIT
    restarted()
    assert (deals_on(mt5), happened("TransferSettled")) == (before + 1, 1)
    assert account.login is not None
    there = chart.client_trading(ada.pk, account.platform.slug, account.login)
    assert balance(there, "USD") == usd("150.00")


def killed_while_a_card_is_refunded(world: World, ada: Client) -> None:
    world.psp.control("misbehave", what="slow", seconds=LONG, method="POST")
    made = request_withdrawal(Act.system(), ada, money=usd("200.00"))
    worker = Worker()
    worker.does(lambda: refunds(world) == 1, "the provider has refunded")
    worker.kill()
    assert make.held(ada) == usd("200.00")
    restarted()
    made.refresh_from_db()
    assert (made.status, refunds(world)) == (Withdrawal.Status.PAID, 1)
    assert happened("WithdrawalSent") == 1


def test_a_worker_killed_while_a_wire_is_sent_pays_once(world: World) -> None:
    from nostro.payments.operations import settle_deposit

    ada = make.client()
    wire = make.started(ada, "700.00 USD", method="bank")
    settle_deposit(Act.system(), wire, received=usd("700.00"))
    bank = make.bank_account(ada)
    made = request_withdrawal(Act.system(), ada, money=usd("400.00"), destination=bank)
    drain()
    world.bank.control("misbehave", what="slow", seconds=LONG, method="POST")
    approve_withdrawal(make.clerk(), made)
    worker = Worker()
    worker.does(lambda: len(world.bank.state()["payments"]) == 1, "the bank has the order")
    worker.kill()
    assert made.legs.get().status == Leg.Status.PLANNED
    restarted()
    assert len(world.bank.state()["payments"]) == 1
    assert happened("WithdrawalSent") == 1
    assert (make.wallet(ada), make.held(ada)) == (usd("300.00"), usd("0.00"))
    assert balance(chart.bank_in_transit(), "USD") == usd("400.00")
    assert verify() == []


def trading_account(who: Client) -> TradingAccount:
    from nostro.trading.operations import request_account

    return request_account(
        Act.system(),
        who,
        account_type="standard",
        currency="USD",
    )


def world_is_slow(world: World) -> bool:
    """The armed fault has been used up: the request hangs there now."""
    faults = world.psp.state().get("faults", [])
    return not any(one["what"] == "slow" for one in faults)


def refunds(world: World) -> int:
    return int(world.psp.state()["objects"].get("refund", 0))


def deals_on(mt5: Running) -> int:
    """Balance operations that the platform keeps."""
    return int(mt5.state()["deals"])
