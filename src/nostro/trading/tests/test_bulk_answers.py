"""A row of a bulk change is done once the platform has done it: credit and rights, and credit that
is taken back by undoing the change.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.bulk import operations as bulk
from nostro.bulk import queries as changes
from nostro.bulk import reactions as carrying
from nostro.bulk.foresight import ANSWERS
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.tests.make import prepared, started, undo, verdicts
from nostro.core import approvals
from nostro.core.acts import Act, clock_at, now
from nostro.core.approvals import Need, agree_to_proposal
from nostro.core.jobs import drain
from nostro.core.models import Proposal
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.people.models import Staff
from nostro.trading import operations as trading
from nostro.trading import reactions, sync
from nostro.trading.models import Credit, TradingAccount
from nostro.trading.ports import PLATFORMS, BalanceKind
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import Server
from tests import make

from nostro.trading.tests.make import everything, granted, lost, many  # isort: skip

pytestmark = pytest.mark.django_db
Row = BulkRow.Status
CREDIT, RESTRICT = "trading.give_credit", "trading.restrict_account"
ASKED = "The platform was asked."
GIFT: dict[str, Any] = {"money": "100.00 USD", "days": 30, "reason": "Spring"}


@pytest.fixture
def eleni(db: None, settings: Any) -> Staff:
    settings.NOSTRO_REQUIRE_MFA = False
    return make.staff("*")


def carried(person: Staff, name: str, **inputs: Any) -> BulkChange:
    """Carried out here, and nothing heard of the platform yet."""
    change = prepared(make.act_of(person), name, everything(), **inputs)
    bulk.start_change(make.act_of(person), change)
    own = carrying.maker(change, Act.system())
    parts = carrying.parts_of(own, change, changes.next_rows(change, Row.PLANNED, 10))
    bulk.keep_verdicts(Act.system(), change, verdicts=carrying.carried_out(own, change, parts))
    return change


def heard(change: BulkChange) -> list[tuple[str, str]]:
    drain()
    carrying.hear_answers(Act.system())
    return verdicts(change)


def lent(person: Staff) -> BulkChange:
    change = started(
        make.act_of(person), prepared(make.act_of(person), CREDIT, everything(), **GIFT)
    )
    assert verdicts(change) == [(Row.DONE, ""), (Row.DONE, "")]
    return change


def there(account: TradingAccount) -> Decimal:
    return PLATFORMS.take(account.platform.slug).account_state(account.login or 0).credit


def in_the_books(account: TradingAccount) -> Money:
    on_it = chart.client_credit(account.client_id, account.platform.slug, account.login or 0)
    return balance(on_it, "USD")


def taken_there(account: TradingAccount, amount: str) -> None:
    """A dealer takes credit back on the platform, and it is read here."""
    PLATFORMS.take(account.platform.slug).change_balance(
        account.login or 0, Money.of(amount), BalanceKind.CREDIT,
        reference=f"dealer{now():%f}", check_margin=False,
    )  # fmt: skip
    sync.sync_once(Act.system(), account.platform)


def test_credit_is_sent_and_then_given_or_refused_row_by_row(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    stranger = trading_make.account(make.client("SC"), opened[0].platform)  # unknown to the server
    change = carried(eleni, CREDIT, **GIFT)
    assert change.status == BulkChange.Status.DONE
    assert verdicts(change) == [(Row.UNKNOWN, ASKED)] * 3

    said = heard(change)

    assert said[:2] == [(Row.DONE, ""), (Row.DONE, "")]
    no = Credit.objects.get(account=stranger)
    assert (no.status, said[2]) == (Credit.Status.REFUSED, (Row.REFUSED, no.trouble))


def test_what_restricts_an_account_is_done_once_the_platform_keeps_to_it(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    stranger = trading_make.account(make.client("SC"), opened[0].platform)
    change = carried(eleni, RESTRICT, reason="Volatile", how="read_only")
    assert verdicts(change) == [(Row.UNKNOWN, ASKED)] * 3
    said = heard(change)
    assert said[:2] == [(Row.DONE, ""), (Row.DONE, "")]
    stranger.refresh_from_db()
    assert said[2] == (Row.REFUSED, stranger.rights_refused)
    assert stranger.status == TradingAccount.Status.READ_ONLY, "here it holds all the same"

    made = undo(make.act_of(eleni), change)
    assert changes.tally(made).planned == 3, "so it is set back all the same"
    again = carried(eleni, RESTRICT, reason="More volatile", how="disabled")
    assert heard(again)[2] == (Row.REFUSED, stranger.rights_refused), "the same word is said anew"


def test_what_a_silent_platform_was_asked_for_can_be_undone_where_it_holds_here(
    eleni: Staff,
) -> None:
    many(2)
    change = carried(eleni, RESTRICT, reason="Volatile", how="read_only")
    made = started(make.act_of(eleni), undo(make.act_of(eleni), change))
    assert set(everything().values_list("status", flat=True)) == {TradingAccount.Status.OPEN}
    granted()
    assert [one for one, _ in verdicts(change) + verdicts(made)] == [Row.DONE] * 4


def test_a_row_that_others_let_pass_waits_for_the_platform_after_them(
    eleni: Staff, opened: list[TradingAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    change = prepared(make.act_of(eleni), CREDIT, everything(), **GIFT)
    bulk.start_change(make.act_of(eleni), change)
    monkeypatch.setattr(approvals, "ASK", [lambda *_: Need(1, CREDIT)])
    drain()
    assert [status for status, _ in verdicts(change)] == [Row.PROPOSED] * 2
    agree_to_proposal(make.act_of(make.staff("trading.*")), Proposal.objects.order_by("pk")[0])
    carrying.hear_answers(Act.system())
    assert [status for status, _ in verdicts(change)] == [Row.UNKNOWN, Row.PROPOSED]
    assert heard(change)[0] == (Row.DONE, "")


def test_undoing_credit_takes_it_back_and_each_row_hears_of_it(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    change = lent(eleni)
    made = undo(make.act_of(eleni), change)
    assert changes.tally(made).planned == 2
    assert [there(one) for one in opened] == [100, 100], "nothing is changed by looking"
    started(make.act_of(eleni), made)
    assert verdicts(made) == [(Row.DONE, ""), (Row.DONE, "")]
    assert [there(one) for one in opened] == [0, 0]
    assert set(Credit.objects.values_list("status", flat=True)) == {Credit.Status.ENDED}
    assert not balance(chart.house_bonus(), "USD")
    again = undo(make.act_of(eleni), made)
    assert {said for _, said in verdicts(again)} == {
        "What was taken back is lent anew, on the account's page."
    }


def test_credit_that_was_used_has_a_verdict_of_its_own(
    eleni: Staff, opened: list[TradingAccount], server: Server
) -> None:
    """One account lost it with a negative balance, the other one's open trades need it."""
    change = lent(eleni)
    first, second = opened
    lost(first, server)
    reactions.correct_negatives(Act.system())
    drain()
    sync.sync_once(Act.system(), first.platform)
    server.trade(second.login or 0, lots="0.1")

    made = undo(make.act_of(eleni), change)
    used = Credit.objects.get(account=first)
    gone = f"{used} is used up or gone already: taken with a negative balance."
    assert verdicts(made) == [(Row.REFUSED, gone), (Row.PLANNED, "")]
    started(make.act_of(eleni), made)
    kept = Credit.objects.get(account=second)
    assert verdicts(made)[1] == (Row.REFUSED, kept.trouble)
    assert kept.status == Credit.Status.GIVEN
    assert there(second) == 100
    assert in_the_books(second) == Money.of("100.00 USD")


