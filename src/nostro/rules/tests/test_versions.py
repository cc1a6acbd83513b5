"""A rule changes by a draft, its test cases and a second person, never otherwise."""

from decimal import Decimal

import pytest

from nostro.core.acts import Act
from nostro.core.doors import call
from nostro.core.models import Record
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden
from nostro.people.models import Staff
from nostro.rules import operations, queries
from nostro.rules.deciding import decide
from nostro.rules.decisions import FOUR_EYES, FourEyesAsked
from nostro.rules.models import BackTest, Decision, Flip, Version
from nostro.rules.operations import back_tests
from nostro.rules.operations.activation import NotReady, OwnVersion, ReasonNeeded
from nostro.rules.operations.back_tests import BadPeriod
from nostro.rules.operations.drafts import BadCase, BadEdit, DraftExists, NoSuchRule
from nostro.rules.tables import from_jdm
from tests import make

pytestmark = pytest.mark.django_db
POINT = FOUR_EYES.name
OF_NOTHING = {"worth": "0", "currency": "", "entity": "", "kind": ""}


@operation(internal=True, lock=False)
def ask_four_eyes(act: Act, client: object, *, operation: str, amount: str) -> Decision:
    """Ask the rule about something, as an operation of the house would."""
    from nostro.people.events import TagAdded

    asked = FourEyesAsked(operation=operation, amount=Decimal(amount), **OF_NOTHING)
    answer = decide(act, FOUR_EYES, asked, about=client)  # type: ignore[arg-type]
    act.record(TagAdded("asked"), about=client)  # type: ignore[arg-type]
    return answer.decision


@pytest.fixture
def author(act: Act) -> Staff:
    return make.staff("rules.*")


@pytest.fixture
def draft(author: Staff) -> Version:
    return operations.draft_version(make.act_of(author), point=POINT)


def stricter(draft: Version, author: Staff) -> Version:
    return operations.edit_cell(make.act_of(author), draft, row="rest", field="people", cell="1")


def records() -> int:
    return Record.objects.count()


def test_a_draft_is_a_copy_of_the_version_in_force_and_decides_nothing(draft: Version) -> None:
    active = Version.objects.get(point=POINT, status="active")
    assert (draft.number, draft.jdm) == (active.number + 1, active.jdm)
    assert draft.status == Version.Status.DRAFT


def test_two_people_do_not_draft_the_same_rule_at_once(draft: Version) -> None:
    before = records()
    with pytest.raises(DraftExists):
        operations.draft_version(Act.system(), point=POINT)
    assert Version.objects.filter(point=POINT).count() == 2
    assert records() == before


def test_a_rule_that_does_not_exist_is_not_drafted(act: Act) -> None:
    with pytest.raises(NoSuchRule):
        operations.draft_version(act, point="payments.generosity")
    assert not Version.objects.exists()


def test_nobody_drafts_or_activates_without_the_role(draft: Version) -> None:
    nobody = make.act_of(make.staff("rules.versions"))
    before = records()
    with pytest.raises(Forbidden):
        operations.draft_version(nobody, point=POINT)
    with pytest.raises(Forbidden):
        operations.activate_version(nobody, draft)
    assert records() == before


def test_a_changed_cell_decides_only_once_somebody_else_activated_it(
    draft: Version, author: Staff
) -> None:
    ada = make.client()
    asked = {"operation": "people.add_note", "amount": "0"}
    stricter(draft, author)
    assert ask_four_eyes(Act.system(), ada, **asked).answers[0]["people"] == "0"

    operations.submit_version(make.act_of(author), draft, reason="Everything by two.")
    assert ask_four_eyes(Act.system(), ada, **asked).answers[0]["people"] == "0"

    operations.activate_version(make.act_of(make.staff("rules.*")), draft)
    decision = ask_four_eyes(Act.system(), ada, **asked)
    assert (decision.answers[0]["people"], decision.version_id) == ("1", draft.pk)
    assert Version.objects.get(point=POINT, number=1).status == Version.Status.RETIRED


def test_who_wrote_a_version_may_not_activate_it(draft: Version, author: Staff) -> None:
    stricter(draft, author)
    helper = make.staff("rules.*")
    operations.edit_cell(make.act_of(helper), draft, row="rest", field="note", cell="All.")
    operations.submit_version(make.act_of(author), draft, reason="Everything by two.")
    before = records()
    for one in (author, helper):
        with pytest.raises(OwnVersion):
            operations.activate_version(make.act_of(one), draft)
    draft.refresh_from_db()
    assert draft.status == Version.Status.PROPOSED
    assert records() == before


