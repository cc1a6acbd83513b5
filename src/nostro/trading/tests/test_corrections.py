"""Deals that a platform changes after they were read: corrected beside themselves, never edited."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from nostro.core.acts import Act, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit import Lots, Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.trading import operations as trading
from nostro.trading import ports, sync
from nostro.trading.models import BalanceBreak, Deal, DealCorrection, Platform, TradingAccount
from nostro.trading.operations.deals import NothingChanged
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import paid_in, taken_in
from nostro.trading.tests.test_pages import browser_of
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(platform: Platform, server: "Server") -> TradingAccount:
    """An account with one closed trade, all of it read."""
    make.client("SC")
    drain()
    made = TradingAccount.objects.get(status=TradingAccount.Status.OPEN)
    paid_in(made, "5000")
    position = server.trade(made.login or 0, lots="1")
    server.control("/advance", to="2026-06-01T09:00:00")
    server.close(position)
    sync.sync_once(Act.system(), platform)
    taken_in(platform)
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0
    return made


def closing_deal() -> Deal:
    return Deal.objects.get(entry="out")


def books(account: TradingAccount) -> Decimal:
    """What the ledger says that trading made of the account."""
    theirs = chart.client_trading(account.client_id, account.platform.slug, account.login or 0)
    return balance(theirs, account.currency).amount


def test_a_deal_deleted_with_its_money_becomes_a_correction_and_no_break(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    deal = closing_deal()
    moved = deal.profit + deal.swap + deal.commission + deal.fee
    before = books(account)
    assert moved

    server.control("/delete-deal", ticket=deal.ticket, balance=True)
    for _ in range(2):
        assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0

    correction = DealCorrection.objects.get()
    assert (correction.deal, correction.delta, correction.gone) == (deal, -moved, True)
    kept = closing_deal()
    assert (kept.profit, kept.swap) == (deal.profit, deal.swap)
    assert books(account) == before - moved
    heard = Record.objects.get(name="trading.DealsCorrected")
    assert heard.data["deal_ids"] == [deal.pk]
    assert not BalanceBreak.objects.exists()
    assert verify() == []


def test_a_deal_deleted_without_its_money_is_a_break_until_the_balance_is_mended(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    deal = closing_deal()
    before = books(account)

    server.control("/delete-deal", ticket=deal.ticket)
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 1

    assert str(deal.ticket) in BalanceBreak.objects.get().cause
    assert not DealCorrection.objects.exists()
    assert books(account) == before

    narrow = deal.at + timedelta(minutes=1)
    assert sync.recheck(Act.system(), platform, since=narrow) == 0
    assert BalanceBreak.objects.get().status == "open", "this look does not see so far back"

    missed = deal.profit + deal.swap + deal.commission + deal.fee
    server.control("/mend-balance", login=account.login, by=str(-missed))
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0

    found = BalanceBreak.objects.get()
    assert (found.status, found.healed_at is None) == ("healed", False)
    assert DealCorrection.objects.get().gone
    assert books(account) == before - missed


def test_the_ticket_behind_a_break_is_found_by_a_look_that_sees_it(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    deal = closing_deal()
    server.control("/mend-balance", login=account.login, by="-40")
    narrow = deal.at + timedelta(minutes=1)
    assert sync.recheck(Act.system(), platform, since=narrow) == 1
    found = BalanceBreak.objects.get()
    assert "do not add up" in found.cause

    server.control("/change-deal", ticket=deal.ticket, price="1.5")
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0

    found.refresh_from_db()
    assert str(deal.ticket) in found.cause
    trace = found.traces.get()
    assert (trace.deal, trace.why, trace.now) == (deal, "changed", {"price": "1.5"})


def test_a_deal_whose_lots_or_price_change_is_corrected_though_no_money_moved(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    deal, before = closing_deal(), books(account)

    server.control("/change-deal", ticket=deal.ticket, lots="2", price="1.25")
    for _ in range(2):
        assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0

    correction = DealCorrection.objects.get()
    assert (correction.deal, correction.gone) == (deal, False)
    assert correction.delta == 0
    assert {"lots": "2", "price": "1.25"}.items() <= correction.changed.items()
    assert correction.was["lots"] == "1"
    heard = Record.objects.get(name="trading.DealsCorrected")
    assert heard.data["deal_ids"] == [deal.pk]
    assert books(account) == before
    assert not BalanceBreak.objects.exists()


def test_a_deal_that_reads_again_as_it_did_says_so(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    deal, before = closing_deal(), books(account)
    more = str(deal.profit + 25)

    server.control("/change-deal", ticket=deal.ticket, profit=more, balance=True)
    sync.recheck(Act.system(), platform, since=sync.EARLIEST)
    assert books(account) == before + 25
    server.control("/change-deal", ticket=deal.ticket, profit=str(deal.profit), balance=True)
    sync.recheck(Act.system(), platform, since=sync.EARLIEST)

    first, second = DealCorrection.objects.order_by("pk")
    assert (first.delta, second.delta) == (Decimal(25), Decimal(-25))
    assert second.changed == {}
    assert books(account) == before
    assert verify() == []


def test_a_deleted_credit_is_a_break(
    account: TradingAccount, platform: Platform, server: "Server"
) -> None:
    trading.give_credit(
        Act.system(), account, money=Money.of("40.00 USD"), days=30, reason="A welcome."
    )
    drain()
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0
    lent = Deal.objects.get(action="credit")

    server.control("/delete-deal", ticket=lent.ticket)
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 1

    found = BalanceBreak.objects.get()
    assert (found.kind, found.shown, found.derived) == ("credit", Decimal(40), Decimal(0))
    assert str(lent.ticket) in found.cause


# ── What is seen of it ──


@pytest.fixture
def traded(settings: Any) -> Deal:
    """A closed trade without a server behind it."""
    settings.NOSTRO_REQUIRE_MFA = False
    one = trading_make.account(make.client("SC"), trading_make.platform())
    closed = read(one.login or 0)
    (pk,) = trading.record_deals(Act.system(), one.platform, deals=[closed])
    return Deal.objects.get(pk=pk)


def read(login: int, **more: Any) -> ports.Deal:
    given: dict[str, Any] = {"profit": Decimal(10), "entry": ports.DealEntry.OUT, "at": now()}
    return trading_make.deal(1, login, **{**given, **more})


def test_a_correction_is_shown_to_staff_and_to_the_client(traded: Deal) -> None:
    account = traded.account
    assert account is not None
    changed = read(traded.login, profit=Decimal("12.50"), lots=Lots("0.20"), at=traded.at)
    trading.correct_deals(Act.system(), traded.platform, changes=[(traded.pk, changed)])

    staff = browser_of(make.staff("*")).get(f"/staff/trading/deals/{traded.pk}/").text
    assert "lots 0.1, profit 10" in staff
    assert "lots 0.2, profit 12.5" in staff
    room = browser_of(account.client).get(f"/room/accounts/{account.pk}/").text
    assert "lots 0.1 → 0.2, profit 10 → 12.5" in room
    assert "12.50" in room

    trading.correct_deals(Act.system(), traded.platform, changes=[(traded.pk, None)])

    assert "Gone" in browser_of(make.staff("*")).get(f"/staff/trading/deals/{traded.pk}/").text
    room = browser_of(account.client).get(f"/room/accounts/{account.pk}/").text
    assert "Cancelled" in room
    assert "it was 10.00 USD" in room


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_correct_a_deal_once(settings: Any) -> None:
    one = trading_make.account(make.client("SC"), trading_make.platform())
    (pk,) = trading.record_deals(Act.system(), one.platform, deals=[read(one.login or 0)])
    changed = read(one.login or 0, profit=Decimal(25))
    together = Barrier(2)

    def correct(_: int) -> int:
        try:
            together.wait(timeout=20)
            return len(trading.correct_deals(Act.system(), one.platform, changes=[(pk, changed)]))
        except NothingChanged:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = sorted(pool.map(correct, range(2)))

    assert done == [0, 1]
    assert DealCorrection.objects.get().delta == 15
    assert books(one) == 25
    assert verify() == []
