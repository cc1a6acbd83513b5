"""Deals of long ago that a dealer deletes, changes or writes into the past: the accounts' whole
histories are read beside the live look, and the ticket is named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection

from nostro.core.acts import Act
from nostro.core.jobs import drain
from nostro.kit import Money, Retry
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.trading import operations as trading
from nostro.trading import sync
from nostro.trading.adapters.mt4.tickets import CLOSING
from nostro.trading.models import BalanceBreak, Deal, DealCorrection, Platform, TradingAccount
from nostro.trading.ports import PLATFORMS
from nostro.trading.sync import rechecking
from nostro.trading.sync.rechecking import DERIVING, LINE, Rechecks
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import paid_in, taken_in
from nostro.trading.tests.test_pages import browser_of
from tests import make
from tests.campaign import KINDS, account_on

pytestmark = pytest.mark.django_db
NEVER = float("inf")
LONG_AFTER = "2026-08-31T08:00:00"
LONG_BEFORE = "2026-06-01T08:30:00"


@dataclass
class Stage:
    """A platform of a kind, and accounts with a trade that was closed ninety days ago."""

    kind: str
    server: Server
    platform: Platform

    def account(self) -> TradingAccount:
        made = account_on(self.platform, Money.of("100.00 USD"))
        paid_in(made, "5000")
        return made

    def traded(self, account: TradingAccount) -> None:
        opened = self.server.control(
            "/trade", login=account.login, symbol="EURUSD", side="buy", lots="1"
        )  # fmt: skip
        position = opened["details"]["ticket"] if self.kind == "mt4" else opened["position"]
        self.server.control("/advance", to="2026-06-01T09:00:00")
        self.server.control("/close", position=position)

    def later(self) -> None:
        """Three months after: everything is read, and whatever was put there is in the books."""
        sync.sync_once(Act.system(), self.platform)
        taken_in(self.platform)
        self.server.control("/clock", at=LONG_AFTER)
        sync.sync_once(Act.system(), self.platform)
        assert sync.recheck(Act.system(), self.platform, since=sync.EARLIEST) == 0

    def number(self, deal: Deal) -> int:
        """What the platform's own dealer calls it."""
        return deal.ticket % CLOSING if self.kind == "mt4" else deal.ticket


