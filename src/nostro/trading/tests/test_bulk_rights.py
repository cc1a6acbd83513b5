"""Whose rows a bulk change touches, who has to agree to it, and what makes no sense."""

from datetime import timedelta
from typing import Any

import pytest

from nostro.bulk import operations as bulk
from nostro.bulk import queries as changes
from nostro.bulk import reactions as carrying
from nostro.bulk.models import BulkChange, BulkRow
from nostro.bulk.operations.changes import NothingToDo, NotYours, TooMany
from nostro.bulk.tests.make import prepared, verdicts
from nostro.core import approvals
from nostro.core.acts import Act
from nostro.core.approvals import Need, agree_to_proposal, refuse_proposal
from nostro.core.inputs import BadInput
from nostro.core.jobs import drain
from nostro.core.models import Proposal, Record
from nostro.core.operations import OPERATIONS
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.people.models import Staff
from nostro.trading.models import TradingAccount
from tests import make

from nostro.trading.tests.make import everything, granted, many, recorded  # isort: skip

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status
Row = BulkRow.Status
LEVERAGE, RESTRICT = "trading.change_leverage", "trading.restrict_account"
LIFT = "trading.lift_restriction"


@pytest.fixture
def eleni(db: None) -> Staff:
    return make.staff("*")


# ── Scope ──


def test_a_person_changes_and_sees_only_rows_within_their_sight() -> None:
    many(5, "SC")
    many(5, "UK")
    limited = make.staff("trading.*", entities=["UK"])
    act = make.act_of(limited)

    change = prepared(act, RESTRICT, everything(), reason="Volatile")
    bulk.start_change(act, change)
    drain()

    granted()
    found = verdicts(change)
    assert sum(status == Row.DONE for status, _ in found) == 5
    assert {said for status, said in found if status == Row.REFUSED} == {carrying.GONE}
    restricted = TradingAccount.objects.filter(status=Status.CLOSE_ONLY)
    assert set(restricted.values_list("entity__code", flat=True)) == {"UK"}
    assert changes.change_rows(act).filter(change=change).count() == 5


def test_of_a_colleagues_change_one_sees_the_rows_that_one_could_name(eleni: Staff) -> None:
    many(3, "SC")
    many(2, "UK")
    change = prepared(make.act_of(eleni), RESTRICT, everything(), reason="Volatile")

    limited = make.act_of(make.staff("trading.*", entities=["UK"]))
    stranger = make.act_of(make.staff("payments.*"))

    assert changes.change_rows(limited).filter(change=change).count() == 2
    assert change in changes.changes(limited)
    assert change not in changes.changes(stranger)
    assert not changes.change_rows(stranger).exists()


def test_who_has_lost_the_right_meanwhile_carries_nothing_more_out(eleni: Staff) -> None:
    from nostro.people import operations as people

    many(3)
    change = prepared(make.act_of(eleni), RESTRICT, everything(), reason="Volatile")
    bulk.start_change(make.act_of(eleni), change)
    role = eleni.roles.get()
    people.set_role(Act.system(), slug=role.slug, title=role.title, names=["people.*"])

    drain()

    change.refresh_from_db()
    assert change.status == BulkChange.Status.STOPPED
    assert recorded("AccountRestricted") == 0


