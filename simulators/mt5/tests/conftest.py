"""A trade server in memory, a simulator as a program of its own, and a plain client for both."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from simulators.market.zone import moment
from simulators.mt5.settings import Settings
from simulators.mt5.tests.running import Simulator
from simulators.mt5.trade_server import TradeServer
from simulators.trading.records import BALANCE, Account

MONDAY = moment("2026-01-05T08:00:00")

type Funded = Callable[..., Account]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TradeServer]:
    made = TradeServer(tmp_path / "home", Settings(), seed=7)
    made.freeze(MONDAY)
    yield made
    made.shut()


@pytest.fixture
def funded(server: TradeServer) -> Funded:
    """Opens an account in a group and pays money in."""

    def open_account(group: str, amount: str) -> Account:
        login = server.store.next("login")
        account = Account(login, group, f"Client {login}", server.store.groups[group].leverage)
        server.store.keep_account(account)
        server.change_balance(account, BALANCE, Decimal(amount), comment="first deposit")
        server.store.commit()
        return account

    return open_account


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(tmp_path_factory.mktemp("mt5")) as running:
        running.control("/clock", {"at": "2026-01-05T08:00:00"})
        yield running
