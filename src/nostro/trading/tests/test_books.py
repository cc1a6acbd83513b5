"""The ledger's trading accounts against the platforms', and what dealers book without us."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act, now
from nostro.core.approvals import OwnProposal, agree_to_proposal
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit import Money
from nostro.kit.problems import Problem
from nostro.ledger import chart
from nostro.ledger.models import Entry
from nostro.ledger.operations import NotAgreed, NotEnoughMoney
from nostro.ledger.queries import balance, verify
from nostro.trading import deriving, queries, sync
from nostro.trading import operations as trading
from nostro.trading.models import BalanceBreak, Deal, Platform, TakenDeal, TradingAccount
from nostro.trading.operations.taking import NothingLoose, OtherAmount
from nostro.trading.ports import PLATFORMS, BalanceKind, DealKind
from nostro.trading.queries.books import Sent
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import deal, paid_in, recorded
from nostro.trading.tests.test_pages import browser_of
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db


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
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """What a higher room says that it moves."""
    said: list[Sent] = []
    monkeypatch.setattr("nostro.trading.queries.books.SENT", [lambda ids: said])
    return said


def booked(
    account: TradingAccount, ticket: int, amount: str, comment: str = "Deposit by dealer",
    kind: DealKind = DealKind.BALANCE, **more: Any,
) -> Deal:  # fmt: skip
    given = {"kind": kind, "profit": Decimal(amount), "comment": comment, **more}
    one = deal(ticket, account.login or 0, **given)
    (pk,) = trading.record_deals(Act.system(), account.platform, deals=[one])
    return Deal.objects.get(pk=pk)


def compared(live: Platform) -> int:
    """The look at the ledger that each recheck ends with, at the figures of all our deals."""
    logins = deriving.logins_of(live, practice=False)
    sums = queries.deals_sums(live, logins, now().replace(year=2100))
    return deriving.compare_books(Act.system(), live, logins, sums)


def held(account: TradingAccount) -> Money:
    return queries.held([account])[account.pk]


def two() -> tuple[Act, Act]:
    return tuple(  # type: ignore[return-value]
        make.act_of(make.staff("trading.*", "core.agree_to_proposal")) for _ in range(2)
    )


def test_money_that_a_dealer_books_on_the_platform_is_noticed_and_named(
    platform: Platform, server: "Server"
) -> None:
    make.client("SC")
    drain()
    account = TradingAccount.objects.get()
    paid_in(account, "9000")
    found = Deal.objects.get(action="balance")

    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 1
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0

    row = BalanceBreak.objects.get()
    assert (row.account, row.kind) == (account, "ledger")
    assert (row.shown, row.derived) == (Decimal(0), Decimal(9000))
    assert row.cause == (
        "The ledger holds 0.00 USD, the platform's deals make 9,000.00 USD: "
        f"deal {found.ticket} “{found.comment}” bears none of our references."
    )
    browser = browser_of(make.staff("*"))
    page = browser.get(f"/staff/trading/breaks/{row.pk}/").text
    assert "Not asked for" in page
    assert f"/staff/trading/deals/{found.pk}/" in page
    assert str(found.ticket) in browser.get("/staff/trading/breaks/").text

    trading_make.taken_in(platform)
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0
    row.refresh_from_db()
    assert row.status == "healed"
    assert held(account) == Money.of("9000.00 USD")
    assert verify() == []


@pytest.mark.parametrize(
    "kind", [DealKind.BALANCE, DealKind.BONUS, DealKind.CHARGE, DealKind.CORRECTION]
)
def test_every_kind_of_money_booked_by_hand_is_noticed(
    live: Platform, account: TradingAccount, kind: DealKind
) -> None:
    found = booked(account, 1, "-25.50", kind=kind)

    assert compared(live) == 1
    row = BalanceBreak.objects.get()
    assert (row.kind, row.difference) == ("ledger", Money.of("25.50 USD"))
    assert [one.deal for one in row.traces.all()] == [found]


@pytest.mark.parametrize("prefix", ["NSF", "NSN", "NSC"])
def test_a_comment_that_only_looks_like_ours_was_asked_for_by_nobody(
    live: Platform, account: TradingAccount, prefix: str
) -> None:
    credit = prefix == "NSC"
    kind = DealKind.CREDIT if credit else DealKind.BALANCE
    booked(account, 1, "30", comment=f"{prefix}{0xABC:020X}", kind=kind)

    assert compared(live) == 1
    assert BalanceBreak.objects.get().kind == ("lent" if credit else "ledger")


def test_credit_that_nobody_asked_for_is_noticed_and_taken_in_as_lent(
    live: Platform, account: TradingAccount
) -> None:
    lent = trading.give_credit(
        Act.system(), account, money=Money.of("30.00 USD"), days=30, reason="June"
    )
    trading.note_sending(Act.system(), live, reference=lent.reference)
    trading.credit_given(Act.system(), lent, ticket=1)
    booked(account, 1, "30", comment=lent.reference, kind=DealKind.CREDIT)
    assert compared(live) == 0
    found = booked(account, 2, "70", kind=DealKind.CREDIT)

    assert compared(live) == 1

    row = BalanceBreak.objects.get()
    assert (row.kind, row.shown, row.derived) == ("lent", Decimal(100), Decimal(30))
    assert "deal 2" in row.cause
    maker, other = two()
    with pytest.raises(Problem, match="Credit is the house's money"):
        trading.propose_taking(maker, found, against="wallet", reason="A campaign of June.")
    proposal = trading.propose_taking(maker, found, against="bonus", reason="A campaign of June.")
    agree_to_proposal(other, proposal)
    assert compared(live) == 0
    row.refresh_from_db()
    assert row.status == "healed"
    place = (account.client_id, live.slug, account.login or 0)
    assert balance(chart.client_credit(*place), "USD") == Money.of("100.00 USD")
    assert balance(chart.client_trading(*place), "USD") == Money.of("0.00 USD")
    assert verify() == []


def test_credit_is_not_taken_away_that_the_ledger_never_lent(
    live: Platform, account: TradingAccount
) -> None:
    found = booked(account, 1, "-70", kind=DealKind.CREDIT)
    maker, other = two()

    with pytest.raises(NotEnoughMoney):
        agree_to_proposal(
            other,
            trading.propose_taking(maker, found, against="bonus", reason="An old campaign."),
        )

    assert (Entry.objects.count(), verify()) == (0, [])


def test_a_dealer_who_takes_back_what_he_booked_heals_the_break(
    live: Platform, account: TradingAccount
) -> None:
    booked(account, 1, "500")
    assert compared(live) == 1

    booked(account, 2, "-500", comment="Wrong account")
    assert compared(live) == 0

    assert BalanceBreak.objects.get().status == "healed"


def test_a_transfer_on_its_way_is_no_difference(
    live: Platform, account: TradingAccount, sent: list[Sent]
) -> None:
    booked(account, 1, "200", comment="NST0001")
    sent.append(Sent(account.pk, "NST0001", Decimal(200)))
    assert compared(live) == 0, "the platform has it, and the ledger not yet"

    booked(account, 2, "-50", comment="NST0002")
    sent.append(Sent(account.pk, "NST0002", Decimal(-50)))
    assert compared(live) == 0, "out as well as in"

    sent[:] = []
    assert compared(live) == 1, "a reference that nobody here knows is none"


def test_a_transfer_that_is_settled_before_its_deal_is_read_is_no_difference(
    live: Platform, account: TradingAccount, sent: list[Sent]
) -> None:
    maker, other = two()
    found = booked(account, 1, "200")
    agree_to_proposal(
        other, trading.propose_taking(maker, found, against="adjustments", reason="Ours.")
    )
    booked(account, 2, "-200")  # so that the ledger is 200 ahead of the deals
    assert held(account) == Money.of("200.00 USD")

    sent.append(Sent(account.pk, "NST0001", Decimal(200), ticket=9, settled_at=now()))
    assert compared(live) == 0

    sent[0] = Sent(
        account.pk, "NST0001", Decimal(200), ticket=9,
        settled_at=now() - queries.books.FRESH,
    )  # fmt: skip
    assert compared(live) == 1, "by now its deal should have been read"


def test_a_deal_is_taken_in_by_two_people_and_once(live: Platform, account: TradingAccount) -> None:
    found = booked(account, 1, "-12.34", kind=DealKind.CHARGE, comment="Monthly fee")
    maker, other = two()
    third = two()[0]
    with pytest.raises(NotAgreed):
        trading.take_deal(
            maker, found, money=Money.of("-12.34 USD"), against="fees", reason="x"
        )  # fmt: skip
    proposals = [
        trading.propose_taking(maker, found, against="fees", reason="Agreed with the client.")
        for _ in range(2)
    ]
    with pytest.raises(OwnProposal):
        agree_to_proposal(maker, proposals[0])
    assert held(account) == Money.of("0.00 USD")

    agree_to_proposal(other, proposals[0])

    assert held(account) == Money.of("-12.34 USD")
    assert balance(chart.house_fees(), "USD") == Money.of("12.34 USD")
    entry = Entry.objects.get()
    assert (entry.kind, entry.entity_id) == ("adjustment", account.entity_id)
    before = Record.objects.count(), Entry.objects.count()
    with pytest.raises((NothingLoose, OtherAmount)):
        agree_to_proposal(third, proposals[1])
    with pytest.raises(NothingLoose):
        trading.propose_taking(maker, found, against="fees", reason="Again.")
    assert (Record.objects.count(), Entry.objects.count()) == before
    assert (TakenDeal.objects.count(), recorded("DealTaken")) == (1, 1)
    assert compared(live) == 0
    assert verify() == []


def test_much_money_is_taken_in_by_three_people(live: Platform, account: TradingAccount) -> None:
    few, much = booked(account, 1, "10000"), booked(account, 2, "10000.01")
    maker = two()[0]

    people = [
        trading.propose_taking(maker, one, against="adjustments", reason="A wire.").people
        for one in (few, much)
    ]

    assert people == [1, 2]


def test_what_trading_did_is_never_taken_in_by_hand(
    live: Platform, account: TradingAccount
) -> None:
    one = deal(1, account.login or 0, profit=Decimal(10))
    (pk,) = trading.record_deals(Act.system(), live, deals=[one])

    with pytest.raises(NothingLoose):
        trading.propose_taking(
            two()[0], Deal.objects.get(pk=pk), against="adjustments", reason="x"
        )  # fmt: skip
    assert compared(live) == 0


def test_a_deal_taken_in_and_deleted_on_the_platform_since_is_named_again(
    live: Platform, account: TradingAccount
) -> None:
    found = booked(account, 1, "500")
    trading_make.taken_in(live)

    trading.correct_deals(Act.system(), live, changes=[(found.pk, None)])

    assert compared(live) == 1
    row = BalanceBreak.objects.get()
    assert row.cause == (
        "The ledger holds 500.00 USD, the platform's deals make 0.00 USD: "
        "deal 1 “Deposit by dealer” is gone from the platform."
    )
    assert row.traces.get().why == "gone"


def test_what_is_practised_is_not_compared(platform: Platform, server: "Server") -> None:
    made = trading_make.practice(trading_make.newcomer())
    drain()
    made.refresh_from_db()
    PLATFORMS.take(platform.slug).change_balance(
        made.login or 0, Money.of("500.00 USD"), BalanceKind.BALANCE, reference="by hand"
    )
    sync.sync_once(Act.system(), platform)

    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0
    assert queries.loose_deal(Deal.objects.get(comment="by hand"), now()) is None


def test_many_accounts_are_compared_with_as_many_statements_as_one(
    live: Platform, account: TradingAccount
) -> None:
    logins = deriving.logins_of(live, practice=False)
    sums = queries.deals_sums(live, logins, now())
    with CaptureQueriesContext(connection) as one:
        deriving.compare_books(Act.system(), live, logins, sums)
    many = trading_make.many(200, "UK")
    logins = deriving.logins_of(many.platform, practice=False)
    with CaptureQueriesContext(connection) as all_:
        assert deriving.compare_books(Act.system(), many.platform, logins, {}) == 0

    assert len(logins) == 200
    assert len(all_) == len(one)


def test_the_button_is_there_where_something_is_loose_and_nowhere_else(
    live: Platform, account: TradingAccount
) -> None:
    loose, ours = booked(account, 1, "5"), booked(account, 2, "-5", comment=trading_make.sent(live))
    browser = browser_of(make.staff("*"))

    shown = [
        "Take into the ledger…" in page or "propose_taking" in page
        for page in (browser.get(f"/staff/trading/deals/{one.pk}/").text for one in (loose, ours))
    ]

    assert shown == [True, False]
