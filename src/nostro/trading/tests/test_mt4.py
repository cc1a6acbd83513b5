"""The house on MetaTrader 4: opened by itself, read once, parts of a ticket one position."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from nostro.core.acts import Act
from nostro.core.jobs import drain
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.trading import operations as trading
from nostro.trading import sync
from nostro.trading.adapters.mt4.tests.conftest import Server, running
from nostro.trading.adapters.mt4.tickets import CLOSING
from nostro.trading.instruments import group_parts
from nostro.trading.models import (
    BalanceBreak,
    Deal,
    Group,
    Platform,
    PlatformSymbol,
    Position,
    TradingAccount,
)
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.tests.make import sent, taken_in
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "mt4") as one:
        yield one


@pytest.fixture
def platform(act: Act, server: Server) -> Iterator[Platform]:
    make.entity("CY"), make.entity("UK"), make.entity("SC")
    plain = server.settings.model_dump()
    settings = {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
        for name, value in plain.items()
    }
    made = trading.add_platform(
        Act.system(), slug="mt4-live", name="MT4 Live", kind="mt4", settings=settings
    )
    drain()
    yield made
    PLATFORMS.take(made.slug).close()


@pytest.fixture
def account(platform: Platform) -> TradingAccount:
    """In a group that a person chose, as the usual rules name MetaTrader 5's; with money on it."""
    make.client("SC")
    drain()
    found = TradingAccount.objects.get()
    group = Group.objects.get(platform=platform, path="SC-USD-Standard")
    trading.approve_account(make.act_of(make.staff("trading.*")), found, group=group, leverage=100)
    drain()
    found.refresh_from_db()
    assert found.login is not None
    PLATFORMS.take(platform.slug).change_balance(
        found.login, Money.of("10000.00 USD"), BalanceKind.BALANCE, reference="test/1"
    )
    return found


def test_the_server_is_known_by_its_groups_and_symbols(platform: Platform) -> None:
    assert group_parts("SC-USD-Standard") == group_parts(r"real\SC-USD-Standard")
    assert Group.objects.get(path="d-SC-USD-Stan", practice=True).account_type == "standard"
    gold = PlatformSymbol.objects.get(name="XAUUSD")
    assert gold.instrument is not None and gold.instrument.code == "XAUUSD"
    assert Group.objects.filter(platform=platform, path="CY-EUR-Raw", currency="EUR").exists()


def test_secrets_are_stored_encrypted(platform: Platform) -> None:
    from nostro.core.models import Setting

    stored = str(Setting.objects.get(name="vendor/platforms/mt4-live").value)
    assert "wik-secret" not in stored and "Report1!" not in stored and "wik-mask" not in stored


def test_deals_are_read_once_and_the_ledger_follows(
    server: Server, platform: Platform, account: TradingAccount
) -> None:
    login = account.login or 0
    ticket = server.trade(login, lots="0.50")
    sync.sync_once(Act.system(), platform)
    opening = Deal.objects.get(ticket=ticket)
    assert (opening.entry, opening.lots) == ("in", Decimal("0.5"))
    server.order("advance", to="2026-06-01T09:00:00")
    rest = server.order("close", position=ticket, lots="0.20")["rest"]

    found = [sync.sync_once(Act.system(), platform) for _ in range(3)]

    assert found == [1, 0, 0]
    position = Position.objects.get()
    assert (position.ticket, position.lots) == (ticket, Decimal("0.3"))
    server.order("advance", to="2026-06-01T10:00:00")
    server.order("close", position=rest)
    assert sync.sync_once(Act.system(), platform) == 1
    assert not Position.objects.exists()
    closing = Deal.objects.get(ticket=CLOSING + rest)
    assert (closing.position, closing.price_open) == (ticket, opening.price)
    assert closing.opened_at == opening.at
    account.refresh_from_db()
    theirs = chart.client_trading(account.client_id, platform.slug, login)
    assert balance(theirs, "USD").amount == account.balance - Decimal("10000.00") != 0
    taken_in(platform)
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0
    assert verify() == []


def test_rows_that_reach_the_tables_late_are_read_when_they_do(
    server: Server, platform: Platform, account: TradingAccount
) -> None:
    sync.sync_once(Act.system(), platform)
    server.order("replication", runs=False)
    ticket = server.trade(account.login or 0, lots="0.10")
    server.order("advance", to="2026-06-01T09:00:00")
    assert sync.sync_once(Act.system(), platform) == 0

    server.order("replication", runs=True)

    assert sync.sync_once(Act.system(), platform) == 1
    assert Deal.objects.filter(ticket=ticket, entry="in").exists()


def test_a_careless_dealers_deleted_ticket_becomes_a_break(
    server: Server, platform: Platform, account: TradingAccount
) -> None:
    ticket = server.trade(account.login or 0, lots="1")
    server.order("advance", to="2026-06-01T09:00:00")
    server.order("close", position=ticket)
    sync.sync_once(Act.system(), platform)
    taken_in(platform)
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0

    server.order("delete-trade", ticket=ticket)
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 1

    found = BalanceBreak.objects.get()
    assert found.account == account
    assert str(CLOSING + ticket) in found.cause


def test_our_fee_reaches_the_books_though_the_platform_knows_no_charge(
    platform: Platform, account: TradingAccount
) -> None:
    PLATFORMS.take(platform.slug).change_balance(
        account.login or 0, -Money.of("10.00 USD"), BalanceKind.CHARGE, reference=sent(platform)
    )

    sync.sync_once(Act.system(), platform)

    assert balance(chart.house_fees(), "USD") == Money.of("10.00 USD")
    assert verify() == []
