"""The whole way with a real server beside us: opened by itself, read once, through cut lines."""

from datetime import timedelta
from decimal import Decimal
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import sync
from nostro.trading.models import (
    BalanceBreak,
    Deal,
    Group,
    Instrument,
    OneTimeSecret,
    Platform,
    PlatformSymbol,
    Position,
    SyncCursor,
    TradingAccount,
)
from nostro.trading.operations import token_of
from nostro.trading.ports import PLATFORMS, BalanceKind, PasswordKind, Right
from nostro.trading.tests.make import taken_in
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status


def opened(client: Client) -> TradingAccount:
    """The account that the client's approval opened."""
    drain()
    return TradingAccount.objects.get(client=client, status=Status.OPEN)


def later(minutes: int = 5) -> None:
    """Jobs that were put back are due by now."""
    with clock_at(now() + timedelta(minutes=minutes)):
        drain()


def paid_in(account: TradingAccount, platform: Platform, amount: str = "10000.00") -> None:
    assert account.login is not None
    money = Money(Decimal(amount), account.currency)  # type: ignore[arg-type]
    PLATFORMS.take(platform.slug).change_balance(
        account.login, money, BalanceKind.BALANCE, reference=f"test{account.pk}"
    )


def logins_there(platform: Platform) -> list[int]:
    return PLATFORMS.take(platform.slug).logins("real\\*")


def test_symbols_and_groups_are_known_by_their_names(platform: Platform) -> None:
    gold = PlatformSymbol.objects.get(name="XAUUSD")

    assert PlatformSymbol.objects.count() == 14
    assert gold.instrument is not None
    assert (gold.instrument.asset_class, gold.instrument.base) == ("metal", "XAU")
    assert Instrument.objects.get(code="EURGBP").asset_class == "fx_minor"
    assert Instrument.objects.get(code="US500").asset_class == "index"
    assert Instrument.objects.get(code="USDJPY").pip == Decimal("0.01")
    group = Group.objects.get(path=r"real\CY-EUR-Raw")
    assert (group.entity.code, group.currency, group.account_type) == ("CY", "EUR", "raw")
    demo = Group.objects.filter(path__startswith="demo")
    assert list(demo) == list(Group.objects.filter(practice=True))


def test_an_approved_client_has_an_account_without_staff(platform: Platform) -> None:
    ada = make.client("CY", country="AT")

    account = opened(ada)

    there = PLATFORMS.take(platform.slug).account(account.login or 0)
    assert (there.group, there.leverage) == (r"real\CY-EUR-Standard", 30)
    assert (there.name, there.client_code) == ("Ada Lovelace", ada.number)
    secret = OneTimeSecret.objects.get(account=account)
    shown = trading.view_credentials(make.act_of(ada), secret, token=token_of(secret))
    main = shown.main.get_secret_value()
    assert PLATFORMS.take(platform.slug).check_password(there.login, main, PasswordKind.MAIN)


@pytest.mark.parametrize("what", ["drop_after_acting", "half_reply", "drop_before_acting"])
def test_a_line_that_breaks_while_opening_never_opens_two(
    server: "Server", platform: Platform, what: str
) -> None:
    before = logins_there(platform)
    ada = make.client("SC")
    server.misbehave(what, "USER_ADD")

    drain()
    assert TradingAccount.objects.get(client=ada).status == Status.OPENING
    later()

    account = TradingAccount.objects.get(client=ada)
    assert account.status == Status.OPEN
    assert set(logins_there(platform)) - set(before) == {account.login}
    secret = OneTimeSecret.objects.get(account=account)
    shown = trading.view_credentials(make.act_of(ada), secret, token=token_of(secret))
    main = shown.main.get_secret_value()
    connection = PLATFORMS.take(platform.slug)
    assert connection.check_password(account.login or 0, main, PasswordKind.MAIN)


