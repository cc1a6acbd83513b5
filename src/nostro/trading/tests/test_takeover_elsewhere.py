"""Accounts are taken over on cTrader as they are on MetaTrader 5."""

import pytest

from nostro.trading.tests import test_takeover as stories
from nostro.trading.tests.test_ctrader import platform, server
from nostro.trading.tests.test_takeover import holder

__all__ = ["holder", "platform", "server"]
pytestmark = pytest.mark.django_db

test_past_and_balance = stories.test_an_account_becomes_its_clients_with_its_past_and_its_balance
test_no_break = stories.test_no_break_is_found_after_it_and_what_is_traded_next_is_booked
test_rights = stories.test_what_an_account_may_do_there_it_may_do_here
test_own_list = stories.test_without_a_file_the_platform_says_whose_its_logins_are
test_orphans = stories.test_orphans_of_both_sides_are_named
