"""What can be taken out of a trading account is what is shown: never credit, never twice."""

import re
from decimal import Decimal
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit import Money
from nostro.kit.problems import Problem
from nostro.payments.models import Transfer
from nostro.payments.operations import request_transfer, settle_transfer
from nostro.payments.operations.transfers import NotFree
from nostro.payments.queries import free_on_accounts
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import sync
from nostro.trading.models import TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import platform as platform
from nostro.trading.tests.conftest import server as server
from tests import make
from tests.test_transfers import account as account
from tests.test_transfers import later, moved, on_platform

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db
Status = Transfer.Status


def lent(account: TradingAccount, money: str) -> None:
    trading.give_credit(
        Act.system(), account, money=Money.of(money), days=30, reason="A loyal client."
    )
    drain()
    sync.sync_once(Act.system(), account.platform)
    account.refresh_from_db()


def free(account: TradingAccount) -> Money:
    return free_on_accounts(account.client_id)[account.pk]


def test_credit_is_not_taken_out_though_the_platform_would_let_it_go(
    server: "Server", account: TradingAccount
) -> None:
    moved(account, "300.00 USD")
    lent(account, "200.00 USD")
    server.trade(account.login or 0, lots="0.5")
    sync.sync_once(Act.system(), account.platform)
    account.refresh_from_db()
    assert account.free_margin > free(account).amount + Decimal("199.99")
    staff, records = make.act_of(make.staff("payments.*", "trading.*")), Record.objects.count()

    for act in (make.act_of(account.client), staff, Act.system()):
        with pytest.raises(NotFree, match=f"{free(account)} can be taken out"):
            request_transfer(
                act, account.client, account=account, money=free(account) + Money.of("0.01 USD"),
                direction="out",
            )  # fmt: skip

    assert Record.objects.count() == records
    assert moved(account, str(free(account)), "out").status == Status.SETTLED
    assert not free(account)


def test_what_is_on_its_way_out_cannot_be_taken_out_again_before_or_after_it_is_read(
    account: TradingAccount,
) -> None:
    moved(account, "300.00 USD")
    sync.sync_once(Act.system(), account.platform)
    first = request_transfer(
        Act.system(), account.client, account=account, money=Money.of("200.00 USD"),
        direction="out",
    )  # fmt: skip
    assert free(account) == Money.of("100.00 USD")
    browser = make.browser(account.client)
    for page in ("", "accounts/"):
        assert re.search(r"take out</dt><dd[^>]*>\D*100\.00", browser.get(f"/room/{page}").text), (
            page
        )
    asked = browser.get(f"/room/transfer/?account={account.pk}&direction=out").text
    assert re.search(r"You can move <b[^>]*>100\.00 USD", asked)
    with pytest.raises(NotFree, match=r"100\.00 USD can be taken out"):
        request_transfer(
            Act.system(), account.client, account=account, money=Money.of("100.01 USD"),
            direction="out",
        )  # fmt: skip

    drain()
    first.refresh_from_db()
    assert first.status == Status.SETTLED
    assert free(account) == Money.of("100.00 USD"), "settled, and not read yet"
    sync.sync_once(Act.system(), account.platform)
    assert free(account) == Money.of("100.00 USD"), "read"


def test_an_account_read_before_its_transfer_was_settled_counts_it_once(
    account: TradingAccount,
) -> None:
    moved(account, "300.00 USD")
    follower = sync.Follower(account.platform)
    follower.look()
    transfer = request_transfer(
        Act.system(), account.client, account=account, money=Money.of("100.00 USD"),
        direction="out",
    )  # fmt: skip
    PLATFORMS.take(account.platform.slug).change_balance(
        account.login or 0, -transfer.money, BalanceKind.BALANCE, reference=transfer.reference
    )
    follower.due.clear()
    follower.look()
    assert free(account) == Money.of("100.00 USD"), "read there, and not settled here"

    later()
    transfer.refresh_from_db()
    assert transfer.status == Status.SETTLED
    assert free(account) == Money.of("200.00 USD"), "settled after it was read"


def test_credit_that_came_after_the_account_was_read_is_not_taken_out_either(
    server: "Server", account: TradingAccount
) -> None:
    moved(account, "300.00 USD")
    lent(account, "200.00 USD")
    sync.sync_once(Act.system(), account.platform)
    # What was read is not true any more: an open trade stands at a loss.
    position = server.trade(account.login or 0, lots="0.1")
    asked = request_transfer(
        Act.system(), account.client, account=account, money=Money.of("300.00 USD"),
        direction="out",
    )  # fmt: skip
    drain()

    asked.refresh_from_db()
    assert asked.status == Status.FAILED
    assert "is free on" in asked.reason and "without what is lent" in asked.reason
    assert on_platform(account) == "300.00"
    server.close(position)


@pytest.mark.django_db(transaction=True)
def test_of_requests_made_at_once_one_takes_the_money_and_each_costs_two_trips() -> None:
    ada = make.client("SC")
    account = trading_make.account(ada, trading_make.platform())
    make.funded(ada, "100.00 USD")
    paid = request_transfer(Act.system(), ada, account=account, money=Money.of("100.00 USD"))
    settle_transfer(Act.system(), paid, ticket=1)
    refused, trips = list[Problem](), list[int]()

    def ask() -> None:
        client = Client.objects.get(pk=ada.pk)
        try:
            with CaptureQueriesContext(connection) as asked:
                request_transfer(
                    Act.system(), client, account=account, money=Money.of("60.00 USD"),
                    direction="out",
                )  # fmt: skip
            trips.append(len(asked))
        except NotFree as no:
            refused.append(no)
        finally:
            connection.close()

    threads = [Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert [str(one)[:9] for one in refused] == ["40.00 USD"] * 3
    assert Transfer.objects.filter(direction="out").count() == 1
    assert trips == [2]
