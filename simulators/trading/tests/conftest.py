"""A venue in memory, as no platform in particular."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from simulators.market import ServerZone
from simulators.market.zone import moment
from simulators.trading.groups import usual_groups
from simulators.trading.records import BALANCE, Account
from simulators.trading.store import Store
from simulators.trading.venue import Venue

MONDAY = moment("2026-01-05T08:00:00")

type Funded = Callable[..., Account]


def venue(home: Path, seed: int = 7, *, stamps: ServerZone | None = None) -> Venue:
    store = Store(home, "venue")
    store.start_counters({"login": 800_001, "deal": 10_000_001, "order": 10_000_001})
    for group in usual_groups(lambda kind, *words: f"{kind}\\{'-'.join(words)}"):
        store.keep_group(group)
    return Venue(store, seed, ServerZone(), stamps=stamps)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Venue]:
    made = venue(tmp_path / "home")
    made.freeze(MONDAY)
    yield made
    made.shut()


@pytest.fixture
def funded(server: Venue) -> Funded:
    """Opens an account in a group and pays money in."""

    def open_account(group: str, amount: str) -> Account:
        login = server.store.next("login")
        account = Account(login, group, f"Client {login}", server.store.groups[group].leverage)
        server.store.keep_account(account)
        server.change_balance(account, BALANCE, Decimal(amount), comment="first deposit")
        server.store.commit()
        return account

    return open_account
