"""A MetaTrader 4 server beside the tests, as a program of its own, and adapters to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from nostro.kit import Money
from nostro.trading.adapters.mt4 import Mt4, Mt4Settings
from nostro.trading.ports import AccountRequest, BalanceKind
from simulators.nursery import Program

CHECKOUT = Path(__file__).parents[6]
MONDAY = "2026-06-01T08:00:00"
GROUP = "CY-USD-Standard"
CONTRACTS = "US500 1 USD\nUS30 1 USD\nBTCUSD 1 USD BTC"


@dataclass
class Server:
    """A running simulator: how to reach it, and the door through which it is told things."""

    settings: Mt4Settings
    control_port: int

    def order(self, path: str, **what: object) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.control_port, timeout=60)
        try:
            connection.request("POST", f"/{path}", json.dumps(what))
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        assert response.status == 200, answer
        return answer

    def misbehave(self, what: str, command: str, **more: object) -> None:
        self.order("misbehave", what=what, command=command, times=1, **more)

    def trade(self, login: int, *, symbol: str = "EURUSD", side: str = "buy", lots: str) -> int:
        """Open a ticket; its number."""
        done = self.order("trade", login=login, symbol=symbol, side=side, lots=lots)
        return int(done["details"]["ticket"])

    def adapter(self, **changed: object) -> Mt4:
        return Mt4(self.settings.model_copy(update=changed))


@contextmanager
def running(home: Path, *more: str) -> Iterator[Server]:
    options = ["--home", str(home), "--seed", "1", *more]
    with Program("mt4", *options) as process:
        try:
            ready = json.loads(process.stdout.readline())
            settings = Mt4Settings(
                host="127.0.0.1", port=ready["port"], secret=SecretStr("wik-secret"),
                mask=SecretStr("wik-mask"), database_host="127.0.0.1",
                database_port=ready["database_port"], database_user="nostro",
                database_password=SecretStr("Report1!"), contracts=CONTRACTS,
            )  # fmt: skip
            server = Server(settings, ready["control_port"])
            server.order("clock", at=MONDAY)
            yield server
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("mt4")) as one:
        yield one


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Server]:
    """A server that a test may spoil."""
    with running(tmp_path / "mt4") as one:
        yield one


@pytest.fixture
def mt4(server: Server) -> Iterator[Mt4]:
    platform = server.adapter()
    yield platform
    platform.close()


def request(group: str = GROUP) -> AccountRequest:
    return AccountRequest(
        group=group,
        leverage=30,
        name="Ada = Love|lace\\",
        password="Passw0rd!",
        investor_password="Invest0r!",
        client_code="C-1",
    )


def funded(mt4: Mt4, key: str, group: str = GROUP, amount: str = "1000.00 USD") -> int:
    login = mt4.open_account(request(group), key=key)
    mt4.change_balance(login, Money.of(amount), BalanceKind.BALANCE, reference=f"{key}/fund")
    return login
