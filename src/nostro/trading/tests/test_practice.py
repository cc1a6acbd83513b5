"""Practice accounts: virtual money on a real server, and no trace of it in any ledger."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit.problems import Problem
from nostro.ledger.models import Entry
from nostro.messages.models import Message
from nostro.people.models import Client
from nostro.rules.models import Decision
from nostro.trading import operations as trading
from nostro.trading import reactions, sync
from nostro.trading.models import (
    BalanceBreak,
    Deal,
    OneTimeSecret,
    Platform,
    TradingAccount,
)
from nostro.trading.ports import PLATFORMS
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import recorded
from tests import make

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status
TEN = Decimal(10_000)


def practising(client: Client, **more: Any) -> TradingAccount:
    """Opened on the server, with its virtual money read."""
    made = trading_make.practice(client, **more)
    drain()
    sync.sync_once(Act.system(), made.platform)
    made.refresh_from_db()
    return made


def test_who_confirmed_an_address_practises_at_once_with_virtual_money(platform: Platform) -> None:
    grace = trading_make.newcomer()

    made = practising(grace)

    assert (made.status, made.leverage, made.balance) == (Status.OPEN, 500, TEN)
    assert str(made.group) == r"demo\SC-USD-Standard"
    assert made.virtual_due == 0
    assert Decision.objects.get(pk=made.decision or 0).point == "trading.practice"
    assert OneTimeSecret.objects.filter(account=made).count() == 1
    assert (recorded("PracticeOpened"), recorded("AccountOpened")) == (1, 0)
    letters = Message.objects.filter(client=grace).values_list("template", flat=True)
    assert "practice_opened" in letters
    assert "account_opened" not in letters


def test_what_is_practised_leaves_no_trace_in_the_ledger(
    platform: Platform, server: Server
) -> None:
    made = practising(trading_make.newcomer())
    server.close(server.trade(made.login or 0, lots="1"), price="1.2")
    sync.sync_once(Act.system(), platform)

    sync.recheck(Act.system(), platform, since=sync.EARLIEST)

    assert Deal.objects.filter(account=made, action__in=["buy", "sell"]).count() == 2
    assert not Entry.objects.exists()
    assert not BalanceBreak.objects.exists()


def test_virtual_money_whose_answer_was_lost_is_looked_up_and_not_given_twice(
    platform: Platform, server: Server
) -> None:
    grace = trading_make.newcomer()
    made = trading_make.practice(grace)
    server.misbehave("drop_after_acting", "TRADE_BALANCE")
    drain()
    with clock_at(now() + timedelta(minutes=10)):
        drain()

    sync.sync_once(Act.system(), platform)

    made.refresh_from_db()
    assert (made.balance, made.virtual_due) == (TEN, Decimal(0))
    assert Deal.objects.filter(account=made, action="balance").count() == 1
    assert recorded("VirtualMoneyBooked") == 1


def test_more_virtual_money_is_had_where_little_is_left(platform: Platform) -> None:
    made = practising(trading_make.newcomer(), balance=Decimal(1000))

    trading.top_up_practice(make.act_of(made.client), made, amount=Decimal("2500.00"))
    drain()
    sync.sync_once(Act.system(), platform)

    made.refresh_from_db()
    assert made.balance == Decimal(3500)
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("begin", "amount", "said"),
    [
        (10_000, "100", "More can be had below 5,000 USD"),
        (1000, "0", "above zero"),
        (1000, "99000.01", "at most 99,000.00 USD"),
    ],
)
def test_a_top_up_the_rules_refuse_changes_nothing(
    platform: Platform, begin: int, amount: str, said: str
) -> None:
    made = practising(trading_make.newcomer(), balance=Decimal(begin))
    records = Record.objects.count()

    with pytest.raises(Problem, match=said):
        trading.top_up_practice(make.act_of(made.client), made, amount=Decimal(amount))

    made.refresh_from_db()
    assert (made.virtual_due, made.balance) == (Decimal(0), Decimal(begin))
    assert Record.objects.count() == records


def test_an_account_nobody_practises_on_is_noticed_then_ends_and_is_archived(
    platform: Platform, server: Server
) -> None:
    made = practising(trading_make.newcomer())
    opened = made.opened_at or now()
    for days, state, notices in (
        (22, Status.OPEN, 0), (24, Status.OPEN, 1), (30, Status.OPEN, 1), (32, Status.CLOSED, 1),
    ):  # fmt: skip
        with clock_at(opened + timedelta(days=days)):
            reactions.watch_practice(Act.system())
            reactions.watch_dormancy(Act.system())
            drain()
        made.refresh_from_db()
        assert (made.status, recorded("PracticeNoticed")) == (state, notices), days
    assert not PLATFORMS.take(platform.slug).account(made.login or 0).enabled
    assert Message.objects.filter(client=made.client, template="practice_ends").count() == 1

    with clock_at(opened + timedelta(days=34)):
        reactions.archive_closed(Act.system())
        drain()

    made.refresh_from_db()
    assert made.archived_at is not None
    assert recorded("DormancyNoticed") == 0
    assert not Entry.objects.exists()


def test_one_trade_keeps_a_practice_account(platform: Platform, server: Server) -> None:
    made = practising(trading_make.newcomer())
    with clock_at(now() + timedelta(days=24)):
        reactions.watch_practice(Act.system())
        server.control("/clock", at=f"{now():%Y-%m-%dT%H:%M:%S}")
        server.close(server.trade(made.login or 0, "BTCUSD", lots="0.01"))
        sync.sync_once(Act.system(), platform)

    with clock_at(now() + timedelta(days=45)):
        reactions.watch_practice(Act.system())

    made.refresh_from_db()
    assert made.status == Status.OPEN


def test_a_negative_practice_account_is_owed_by_nobody(platform: Platform, server: Server) -> None:
    made = practising(trading_make.newcomer())
    trading_make.lost(made, server)

    reactions.correct_negatives(Act.system())
    drain()

    assert recorded("NegativeFound") == 0
    assert not Entry.objects.exists()


@pytest.fixture
def mt4(tmp_path: Path) -> Iterator[dict[str, Any]]:
    from nostro.trading.adapters.mt4.tests.conftest import running

    with running(tmp_path / "mt4") as one:
        plain = one.settings.model_dump()
        yield {
            name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
            for name, value in plain.items()
        }


@pytest.fixture
def ctrader(tmp_path: Path) -> Iterator[dict[str, Any]]:
    running = Server(tmp_path / "ctrader", "ctrader")
    yield {
        "host": "localhost", "port": running.ready["port"], "login": 30001,
        "manager_port": running.ready["manager_port"], "password": "Manager1!",
        "plant": "simulated", "broker": "meridian", "answer_timeout": 5,
        "certificate": Path(running.ready["certificate"]).read_text(),
    }  # fmt: skip
    running.stop()


@pytest.mark.parametrize("kind", ["mt4", "ctrader"])
def test_the_other_platforms_take_virtual_money_too(
    act: Act, request: pytest.FixtureRequest, kind: str
) -> None:
    make.entity("CY"), make.entity("UK"), make.entity("SC")
    settings = request.getfixturevalue(kind)
    trading.add_platform(act, slug=f"{kind}-live", name=kind, kind=kind, settings=settings)
    drain()

    made = practising(trading_make.newcomer())

    assert (made.status, made.balance) == (Status.OPEN, TEN)
    assert made.group is not None
    assert made.group.practice
    assert not Entry.objects.exists()
    PLATFORMS.take(f"{kind}-live").close()
