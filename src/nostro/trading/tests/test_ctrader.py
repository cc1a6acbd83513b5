"""The house on a cTrader server: the same stories that MetaTrader 5 tells, and what is its own."""

import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nostro.core.acts import Act
from nostro.core.jobs import drain
from nostro.kit import Money, Retry
from nostro.ledger import chart
from nostro.ledger.queries import balance
from nostro.trading import operations as trading
from nostro.trading import sync
from nostro.trading.adapters.ctrader import traders
from nostro.trading.models import (
    BalanceBreak,
    Deal,
    Platform,
    PlatformSymbol,
    Position,
    TradingAccount,
)
from nostro.trading.ports import (
    PLATFORMS,
    AccountChange,
    AccountRequest,
    BalanceKind,
    PasswordKind,
    Right,
)
from nostro.trading.queries import terms_apart
from nostro.trading.tests import test_platform as stories
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import sent, taken_in
from tests import make

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status

test_groups = stories.test_symbols_and_groups_are_known_by_their_names
test_opening = stories.test_an_approved_client_has_an_account_without_staff
test_changes = stories.test_leverage_rights_and_passwords_follow_on_the_platform
test_ledger = stories.test_the_ledger_follows_what_trading_does_to_a_balance
test_strangers = stories.test_an_account_of_somebody_elses_is_read_and_left_alone
test_careless_dealer = stories.test_a_careless_dealers_deleted_deal_becomes_a_break
test_watching = stories.test_a_worker_follows_platforms_until_told_to_stop


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "ctrader", "ctrader")
    yield running
    running.stop()


@pytest.fixture
def platform(act: Act, server: Server) -> Iterator[Platform]:
    for code in ("CY", "UK", "SC"):
        make.entity(code)
    settings = {
        "host": "localhost", "port": server.ready["port"], "login": 30001,
        "manager_port": server.ready["manager_port"], "password": "Manager1!",
        "plant": "simulated", "broker": "meridian", "answer_timeout": 5,
        "certificate": Path(server.ready["certificate"]).read_text(),
    }  # fmt: skip
    made = trading.add_platform(
        act, slug="ctrader-live", name="cTrader", kind="ctrader", settings=settings
    )
    drain()
    yield made
    PLATFORMS.take(made.slug).close()


def test_deals_and_balance_changes_of_one_number_are_both_kept_and_add_up(
    server: Server, platform: Platform
) -> None:
    account = stories.opened(make.client("SC"))
    login = account.login or 0
    connection = PLATFORMS.take(platform.slug)
    for place in range(20):
        connection.change_balance(
            login, Money.of("500.00 USD"), BalanceKind.BALANCE, reference=f"in/{place}"
        )
    connection.change_balance(login, Money.of("9.00 USD"), BalanceKind.CREDIT, reference="credit")
    for _ in range(20):
        server.close(server.trade(login, lots="0.1"))

    found = [sync.sync_once(Act.system(), platform) for _ in range(2)]

    assert found == [61, 0]
    assert Deal.objects.filter(account=account).count() == 61
    taken_in(platform)
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0
    assert not BalanceBreak.objects.exists()
    account.refresh_from_db()
    assert account.credit == Decimal("9.00")


