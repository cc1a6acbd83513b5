"""What the fault campaigns share: platforms that break on order, and what they break by."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from nostro.core.acts import now
from nostro.core.jobs import drain
from nostro.kit import Money
from nostro.trading import operations as trading
from nostro.trading.models import Group, Platform, TradingAccount
from nostro.trading.ports import PLATFORMS
from simulators.nursery import Program
from tests import make

CHECKOUT = Path(__file__).parents[1]
FAULTS = (
    "drop_after_acting", "drop_before_acting", "half_reply", "duplicate_reply", "wrong_length",
    "forget_sessions", "slow", "reorder", "act_late",
)  # fmt: skip
PATIENCE, LATE = 2.0, 2.5
"""Seconds we wait for an answer, and after which a slow server gives it, or acts without one."""


def mt5(ready: Mapping[str, Any]) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": ready["port"], "login": 1001, "password": "Manager1!"}


def mt5_rest(ready: Mapping[str, Any]) -> dict[str, Any]:
    certificate = Path(ready["certificate"]).read_text()
    by = {"host": "localhost", "port": ready["rest_port"], "door": "https"}
    return mt5(ready) | by | {"certificate": certificate}


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


@dataclass(frozen=True)
class Kind:
    """A way to a platform: whose it is, how it is connected, and the request that moves money."""

    platform: str
    settings: Callable[[Mapping[str, Any]], dict[str, Any]]
    command: str
    faults: tuple[str, ...] = FAULTS


KINDS = {
    "mt5": Kind("mt5", mt5, "TRADE_BALANCE"),
    # An HTTP connection answers in the order in which it was asked.
    "mt5 rest": Kind(
        "mt5", mt5_rest, "TRADE_BALANCE", tuple(one for one in FAULTS if one != "reorder")
    ),
    "mt4": Kind("mt4", mt4, "CHANGEBALANCE"),
    "ctrader": Kind("ctrader", ctrader, "CHANGE_BALANCE"),
}


class Server:
    """A platform that can be killed, and comes back where it listened before."""

    def __init__(self, name: str, home: Path) -> None:
        self.name, self.kind, self.home = name, KINDS[name], home
        self.ports: list[str] = []
        self.start()
        names = {"port": "port", "control_port": "control-port", "manager_port": "manager-port",
                 "database_port": "database-port", "rest_port": "rest-port"}  # fmt: skip
        for said, option in names.items():
            if said in self.ready:
                self.ports += [f"--{option}", str(self.ready[said])]

    def start(self) -> None:
        self.program = Program(
            self.kind.platform, "--home", str(self.home), "--seed", "7", *self.ports
        )  # fmt: skip
        self.ready = json.loads(self.program.stdout.readline())

    def kill(self) -> None:
        self.program.kill()
        self.program.communicate(timeout=20)

    def misbehave(self, what: str) -> None:
        """Order a fault for the next request that moves money."""
        order = {"what": what, "command": self.kind.command, "times": 1, "seconds": LATE}
        self._control("POST", "/misbehave", order)

    def state(self) -> dict[str, Any]:
        return self._control("GET", "/state", {})

    def _control(self, method: str, path: str, order: dict[str, Any]) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.ready["control_port"], timeout=300)
        connection.request(method, path, json.dumps(order))
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        assert answer.status == 200, said
        found: dict[str, Any] = json.loads(said)
        return found


def there(account: TradingAccount) -> Money:
    state = PLATFORMS.take(account.platform.slug).account_state(account.login or 0)
    return account.money(state.balance)


def account_on(platform: Platform, start: Money) -> TradingAccount:
    """A new client's account, with so much money in the wallet."""
    client = make.client("SC")
    drain()
    make.funded(client, f"{start.amount} {start.currency}")
    found = TradingAccount.objects.get(client=client)
    if found.status == TradingAccount.Status.REQUESTED:
        group = Group.objects.get(platform=platform, path__endswith="SC-USD-Standard")
        trading.approve_account(make.act_of(make.staff("*")), found, group=group, leverage=100)
        drain()
    found.refresh_from_db()
    assert found.login is not None
    return found


HEAD = """# The fault campaign

Written by `make campaign`: transfers in both directions, of many clients at once, carried by
several workers, while the platform breaks on purpose and platform and workers are killed. Each run
ends with nothing in transit, every account's balance on the platform equal to the ledger's, each
wallet and account adding up to what was there at first, each transfer's reference read once from
the platform, no break, and a ledger that holds.
"""


def report(name: str, size: str, faults: Counter[str], seconds: float) -> None:
    """Write one section a platform in docs/campaign.md; the others stay."""
    path = CHECKOUT / "docs" / "campaign.md"
    _, *old = path.read_text().split("\n## ") if path.exists() else [""]
    sections = {section.partition("\n")[0]: section.strip() for section in old}
    total = faults.total()
    quiet = faults.pop("", 0)
    rows = "".join(f"| {fault} | {count} |\n" for fault, count in sorted(faults.items()))
    sections[name] = (
        f"{name}\n\n{total:,} transfers of {size} on {now():%Y-%m-%d} in {seconds:.0f} s:"
        f" all settled, 0 cents lost, 0 doubled. {quiet:,} were asked for without a fault of their"
        f" own.\n\n| Fault | Times |\n|---|---:|\n{rows}"
    ).strip()
    path.write_text(HEAD + "".join(f"\n## {sections[one]}\n" for one in KINDS if one in sections))
