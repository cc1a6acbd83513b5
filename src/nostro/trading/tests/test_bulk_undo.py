"""A bulk change is undone by another one: row by row, where things still stand as it left them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.bulk import operations as bulk
from nostro.bulk import queries as changes
from nostro.bulk import reactions as carrying
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.operations.undo import COPIED
from nostro.bulk.tests.make import prepared, started, undo, verdicts
from nostro.bulk.undoing import UNDOING
from nostro.core import approvals
from nostro.core.acts import Act, clock_at, now
from nostro.core.approvals import Need, agree_to_proposal
from nostro.core.jobs import drain
from nostro.core.models import Proposal, Record
from nostro.core.operations import OPERATIONS
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, Problem
from nostro.people.models import Staff
from nostro.trading import operations as trading
from nostro.trading import reactions
from nostro.trading.models import TradingAccount
from nostro.trading.ports import PLATFORMS
from tests import make

from nostro.trading.tests.make import everything, granted, many, recorded  # isort: skip

pytestmark = pytest.mark.django_db
Status, Row = TradingAccount.Status, BulkRow.Status
LEVERAGE, RESTRICT = "trading.change_leverage", "trading.restrict_account"
LIFT, SWAP_FREE = "trading.lift_restriction", "trading.make_swap_free"
EASE = "trading.ease_restriction"


@pytest.fixture
def eleni(db: None, settings: Any) -> Staff:
    settings.NOSTRO_REQUIRE_MFA = False
    return make.staff("*")


def done(act: Act, name: str, **inputs: Any) -> BulkChange:
    change = prepared(act, name, everything(), **inputs)
    return started(act, change)


def fresh(person: Staff) -> Act:
    return make.act_of(person)


def test_rows_that_stand_as_they_were_left_are_set_back_and_the_others_say_why_not(
    eleni: Staff,
) -> None:
    many(60)
    first = everything()[0]
    trading.restrict_account(Act.system(), first, reason="Asked for")
    change = done(fresh(eleni), RESTRICT, reason="Volatile", how="read_only")
    ours = everything()[5]
    trading.lift_restriction(Act.system(), ours)

    made = undo(fresh(eleni), change)

    assert made.status == BulkChange.Status.READY
    assert (made.title, made.undoes, made.total) == ("Undo: Restrict", change, 60)
    tally = changes.tally(made)
    assert (tally.planned, tally.refused) == (59, 1)
    assert [said for _, said in verdicts(made) if said] == ["It was changed since: open."]
    assert recorded("RestrictionLifted") == 1, "nothing is changed by looking"

    started(fresh(eleni), made)
    first.refresh_from_db()
    assert (first.status, first.reason) == (Status.CLOSE_ONLY, "Asked for")
    assert everything().filter(status=Status.OPEN).count() == 59
    lifted = Record.objects.filter(name="trading.RestrictionLifted", actor_id=eleni.pk)
    assert lifted.count() == 58


def test_what_is_changed_between_the_look_and_the_start_is_left_alone(eleni: Staff) -> None:
    many(3)
    change = done(fresh(eleni), RESTRICT, reason="Volatile", how="close_only")
    made = undo(fresh(eleni), change)
    one = everything()[1]
    trading.restrict_account(Act.system(), one, reason="Court order", how="disabled")

    started(fresh(eleni), made)

    one.refresh_from_db()
    assert (one.status, one.reason) == (Status.DISABLED, "Court order")
    granted()
    tally = changes.tally(made)
    assert (tally.done, tally.refused) == (2, 1)


def test_a_later_restriction_of_the_same_kind_stays(eleni: Staff) -> None:
    many(2)
    until = (now() + timedelta(days=5)).isoformat()
    change = done(fresh(eleni), RESTRICT, reason=" Volatile ", how="read_only", until=until)
    one = everything()[0]
    trading.lift_restriction(Act.system(), one)
    trading.restrict_account(Act.system(), one, reason="Money laundering?", how="read_only")

    made = undo(fresh(eleni), change)

    tally = changes.tally(made)
    assert (tally.planned, tally.refused) == (1, 1)
    started(fresh(eleni), made)
    one.refresh_from_db()
    assert (one.status, one.reason) == (Status.READ_ONLY, "Money laundering?")


def test_an_undo_is_undone_like_any_other_change_and_nothing_is_undone_twice(
    eleni: Staff,
) -> None:
    many(4)
    change = done(fresh(eleni), RESTRICT, reason="Volatile", how="close_only")
    made = undo(fresh(eleni), change)
    with pytest.raises(WrongState, match="undoes it already"):
        bulk.undo_change(fresh(eleni), change, reason="Again")
    with pytest.raises(WrongState, match="what has ended"):
        bulk.undo_change(fresh(eleni), made, reason="Again")
    started(fresh(eleni), made)
    again = started(fresh(eleni), undo(fresh(eleni), made))
    granted()
    assert changes.tally(again).done == 4
    assert set(everything().values_list("status", flat=True)) == {Status.CLOSE_ONLY}


def test_a_worker_killed_in_the_middle_remembers_how_it_was(eleni: Staff) -> None:
    many(70)
    change = prepared(fresh(eleni), RESTRICT, everything(), reason="Volatile")
    bulk.start_change(fresh(eleni), change)
    own = carrying.maker(change, Act.system())
    rows = changes.next_rows(change, Row.PLANNED, 30)
    carrying.carried_out(own, change, carrying.parts_of(own, change, rows))  # and was killed
    drain()
    made = undo(fresh(eleni), change)
    assert changes.tally(made).planned == 70
    started(fresh(eleni), made)
    assert set(everything().values_list("status", flat=True)) == {Status.OPEN}
    made.refresh_from_db()
    assert recorded("RestrictionLifted") == 70


def test_only_who_could_do_it_undoes_it_and_each_row_asks_for_its_own_right(eleni: Staff) -> None:
    many(3)
    change = done(fresh(eleni), RESTRICT, reason="Volatile", how="close_only")
    before = Record.objects.count()
    with pytest.raises(Forbidden):
        bulk.undo_change(fresh(make.staff("trading.accounts")), change, reason="Mine")
    with pytest.raises(Problem):
        bulk.undo_change(fresh(eleni), change, reason=" ")
    assert Record.objects.count() == before + 2  # the colleague who was made, with a role
    half = make.staff("trading.accounts", RESTRICT)
    made = undo(fresh(half), change)
    assert changes.tally(made).refused == 3
    assert "does not include" in verdicts(made)[0][1]


def test_others_agree_to_what_an_undo_does_and_to_nothing_else(
    eleni: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(4)
    first = everything()[0]
    trading.restrict_account(Act.system(), first, reason="Asked for")
    change = done(fresh(eleni), RESTRICT, reason="Volatile", how="read_only")
    asks = [lambda act, wanted, *_: Need(1) if wanted.name in (LIFT, EASE) else Need()]
    monkeypatch.setattr(approvals, "ASK", asks)
    made = undo(fresh(eleni), change)
    proposal = bulk.start_change(fresh(eleni), made)
    assert isinstance(proposal, Proposal)
    assert proposal.needs == LIFT
    with pytest.raises(Forbidden):
        agree_to_proposal(fresh(make.staff("trading.accounts", EASE)), proposal)

    agree_to_proposal(fresh(make.staff("trading.accounts", LIFT)), proposal)
    drain()

    granted()
    assert [status for status, _ in verdicts(made)] == [Row.PROPOSED, *[Row.DONE] * 3]
    first.refresh_from_db()
    assert first.status == Status.READ_ONLY, "nobody has agreed to restrict it otherwise"
    assert Proposal.objects.get(status=Proposal.Status.OPEN).needs == EASE


def test_what_nobody_knows_how_to_undo_says_so(eleni: Staff) -> None:
    many(2)
    for one in everything():
        trading.restrict_account(Act.system(), one, reason="A test")
    name = "trading.keep_leverage"
    until = (now() + timedelta(days=5)).isoformat()
    change = done(fresh(eleni), name, until=until, reason="Hedged")
    with pytest.raises(WrongState, match="cannot be undone"):
        bulk.undo_change(fresh(eleni), change, reason="Back")
    checked = prepared(fresh(eleni), LIFT, everything())
    with pytest.raises(WrongState, match="what has ended"):
        bulk.undo_change(fresh(eleni), checked, reason="Back")


def test_a_restriction_that_would_be_over_is_not_put_back(eleni: Staff) -> None:
    many(2)
    for one in everything():
        trading.restrict_account(Act.system(), one, reason="A day", until=now() + timedelta(days=1))
    change = done(fresh(eleni), LIFT)
    with clock_at(now() + timedelta(days=2)):
        made = undo(fresh(eleni), change)
    assert {said for _, said in verdicts(made)} == {"The restriction it had would be over by now."}
    assert made.status == BulkChange.Status.READY


def test_twice_as_many_rows_alike_take_no_statement_more(eleni: Staff) -> None:
    many(300)

    def statements(count: int) -> int:
        ids = list(everything().values_list("pk", flat=True)[:count])
        change = bulk.prepare_change(
            fresh(eleni), operation=RESTRICT, ids=ids, reason="x",
            inputs={"reason": "x", "how": "close_only"},
        )  # fmt: skip
        drain()
        started(fresh(eleni), BulkChange.objects.get(pk=change.pk))
        with CaptureQueriesContext(connection) as asked:
            made = undo(fresh(eleni), BulkChange.objects.get(pk=change.pk))
        started(fresh(eleni), made)
        return len(asked)

    statements(10)
    assert statements(300) == statements(150)


def test_how_it_was_is_not_kept_of_rows_that_others_let_pass_later(
    eleni: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(2)
    one = everything()[0]
    change = prepared(fresh(eleni), RESTRICT, everything(), reason="Volatile", how="disabled")
    bulk.start_change(fresh(eleni), change)
    asks = [lambda act, wanted, thing, _: Need(1, RESTRICT) if thing == one else Need()]
    monkeypatch.setattr(approvals, "ASK", asks)  # the rule has changed
    drain()
    assert [row.before is None for row in change.rows.order_by("number")] == [True, False]

    trading.restrict_account(Act.system(), one, reason="Court order", how="read_only")
    monkeypatch.setattr(approvals, "ASK", [])
    agree_to_proposal(fresh(make.staff("trading.*")), Proposal.objects.get())
    carrying.hear_answers(Act.system())
    made = undo(fresh(eleni), BulkChange.objects.get(pk=change.pk))
    assert verdicts(made) == [(Row.REFUSED, "Nobody kept how it was before."), (Row.PLANNED, "")]


def test_rows_find_how_they_were_by_a_hash_and_not_one_by_one(eleni: Staff) -> None:
    many(3)
    change = done(fresh(eleni), RESTRICT, reason="Volatile", how="close_only")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off")
        cursor.execute(f"EXPLAIN {COPIED}", ["{}", [], change.pk, "", [], change.pk, "[]"])
        plan = [line.strip() for (line,) in cursor.fetchall()]
    assert any(line.startswith("Hash Cond:") and "before" in line for line in plan), plan
    assert not any(line.startswith("Join Filter:") for line in plan), plan


@pytest.mark.parametrize("name", sorted(UNDOING))
def test_what_can_be_undone_can_be_done_in_bulk(name: str) -> None:
    assert not OPERATIONS[name].internal
    assert OPERATIONS[name].subject_type is TradingAccount


def test_leverage_goes_back_to_what_each_account_had_once_the_platform_has_done_it(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    change = done(fresh(eleni), LEVERAGE, leverage=50)
    assert {one.status for one in change.rows.all()} == {Row.DONE}
    made = started(fresh(eleni), undo(fresh(eleni), change))
    assert [status for status, _ in verdicts(made)] == [Row.DONE, Row.DONE]
    for account, leverage in zip(opened, (500, 200), strict=True):
        account.refresh_from_db()
        on = PLATFORMS.take(account.platform.slug).account(account.login or 0)
        assert (account.leverage, on.leverage) == (leverage, leverage)


def test_nothing_is_undone_before_every_row_is_answered(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    change = prepared(fresh(eleni), LEVERAGE, everything(), leverage=50)
    bulk.start_change(fresh(eleni), change)
    own = carrying.maker(change, Act.system())
    parts = carrying.parts_of(own, change, changes.next_rows(change, Row.PLANNED, 10))
    asked = carrying.carried_out(own, change, parts)
    bulk.keep_verdicts(Act.system(), change, verdicts=asked)
    assert change.status == BulkChange.Status.DONE
    assert {one.status for one in change.rows.all()} == {Row.UNKNOWN}
    with pytest.raises(WrongState, match="not answered yet"):
        bulk.undo_change(fresh(eleni), change, reason="Too soon")
    assert changes.undo_of(change) is None

    drain()
    carrying.hear_answers(Act.system())
    made = undo(fresh(eleni), change)
    assert changes.tally(made).planned == 2


def test_swap_free_trading_given_to_many_is_taken_back(
    eleni: Staff, opened: list[TradingAccount]
) -> None:
    change = done(fresh(eleni), SWAP_FREE, days=30, reason="A mistake")
    assert all(one.group and one.group.swap_free for one in everything())
    made = started(fresh(eleni), undo(fresh(eleni), change))
    assert changes.tally(made).done == 2
    assert not any(one.group and one.group.swap_free for one in everything())
    again = started(fresh(eleni), undo(fresh(eleni), made))
    assert changes.tally(again).done == 2
    with clock_at(now() + timedelta(days=31)):
        reactions.end_expired_swap_free(Act.system())


def test_a_page_offers_it_once_it_has_ended_and_shows_both(eleni: Staff) -> None:
    many(3)
    change = done(fresh(eleni), RESTRICT, reason="Volatile", how="close_only")
    desk = make.browser(eleni)
    assert "bulk.undo_change" in desk.get(f"/staff/bulk/changes/{change.pk}/").content.decode()
    made = undo(fresh(eleni), change)
    page = desk.get(f"/staff/bulk/changes/{change.pk}/").content.decode()
    assert str(made) in page
    page = desk.get(f"/staff/bulk/changes/{made.pk}/").content.decode()
    assert "Undo: Restrict" in page
    assert f"What {change} did" in page
