"""A withdrawal: asked for and held at once, checked, decided by a rule; cancelled by its client."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.statements import add
from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.ledger import chart
from nostro.ledger.operations import Move, book
from nostro.payments.allocation import NoWayOut, Part
from nostro.payments.checks import checked, facts_for
from nostro.payments.decisions import APPROVAL
from nostro.payments.events import (
    WithdrawalApproved,
    WithdrawalCancelled,
    WithdrawalRequested,
)
from nostro.payments.models import Destination, Leg, Provider, Withdrawal
from nostro.payments.operations.deposits import NotYet
from nostro.payments.operations.legs import new_key
from nostro.payments.queries import split_of, withdrawable
from nostro.people.models import Client
from nostro.rules.deciding import decide
from nostro.trading.rates import in_usd


class NoSuchWallet(Problem):
    """Money of a currency that the client never had."""


@operation(open_to=("client",), title="Withdraw", icon="arrow-up-right", reads=("entity",))
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
    try:
        parts = split_of(client, money, has_bank=destination is not None, at=act.at)
    except NoWayOut as no_way:
        if money.currency in withdrawable(client):
            raise
        raise NoSuchWallet(f"There is no {money.currency} wallet.", field="money") from no_way
    withdrawal = Withdrawal.objects.create(
        client=client, entity=client.entity, amount=money.amount, currency=money.currency,
        usd=in_usd(money), destination=destination, requested_at=act.at,
        status=Withdrawal.Status.REQUESTED,
        asked_by=act.asked_by,
    )  # fmt: skip
    hold = Move(money, source=chart.client_wallet(client.pk), target=chart.client_held(client.pk))
    book(
        act, f"{withdrawal} held", hold, key=f"withdrawal/{withdrawal.pk}/hold",
        kind="withdrawal", entity_id=client.entity_id,
    )  # fmt: skip
    _plan(withdrawal, parts, destination)
    _decide(act, withdrawal, destination)
    return withdrawal


def _decide(act: Act, withdrawal: Withdrawal, destination: Destination | None) -> None:
    checks = checked(act, withdrawal, destination)
    add(*checks)
    facts = facts_for(act, withdrawal, destination, failed=sum(not one.passed for one in checks))
    answer = decide(act, APPROVAL, facts, about=withdrawal)
    people, why = int(answer.output.people), answer.sentence
    hours = answer.output.within_hours
    if people == 0 and withdrawal.asked_by is not None:
        # What a rule lets a client do alone, a colleague does not do alone in their name.
        people, hours = 1, hours or Decimal(4)
        why = f"{why} A colleague asked for it: another one approves.".strip()
    act.record(
        WithdrawalRequested(withdrawal.pk, withdrawal.money, answer.id, people), about=withdrawal
    )
    decided = {
        "people": people, "why": why, "decision": answer.id,
        "queue": answer.output.queue,
    }  # fmt: skip
    if people == 0:
        withdrawal.move_to(Withdrawal.Status.APPROVED, approved_at=act.at, **decided)
        act.record(WithdrawalApproved(withdrawal.pk, answer.sentence), about=withdrawal)
    else:
        due = act.at + timedelta(minutes=int(hours * 60))
        withdrawal.move_to(Withdrawal.Status.APPROVAL, due_at=due, **decided)


def _plan(withdrawal: Withdrawal, parts: Sequence[Part], destination: Destination | None) -> None:
    bank = 0
    if any(part.provider_id is None for part in parts):
        found = Provider.objects.filter(methods__slug="bank", open=True).first()
        if found is None:
            raise NoWayOut("No bank is connected to pay from.")
        bank = found.pk
    legs = [
        Leg(
            withdrawal=withdrawal, number=number, amount=part.money.amount,
            currency=part.money.currency, deposit_id=part.deposit_id,
            provider_id=part.provider_id or bank,
            destination=None if part.deposit_id else destination, reason=part.reason[:200],
            key=new_key(withdrawal, number),
        )
        for number, part in enumerate(parts)
    ]  # fmt: skip
    add(*legs)


@operation(title="Withdraw for a client", verb="On behalf of client", icon="plus")
def withdraw_for_client(act: Act, *, client: Client, money: Money, note: str) -> Withdrawal:
    """Ask for a client's money back, as they asked you to. The note says how they did.

    Somebody else approves it, however small it is.
    """
    if not note.strip():
        raise Problem("Say how the client asked for it.", field="note")
    if len(note.strip()) > 200:
        raise Problem("Say it in 200 letters.", field="note")
    usable = client.destinations.filter(kind="bank", usable_from__lte=act.at)
    made = request_withdrawal(
        act, client, money=money, destination=usable.order_by("-added_at").first()
    )
    made.note = note.strip()
    made.save(update_fields=["note"])
    return made


def release(act: Act, withdrawal: Withdrawal, why: str) -> None:
    """Give what is held back to the wallet: once, by the key of the entry."""
    back = Move(
        withdrawal.money, source=chart.client_held(withdrawal.client_id),
        target=chart.client_wallet(withdrawal.client_id),
    )  # fmt: skip
    book(
        act, f"{withdrawal} {why}", back, key=f"withdrawal/{withdrawal.pk}/release",
        kind="withdrawal", entity_id=withdrawal.entity_id,
    )  # fmt: skip


@operation(open_to=("client",), title="Cancel", icon="x", tone="refuse")
def cancel_withdrawal(act: Act, withdrawal: Withdrawal) -> Withdrawal:
    """Take a request back, as long as nobody has approved all of it."""
    withdrawal.move_to(Withdrawal.Status.CANCELLED)
    release(act, withdrawal, "cancelled")
    act.record(WithdrawalCancelled(withdrawal.pk), about=withdrawal)
    return withdrawal
