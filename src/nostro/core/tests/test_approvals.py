"""Four eyes: a proposal is carried out when enough others agree, and every word is kept."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from nostro.core import approvals
from nostro.core.access import Actor
from nostro.core.acts import Act
from nostro.core.approvals import (
    AlreadySaid,
    Need,
    OwnProposal,
    agree_to_proposal,
    refuse_proposal,
    withdraw_proposal,
)
from nostro.core.doors import BadInput, call
from nostro.core.models import Agreement, Proposal, Record
from nostro.core.operations import Operation
from nostro.core.states import WrongState
from nostro.core.tests.parcels import Parcel, client, deliver, nothing_happened, send, staff
from nostro.kit.problems import Forbidden, NotFound

pytestmark = pytest.mark.usefixtures("parcel_table", "two_people")


@pytest.fixture
def two_people() -> Iterator[None]:
    """Rules by which a delivery needs two more people."""

    def ask(act: Act, wanted: Operation[..., Any], subject: Any, inputs: Mapping[str, Any]) -> Need:
        if wanted is not deliver:
            return Need()
        return Need(2, "tests.deliver", timedelta(hours=4), "Deliveries need two.")

    before, approvals.ASK[:] = approvals.ASK[:], [ask]
    yield
    approvals.ASK[:] = before


def maker() -> Actor:
    return staff(1, "tests.*")


def proposed() -> Proposal:
    parcel = send(Act.system(), label="Book")
    made = call(Act(maker()), deliver, parcel.pk, {"note": "by hand"})
    assert isinstance(made, Proposal)
    return made


def test_a_call_that_needs_others_changes_nothing_yet() -> None:
    proposal = proposed()

    assert Parcel.objects.get().status == Parcel.Status.SENT
    assert (proposal.people, proposal.inputs) == (2, {"note": "by hand"})
    assert proposal.due_at == proposal.made_at + timedelta(hours=4)
    assert Record.objects.filter(name="core.ProposalMade").count() == 1


def test_it_is_carried_out_when_enough_others_have_agreed() -> None:
    proposal = proposed()

    agree_to_proposal(Act(staff(2, "tests.*")), proposal)
    assert Parcel.objects.get().status == Parcel.Status.SENT
    agree_to_proposal(Act(staff(3, "tests.*")), proposal)

    assert Parcel.objects.get().status == Parcel.Status.DELIVERED
    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.DONE
    assert Record.objects.get(name="tests.ParcelDelivered").actor_id == 3


def test_who_proposed_it_does_not_agree_to_it() -> None:
    proposal = proposed()

    with pytest.raises(OwnProposal):
        agree_to_proposal(Act(maker()), proposal)

    assert not Agreement.objects.exists()
    assert not Record.objects.filter(name="core.ProposalAgreed").exists()


def test_the_same_person_is_not_heard_twice() -> None:
    proposal = proposed()
    agree_to_proposal(Act(staff(2, "tests.*")), proposal)

    with pytest.raises(AlreadySaid):
        agree_to_proposal(Act(staff(2, "tests.*")), proposal)

    assert Agreement.objects.count() == 1
    assert Parcel.objects.get().status == Parcel.Status.SENT


@pytest.mark.parametrize("actor", [staff(2, "payments.*"), client(3)])
def test_without_the_permission_nobody_agrees(actor: Actor) -> None:
    proposal = proposed()

    with pytest.raises(Forbidden):
        agree_to_proposal(Act(actor), proposal)

    assert not Agreement.objects.exists()


def test_a_refusal_is_kept_with_its_reason_and_ends_the_proposal() -> None:
    proposal = proposed()

    refuse_proposal(Act(staff(2, "tests.*")), proposal, note="Wrong street")

    kept = Agreement.objects.get()
    assert (kept.agrees, kept.note, kept.staff_id) == (False, "Wrong street", 2)
    with pytest.raises(WrongState):
        agree_to_proposal(Act(staff(3, "tests.*")), proposal)
    assert Parcel.objects.get().status == Parcel.Status.SENT


def test_only_who_proposed_it_takes_it_back() -> None:
    proposal = proposed()

    with pytest.raises(OwnProposal):
        withdraw_proposal(Act(staff(2, "tests.*")), proposal)
    withdraw_proposal(Act(maker()), proposal)

    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.WITHDRAWN


def test_what_became_impossible_meanwhile_is_not_carried_out_and_the_word_not_kept() -> None:
    proposal = proposed()
    agree_to_proposal(Act(staff(2, "tests.*")), proposal)
    deliver(Act.system(), Parcel.objects.get())

    with pytest.raises(WrongState):
        agree_to_proposal(Act(staff(3, "tests.*")), proposal)

    assert Agreement.objects.count() == 1
    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.OPEN


def test_a_door_says_what_is_wrong_with_each_input() -> None:
    with pytest.raises(BadInput) as caught:
        call(Act(maker()), send, None, {"kilograms": "many", "colour": "red"})

    assert set(caught.value.errors) == {"label", "kilograms", "colour"}
    assert caught.value.errors["label"] == "This is needed."
    assert nothing_happened()


def test_a_door_finds_the_subject_only_where_the_asker_sees_it() -> None:
    parcel = send(Act.system(), label="Book", client_id=3)

    with pytest.raises(NotFound):
        call(Act(client(4)), deliver, parcel.pk, {})
    call(Act(client(3)), deliver, parcel.pk, {})

    assert Parcel.objects.get().status == Parcel.Status.DELIVERED
