"""Transfers through lines that break, on every platform: no cent is lost or doubled.

One transfer at a time, so that each fault's outcome is known; `test_busy_campaign.py` has many on
their way at once.
"""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.payments.models import Transfer
from nostro.payments.operations import request_transfer
from nostro.trading import operations as trading
from nostro.trading.models import TradingAccount
from nostro.trading.ports import PLATFORMS
from tests import make
from tests.campaign import KINDS, LATE, PATIENCE, Server, account_on, there

pytestmark = pytest.mark.django_db
TRANSFERS = 25
START = Money.of("10000.00 USD")
LONGEST = 12
"""Looks at a transfer after which it must have its outcome."""


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    running = Server(request.param, tmp_path / "server")
    yield running
    running.kill()


@pytest.fixture
def account(act: Act, server: Server) -> Iterator[TradingAccount]:
    """An account of a client with money in the wallet."""
    for code in ("CY", "UK", "SC"):
        make.entity(code)
    platform = trading.add_platform(
        act, slug="live", name="Live", kind=server.kind.platform,
        settings=server.kind.settings(server.ready) | {"answer_timeout": PATIENCE},
    )  # fmt: skip
    drain()
    yield account_on(platform, START)
    PLATFORMS.take(platform.slug).close()


def test_no_fault_of_any_platform_loses_or_doubles_a_cent(
    server: Server, account: TradingAccount
) -> None:
    random, done = Random(f"campaign {server.name}"), Counter[str]()
    wallet = chart.client_wallet(account.client_id)
    theirs = chart.client_trading(account.client_id, "live", account.login or 0)
    for _ in range(TRANSFERS):
        fault = (
            random.choice(("", "", *server.kind.faults, "kill")) if random.random() < 0.6 else ""
        )
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
