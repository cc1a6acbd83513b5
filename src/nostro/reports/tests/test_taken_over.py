"""What an account did before it was taken over is its history, and counts in no room above."""

from datetime import timedelta
from decimal import Decimal

import pytest

from nostro.core.acts import Act, now
from nostro.core.files import Upload
from nostro.core.jobs import drain
from nostro.exposure.tests.make import market
from nostro.kit import Lots
from nostro.ledger.models import Entry
from nostro.ledger.queries import Closing
from nostro.partners.models import Accrual
from nostro.partners.queries.closing import before_closing
from nostro.partners.tests import make as partners_make
from nostro.people.models import Client
from nostro.reports.models import Milestones
from nostro.reports.operations import refresh
from nostro.trading import operations as trading
from nostro.trading.models import Platform, Takeover, TradingAccount
from nostro.trading.ports import DealEntry, DealKind, PlatformAccount, Right
from nostro.trading.queries.takeovers import Standing
from nostro.trading.tests.make import deal

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN, HOUR = 770_001, timedelta(hours=1)


def traded(platform: Platform, first: int) -> None:
    """A lot opened and closed with a gain of fifty."""
    given = {"position": first, "lots": Lots(1)}
    opening = deal(first, LOGIN, at=now() - HOUR, **given)
    closing = deal(
        first + 1, LOGIN, kind=DealKind.SELL, entry=DealEntry.OUT, closed_lots=Lots(1),
        profit=Decimal(50), at=now(), **given,
    )  # fmt: skip
    trading.record_deals(Act.system(), platform, deals=[opening, closing])
    drain()
    refresh()


def taken_over(platform: Platform, client: Client, balance: int) -> TradingAccount:
    """What the house does with a login that the platform shows like this."""
    act, group = Act.system(), platform.group_set.get(path=r"real\SC-USD-Standard")
    shown = PlatformAccount(
        login=LOGIN, group=group.path, name="", leverage=100, enabled=True, trading=Right.FULL,
        balance=Decimal(balance), credit=Decimal(0), client_code="", comment="",
        registered_at=None, last_seen_at=None, raw={},
    )  # fmt: skip
    seen = {LOGIN: Standing(shown, 0, steady=True)}
    file = Upload("logins.csv", f"login,client\n{LOGIN},{client.number}\n".encode())
    found = trading.read_takeover(act, platform=platform, file=file)
    trading.list_logins(Act.system(), found, found=[LOGIN])
    rows = list(found.rows.values_list("pk", flat=True))
    trading.compare_logins(Act.system(), found, rows=rows, seen=seen)
    trading.start_takeover(Act.system(), found)
    trading.take_over_logins(Act.system(), found, rows=rows, seen=seen)
    assert Takeover.objects.get().status == Takeover.Status.DONE
    return TradingAccount.objects.get(login=LOGIN)


def not_worked_out() -> str:
    closing = Closing((now() + timedelta(days=1)).date(), None)
    return next(iter(before_closing(Act.system(), closing))).end


def test_history_earns_and_counts_nothing_and_what_comes_after_it_does() -> None:
    shown = market()
    client = partners_make.brought(partners_make.partner("north"))
    shown.account(client)
    traded(shown.platform, 5000)

    taken_over(shown.platform, client, 50)
    refresh()

    assert not Accrual.objects.exists()
    assert not_worked_out() == ""
    assert Milestones.objects.get(client_id=client.pk).traded_at is None
    assert not Entry.objects.filter(kind="trading").exists()
    assert Entry.objects.filter(kind="opening").count() == 1

    traded(shown.platform, 6000)

    assert Accrual.objects.exists()
    assert not_worked_out() == ""
    assert Milestones.objects.get(client_id=client.pk).traded_at is not None
    assert Entry.objects.filter(kind="trading").count() == 1