@pytest.mark.parametrize("broken", ["< (", "maybe", '"one"', "-", ""])
def test_a_broken_answer_is_kept_in_a_draft_and_never_submitted(
    draft: Version, author: Staff, broken: str
) -> None:
    operations.edit_cell(make.act_of(author), draft, row="rest", field="people", cell=broken)
    assert [flaw.field for flaw in queries.flaws_of(draft)] == ["people"]
    before = records()
    with pytest.raises(NotReady):
        operations.submit_version(make.act_of(author), draft, reason="Because.")
    draft.refresh_from_db()
    assert draft.status == Version.Status.DRAFT
    assert records() == before


def test_a_broken_cell_cannot_be_activated_even_if_it_got_so_far(
    draft: Version, author: Staff
) -> None:
    stricter(draft, author)
    operations.submit_version(make.act_of(author), draft, reason="Because.")

    @operation(internal=True)
    def spoil(act: Act, version: Version) -> None:
        from nostro.rules.events import VersionEdited

        jdm = version.jdm
        jdm["nodes"][1]["content"]["rules"][0]["in.amount"] = "< ("
        Version.objects.filter(pk=version.pk).update(jdm=jdm)
        act.record(VersionEdited(version.point, 1), about=version)

    spoil(Act.system(), draft)
    with pytest.raises(NotReady):
        operations.activate_version(make.act_of(make.staff("rules.*")), draft)
    assert Version.objects.get(point=POINT, status="active").number == 1


def test_a_draft_without_a_reason_or_a_change_goes_nowhere(draft: Version, author: Staff) -> None:
    with pytest.raises(ReasonNeeded):
        operations.submit_version(make.act_of(author), draft, reason="  ")
    with pytest.raises(NotReady, match="changes nothing"):
        operations.submit_version(make.act_of(author), draft, reason="Because.")


def test_a_test_case_that_fails_keeps_a_draft_from_activation(
    draft: Version, author: Staff
) -> None:
    act = make.act_of(author)
    stricter(draft, author)
    case = {"operation": "people.add_note", "amount": "0", **OF_NOTHING}
    operations.add_case(act, draft, title="a note", inputs=case, expects={"people": "0"})
    with pytest.raises(NotReady, match="a note"):
        operations.submit_version(act, draft, reason="Because.")

    operations.remove_case(act, draft, title="a note")
    operations.add_case(act, draft, title="a note", inputs=case, expects={"people": "1"})
    operations.submit_version(act, draft, reason="Because.")
    assert draft.status == Version.Status.PROPOSED


@pytest.mark.parametrize(
    ("inputs", "expects"),
    [
        ({"operation": "people.add_note"}, {"people": "0"}),
        ({"operation": 7, "amount": "0", **OF_NOTHING}, {"people": "0"}),
        ({"operation": "x", "amount": "0", "mood": "good", **OF_NOTHING}, {"people": "0"}),
        ({"operation": "x", "amount": "0", **OF_NOTHING}, {"mercy": "0"}),
        ({"operation": "x", "amount": "0", **OF_NOTHING}, {}),
    ],
)
def test_a_case_the_rule_cannot_be_asked_is_not_kept(
    draft: Version, inputs: dict[str, object], expects: dict[str, object]
) -> None:
    before = records()
    with pytest.raises(BadCase):
        operations.add_case(Act.system(), draft, title="odd", inputs=inputs, expects=expects)
    draft.refresh_from_db()
    assert draft.cases == []
    assert records() == before


def test_rows_are_added_moved_and_removed_by_writing_the_table_anew(draft: Version) -> None:
    rows = [
        {"cells": {"amount": "> 1000"}, "out": {"people": "2", "within_hours": "4"}},
        {"id": "rest", "out": {"people": "0", "within_hours": "0"}, "note": "The rest."},
    ]
    call(Act.system(), operations.edit_rows, draft, {"rows": rows})
    draft.refresh_from_db()
    kept = [rule["_id"] for rule in draft.jdm["nodes"][1]["content"]["rules"]]
    assert kept == ["row-1", "rest"]
    assert queries.flaws_of(draft) == []


def test_an_added_row_stands_last_and_is_not_ready_before_its_answers_are_written(
    draft: Version, author: Staff
) -> None:
    before = [one.id for one in from_jdm(draft.jdm).rows]
    changed = operations.add_row(make.act_of(author), draft)
    *others, last = from_jdm(changed.jdm).rows
    assert [one.id for one in others] == before
    assert (last.id, any({**last.cells, **last.out}.values())) == ("row-1", False)
    assert {one.row_id for one in queries.flaws_of(changed)} == {"row-1"}