def test_a_refusal_too_long_for_a_reason_is_cut_and_ends_the_change_all_the_same(
    eleni: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nostro.people import operations as people

    many(2)
    started = prepared(make.act_of(eleni), RESTRICT, everything(), reason="Volatile")
    bulk.start_change(make.act_of(eleni), started)
    ids = list(everything().values_list("pk", flat=True))
    unchecked = bulk.prepare_change(
        make.act_of(eleni), operation=RESTRICT, inputs={"reason": "x"}, ids=ids, reason="Volatile"
    )
    monkeypatch.setattr(OPERATIONS[RESTRICT], "title", "Restrict " * 40)
    role = eleni.roles.get()
    people.set_role(Act.system(), slug=role.slug, title=role.title, names=["people.*"])

    drain()

    started.refresh_from_db()
    unchecked.refresh_from_db()
    assert started.status == BulkChange.Status.STOPPED
    assert unchecked.status == BulkChange.Status.DROPPED
    told = Record.objects.filter(name__in=["bulk.ChangeStopped", "bulk.ChangeDropped"])
    assert [len(one.data["reason"]) for one in told] == [200, 200]


# ── Four eyes ──


@pytest.fixture
def four_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A house whose rules want a second person where an account is restricted."""

    def ask(act: Act, wanted: Any, subject: Any, inputs: Any) -> Need:
        needs = wanted.name == RESTRICT
        return Need(1, RESTRICT, timedelta(hours=8), "Two people.") if needs else Need()

    monkeypatch.setattr(approvals, "ASK", [ask])


def test_where_one_row_needs_a_second_person_the_whole_change_does(
    eleni: Staff, four_eyes: None
) -> None:
    many(4)
    change = prepared(make.act_of(eleni), RESTRICT, everything(), reason="Volatile")

    proposal = bulk.start_change(make.act_of(eleni), change)
    drain()

    assert isinstance(proposal, Proposal)
    change.refresh_from_db()
    assert (change.status, recorded("AccountRestricted")) == (BulkChange.Status.WAITING, 0)
    with pytest.raises(Problem):
        agree_to_proposal(make.act_of(eleni), proposal)

    agree_to_proposal(make.act_of(make.staff("trading.*")), proposal)
    drain()

    change.refresh_from_db()
    assert (change.status, recorded("AccountRestricted")) == (BulkChange.Status.DONE, 4)
    assert Proposal.objects.count() == 1


def test_what_others_refuse_is_ready_again_and_nothing_was_done(
    eleni: Staff, four_eyes: None
) -> None:
    many(4)
    change = prepared(make.act_of(eleni), RESTRICT, everything(), reason="Volatile")
    proposal = bulk.start_change(make.act_of(eleni), change)
    assert isinstance(proposal, Proposal)

    refuse_proposal(make.act_of(make.staff("trading.*")), proposal, note="Not today")
    drain()

    change.refresh_from_db()
    assert (change.status, recorded("AccountRestricted")) == (BulkChange.Status.READY, 0)


def test_rows_that_need_more_people_than_have_agreed_wait_each_for_itself(
    eleni: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(2)
    change = prepared(make.act_of(eleni), RESTRICT, everything(), reason="Volatile")
    bulk.start_change(make.act_of(eleni), change)
    monkeypatch.setattr(approvals, "ASK", [lambda *_: Need(1, RESTRICT)])  # the rule has changed
    drain()

    assert [status for status, _ in verdicts(change)] == [Row.PROPOSED] * 2
    first, second = Proposal.objects.order_by("pk")
    other = make.act_of(make.staff("trading.*"))
    agree_to_proposal(other, first)
    refuse_proposal(other, second, note="No")
    carrying.hear_answers(Act.system())

    said = (Row.REFUSED, f"{second} was refused.")
    assert verdicts(change) == [(Row.UNKNOWN, "The platform was asked."), said]
    granted()
    assert verdicts(change) == [(Row.DONE, ""), said]
    assert recorded("AccountRestricted") == 1


# ── Bad input ──


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"operation": "trading.nothing"}, NotFound),
        ({"operation": "trading.leverage_set"}, NotFound),
        ({"inputs": {}}, BadInput),
        ({"inputs": {"leverage": "much"}}, BadInput),
        ({"inputs": {"leverage": 50, "more": 1}}, BadInput),
        ({"reason": "  "}, Problem),
        ({"ids": []}, NothingToDo),
        ({"ids": range(100_001)}, TooMany),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_nothing_is_kept(
    given: dict[str, Any], problem: type[Problem], eleni: Staff
) -> None:
    first = many(2)
    good: dict[str, Any] = {
        "operation": LEVERAGE, "inputs": {"leverage": 50}, "ids": [first.pk], "reason": "New terms",
    }  # fmt: skip

    with pytest.raises(problem):
        bulk.prepare_change(make.act_of(eleni), **good | given)

    assert not BulkChange.objects.exists()
    assert not Record.objects.filter(name__startswith="bulk.").exists()


def test_who_may_not_do_it_may_not_do_it_in_bulk(eleni: Staff) -> None:
    many(2)
    with pytest.raises(Forbidden):
        prepared(make.act_of(make.staff("people.*")), LEVERAGE, everything(), leverage=50)
    change = prepared(make.act_of(eleni), LEVERAGE, everything(), leverage=50)
    with pytest.raises(NotYours):
        bulk.start_change(make.act_of(make.staff("*")), change)
    with pytest.raises(Forbidden):
        bulk.drop_change(make.act_of(make.staff("people.*")), change, reason="x")

    change.refresh_from_db()
    assert (change.status, recorded("LeverageAsked")) == (BulkChange.Status.READY, 0)


def test_a_change_of_which_every_row_is_refused_cannot_be_started(eleni: Staff) -> None:
    many(2)
    change = prepared(make.act_of(eleni), LIFT, everything())

    with pytest.raises(NothingToDo):
        bulk.start_change(make.act_of(eleni), change)

    change.refresh_from_db()
    assert change.status == BulkChange.Status.READY
    bulk.drop_change(make.act_of(eleni), change, reason="Nothing to do")