def test_an_account_that_a_server_opens_late_is_not_asked_of_it_twice(
    server: "Server", platform: Platform
) -> None:
    before = logins_there(platform)
    ada = make.client("SC")
    server.control("/misbehave", what="act_late", command="USER_ADD", seconds=7)

    drain()
    with clock_at(now() + timedelta(seconds=65)):
        drain()
    assert TradingAccount.objects.get(client=ada).status == Status.OPENING
    until = monotonic() + 20
    while logins_there(platform) == before and monotonic() < until:
        sleep(0.2)
    later()

    account = TradingAccount.objects.get(client=ada)
    assert account.status == Status.OPEN
    assert set(logins_there(platform)) - set(before) == {account.login}


def test_leverage_rights_and_passwords_follow_on_the_platform(platform: Platform) -> None:
    ada = make.client("SC")
    account = opened(ada)
    connection, login = PLATFORMS.take(platform.slug), account.login or 0

    trading.ask_leverage(make.act_of(ada), account, leverage=100)
    trading.ask_passwords(make.act_of(ada), account)
    trading.restrict_account(Act.system(), account, reason="Source of funds")
    drain()

    account.refresh_from_db()
    there = connection.account(login)
    closes = Right.CLOSE_ONLY if platform.kind == "ctrader" else Right.NONE
    assert (account.leverage, there.leverage, there.trading) == (100, 100, closes)
    first, second = OneTimeSecret.objects.order_by("pk")
    assert (first.sealed, bool(second.sealed)) == ("", True)
    shown = trading.view_credentials(make.act_of(ada), second, token=token_of(second))
    main = shown.main.get_secret_value()
    assert connection.check_password(login, main, PasswordKind.MAIN)
    trading.lift_restriction(Act.system(), account)
    drain()
    assert connection.account(login).trading == Right.FULL


def test_deals_are_read_once_however_often_one_looks(server: "Server", platform: Platform) -> None:
    account = opened(make.client("SC"))
    paid_in(account, platform)
    position = server.trade(account.login or 0, lots="0.5")
    sync.sync_once(Act.system(), platform)
    server.control("/advance", to="2026-06-01T09:00:00")
    ticket = server.close(position)

    found = [sync.sync_once(Act.system(), platform) for _ in range(3)]

    assert found == [1, 0, 0]
    assert Deal.objects.count() == 3
    closing = Deal.objects.get(ticket=ticket)
    opening = Deal.objects.get(position=position, entry="in")
    assert (closing.price_open, closing.opened_at) == (opening.price, opening.at)
    assert closing.instrument == Instrument.objects.get(code="EURUSD")
    assert closing.bid > 0
    assert SyncCursor.objects.get(platform=platform).last_ticket == ticket
    events = Record.objects.filter(name="trading.DealsRecorded").order_by("pk")
    assert [row.data["count"] for row in events] == [2, 1]


def test_the_ledger_follows_what_trading_does_to_a_balance(
    server: "Server", platform: Platform
) -> None:
    account = opened(make.client("SC"))
    paid_in(account, platform)
    for side in ("buy", "sell"):
        position = server.trade(account.login or 0, side=side, lots="1")
        server.control("/advance", to=f"2026-06-01T{'09' if side == 'buy' else '10'}:00:00")
        server.close(position)

    sync.sync_once(Act.system(), platform)

    theirs = chart.client_trading(account.client_id, platform.slug, account.login or 0)
    account.refresh_from_db()
    result = account.balance - Decimal("10000.00")
    assert result != 0
    assert balance(theirs, "USD").amount == result
    assert balance(chart.house_pnl("b"), "USD").amount == -result
    assert verify() == []


def test_positions_quotes_and_accounts_are_what_the_platform_shows(
    server: "Server", platform: Platform
) -> None:
    account = opened(make.client("SC"))
    paid_in(account, platform)
    kept, closed = (server.trade(account.login or 0, lots=lots) for lots in ("0.2", "0.3"))
    sync.sync_once(Act.system(), platform)
    assert Position.objects.count() == 2

    server.control("/advance", to="2026-06-01T09:00:00")
    server.close(closed)
    sync.sync_once(Act.system(), platform)

    position = Position.objects.get()
    assert (position.ticket, position.side, position.lots) == (kept, 1, Decimal("0.2"))
    account.refresh_from_db()
    assert account.equity == account.balance + position.profit + position.swap
    assert account.points.count() == 1
    euro = PlatformSymbol.objects.get(name="EURUSD")
    assert euro.bid is not None and euro.ask is not None and euro.ask > euro.bid