@pytest.fixture(params=["mt5", "mt4", "ctrader"])
def stage(act: Act, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    yield from staged(request.param, tmp_path)


@pytest.fixture
def mt5(act: Act, tmp_path: Path) -> Iterator[Stage]:
    yield from staged("mt5", tmp_path)


def staged(kind: str, home: Path) -> Iterator[Stage]:
    for code in ("CY", "UK", "SC"):
        make.entity(code)
    server = Server(home / "server", kind)
    made = trading.add_platform(
        Act.system(), slug="live", name="Live", kind=kind,
        settings=KINDS[kind].settings(server.ready) | {"answer_timeout": 5},
    )  # fmt: skip
    drain()
    yield Stage(kind, server, made)
    PLATFORMS.take(made.slug).close()
    PLATFORMS.take(made.slug, LINE).close()
    server.stop()


def rechecks(stage: Stage, **due: float) -> Rechecks:
    """Of which nothing is due but what is named."""
    found = Rechecks(stage.platform)
    found.due = {"recheck 40.0": NEVER, "recheck 3600.0": NEVER, "round": NEVER, **due}
    return found


def lately(stage: Stage) -> Rechecks:
    return rechecks(stage, **{"recheck 40.0": 0.0})


def books(account: TradingAccount) -> Decimal:
    theirs = chart.client_trading(account.client_id, "live", account.login or 0)
    return balance(theirs, account.currency).amount


def shown(account: TradingAccount) -> Decimal:
    connection = PLATFORMS.take("live")
    return connection.standings([account.login or 0])[account.login or 0][0]


def meddle(stage: Stage, deed: str, account: TradingAccount, **how: Any) -> None:
    """What a careless dealer does to the trade of long ago."""
    deal = Deal.objects.get(account=account, entry="out")
    if deed == "insert":
        stage.server.control(
            "/insert-deal", login=account.login, at=LONG_BEFORE, amount="25", comment="by hand",
            **how,
        )  # fmt: skip
    elif deed == "change":
        more = str(deal.profit + 25)
        stage.server.control("/change-deal", ticket=stage.number(deal), profit=more, **how)
    else:
        stage.server.control("/delete-deal", ticket=stage.number(deal), **how)


WHY = {"delete": "gone", "change": "changed", "insert": "late"}


def ticket_of(deed: str, account: TradingAccount) -> int:
    mine = Deal.objects.filter(account=account)
    return (mine.get(profit=25) if deed == "insert" else mine.get(entry="out")).ticket


@pytest.mark.parametrize("deed", ["delete", "change", "insert"])
def test_a_deal_of_long_ago_is_named_in_the_turn_that_finds_the_difference(
    stage: Stage, deed: str, settings: Any
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    account = stage.account()
    stage.traded(account)
    stage.later()
    meddle(stage, deed, account, balance=True)

    lately(stage).turn()

    found = BalanceBreak.objects.get(kind="balance")
    trace = found.traces.get()
    assert (trace.deal.ticket, trace.why) == (ticket_of(deed, account), WHY[deed])
    assert (found.status, str(trace.deal.ticket) in found.cause) == ("healed", True)
    page = browser_of(make.staff("*")).get(f"/staff/trading/breaks/{found.pk}/").text
    assert f"/staff/trading/deals/{trace.deal_id}/" in page
    corrected = set(DealCorrection.objects.values_list("deal__ticket", flat=True))
    assert (trace.deal.ticket in corrected) == (deed != "insert")
    if deed != "insert":  # what nobody here asked for waits for two people
        assert books(account) == shown(account)
    assert verify() == []


@pytest.mark.parametrize("deed", ["delete", "change", "insert"])
def test_a_deal_that_was_changed_without_its_money_is_found_when_its_account_has_its_turn(
    stage: Stage, deed: str
) -> None:
    account = stage.account()
    stage.traded(account)
    stage.later()
    meddle(stage, deed, account)
    lately(stage).turn()
    assert not BalanceBreak.objects.exists(), "what happened of late explains the balance"

    rechecks(stage, round=0.0).turn()
    lately(stage).turn()

    found = BalanceBreak.objects.get(kind="balance")
    ticket = ticket_of(deed, account)
    why = dict(found.traces.values_list("deal__ticket", "why"))
    assert why[ticket] == WHY[deed]
    # A ticket of MetaTrader 4 is two deals.
    assert len(why) == 1 + (stage.kind == "mt4" and deed == "delete")
    assert (found.status, str(ticket) in found.cause) == ("open", True)


def test_what_is_left_of_a_difference_stands_with_the_deal_behind_it(mt5: Stage) -> None:
    account = mt5.account()
    mt5.traded(account)
    mt5.later()
    meddle(mt5, "delete", account)
    mt5.server.control("/mend-balance", login=account.login, by="-40")

    lately(mt5).turn()

    deal = Deal.objects.get(account=account, entry="out")
    first, second = BalanceBreak.objects.filter(kind="balance").order_by("pk")
    assert (first.status, first.shown - first.derived) == ("healed", Decimal(-40))
    moved = deal.profit + deal.swap + deal.commission + deal.fee
    assert (second.status, second.shown - second.derived) == ("open", moved - 40)
    assert second.traces.get().deal == deal


@pytest.fixture
def crowd(mt5: Stage, monkeypatch: pytest.MonkeyPatch) -> list[TradingAccount]:
    """Accounts that differ all at once, and that are read one by one."""
    monkeypatch.setattr("nostro.trading.queries.deriving.PORTION", 1)
    made = [mt5.account() for _ in range(5)]
    for account in made:
        mt5.server.control(
            "/trade-often", login=account.login, symbol="EURUSD", lots="1", times=1
        )  # fmt: skip
    mt5.later()
    for account in reversed(made):
        deal = Deal.objects.get(account=account, entry="out")
        mt5.server.control("/change-deal", ticket=deal.ticket, profit="900", balance=True)
        sync.recheck(Act.system(), mt5.platform, since=deal.at.replace(month=8))
    assert BalanceBreak.objects.filter(traces=None, healed_at=None).count() == 5
    return made


def test_many_accounts_that_differ_are_all_explained_by_one_turn(
    mt5: Stage, crowd: list[TradingAccount]
) -> None:
    rechecks(mt5).turn()

    assert not BalanceBreak.objects.filter(healed_at=None).exists()
    for account in crowd:
        deal = Deal.objects.get(account=account, entry="out")
        assert BalanceBreak.objects.get(account=account).traces.get().deal == deal
        assert books(account) == shown(account)
    assert verify() == []


def test_a_turn_that_has_no_time_left_begins_with_the_oldest_difference(
    mt5: Stage, crowd: list[TradingAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rechecking, "BUDGET", 0.0)
    one = rechecks(mt5)

    explained = []
    for _ in range(2):
        one.turn()
        explained.append(set(BalanceBreak.objects.exclude(traces=None).values_list("account")))

    assert explained[0] == {(crowd[-1].pk,)}
    assert explained[1] == {(crowd[-1].pk,), (crowd[-2].pk,)}


def test_a_difference_that_no_deal_explains_is_read_whole_once_and_later_again(
    mt5: Stage,
) -> None:
    account = mt5.account()
    mt5.later()
    mt5.server.control("/mend-balance", login=account.login, by="-40")
    one = lately(mt5)
    one.turn()
    found = BalanceBreak.objects.get(kind="balance")
    assert not found.traces.exists()

    mt5.server.misbehave("drop_before_acting", "DEAL_GET_TOTAL")
    one.turn()
    assert mt5.server.state()["misbehaviour"], "nobody asked for its history again"
    tries, _ = one._tries[found.pk]
    one._tries[found.pk] = tries, 0.0

    with pytest.raises(Retry):
        one.turn()
    assert one._tries[found.pk] == (tries, 0.0), "what failed stays due"


def test_a_long_history_is_compared_page_by_page(
    mt5: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nostro.trading.adapters.mt5.history.PAGE", 3)
    account = mt5.account()
    often = {"login": account.login, "symbol": "EURUSD", "lots": "0.01"}
    mt5.server.control("/trade-often", **often, times=6)
    mt5.later()
    middle = list(Deal.objects.filter(account=account, entry="out").order_by("ticket"))[2]
    mt5.server.control("/delete-deal", ticket=middle.ticket, balance=True)

    lately(mt5).turn()

    assert BalanceBreak.objects.get().traces.get().deal == middle
    assert DealCorrection.objects.get().deal == middle
    assert books(account) == shown(account)


@pytest.mark.django_db(transaction=True)
def test_new_deals_are_read_while_a_history_is(mt5: Stage) -> None:
    account = mt5.account()
    mt5.traded(account)
    mt5.later()
    follower = sync.Follower(mt5.platform)
    follower.look()
    meddle(mt5, "delete", account, balance=True)
    mt5.server.control("/misbehave", what="slow", command="DEAL_GET_TOTAL", seconds=3)
    beside = lately(mt5)

    def turn() -> None:
        try:
            beside.turn()
        finally:
            connection.close()

    history = Thread(target=turn)
    history.start()
    wait_until(lambda: not mt5.server.state()["misbehaviour"])
    position = mt5.server.trade(account.login or 0)
    follower.look()
    assert Deal.objects.filter(position=position).exists()
    history.join(timeout=60)

    found = BalanceBreak.objects.get(kind="balance")
    assert found.traces.get().why == "gone"


@pytest.mark.django_db(transaction=True)
def test_a_worker_names_the_ticket_and_says_on_the_page_what_keeps_it_from_that(
    mt5: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rechecking, "BEAT", 0.2)
    monkeypatch.setattr(rechecking, "ROUND_EVERY", 1.0)
    monkeypatch.setattr(rechecking, "ROUND_SHARE", 1.0)
    account = mt5.account()
    mt5.traded(account)
    mt5.later()
    meddle(mt5, "delete", account)
    mt5.server.control("/misbehave", what="drop_before_acting", command="DEAL_GET_TOTAL", times=6)
    stop = Event()
    loop = Thread(target=sync.follow, args=(mt5.platform, stop))
    loop.start()
    try:
        wait_until(lambda: DERIVING in Platform.objects.get().unread)
        assert not Platform.objects.get().trouble_since
        wait_until(lambda: BalanceBreak.objects.exclude(traces=None).exists())
    finally:
        stop.set()
        loop.join(timeout=60)

    deal = Deal.objects.get(account=account, entry="out")
    assert str(deal.ticket) in BalanceBreak.objects.get(kind="balance").cause


def wait_until(true: Any, patience: float = 240) -> None:
    end = monotonic() + patience
    while not true():
        assert monotonic() < end
        sleep(0.2)