def test_of_credit_that_a_dealer_took_in_part_what_is_left_is_taken_back(
    eleni: Staff, opened: list[TradingAccount], server: Server
) -> None:
    change = lent(eleni)
    first, second = opened
    taken_there(first, "-70.00 USD")
    taken_there(second, "-100.00 USD")
    server.misbehave("drop_after_acting", "TRADE_BALANCE")
    made = undo(make.act_of(eleni), change)
    bulk.start_change(make.act_of(eleni), made)
    for minutes in (0, 5, 10):
        with clock_at(now() + timedelta(minutes=minutes)):
            drain()
    carrying.hear_answers(Act.system())

    some, none = Credit.objects.order_by("account")
    assert verdicts(made) == [
        (Row.DONE, "30.00 USD was left of 100.00 USD."),
        (Row.DONE, f"Nothing of {none} was left."),
    ]
    assert [there(first), there(second)] == [0, 0]
    assert [some.left, none.left] == [30, 0]
    assert {some.status, none.status} == {Credit.Status.ENDED}
    assert in_the_books(first) == Money.of("70.00 USD"), "people take in what he took"
    trading_make.taken_in(first.platform)
    assert [in_the_books(one) for one in opened] == [Money.zero("USD")] * 2
    assert verify() == []


def test_credit_that_a_debt_took_meanwhile_answers_whoever_asked_for_it(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    change = lent(eleni)
    made = undo(make.act_of(eleni), change)
    bulk.start_change(make.act_of(eleni), made)
    own = carrying.maker(made, Act.system())
    parts = carrying.parts_of(own, made, changes.next_rows(made, Row.PLANNED, 10))
    bulk.keep_verdicts(Act.system(), made, verdicts=carrying.carried_out(own, made, parts))
    first = Credit.objects.order_by("account")[0]
    trading.credit_ended(Act.system(), first, why="taken with a negative balance")
    carrying.hear_answers(Act.system())
    assert [status for status, _ in verdicts(made)] == [Row.DONE, Row.UNKNOWN]


def test_twice_as_many_rows_are_heard_of_in_no_statement_more(eleni: Staff) -> None:
    many(40)

    def statements(count: int) -> int:
        some = everything()[:count]
        change = prepared(
            make.act_of(eleni), RESTRICT, some, reason=f"Volatile {count}", how="disabled"
        )
        bulk.start_change(make.act_of(eleni), change)
        drain()
        for one in some:
            trading.note_rights(Act.system(), one)
        with CaptureQueriesContext(connection) as asked:
            carrying.hear_answers(Act.system())
        assert changes.tally(change).done == count
        for one in some:
            trading.lift_restriction(Act.system(), one)
        return len(asked)

    assert statements(40) == statements(20)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_whoever_is_asked_can_refuse(name: str) -> None:
    assert False in ANSWERS[name].values()
