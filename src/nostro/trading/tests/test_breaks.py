"""Breaks: each stands once, comes to know its deals, heals, and shows again when it comes again."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act
from nostro.core.models import Record
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.models import BalanceBreak, BreakDeal, Deal, Platform, TradingAccount
from nostro.trading.operations.breaks import Difference, KnownBreak, Trace
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import MORNING, deal, recorded
from nostro.trading.tests.test_pages import browser_of
from tests import make

pytestmark = pytest.mark.django_db
Status = BalanceBreak.Status


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def live(act: Act) -> Platform:
    return trading_make.platform()


@pytest.fixture
def account(live: Platform) -> TradingAccount:
    return trading_make.account(make.client("SC"), live)


def missing(
    account: TradingAccount, amount: str, *traces: Trace, kind: str = "balance"
) -> Difference:
    return Difference(account.pk, kind, Decimal(amount), Decimal(0), "a test's", traces)


def note(live: Platform, *found: Difference, agreeing: tuple[int, ...] = ()) -> int:
    return trading.note_differences(
        Act.system(), live, found=found, agreeing=agreeing, seen_from=MORNING
    )


def kept(account: TradingAccount, ticket: int) -> Deal:
    one = deal(ticket, account.login or 0, profit=Decimal(10))
    (pk,) = trading.record_deals(Act.system(), account.platform, deals=[one])
    return Deal.objects.get(pk=pk)


def gone(row: Deal) -> Trace:
    return Trace(row.pk, BreakDeal.Why.GONE, {"profit": "10", "lots": "0.1"}, {})


def test_an_explained_break_stands_explained_until_it_is_healed(
    live: Platform, account: TradingAccount
) -> None:
    assert note(live, missing(account, "10")) == 1
    found = BalanceBreak.objects.get()
    dealer = make.act_of(make.staff("trading.*"))
    trading.explain_break(dealer, found, note="A dealer's mistake, corrected.")
    records = Record.objects.count()

    with pytest.raises(KnownBreak):
        note(live, missing(account, "10"))

    found.refresh_from_db()
    assert (found.status, BalanceBreak.objects.count()) == (Status.EXPLAINED, 1)
    assert Record.objects.count() == records


def test_the_same_amount_that_is_missing_again_is_another_break(
    live: Platform, account: TradingAccount
) -> None:
    note(live, missing(account, "10"))
    first = BalanceBreak.objects.get()
    trading.explain_break(make.act_of(make.staff("trading.*")), first, note="Mended.")

    assert note(live, agreeing=(first.pk,)) == 0
    assert note(live, missing(account, "10")) == 1

    first.refresh_from_db()
    second = BalanceBreak.objects.latest("pk")
    assert first.status == Status.HEALED
    assert first.healed_at is not None
    assert (first.note, first.due_at) == ("Mended.", None)
    assert (second.status, second.healed_at) == (Status.OPEN, None)
    assert recorded("BreakHealed") == 1


def test_another_difference_takes_the_place_of_the_one_that_stood(
    live: Platform, account: TradingAccount
) -> None:
    note(live, missing(account, "10"), missing(account, "3", kind="credit"))
    assert note(live, missing(account, "7")) == 1

    standing = queries.standing_breaks(live, [account.login or 0])
    assert [(one.kind, one.shown) for one in standing] == [
        ("credit", Decimal(3)), ("balance", Decimal(7)),
    ]  # fmt: skip


def test_a_break_over_a_deal_that_a_look_does_not_see_is_left_as_it_is(
    live: Platform, account: TradingAccount
) -> None:
    old = kept(account, 1)
    note(live, missing(account, "10", gone(old)))

    later = missing(account, "7")
    trading.note_differences(
        Act.system(), live, found=[later], seen_from=old.at.replace(hour=old.at.hour + 1)
    )

    assert queries.standing_breaks(live, [account.login or 0]).count() == 2


def test_a_break_comes_to_know_every_deal_behind_it_and_shows_them_all(
    live: Platform, account: TradingAccount
) -> None:
    note(live, missing(account, "120"))
    rows = [kept(account, ticket) for ticket in range(1, 13)]

    traced = missing(account, "120", *map(gone, rows))
    assert note(live, traced) == 0
    with pytest.raises(KnownBreak):
        note(live, traced)

    found = BalanceBreak.objects.get()
    assert found.traces.count() == 12
    assert recorded("BreakTraced") == 1
    page = browser_of(make.staff("*")).get(f"/staff/trading/breaks/{found.pk}/").text
    assert "is not what its deals make it" in page
    for row in rows:
        assert f"/staff/trading/deals/{row.pk}/" in page
    assert "lots 0.1, profit 10" in page
    assert ">Gone<" in page


def test_who_may_not_see_the_client_sees_no_deals_of_a_break(
    live: Platform, account: TradingAccount
) -> None:
    note(live, missing(account, "10", gone(kept(account, 1))))
    found = BalanceBreak.objects.get()
    make.entity("UK")

    seen = [
        queries.break_deals(
            make.act_of(make.staff("trading.*", entities=[code])), row=found
        ).count()
        for code in ("SC", "UK")
    ]

    assert seen == [1, 0]


def test_breaks_of_many_accounts_cost_as_many_looks_as_one(
    live: Platform, account: TradingAccount
) -> None:
    others = [trading_make.account(make.client("SC"), live) for _ in range(5)]
    with CaptureQueriesContext(connection) as one:
        note(live, missing(account, "1"))
    with CaptureQueriesContext(connection) as five:
        note(live, *(missing(other, "1") for other in others))

    assert BalanceBreak.objects.count() == 6
    assert len(five) == len(one)