def test_an_account_of_somebody_elses_is_read_and_left_alone(
    server: "Server", platform: Platform
) -> None:
    from nostro.trading.ports import AccountRequest

    login = PLATFORMS.take(platform.slug).open_account(
        AccountRequest(r"real\SC-USD-Raw", 100, "A dealer", "Main-pass1", "Look-only1"), key="x"
    )
    PLATFORMS.take(platform.slug).change_balance(
        login, Money.of("500.00 USD"), BalanceKind.BALANCE, reference="by hand"
    )
    server.trade(login)

    sync.sync_once(Act.system(), platform)

    assert list(Deal.objects.values_list("account", flat=True)) == [None, None]
    assert not Position.objects.exists()


def test_a_careless_dealers_deleted_deal_becomes_a_break(
    server: "Server", platform: Platform
) -> None:
    account = opened(make.client("SC"))
    paid_in(account, platform)
    position = server.trade(account.login or 0, lots="1")
    server.control("/advance", to="2026-06-01T09:00:00")
    ticket = server.close(position)
    sync.sync_once(Act.system(), platform)
    taken_in(platform)
    since = sync.EARLIEST
    assert sync.recheck(Act.system(), platform, since=since) == 0

    server.control("/delete-deal", ticket=ticket)
    assert sync.recheck(Act.system(), platform, since=since) == 1
    assert sync.recheck(Act.system(), platform, since=since) == 0

    found = BalanceBreak.objects.get()
    assert found.account == account
    assert str(ticket) in found.cause
    deal = Deal.objects.get(ticket=ticket)
    assert found.shown - found.derived == deal.profit + deal.swap + deal.commission
    assert Record.objects.filter(name="trading.BalanceBreakFound").count() == 1


def test_a_deal_deleted_while_we_look_is_noticed_at_the_next_look(
    server: "Server", platform: Platform
) -> None:
    account = opened(make.client("SC"))
    paid_in(account, platform)
    position = server.trade(account.login or 0, lots="1")
    server.control("/advance", to="2026-06-01T08:01:00")
    ticket = server.close(position)
    follower = sync.Follower(platform)
    follower.look()

    server.control("/delete-deal", ticket=ticket)
    follower.look()

    assert BalanceBreak.objects.filter(account=account, cause__contains=str(ticket)).exists()


def test_trouble_is_written_down_once_and_its_end_too(server: "Server", platform: Platform) -> None:
    from nostro.kit.vendors import Retry

    server.stop()
    pauses = []
    for failures in (1, 2, 3):
        with pytest.raises(Retry) as trouble:
            sync.sync_once(Act.system(), platform)
        pauses.append(sync.troubled(platform, trouble.value, failures))

    assert pauses == sorted(pauses) and pauses[0] < pauses[-1]
    platform.refresh_from_db()
    assert platform.trouble_since is not None
    assert Record.objects.filter(name="trading.PlatformTroubled").count() == 1
    sync.answered(platform)
    assert Record.objects.filter(name="trading.PlatformAnswered").count() == 1
    platform.refresh_from_db()
    assert not platform.trouble


@pytest.mark.django_db(transaction=True)
def test_a_worker_follows_platforms_until_told_to_stop(
    server: "Server", platform: Platform
) -> None:
    """Also after every session was cut: nothing is asserted about how long it takes."""
    from threading import Event, Thread

    account = opened(make.client("SC"))
    paid_in(account, platform)
    stop = Event()
    loop = Thread(target=sync.watch, args=(stop,))
    loop.start()
    try:
        for round_ in (1, 2):
            position = server.trade(account.login or 0)
            server.control("/misbehave", what="forget_sessions")
            for _ in range(300):
                read = Deal.objects.filter(position=position).exists()
                if read and Position.objects.count() == round_:
                    break
                sleep(0.1)
            assert Deal.objects.filter(action="buy").count() == round_
    finally:
        stop.set()
        loop.join(timeout=30)
    assert not loop.is_alive()
    assert Position.objects.count() == 2
