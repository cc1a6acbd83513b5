"""Transfers of many clients at once, carried by several workers, while lines break and platform and
workers are killed: no cent is lost or doubled, on any platform.

The suite makes a small run; `make campaign` makes a large one and writes docs/campaign.md. Nobody
turns a clock on here: what has to be waited for before money is sent again is waited for.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from django.db.models import Count, Sum

from nostro.core.acts import Act
from nostro.core.jobs import drain
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.payments.models import Transfer
from nostro.payments.operations import request_transfer
from nostro.payments.operations.transfers import NotFree
from nostro.payments.queries import free_on_accounts
from nostro.trading import operations as trading
from nostro.trading.models import BalanceBreak, Deal, TradingAccount
from nostro.trading.ports import PLATFORMS
from tests import make
from tests.campaign import KINDS, PATIENCE, Server, account_on, report, there
from tests.work import STARTED, Worker

pytestmark = pytest.mark.django_db(transaction=True)
LARGE = int(os.environ.get("NOSTRO_CAMPAIGN") or 0)
START = Money.of("10000.00 USD")
ON_THEIR_WAY = Transfer.objects.filter(status=Transfer.Status.IN_TRANSIT)


@dataclass(frozen=True)
class Size:
    """How much at once, and what goes wrong: shares of the transfers that each fault meets."""

    transfers: int
    clients: int
    workers: int
    at_once: int
    settings: dict[str, float]
    fault: float = 0.045
    server_kill: float = 0.01
    worker_kill: float = 0.002


SIZE = (
    Size(LARGE, clients=200, workers=4, at_once=3000, settings={})
    if LARGE
    else Size(40, clients=4, workers=2, at_once=20, settings={"queue_limit": 8}, worker_kill=0)
)


def mishaps(random: Random, named: Sequence[str]) -> list[str]:
    """What happens before each transfer: mostly nothing, and each fault at least once."""
    shares = dict.fromkeys(named, SIZE.fault)
    shares |= {"server killed": SIZE.server_kill, "worker killed": SIZE.worker_kill}
    found = [
        fault for fault, share in shares.items() if share
        for _ in range(max(1, round(share * SIZE.transfers)))
    ]  # fmt: skip
    found += [""] * (SIZE.transfers - len(found))
    random.shuffle(found)
    return found


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    running = Server(request.param, tmp_path / "server")
    yield running
    running.kill()


@pytest.fixture
def accounts(act: Act, server: Server) -> Iterator[list[TradingAccount]]:
    """An account of each of many clients, who have money in their wallets."""
    for code in ("CY", "UK", "SC"):
        make.entity(code)
    settings = server.kind.settings(server.ready) | {"answer_timeout": PATIENCE} | SIZE.settings
    platform = trading.add_platform(
        act, slug="live", name="Live", kind=server.kind.platform, settings=settings
    )
    drain()
    yield [account_on(platform, START) for _ in range(SIZE.clients)]
    PLATFORMS.take(platform.slug).close()


@pytest.fixture
def workers(transactional_db: None, accounts: list[TradingAccount]) -> Iterator[None]:
    for _ in range(SIZE.workers):
        Worker(concurrency=4)
    yield
    while STARTED:
        STARTED.pop().kill()


def bring_about(what: str, server: Server, random: Random, faults: Counter[str]) -> None:
    """A fault that the next request of any worker meets, or a sudden end."""
    faults[what] += 1
    if what == "worker killed":
        STARTED.pop(random.randrange(len(STARTED))).kill()
        Worker(concurrency=4)
    elif what == "server killed":
        planned = server.state()["misbehaviour"]
        server.kill()
        time.sleep(random.random())
        server.start()
        for plan in planned:  # a fault that nobody has met yet
            server.misbehave(plan["what"])
    elif what:
        server.misbehave(what)


def ask(random: Random, account: TradingAccount) -> None:
    """Money one way or the other, where there is enough of it beside what is on its way out."""
    wallet, theirs = ours(account)
    leaving = ON_THEIR_WAY.filter(account=account, direction="out").aggregate(Sum("amount"))
    free = {
        "in": balance(wallet, "USD").amount,
        "out": min(
            balance(theirs, "USD").amount - (leaving["amount__sum"] or 0),
            free_on_accounts(account.client_id)[account.pk].amount,
        ),
    }  # fmt: skip
    direction = random.choice([way for way, amount in free.items() if amount > 100] or ["in"])
    money = Money(Decimal(random.randint(1, 9_999)) / 100, START.currency)
    try:
        request_transfer(
            Act.system(), account.client, account=account, money=money,
            direction=direction,  # type: ignore[arg-type]
        )  # fmt: skip
    except NotFree:  # it was read meanwhile, before the last transfer was in its figures
        ask(random, account)


def ours(account: TradingAccount) -> tuple[chart.Account, chart.Account]:
    theirs = chart.client_trading(account.client_id, "live", account.login or 0)
    return chart.client_wallet(account.client_id), theirs


def wait_until_nothing_is_on_its_way(patience: float = 1200) -> None:
    end = time.monotonic() + patience
    while ON_THEIR_WAY.exists() and time.monotonic() < end:
        time.sleep(0.2)


def deals_read() -> Counter[str]:
    """How often each reference was read from the platform."""
    rows = Deal.objects.filter(comment__startswith="NST").values_list("comment")
    return Counter(dict(rows.annotate(times=Count("pk"))))


def test_many_transfers_at_once_lose_and_double_nothing(
    server: Server, accounts: list[TradingAccount], workers: None
) -> None:
    random, faults, begun = Random(f"busy {server.name}"), Counter[str](), time.monotonic()
    for what in mishaps(random, server.kind.faults):
        while ON_THEIR_WAY.count() >= SIZE.at_once:
            time.sleep(0.1)
        bring_about(what, server, random, faults)
        ask(random, random.choice(accounts))
    wait_until_nothing_is_on_its_way()

    assert not ON_THEIR_WAY.exists(), faults
    seconds = time.monotonic() - begun
    faults.subtract(plan["what"] for plan in server.state()["misbehaviour"])
    PLATFORMS.take("live").close()  # our own line, which the kills have cut
    for account in accounts:
        wallet, theirs = ours(account)
        assert there(account) == balance(theirs, "USD")
        assert balance(wallet, "USD") + balance(theirs, "USD") == START
    assert not balance(chart.transit("live"), "USD")
    assert verify() == []
    done = Counter(Transfer.objects.values_list("status", "reason"))
    assert done == {(Transfer.Status.SETTLED, ""): SIZE.transfers}
    settled = dict.fromkeys(Transfer.objects.values_list("reference", flat=True), 1)
    end = time.monotonic() + 600
    while (read := deals_read()) != settled and time.monotonic() < end:
        time.sleep(0.5)
    assert read == settled
    assert not list(BalanceBreak.objects.values())
    assert all(faults[fault] for fault in server.kind.faults), faults
    if LARGE:
        report(server.name, f"{SIZE.clients} clients and {SIZE.workers} workers", faults, seconds)
