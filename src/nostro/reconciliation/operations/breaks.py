"""Breaks: found, given to somebody, explained. What is found twice is one break."""

from datetime import timedelta
from typing import Any, Literal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.ledger import chart
from nostro.ledger.operations import Move, post
from nostro.payments.models import Leg
from nostro.people.models import Staff
from nostro.reconciliation.decisions import BREAKS, BreakSeen
from nostro.reconciliation.events import BreakAssigned, BreakExplained, BreakFound
from nostro.reconciliation.models import BankAccount, Break, StatementLine
from nostro.rules.deciding import decide
from nostro.trading.rates import in_usd

Entry = Literal[
    "nothing", "bank_charge", "sent_back", "house_income", "back_to_wallet", "own_money"
]  # fmt: skip


class WrongEntry(Problem):
    """The entry that was chosen does not fit what the break is about."""


def open_break(
    act: Act, kind: str, *, key: str, money: Money, cause: str, entity_id: int | None, **about: Any
) -> Break:
    """Write down that something does not agree, once; a figure that has changed is brought up."""
    found = Break.objects.filter(key=key, status=Break.Status.OPEN).first()
    if found is not None:
        if found.money != money or found.cause != cause:
            found.amount, found.cause = money.amount, cause
            found.save(update_fields=["amount", "cause"])
            act.record(BreakFound(found.pk, kind, money), about=found)
        return found
    seen = BreakSeen(kind=kind, amount=abs(in_usd(money)))
    answer = decide(act, BREAKS, seen, about=about.get("line"))
    due_at = act.at + timedelta(hours=int(answer.output.within_hours))
    found = Break.objects.create(
        key=key, kind=kind, amount=money.amount, currency=money.currency, cause=cause,
        entity_id=entity_id, decision=answer.id, found_at=act.at, status=Break.Status.OPEN,
        status_at=act.at, due_at=due_at, **about,
    )  # fmt: skip
    act.record(BreakFound(found.pk, kind, money), about=found)
    return found


def close_break(act: Act, key: str, cause: str) -> None:
    """What did not agree does now."""
    for found in Break.objects.select_for_update().filter(key=key, status=Break.Status.OPEN):
        found.move_to(Break.Status.EXPLAINED, explanation=cause, explained_at=act.at)
        act.record(BreakExplained(found.pk, cause), about=found)


@operation(title="Give to", icon="user")
def assign(act: Act, found: Break, *, owner: Staff) -> Break:
    """Say who looks into it."""
    if found.status != Break.Status.OPEN:
        raise WrongState(f"{found} is explained already.")
    if owner.left_at is not None:
        raise Problem(f"{owner} does not work here any more.", field="owner")
    found.owner = owner
    found.save(update_fields=["owner"])
    act.record(BreakAssigned(found.pk, owner.pk), about=found)
    return found


FITS = {
    "bank_charge": {Break.Kind.DEBIT},
    "sent_back": {Break.Kind.DEBIT},
    "house_income": {Break.Kind.CREDIT},
    "back_to_wallet": {Break.Kind.RETURNED},
    "own_money": {Break.Kind.CREDIT, Break.Kind.DEBIT},
}
IN_LIMBO = {Break.Kind.CREDIT, Break.Kind.DEBIT, Break.Kind.RETURNED}
WHY = {
    "bank_charge": "A charge of the bank",
    "sent_back": "Unallocated money sent back",
    "house_income": "Interest or income of the house",
    "back_to_wallet": "A payment that came back",
    "own_money": "The firm's own money, beside its clients'",
}


@operation(title="Explain", icon="check")
def explain_break(act: Act, found: Break, *, cause: str, entry: Entry = "nothing") -> Break:
    """Say what it was. Where money is without a place, the entry gives it one."""
    if found.status != Break.Status.OPEN:
        raise WrongState(f"{found} is explained already.")
    if not cause.strip():
        raise Problem("Say what it was.", field="cause")
    if entry == "nothing" and found.kind in IN_LIMBO:
        raise WrongEntry("This money has no place yet: choose the entry for it.", field="entry")
    if entry != "nothing" and found.kind not in FITS[entry]:
        raise WrongEntry(f"That entry is not for “{found.get_kind_display()}”.", field="entry")
    posted, client_id = None, None
    if entry != "nothing" and found.line is not None and found.account is not None:
        move, client_id = _move(entry, found.account, found.line)
        posted = post(
            act, f"{found}: {WHY[entry]}", move, key=f"break/{found.pk}", kind="reconciliation",
            entity_id=found.entity_id,
        )  # fmt: skip
        found.line.status = StatementLine.Status.EXPLAINED
        found.line.save(update_fields=["status"])
    found.move_to(
        Break.Status.EXPLAINED, explanation=cause.strip(), explained_at=act.at, entry=posted
    )
    act.record(
        BreakExplained(found.pk, WHY.get(entry, "no entry needed")), about=found,
        client_id=client_id,
    )  # fmt: skip
    return found


def _move(entry: Entry, account: BankAccount, line: StatementLine) -> tuple[Move, int | None]:
    money, limbo = abs(line.money), chart.unallocated()
    match entry:
        case "bank_charge":
            return Move(money, chart.provider_fees(account.provider), account.chart), None
        case "sent_back":
            return Move(money, limbo, account.chart), None
        case "house_income":
            return Move(money, limbo, chart.house_fees()), None
        case "own_money" if line.money.amount > 0:
            return Move(money, limbo, chart.house_funding()), None
        case "own_money":
            return Move(money, chart.house_funding(), account.chart), None
    leg = Leg.objects.select_related("withdrawal").filter(key=line.end_to_end_id).first()
    if leg is None:
        raise WrongEntry("No payment of ours has this reference.", field="entry")
    client_id = leg.withdrawal.client_id
    return Move(money, limbo, chart.client_wallet(client_id)), client_id
