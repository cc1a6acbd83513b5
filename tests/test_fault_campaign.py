"""Transfers through lines that break, on every platform: no cent is lost or doubled.

The suite makes a small run; `make campaign` makes a large one and writes docs/campaign.md.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.payments.models import Transfer
from nostro.payments.operations import request_transfer
from nostro.trading import operations as trading
from nostro.trading.models import Group, TradingAccount
from nostro.trading.ports import PLATFORMS
from simulators.nursery import Program
from tests import make

pytestmark = pytest.mark.django_db
CHECKOUT = Path(__file__).parents[1]
LARGE = os.environ.get("NOSTRO_CAMPAIGN")
TRANSFERS = int(LARGE or 25)
START = Money.of("10000.00 USD")
FAULTS = (
    "drop_after_acting", "drop_before_acting", "half_reply", "duplicate_reply", "wrong_length",
    "forget_sessions", "slow", "reorder", "act_late",
)  # fmt: skip
PATIENCE, LATE = 2.0, 2.5
"""Seconds we wait for an answer, and after which a slow server gives it, or acts without one."""
LONGEST = 12
"""Looks at a transfer after which it must have its outcome."""


def mt5(ready: Mapping[str, Any]) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": ready["port"], "login": 1001, "password": "Manager1!"}


def mt4(ready: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "host": "127.0.0.1", "port": ready["port"], "secret": "wik-secret", "mask": "wik-mask",
        "database_host": "127.0.0.1", "database_port": ready["database_port"],
        "database_user": "nostro", "database_password": "Report1!",
    }  # fmt: skip


def ctrader(ready: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "host": "localhost", "port": ready["port"], "manager_port": ready["manager_port"],
        "login": 30001, "password": "Manager1!", "plant": "simulated", "broker": "meridian",
        "certificate": Path(ready["certificate"]).read_text(),
    }  # fmt: skip


KINDS: dict[str, tuple[Callable[[Mapping[str, Any]], dict[str, Any]], str]] = {
    "mt5": (mt5, "TRADE_BALANCE"), "mt4": (mt4, "CHANGEBALANCE"),
    "ctrader": (ctrader, "CHANGE_BALANCE"),
}  # fmt: skip


class Server:
    """A platform that can be killed, and comes back where it listened before."""

    def __init__(self, kind: str, home: Path) -> None:
        self.kind, self.home = kind, home
        self.ports: list[str] = []
        self.start()
        names = {"port": "port", "control_port": "control-port", "manager_port": "manager-port",
                 "database_port": "database-port"}  # fmt: skip
        for said, option in names.items():
            if said in self.ready:
                self.ports += [f"--{option}", str(self.ready[said])]

    def start(self) -> None:
        self.program = Program(self.kind, "--home", str(self.home), "--seed", "7", *self.ports)
        self.ready = json.loads(self.program.stdout.readline())

    def kill(self) -> None:
        self.program.kill()
        self.program.communicate(timeout=20)

    def misbehave(self, what: str) -> None:
        connection = HTTPConnection("127.0.0.1", self.ready["control_port"], timeout=30)
        order = {"what": what, "command": KINDS[self.kind][1], "times": 1, "seconds": LATE}
        connection.request("POST", "/misbehave", json.dumps(order))
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        assert answer.status == 200, said


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    running = Server(request.param, tmp_path / request.param)
    yield running
    running.kill()


@pytest.fixture
def account(act: Act, server: Server) -> Iterator[TradingAccount]:
    """An account of a client with money in the wallet."""
    for code in ("CY", "UK", "SC"):
        make.entity(code)
    platform = trading.add_platform(
        act, slug="live", name="Live", kind=server.kind,
        settings=KINDS[server.kind][0](server.ready) | {"answer_timeout": PATIENCE},
    )  # fmt: skip
    drain()
    ada = make.client("SC")
    drain()
    make.funded(ada, f"{START.amount} USD")
    found = TradingAccount.objects.get(client=ada)
    if found.status == TradingAccount.Status.REQUESTED:
        group = Group.objects.get(platform=platform, path__endswith="SC-USD-Standard")
        trading.approve_account(make.act_of(make.staff("*")), found, group=group, leverage=100)
        drain()
    found.refresh_from_db()
    assert found.login is not None
    yield found
    PLATFORMS.take(platform.slug).close()


def there(account: TradingAccount) -> Money:
    state = PLATFORMS.take(account.platform.slug).account_state(account.login or 0)
    return account.money(state.balance)


def test_no_fault_of_any_platform_loses_or_doubles_a_cent(
    server: Server, account: TradingAccount
) -> None:
    random, done, begun = Random(f"campaign {server.kind}"), Counter[str](), time.monotonic()
    wallet = chart.client_wallet(account.client_id)
    theirs = chart.client_trading(account.client_id, "live", account.login or 0)
    for _ in range(TRANSFERS):
        fault = random.choice(("", "", *FAULTS, "kill")) if random.random() < 0.6 else ""
        free = {"in": balance(wallet, "USD"), "out": balance(theirs, "USD")}
        direction = random.choice([way for way, money in free.items() if money.amount > 100])
        money = Money(Decimal(random.randint(1, 9_999)) / 100, START.currency)
        if fault == "kill":
            server.kill()
        elif fault:
            server.misbehave(fault)
        transfer = request_transfer(
            Act.system(), account.client, account=account, money=money,
            direction=direction,  # type: ignore[arg-type]
        )  # fmt: skip
        drain()
        if fault == "kill":
            server.start()
        if fault == "act_late":
            # Asked about before it has happened: it must not be sent again.
            with clock_at(now() + timedelta(seconds=65)):
                drain()
            time.sleep(LATE - PATIENCE + 0.5)
        for look in range(LONGEST):
            transfer.refresh_from_db()
            if transfer.status != Transfer.Status.IN_TRANSIT:
                break
            with clock_at(now() + timedelta(minutes=2 * look + 2)):
                drain()
        done[f"{fault or 'no fault'}: {transfer.status}"] += 1

    assert not Transfer.objects.filter(status=Transfer.Status.IN_TRANSIT).exists(), done
    assert there(account) == balance(theirs, "USD")
    assert balance(wallet, "USD") + balance(theirs, "USD") == START
    assert not balance(chart.transit("live"), "USD")
    assert verify() == []
    if LARGE:
        _report(server.kind, done, time.monotonic() - begun)


def _report(kind: str, done: Counter[str], seconds: float) -> None:
    """One section a platform in docs/campaign.md."""
    path = CHECKOUT / "docs" / "campaign.md"
    head = (
        "# The fault campaign\n\nWritten by `make campaign`: transfers in both directions while the"
        " platform breaks on purpose. Each run ends with nothing in transit, the platform's balance"
        " equal to the ledger's, the wallet and the account adding up to what was there at first,"
        " and a ledger that holds.\n"
    )
    text = path.read_text() if path.exists() else head
    text = text.split(f"\n## {kind}\n")[0] if f"\n## {kind}\n" in text else text
    rows = "".join(f"| {said} | {count} |\n" for said, count in sorted(done.items()))
    total = sum(done.values())
    path.write_text(
        f"{text}\n## {kind}\n\n{total} transfers on {now():%Y-%m-%d} in {seconds:.0f} s: 0 cents"
        f" lost, 0 doubled.\n\n| Fault: outcome | Transfers |\n|---|---:|\n{rows}"
    )