def test_many_accounts_are_read_without_a_list_of_all_of_them(
    server: Server, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked for lists would break, so none is asked for: new traders are pushed to us."""
    connection = PLATFORMS.take(platform.slug)
    request = AccountRequest(
        group=r"real\SC-USD-Standard", leverage=200, name="Ada Byron", password="Passw0rd!",
        investor_password="", client_code="C-7", email="ada@example.com", phone="", country="SC",
    )  # fmt: skip
    logins = [connection.open_account(request, key=f"many/{place}") for place in range(12)]
    gone = 99
    assert [one.login for one in connection.accounts([*logins, gone])] == logins
    connection.change_account(logins[1], AccountChange(leverage=50, trading=Right.NONE))
    connection.change_account(logins[2], AccountChange(enabled=False))
    connection.change_balance(
        logins[3], Money.of("7.00 USD"), BalanceKind.CREDIT, reference="credit"
    )
    connection.server_time()
    newest = connection.open_account(request, key="pushed")

    server.misbehave("drop_before_acting", "LIST_TRADERS")
    server.misbehave("drop_before_acting", "TRADER_LIST")
    asked = [newest, *logins, gone]
    found = connection.accounts(asked)

    # What is pushed bears no address.
    assert [replace(one, raw={}, email="") for one in found] == [
        replace(connection.account(login), raw={}, email="") for login in [newest, *logins]
    ]
    assert found[2].leverage == 50 and found[2].trading == Right.NONE and not found[3].enabled
    assert (found[4].credit, found[1].client_code) == (Decimal("7.00"), "C-7")
    # An equity stands in no answer of many: each is asked for, several at once.
    states = connection.account_states(asked)
    assert states == [connection.account_state(login) for login in [newest, *logins]]
    assert (states[4].credit, states[4].equity) == (Decimal("7.00"), Decimal("7.00"))
    monkeypatch.setattr(traders, "EACH", 5)
    with pytest.raises(Retry):
        connection.account_states(asked)


@pytest.mark.parametrize(
    ("how", "right"), [("close_only", Right.CLOSE_ONLY), ("read_only", Right.NONE)]
)
def test_close_only_and_read_only_are_two_things(
    server: Server, platform: Platform, how: Any, right: Right
) -> None:
    account = stories.opened(make.client("SC"))
    stories.paid_in(account, platform)
    server.trade(account.login or 0)
    sync.sync_once(Act.system(), platform)
    trading.restrict_account(Act.system(), account, reason="Looked into", how=how)
    drain()
    account.refresh_from_db()
    there = PLATFORMS.take(platform.slug).account(account.login or 0)
    assert (account.status, there.trading, there.enabled) == (how, right, True)
    assert terms_apart(account, there) == {}
    other = replace(there, trading=Right.NONE if right == Right.CLOSE_ONLY else Right.CLOSE_ONLY)
    assert list(terms_apart(account, other)) == [BalanceBreak.Kind.RIGHTS]
    trading.lift_restriction(Act.system(), account)
    drain()
    there = PLATFORMS.take(platform.slug).account(account.login or 0)
    assert there.trading == Right.FULL


def test_nobody_is_shown_a_password_that_the_platform_does_not_have(platform: Platform) -> None:
    ada = make.client("SC")
    account = stories.opened(ada)
    secret = account.secrets.latest("pk")
    url = f"/room/accounts/credentials/{secret.pk}/{trading.token_of(secret)}/"
    page = make.browser(ada).post(url).content.decode()
    assert "Read-only password" not in page and "Login" in page
    trading.ask_passwords(make.act_of(ada), account)
    drain()
    secret = account.secrets.latest("pk")
    shown = trading.view_credentials(make.act_of(ada), secret, token=trading.token_of(secret))
    assert shown.investor.get_secret_value() == ""
    main = shown.main.get_secret_value()
    connection = PLATFORMS.take(platform.slug)
    assert connection.check_password(account.login or 0, main, PasswordKind.MAIN)


def test_a_position_is_worth_what_the_pushed_price_makes_of_it(
    server: Server, platform: Platform
) -> None:
    account = stories.opened(make.client("SC"))
    stories.paid_in(account, platform)
    kept, closed = (server.trade(account.login or 0, lots=lots) for lots in ("0.2", "0.3"))
    sync.sync_once(Act.system(), platform)
    assert Position.objects.count() == 2

    server.control("/advance", to="2026-06-01T09:00:00")
    server.close(closed)
    before = PlatformSymbol.objects.get(name="EURUSD").bid
    for _ in range(100):  # prices are pushed: one look may come before the newest is here
        sync.sync_once(Act.system(), platform)
        if PlatformSymbol.objects.get(name="EURUSD").bid != before:
            break
        time.sleep(0.1)

    position, euro = Position.objects.get(), PlatformSymbol.objects.get(name="EURUSD")
    assert (position.ticket, position.side, position.lots) == (kept, 1, Decimal("0.2"))
    assert euro.bid is not None and euro.ask is not None and euro.ask > euro.bid
    assert position.profit == (euro.bid - position.price_open) * 20_000
    account.refresh_from_db()
    assert account.equity is not None and account.points.count() == 1
    # The platform's own valuation also knows the group's mark-up, at most twelve points of it.
    assert abs(account.equity - account.balance - position.profit) < Decimal("2.40")


def test_a_lost_answer_is_looked_up_before_an_account_is_opened_again(
    server: Server, platform: Platform
) -> None:
    ada = make.client("SC")
    server.misbehave("drop_after_acting", "CREATE_TRADER")

    drain()
    stories.later()

    account = stories.opened(ada)
    assert stories.logins_there(platform) == [account.login]


def test_our_fee_reaches_the_books_by_its_external_id(platform: Platform) -> None:
    account = stories.opened(make.client("SC"))
    stories.paid_in(account, platform)
    PLATFORMS.take(platform.slug).change_balance(
        account.login or 0, -Money.of("10.00 USD"), BalanceKind.CHARGE, reference=sent(platform)
    )

    sync.sync_once(Act.system(), platform)

    assert balance(chart.house_fees(), "USD") == Money.of("10.00 USD")


def test_an_opened_account_is_linked_to_the_id_its_owner_signs_in_with(
    server: Server, platform: Platform
) -> None:
    ada = make.client("SC")
    first = stories.opened(ada)
    trading.request_account(make.act_of(ada), ada, account_type="standard", currency="USD")
    drain()
    second = ada.trading_accounts.exclude(pk=first.pk).get()

    assert server.state()["linked"] == {"1": [first.login, second.login]}


@pytest.mark.parametrize("command", ["CREATE_CID", "LINK_CID"])
def test_a_line_that_breaks_while_a_sign_in_is_given_leaves_no_account_without(
    server: Server, platform: Platform, command: str
) -> None:
    server.misbehave("drop_after_acting", command)
    ada = make.client("SC")
    drain()
    assert ada.trading_accounts.get().status == Status.OPENING
    stories.later()

    account = stories.opened(ada)
    assert server.state()["linked"] == {"1": [account.login]}
    assert server.state()["accounts"] == 1
