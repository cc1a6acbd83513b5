"""By whom or what deals were made, under which order, and when by the platform's own clock."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.trading import operations as trading
from nostro.trading.models import Deal, DealCorrection, Platform, TradingAccount
from nostro.trading.models.deals import RARE
from nostro.trading.operations.deals import NothingChanged
from nostro.trading.ports import DealEntry, DealKind, DealReason
from nostro.trading.queries.deriving import kept_of
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import deal
from nostro.trading.tests.test_pages import browser_of
from tests import make

pytestmark = pytest.mark.django_db
DEALS = "/staff/trading/deals/"


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def live(act: Act) -> Platform:
    return trading_make.platform()


@pytest.fixture
def account(live: Platform) -> TradingAccount:
    return trading_make.account(make.client("SC"), live)


@pytest.fixture
def dealer(act: Act) -> Browser:
    return browser_of(make.staff("trading.*"))


def record(live: Platform, *deals: Any) -> list[int]:
    return trading.record_deals(Act.system(), live, deals=deals)


def test_a_deal_keeps_its_order_its_reason_and_the_platforms_own_time(
    live: Platform, account: TradingAccount
) -> None:
    login = account.login or 0
    record(
        live,
        deal(1, login, order=77, reason=DealReason.STOP_OUT, platform_time=1780311600123),
        deal(2, login, order=0),
        deal(3, login, order=9, kind=DealKind.BALANCE, profit=Decimal(5)),
        *(deal(10 + at, login, reason=one) for at, one in enumerate(DealReason)),
    )

    kept = Deal.objects.get(ticket=1)
    assert (kept.order, kept.reason, kept.platform_time_ms) == (77, "stop-out", 1780311600123)
    assert (kept.get_reason_display(), kept.platform_time) == (
        "Stop-out", "1 Jun 2026 11:00:00.123",
    )  # fmt: skip
    silent, money = Deal.objects.get(ticket=2), Deal.objects.get(ticket=3)
    assert (silent.order, silent.reason, silent.platform_time_ms) == (None, None, None)
    assert (money.order, silent.platform_time) == (None, "")
    assert set(Deal.objects.filter(ticket__gte=10).values_list("reason", flat=True)) == set(
        DealReason
    )


def test_what_tells_no_money_corrects_nothing(live: Platform, account: TradingAccount) -> None:
    login = account.login or 0
    first = deal(1, login, profit=Decimal(5), entry=DealEntry.OUT, reason=DealReason.CLIENT)
    (pk,) = record(live, first)
    now = deal(
        1, login, profit=Decimal(5), entry=DealEntry.OUT, reason=DealReason.DEALER, order=900,
        platform_time=1780311600123,
    )  # fmt: skip
    records = Record.objects.count()

    (kept,) = kept_of(live, [first.ticket]).values()
    assert not kept.differs(now)
    with pytest.raises(NothingChanged):
        trading.correct_deals(Act.system(), live, changes=[(pk, now)])

    assert not DealCorrection.objects.exists()
    assert Deal.objects.get(pk=pk).reason == "client"
    assert Record.objects.count() == records


def test_a_deals_page_says_why_in_a_plain_word_or_that_nobody_says(
    live: Platform, account: TradingAccount, dealer: Browser
) -> None:
    login = account.login or 0
    told = deal(1, login, order=77, reason=DealReason.STOP_OUT, platform_time=1780311600123)
    record(live, told, deal(2, login, order=0))
    told_page, silent_page = (
        dealer.get(f"{DEALS}{Deal.objects.get(ticket=ticket).pk}/").text for ticket in (1, 2)
    )
    for words in ("Stop-out", ">77<", "1 Jun 2026 11:00:00.123"):
        assert words in told_page
    assert silent_page.count("The platform does not say") == 3


def test_deals_are_narrowed_by_their_reason(
    live: Platform, account: TradingAccount, dealer: Browser
) -> None:
    login = account.login or 0
    record(
        live, deal(1, login, symbol="EURUSD", reason=DealReason.STOP_OUT),
        deal(2, login, symbol="GBPUSD", reason=DealReason.CLIENT), deal(3, login, symbol="USDJPY"),
    )  # fmt: skip
    found = dealer.get(f"{DEALS}?reason=stop-out").text
    assert "EURUSD" in found
    assert "GBPUSD" not in found and "USDJPY" not in found
    assert dealer.get(f"{DEALS}?reason=whim").status_code == 422


def test_rare_reasons_are_found_by_an_index_of_their_own(
    live: Platform, account: TradingAccount
) -> None:
    record(live, deal(1, account.login or 0, reason=DealReason.STOP_OUT))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    rows = Deal.objects.filter(reason="stop-out").order_by("-at", "-id")
    assert "trading_deal_rare" in rows.explain()
    assert set(RARE) < set(DealReason)