@pytest.mark.parametrize(
    ("row", "field", "cell"),
    [("nowhere", "people", "1"), ("rest", "mercy", "1"), ("rest", "people", "1" * 501)],
)
def test_an_edit_of_nothing_that_exists_changes_nothing(
    draft: Version, row: str, field: str, cell: str
) -> None:
    before, jdm = records(), draft.jdm
    with pytest.raises(BadEdit):
        operations.edit_cell(Act.system(), draft, row=row, field=field, cell=cell)
    draft.refresh_from_db()
    assert draft.jdm == jdm
    assert records() == before


def test_a_version_in_force_is_never_edited_or_dropped(draft: Version) -> None:
    active = Version.objects.get(point=POINT, status="active")
    with pytest.raises(WrongState):
        operations.edit_cell(Act.system(), active, row="rest", field="people", cell="3")
    with pytest.raises(WrongState):
        operations.drop_version(Act.system(), active)


def test_a_version_sent_back_is_a_draft_again_and_a_dropped_one_makes_room(
    draft: Version, author: Staff
) -> None:
    stricter(draft, author)
    operations.submit_version(make.act_of(author), draft, reason="Because.")
    operations.send_back_version(Act.system(), draft, reason="Too strict.")
    operations.drop_version(Act.system(), draft)
    assert operations.draft_version(Act.system(), point=POINT).number == draft.number + 1


# ── Back-tests ──


def asked(count: int, code: str = "CY") -> None:
    ada = make.client(code)
    for number in range(count):
        name = "people.set_role" if number % 2 else "people.add_note"
        ask_four_eyes(Act.system(), ada, operation=name, amount="0")


def test_a_back_test_says_which_decisions_would_change(draft: Version, author: Staff) -> None:
    asked(6)
    stricter(draft, author)
    found = operations.start_back_test(make.act_of(author), draft, days=30)

    assert (found.state, found.asked, found.changed) == (BackTest.State.DONE, 6, 3)
    assert found.hits == {"rest": 3, "people-and-rights": 3}
    flip = Flip.objects.first()
    assert flip is not None
    assert (flip.before["answers"][0]["people"], flip.after["answers"][0]["people"]) == ("0", "1")
    assert flip.before["rows"] == flip.after["rows"] == ["rest"]


def test_a_large_back_test_is_done_by_jobs_and_counts_nothing_twice(
    draft: Version, author: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nostro.core import jobs

    monkeypatch.setattr(back_tests, "AT_ONCE", 2)
    monkeypatch.setattr(back_tests, "PIECE", 2)
    asked(5)
    stricter(draft, author)
    found = operations.start_back_test(make.act_of(author), draft)
    assert found.state == BackTest.State.RUNNING

    for _ in range(2):
        jobs.drain()
        found.refresh_from_db()
    assert (found.state, found.asked, found.changed) == (BackTest.State.DONE, 5, 3)
    assert Flip.objects.count() == 3


def test_a_back_test_stops_when_its_draft_is_changed(
    draft: Version, author: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nostro.core import jobs

    monkeypatch.setattr(back_tests, "AT_ONCE", 0)
    asked(2)
    found = operations.start_back_test(make.act_of(author), draft)
    stricter(draft, author)
    jobs.drain()
    found.refresh_from_db()
    assert (found.state, found.asked) == (BackTest.State.STOPPED, 0)


def test_a_back_test_of_no_days_or_a_broken_draft_is_not_begun(draft: Version) -> None:
    with pytest.raises(BadPeriod):
        operations.start_back_test(Act.system(), draft, days=0)
    operations.edit_cell(Act.system(), draft, row="rest", field="people", cell="< (")
    with pytest.raises(Exception, match="rest"):
        operations.start_back_test(Act.system(), draft)
    assert not BackTest.objects.exists()


def test_staff_of_one_entity_see_no_decision_or_flip_of_another(
    draft: Version, author: Staff
) -> None:
    asked(2, "UK")
    stricter(draft, author)
    operations.start_back_test(make.act_of(author), draft)
    cypriot = make.act_of(make.staff("rules.*", entities=["CY"]))
    british = make.act_of(make.staff("rules.*", entities=["UK"]))

    make.entity("CY")
    assert queries.decisions(british).count() == 2
    assert queries.flips(british).count() == 1
    assert not queries.decisions(cypriot).exists()
    assert not queries.flips(cypriot).exists()
    standing = {one.point.name: one for one in queries.points(cypriot)}[POINT]
    assert (standing.asked, standing.draft) == (0, draft)
