"""A withdrawal: asked for and held at once, checked, decided by a rule, approved by people."""

import hashlib
from datetime import timedelta
from uuid import uuid4

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.ledger import chart
from nostro.ledger.operations import Move, post
from nostro.payments.allocation import NoWayOut
from nostro.payments.checks import checked, facts_for
from nostro.payments.decisions import APPROVAL
from nostro.payments.events import (
    DestinationAdded,
    WithdrawalApproved,
    WithdrawalApprovedOnce,
    WithdrawalCancelled,
    WithdrawalRefused,
    WithdrawalRequested,
)
from nostro.payments.models import Approval, Check, Destination, Leg, Provider, Withdrawal
from nostro.payments.operations.deposits import NotYet
from nostro.payments.queries import split_of
from nostro.people.models import Client
from nostro.rules.deciding import decide

COOL_DOWN = timedelta(hours=24)


class OwnRequest(Problem):
    """The person who asked for money may not also approve it."""


class ApprovedAlready(Problem):
    """One person gives one approval."""


class BadDestination(Problem):
    """A bank account that cannot be paid, or that is somebody else's."""


@operation(open_to=("client",), title="Add a bank account", icon="building-bank")
def add_destination(act: Act, client: Client, *, iban: str, holder: str) -> Destination:
    """Add a bank account in the client's own name. It can be used after a day."""
    try:
        number = IBAN(iban)
    except SchwiftyException as error:
        raise BadDestination("That is not an IBAN.", field="iban") from error
    if _words(holder) != _words(client.name):
        raise BadDestination(
            "We pay to accounts in your own name only, as it stands in your documents.",
            field="holder",
        )
    compact = number.compact
    print_of = hashlib.sha256(f"{client.pk}/{compact}".encode()).hexdigest()
    if Destination.objects.filter(client=client, fingerprint=print_of).exists():
        raise BadDestination("You have added this account already.", field="iban")
    destination = Destination.objects.create(
        client=client, kind="bank", label=f"{compact[:4]} ·· {compact[-4:]}", holder=holder.strip(),
        sealed=secrets.sealed(compact), fingerprint=print_of, added_at=act.at,
        usable_from=act.at + COOL_DOWN,
    )  # fmt: skip
    act.record(DestinationAdded(destination.pk, destination.label), about=destination)
    return destination


def _words(name: str) -> list[str]:
    return sorted(name.casefold().replace("-", " ").split())


@operation(open_to=("client",), title="Withdraw", icon="arrow-up-right")
def request_withdrawal(
    act: Act, client: Client, *, money: Money, destination: Destination | None = None
) -> Withdrawal:
    """Ask for money back. It is held at once, so it cannot be spent twice."""
    if client.status not in (Client.Status.ACTIVE, Client.Status.RESTRICTED):
        raise NotYet("You can withdraw once your documents are approved.")
    if money.amount <= 0:
        raise Problem("An amount to withdraw is above zero.", field="money")
    if destination is not None and destination.client_id != client.pk:
        raise NotFound("There is no such bank account.")
    parts = split_of(client, money, has_bank=destination is not None, at=act.at)
    withdrawal = Withdrawal.objects.create(
        client=client, entity=client.entity, amount=money.amount, currency=money.currency,
        destination=destination, requested_at=act.at, status=Withdrawal.Status.REQUESTED,
    )  # fmt: skip
    hold = Move(money, source=chart.client_wallet(client.pk), target=chart.client_held(client.pk))
    post(
        act, f"{withdrawal} held", hold, key=f"withdrawal/{withdrawal.pk}/hold",
        kind="withdrawal", entity_id=client.entity_id,
    )  # fmt: skip
    _plan(withdrawal, parts, destination)
    checks = Check.objects.bulk_create(checked(act, withdrawal, destination))
    facts = facts_for(act, withdrawal, destination, failed=sum(not one.passed for one in checks))
    answer = decide(act, APPROVAL, facts, about=withdrawal)
    people = int(answer.output.people)
    withdrawal.people, withdrawal.why, withdrawal.decision = people, answer.sentence, answer.id
    act.record(WithdrawalRequested(withdrawal.pk, money, answer.id, people), about=withdrawal)
    decided = {"people": people, "why": answer.sentence, "decision": answer.id}
    if people == 0:
        withdrawal.move_to(Withdrawal.Status.APPROVED, approved_at=act.at, **decided)
        act.record(WithdrawalApproved(withdrawal.pk, answer.sentence), about=withdrawal)
    else:
        withdrawal.move_to(Withdrawal.Status.APPROVAL, **decided)
    return withdrawal


