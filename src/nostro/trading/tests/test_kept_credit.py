"""Credit and debts written off, months apart and of accounts that came from elsewhere."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.kit import Money
from nostro.ledger.queries import verify
from nostro.trading import operations as trading
from nostro.trading import reactions
from nostro.trading.models import BalanceBreak, Credit, Platform, TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.tests.make import lost
from nostro.trading.tests.test_debts import lent, looked_at, looked_over, on_it, read
from nostro.trading.tests.test_takeover import compared, newcomer, stands

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db


def dealt(login: int, money: str) -> None:
    """A dealer lends or takes by hand."""
    PLATFORMS.take("mt5-live").change_balance(
        login, Money.of(money), BalanceKind.CREDIT, reference=f"dealer{now():%f}",
        check_margin=False,
    )  # fmt: skip


def test_credit_lent_long_after_a_debt_is_not_taken_for_what_was_kept_with_it(
    account: TradingAccount, server: "Server"
) -> None:
    """A dealer took the old credit by hand, so no deal of ours ever says that it is gone."""
    lent(account, "100.00 USD")
    lost(account, server)
    server.misbehave("drop_after_acting", "TRADE_BALANCE")
    reactions.correct_negatives(Act.system())
    drain()
    position = server.trade(account.login or 0, lots="0.1")
    for minutes in (5, 10):
        with clock_at(now() + timedelta(minutes=minutes)):
            drain()
    read(account)
    assert (account.credit, on_it(account)) == (Decimal(100), Money.of("0.00 USD"))
    server.close(position, price=f"{account.position_set.get().price_open:.5f}")
    dealt(account.login or 0, "-100.00 USD")
    read(account)

    with clock_at(now() + timedelta(days=60)):
        new = lent(account, "50.00 USD")
        read(account)
        reactions.take_credit_with_debts(Act.system())
        read(account)

    new.refresh_from_db()
    assert new.status == Credit.Status.GIVEN
    assert (account.credit, on_it(account)) == (Decimal(50), Money.of("50.00 USD"))


def test_credit_that_came_with_an_account_goes_with_its_debt_in_the_books_too(
    platform: Platform, server: "Server"
) -> None:
    newcomer("ada@example.com")
    login = stands(platform, "10.00 USD", email="ada@example.com")
    dealt(login, "100.00 USD")
    trading.start_takeover(Act.system(), compared(platform))
    drain()
    account = TradingAccount.objects.get(login=login)
    assert on_it(account) == Money.of("100.00 USD")

    lost(account, server, 150)
    looked_at(account, 2)
    zero = Decimal(0)

    assert (account.balance, account.credit, on_it(account)) == (zero, zero, Money.of("0.00 USD"))
    with clock_at(now() + timedelta(minutes=30)):
        looked_over(account)
    assert not BalanceBreak.objects.filter(account=account, kind="kept").exists()
    assert verify() == []
