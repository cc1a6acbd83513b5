"""Deals that a platform changes after they were read: corrected beside themselves, never edited."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.trading import sync
from nostro.trading.models import BalanceBreak, Deal, DealCorrection, Platform, TradingAccount
from nostro.trading.tests.make import paid_in, taken_in
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