def _plan(withdrawal: Withdrawal, parts: list, destination: Destination | None) -> None:  # type: ignore[type-arg]
    deposits = {one.pk: one for one in _deposits([part.deposit_id for part in parts])}
    bank = Provider.objects.filter(methods__slug="bank", open=True).first()
    legs = []
    for number, part in enumerate(parts):
        deposit = deposits.get(part.deposit_id)
        provider = deposit.provider if deposit else bank
        if provider is None:
            raise NoWayOut("No bank is connected to pay from.")
        legs.append(
            Leg(
                withdrawal=withdrawal, number=number, amount=part.money.amount,
                currency=part.money.currency, deposit=deposit, provider=provider,
                destination=None if deposit else destination, reason=part.reason[:200],
                key=f"W{withdrawal.pk}L{number}{uuid4().hex[:12].upper()}",
            )
        )  # fmt: skip
    Leg.objects.bulk_create(legs)


def _deposits(ids: list[int | None]):  # type: ignore[no-untyped-def]
    from nostro.payments.models import Deposit

    return Deposit.objects.filter(pk__in=[one for one in ids if one]).select_related("provider")


@operation(title="Approve and pay", icon="check")
def approve_withdrawal(act: Act, withdrawal: Withdrawal, *, note: str = "") -> Withdrawal:
    """Release the money. The provider is asked to pay it out right after the last approval."""
    if act.actor.is_client(withdrawal.client_id):
        raise OwnRequest("Someone else has to approve your own request.")
    if not withdrawal.can_move_to(Withdrawal.Status.APPROVED):
        withdrawal.move_to(Withdrawal.Status.APPROVED)
    if act.actor.kind == "staff":
        _, made = Approval.objects.get_or_create(
            withdrawal=withdrawal, staff_id=act.actor.id, defaults={"note": note[:200], "at": act.at}
        )
        if not made:
            raise ApprovedAlready("You have approved this one. The second person is somebody else.")
    given = withdrawal.approvals.count()
    if given < withdrawal.people:
        withdrawal.move_to(Withdrawal.Status.SECOND)
        act.record(WithdrawalApprovedOnce(withdrawal.pk, note[:200]), about=withdrawal)
    else:
        withdrawal.move_to(Withdrawal.Status.APPROVED, approved_at=act.at)
        act.record(WithdrawalApproved(withdrawal.pk, note[:200]), about=withdrawal)
    return withdrawal


def _release(act: Act, withdrawal: Withdrawal, why: str) -> None:
    """Give what is held back to the wallet: once, by the key of the entry."""
    back = Move(
        withdrawal.money, source=chart.client_held(withdrawal.client_id),
        target=chart.client_wallet(withdrawal.client_id),
    )  # fmt: skip
    post(
        act, f"{withdrawal} {why}", back, key=f"withdrawal/{withdrawal.pk}/release",
        kind="withdrawal", entity_id=withdrawal.entity_id,
    )  # fmt: skip


@operation(title="Refuse", icon="x", tone="refuse")
def refuse_withdrawal(act: Act, withdrawal: Withdrawal, *, reason: str) -> Withdrawal:
    """Refuse, with the reason the client is told. What was held goes back to the wallet."""
    if withdrawal.legs.exclude(status__in=[Leg.Status.PLANNED, Leg.Status.FAILED]).exists():
        raise Problem(f"Part of {withdrawal} has been sent, so it cannot be refused.")
    withdrawal.move_to(Withdrawal.Status.REFUSED, reason=reason[:200])
    _release(act, withdrawal, "refused")
    act.record(WithdrawalRefused(withdrawal.pk, reason[:200]), about=withdrawal)
    return withdrawal


@operation(open_to=("client",), title="Cancel", icon="x", tone="refuse")
def cancel_withdrawal(act: Act, withdrawal: Withdrawal) -> Withdrawal:
    """Take a request back, as long as it has not been sent."""
    withdrawal.move_to(Withdrawal.Status.CANCELLED)
    _release(act, withdrawal, "cancelled")
    act.record(WithdrawalCancelled(withdrawal.pk), about=withdrawal)
    return withdrawal
