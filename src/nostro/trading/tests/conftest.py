"""A platform's server beside the tests, as a program of its own: MetaTrader 5 where a test does
not say another one.
"""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulators.nursery import Program

if TYPE_CHECKING:
    from nostro.core.acts import Act
    from nostro.people.models import Client
    from nostro.trading.models import Platform, TradingAccount

MONDAY = "2026-06-01T08:00:00"


class Server:
    """A running simulator: its ports, and the control door through which it is told things."""

    def __init__(self, home: Path, simulator: str = "mt5") -> None:
        self.program = Program(simulator, "--home", str(home), "--seed", "7")
        self.ready = json.loads(self.program.stdout.readline())
        self.control("/clock", at=MONDAY)

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1", "port": self.ready["port"], "login": 1001,
            "password": "Manager1!", "answer_timeout": 5,
        }  # fmt: skip

    def control(self, path: str, **asked: Any) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.ready["control_port"], timeout=30)
        try:
            connection.request("POST", path, json.dumps(asked))
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        assert response.status == 200, answer
        return answer

    def state(self) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.ready["control_port"], timeout=30)
        connection.request("GET", "/state")
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def misbehave(self, what: str, command: str) -> None:
        self.control("/misbehave", what=what, command=command)

    def trade(
        self, login: int, symbol: str = "EURUSD", side: str = "buy", lots: str = "0.1"
    ) -> int:
        """Open a position; its ticket."""
        return int(
            self.control("/trade", login=login, symbol=symbol, side=side, lots=lots)["position"]
        )

    def close(self, position: int, **more: Any) -> int:
        """Close a position; the ticket of the deal."""
        return int(self.control("/close", position=position, **more)["deal"])

    def stop(self) -> None:
        self.program.terminate()
        self.program.communicate(timeout=20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "mt5")
    yield running
    running.stop()


@pytest.fixture
def platform(act: "Act", server: Server) -> "Iterator[Platform]":
    """The server as a connected platform: its symbols and groups are read."""
    from nostro.core.jobs import drain
    from nostro.trading.ports import PLATFORMS
    from nostro.trading.tests import make

    made = make.platform(server.settings)
    drain()
    yield made
    PLATFORMS.take(made.slug).close()


@pytest.fixture
def ada(platform: "Platform") -> "Client":
    """A client of the offshore firm, with an account on its way."""
    from tests import make

    return make.client("SC")


@pytest.fixture
def account(ada: "Client") -> "TradingAccount":
    """Ada's account, opened on the server by itself, with leverage 500."""
    from nostro.core.jobs import drain
    from nostro.trading.models import TradingAccount

    drain()
    return TradingAccount.objects.get(client=ada, status=TradingAccount.Status.OPEN)


@pytest.fixture
def opened(platform: "Platform") -> "list[TradingAccount]":
    """Two accounts on the server, the second with less leverage."""
    from nostro.core.acts import Act
    from nostro.core.jobs import drain
    from nostro.trading import operations as trading
    from nostro.trading.tests.make import everything
    from tests import make

    for _ in range(2):
        make.client("SC", country="AE")
    drain()
    found = list(everything().order_by("pk"))
    trading.change_leverage(Act.system(), found[1], leverage=200)
    drain()
    return found
