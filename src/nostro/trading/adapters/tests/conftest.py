"""Each platform's simulator, a program of its own, and the adapter that speaks to it.

A new adapter joins the contract by one more `Kind` in `KINDS`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from nostro.trading.adapters.ctrader import CTrader, CTraderSettings
from nostro.trading.adapters.mt4 import Mt4, Mt4Settings
from nostro.trading.adapters.mt5 import Mt5, Mt5Settings
from nostro.trading.ports import DealKind, TradingPlatform
from simulators.nursery import Program

GROUP, RAW, OTHER_CURRENCY = (rf"real\CY-{rest}" for rest in ("USD-Standard", "USD-Raw", "EUR-Raw"))


def mt5(ready: Mapping[str, Any], **changed: Any) -> TradingPlatform:
    usual: dict[str, Any] = {
        "host": "127.0.0.1", "port": ready["port"], "login": 1001,
        "password": SecretStr("Manager1!"),
    }  # fmt: skip
    return Mt5(Mt5Settings(**(usual | changed)))


def mt5_rest(ready: Mapping[str, Any], **changed: Any) -> TradingPlatform:
    usual: dict[str, Any] = {
        "host": "localhost", "door": "https", "certificate": Path(ready["certificate"]).read_text(),
    }  # fmt: skip
    return mt5({**ready, "port": ready["rest_port"]}, **(usual | changed))


def ctrader(ready: Mapping[str, Any], **changed: Any) -> TradingPlatform:
    usual: dict[str, Any] = {
        "host": "localhost", "port": ready["port"], "manager_port": ready["manager_port"],
        "login": 30001, "password": SecretStr("Manager1!"), "plant": "simulated",
        "broker": "meridian", "certificate": Path(ready["certificate"]).read_text(),
    }  # fmt: skip
    return CTrader(CTraderSettings(**(usual | changed)))


def mt4(ready: Mapping[str, Any], *, password: SecretStr | None = None, **changed: Any) -> Mt4:
    """Its two doors have a secret each; a wrong password is wrong for both."""
    usual: dict[str, Any] = {
        "host": "127.0.0.1", "port": ready["port"], "secret": password or SecretStr("wik-secret"),
        "mask": SecretStr("wik-mask"), "database_host": "127.0.0.1",
        "database_port": ready["database_port"], "database_user": "nostro",
        "database_password": password or SecretStr("Report1!"), "contracts": "US500 1 USD",
    }  # fmt: skip
    return Mt4(Mt4Settings(**(usual | changed)))


@dataclass(frozen=True)
class Kind:
    """How a platform is started and connected, and what its simulator calls what is asked of it:
    `opens` an account, `pays`, and `reads` an account. What a platform cannot say: the `paths`
    of symbols, what `corrects` a balance where it has no kind for that, and what it `lacks`: a
    "history" of orders, "daily" reports, an "archive", its own sum of "exposure", "reasons" of
    deals, or those of an "exit" by whoever asked for it.
    """

    simulator: str
    connect: Callable[..., TradingPlatform]
    opens: str
    pays: str
    reads: str
    paths: bool = True
    corrects: DealKind = DealKind.CORRECTION
    lacks: frozenset[str] = frozenset()


NO_SUMS = frozenset({"exposure"})
KINDS = {
    "mt5": Kind("mt5", mt5, "USER_ADD", "TRADE_BALANCE", "USER_GET", lacks=NO_SUMS),
    "mt5-rest": Kind("mt5", mt5_rest, "USER_ADD", "TRADE_BALANCE", "USER_GET", lacks=NO_SUMS),
    "ctrader": Kind(
        "ctrader", ctrader, "CREATE_TRADER", "CHANGE_BALANCE", "READ_TRADER",
        lacks=frozenset({"history", "daily", "archive", "reasons", "exit"}),
    ),
    "mt4": Kind(
        "mt4", mt4, "CREATEACCOUNT", "CHANGEBALANCE", "SELECT", paths=False,
        corrects=DealKind.BALANCE, lacks=NO_SUMS | {"archive", "exit"},
    ),
}  # fmt: skip


def group_of(platform: TradingPlatform, name: str) -> str:
    """A group's name, or a mask of them, as the platform has it: not every one has folders."""
    return name.rpartition("\\")[2] if isinstance(platform, Mt4) else name


@dataclass
class Server:
    """A running simulator."""

    kind: Kind
    ready: dict[str, Any]

    def connect(self, **changed: Any) -> TradingPlatform:
        """The adapter; what is `changed` of its settings has the same name on every platform."""
        return self.kind.connect(self.ready, **changed)

    def order(self, path: str, **what: object) -> dict[str, Any]:
        """Something of the control door."""
        url = f"http://127.0.0.1:{self.ready['control_port']}/{path}"
        return dict(httpx.post(url, json=what, trust_env=False).raise_for_status().json())

    def misbehave(self, what: str, command: str, **more: object) -> None:
        self.order("misbehave", what=what, command=command, times=1, **more)


@contextmanager
def running(kind: Kind, home: Path, *more: str) -> Iterator[Server]:
    options = ["--port", "0", "--control-port", "0", "--home", str(home), "--seed", "1", *more]
    with Program(kind.simulator, *options) as process:
        try:
            yield Server(kind, json.loads(process.stdout.readline()))
        finally:
            process.terminate()


@pytest.fixture(scope="module", params=KINDS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with running(KINDS[request.param], tmp_path_factory.mktemp(request.param)) as one:
        yield one


@pytest.fixture
def platform(server: Server) -> Iterator[TradingPlatform]:
    connected = server.connect()
    yield connected
    connected.close()
