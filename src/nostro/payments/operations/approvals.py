"""What people decide about a withdrawal: approve, ask the client, refuse, give to a colleague."""

from typing import Literal

from django.db import models

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.statements import add, composed
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.payments.events import (
    WithdrawalAnswered,
    WithdrawalApproved,
    WithdrawalApprovedOnce,
    WithdrawalAssigned,
    WithdrawalLookedInto,
    WithdrawalRefused,
    WithdrawalSentBack,
)
from nostro.payments.models import Approval, Leg, Withdrawal
from nostro.payments.operations.withdrawals import release
from nostro.people.models import Staff

COMPLIANCE = "compliance.approve_application"
"""Who may do this speaks for compliance, where the rule asks for its word."""


class OwnRequest(Problem):
    """The person who asked for money may not also approve it."""


class ApprovedAlready(Problem):
    """One person gives one approval."""


class NeedsCompliance(Problem):
    """The rule sent it to compliance: nobody else approves it."""


@composed
def _legs_sent(withdrawal_id: int) -> models.QuerySet[Leg, tuple[int]]:
    still = [Leg.Status.PLANNED, Leg.Status.FAILED]
    return (
        Leg.objects.filter(withdrawal_id=withdrawal_id).exclude(status__in=still).values_list("pk")
    )


@composed
def _approved_by(withdrawal_id: int) -> models.QuerySet[Approval, tuple[int]]:
    return Approval.objects.filter(withdrawal_id=withdrawal_id).values_list("staff_id")


@operation(title="Approve and pay", icon="check", asks=(_approved_by,))
def approve_withdrawal(act: Act, withdrawal: Withdrawal, *, note: str = "") -> Withdrawal:
    """Release the money. The provider is asked to pay it out right after the last approval."""
    if act.actor.is_client(withdrawal.client_id):
        raise OwnRequest("Someone else has to approve your own request.")
    if act.actor.kind == "staff" and act.actor.id == withdrawal.asked_by:
        raise OwnRequest("You asked for this one on the client's behalf: somebody else approves.")
    if not withdrawal.can_move_to(Withdrawal.Status.APPROVED):
        withdrawal.move_to(Withdrawal.Status.APPROVED)
    if withdrawal.queue == "compliance" and not act.actor.may(COMPLIANCE):
        raise NeedsCompliance("The rule asks for compliance here. Somebody of theirs approves it.")
    earlier = {staff_id for (staff_id,) in _approved_by(withdrawal.pk)}
    if act.actor.kind == "staff":
        if act.actor.id in earlier:
            raise ApprovedAlready("You have approved this one. The second person is somebody else.")
        add(
            Approval(
                withdrawal=withdrawal,
                staff_id=act.actor.id or 0,
                note=whole(note, "note"),
                at=act.at,
            )
        )
        earlier.add(act.actor.id or 0)
    given = len(earlier)
    if given < withdrawal.people:
        withdrawal.move_to(Withdrawal.Status.SECOND)
        act.record(WithdrawalApprovedOnce(withdrawal.pk, whole(note, "note")), about=withdrawal)
    else:
        withdrawal.move_to(Withdrawal.Status.APPROVED, approved_at=act.at)
        act.record(WithdrawalApproved(withdrawal.pk, whole(note, "note")), about=withdrawal)
    return withdrawal


@operation(title="Send back", icon="message")
def send_back(act: Act, withdrawal: Withdrawal, *, question: str) -> Withdrawal:
    """Ask the client something first. It waits for their answer; the money stays held."""
    if not question.strip():
        raise Problem("Write what the client should answer.", field="question")
    withdrawal.move_to(
        Withdrawal.Status.ASKED, question=whole(question, "question", most=300), answer=""
    )
    act.record(WithdrawalSentBack(withdrawal.pk), about=withdrawal)
    return withdrawal


@operation(open_to=("client",), title="Answer", icon="message")
def answer_question(act: Act, withdrawal: Withdrawal, *, answer: str) -> Withdrawal:
    """Answer what we asked about your withdrawal; it then goes on."""
    if not answer.strip():
        raise Problem("Write an answer first.", field="answer")
    if withdrawal.status != Withdrawal.Status.ASKED:
        raise WrongState(f"Nothing is asked about {withdrawal} any more.")
    approved = withdrawal.approvals.exists()
    going_on = Withdrawal.Status.SECOND if approved else Withdrawal.Status.APPROVAL
    withdrawal.move_to(going_on, answer=whole(answer, "answer", most=300))
    act.record(WithdrawalAnswered(withdrawal.pk), about=withdrawal)
    return withdrawal


@operation(title="Assign", icon="user-plus")
def assign_withdrawal(
    act: Act, withdrawal: Withdrawal, *, owner: Staff | None = None
) -> Withdrawal:
    """Put a name on it: a colleague's, or your own where you name nobody."""
    if owner is None and act.actor.kind == "staff":
        owner = Staff.objects.get(pk=act.actor.id or 0)
    if owner is None or owner.left_at is not None:
        raise Problem("Name a colleague who works here.", field="owner")
    withdrawal.owner = owner
    withdrawal.save(update_fields=["owner"])
    act.record(WithdrawalAssigned(withdrawal.pk, owner.pk), about=withdrawal)
    return withdrawal


@operation(title="Refuse", icon="x", tone="refuse", asks=(_legs_sent,))
def refuse_withdrawal(act: Act, withdrawal: Withdrawal, *, reason: str) -> Withdrawal:
    """Refuse, with the reason the client is told. What was held goes back to the wallet."""
    if not reason.strip():
        raise Problem("The client is told the reason: write one.", field="reason")
    if _legs_sent(withdrawal.pk):
        raise Problem(f"Part of {withdrawal} has been sent, so it cannot be refused.")
    withdrawal.move_to(Withdrawal.Status.REFUSED, reason=whole(reason))
    release(act, withdrawal, "refused")
    act.record(WithdrawalRefused(withdrawal.pk, whole(reason)), about=withdrawal)
    return withdrawal


@operation(title="Look into it", icon="search")
def look_into_withdrawal(
    act: Act,
    withdrawal: Withdrawal,
    *,
    then: Literal["give_back", "send_again"] = "give_back",
    note: str = "",
) -> Withdrawal:
    """Have the provider asked. What it proves never to have sent goes back to the wallet or out
    again; what did happen is taken as it is.
    """
    if withdrawal.status not in (Withdrawal.Status.STUCK, Withdrawal.Status.RETURNED):
        raise WrongState(f"{withdrawal} is {withdrawal.status_label.lower()}: nothing is in doubt.")
    act.record(WithdrawalLookedInto(withdrawal.pk, then, whole(note, "note")), about=withdrawal)
    return withdrawal
