"""Accounts are taken over on MetaTrader 4 as they are on MetaTrader 5."""

import pytest

from nostro.core.acts import Act
from nostro.ledger.models import Entry
from nostro.people.models import Client
from nostro.trading import sync
from nostro.trading.adapters.mt4.tests.conftest import Server
from nostro.trading.models import BalanceBreak, Platform, TradingAccount
from nostro.trading.tests import test_takeover as stories
from nostro.trading.tests.test_mt4 import platform, server
from nostro.trading.tests.test_takeover import carried_out, cash, compared, holder, stands

__all__ = ["holder", "platform", "server"]
pytestmark = pytest.mark.django_db

test_rights = stories.test_what_an_account_may_do_there_it_may_do_here
test_own_list = stories.test_without_a_file_the_platform_says_whose_its_logins_are
test_orphans = stories.test_orphans_of_both_sides_are_named


def test_tickets_of_the_past_are_history_and_no_break_is_found(
    server: Server, platform: Platform, holder: Client
) -> None:
    login = stands(platform, "900.00 USD")
    server.order("close", position=server.trade(login, lots="0.10"))
    server.trade(login, lots="0.20")

    carried_out(compared(platform, f"{login},{holder.number}"))
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0

    account = TradingAccount.objects.get()
    assert account.balance != 900
    assert cash(account) == account.money(account.balance)
    assert (account.position_set.count(), account.deal_set.count()) == (1, 4)
    assert not Entry.objects.filter(kind="trading").exists()
    assert not BalanceBreak.objects.exists()
