"""By hand money moves only to set right what no room of the house can: proposed with a reason and
evidence, carried out by those who agree. How many it takes, the four-eyes table says.

A correction is a new entry that mirrors the wrong one; nothing is edited.
"""

from dataclasses import replace
from typing import Any, Literal

from django.db import models

from nostro.core.acts import Act, frame
from nostro.core.approvals import BY_OTHERS, agree_to_proposal, needed, propose
from nostro.core.files import Upload
from nostro.core.models import Proposal
from nostro.core.operations import Operation, operation
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.ledger.chart import house_adjustments
from nostro.ledger.events import Adjusted, EntryReversed
from nostro.ledger.models import Entry, Evidence, Hold, LedgerAccount, Transfer
from nostro.ledger.operations.evidence import keep_evidence
from nostro.ledger.operations.posting import Move, NothingToMove, Posting, post, post_many
from nostro.ledger.queries.limits import limits_of


class NotByHand(Problem):
    """This account is set right where its money is: on a platform, or on its way there."""


class AlreadyReversed(Problem):
    """An entry is reversed at most once, and a reversal never."""

    status = 409


class NothingToReverse(Problem):
    """Entries that moved nothing: money set aside is released, not reversed."""


class ReasonNeeded(Problem):
    """Money moved by hand says why."""


class NotAgreed(Problem):
    """Nobody moves money by hand alone: it is proposed, and others agree to it."""


Way = Literal["to the account", "from the account"]
FOLLOWS = "What stands there follows from elsewhere, and is set right there."


def reverse(act: Act, entry: Entry, *, why: str) -> int:
    """Undo an entry by its mirror image; an entry is reversed at most once.

    Each leg goes back at what it was: an exchange at its own quote, a hold's payment to where it
    was held, free again.
    """
    legs = Transfer.objects.filter(entry=entry).select_related("source", "target").order_by("leg")
    moves = [
        Move(
            Money.from_minor(leg.units, leg.asset_id),
            leg.target.in_chart,
            leg.source.in_chart,
        )
        for leg in legs
    ]
    if not moves and Hold.objects.filter(entry=entry, state=Hold.State.PENDING).exists():
        raise NothingToReverse("This entry only set money aside. Release the hold instead.")
    if not moves:
        raise NothingToReverse("This entry moved nothing: it released a hold.")
    posting = Posting(
        why, moves, f"reverse/{entry.pk}", "reversal", entry.entity_id, reverses=entry.pk
    )
    return post_many(act, [posting])[0]


def by_hand(account: LedgerAccount) -> str:
    """Why an account is not adjusted here; nothing where it may be."""
    if account.on_platform or account.set_aside or account.path == house_adjustments().path:
        return FOLLOWS
    return ""


def agreed() -> None:
    """Money moves by hand as what people have agreed to, and in no other way."""
    if not any(one is agree_to_proposal for one in frame().stack):
        raise NotAgreed("Propose this. It is carried out when enough other people have agreed.")


def proposed(
    act: Act,
    wanted: Operation[..., Any],
    subject: models.Model,
    inputs: dict[str, Any],
    raw: dict[str, Any],
) -> Proposal:
    """Let the rules say how many people it takes; one at least."""
    need = needed(act, wanted, subject, inputs)
    if need.people < 1:  # who is no member of staff proposes here too
        need = replace(need, people=1, permission=need.permission or wanted.name)
    reason = raw["reason"]
    return propose(act, subject, operation=wanted.name, raw=raw, need=need, why=reason)


@operation(title="Adjust", icon="adjustments", lock=False,
           confirm="Other people have to agree: one, or two where it is much.")  # fmt: skip
def propose_adjustment(
    act: Act, account: LedgerAccount, *, money: Money, way: Way, reason: str,
    file: Upload | None = None, reference: str = "",
) -> Proposal:  # fmt: skip
    """Ask to set right what stands on an account. Attach what shows it, or give its number."""
    _check(account, money, reason)
    entity_id = entity_of(account, limits_of(act).entities)
    shown = keep_evidence(
        act, file=file, reference=reference, title=adjust.title, client_id=account.client_id,
        entity_id=entity_id,
    )  # fmt: skip
    inputs = {
        "money": money, "way": way, "reason": reason.strip(), "evidence": shown,
        "entity_id": entity_id,
    }  # fmt: skip
    plain = f"{money.amount} {money.currency}"
    raw = inputs | {"money": plain, "evidence": shown.pk}
    return proposed(act, adjust, account, inputs, raw)


@operation(title="Adjust", icon="adjustments", internal=True, lock=False)
def adjust(
    act: Act, account: LedgerAccount, *, money: Money, way: Way, reason: str, evidence: Evidence,
    entity_id: int | None = None,
) -> Entry:  # fmt: skip
    """Set right what stands on an account, against the house's adjustments.

    It is posted in the books of the legal entity that people were asked about.
    """
    agreed()
    _check(account, money, reason)
    here, house = account.in_chart, house_adjustments()
    source, target = (house, here) if way == "to the account" else (here, house)
    entry_id = post(
        act, f"Adjustment: {reason.strip()}", Move(money, source, target), kind="adjustment",
        key=f"adjust/{act.id}", entity_id=entity_id or entity_of(account),
    )  # fmt: skip
    entry = Entry.objects.get(pk=entry_id)
    signed = money if way == "to the account" else -money
    said = Adjusted(entry.pk, account.path, signed, reason.strip(), evidence.pk)
    act.record(said, about=entry, client_id=account.client_id)
    return entry


def _check(account: LedgerAccount, money: Money, reason: str) -> None:
    if not reason.strip():
        raise ReasonNeeded("Say why this is set right by hand.", field="reason")
    if by_hand(account):
        raise NotByHand(by_hand(account))
    if money.currency != account.asset_id:
        raise Problem(f"This account is in {account.asset_id}.", field="money")
    if money.amount <= 0:
        raise NothingToMove("An amount to move is above zero.", field="money")


def entity_of(account: LedgerAccount, seen: list[int] | None = None) -> int | None:
    """The legal entity that the account's last entry belonged to, of those that somebody sees.

    An account of the house serves them all: whose books are meant, its entries alone say.
    """
    legs = Transfer.objects.filter(source=account) | Transfer.objects.filter(target=account)
    if seen is not None:
        legs = legs.filter(entry__entity_id__in=seen)
    return legs.order_by("-pk").values_list("entry__entity_id", flat=True).first()


@operation(title="Reverse", icon="arrow-back-up", tone="refuse", lock=False,
           confirm="A second person has to agree.")  # fmt: skip
def propose_reversal(
    act: Act, entry: Entry, *, reason: str, file: Upload | None = None, reference: str = ""
) -> Proposal:
    """Ask to undo an entry by its mirror image. What shows that it is wrong may be attached."""
    _reversible(entry, reason)
    shown = None
    if file is not None or reference.strip():
        shown = keep_evidence(
            act, file=file, reference=reference, title=reverse_entry.title,
            client_id=_client_of(entry), entity_id=entry.entity_id,
        )  # fmt: skip
    inputs = {"reason": reason.strip(), "evidence": shown}
    raw = inputs | {"evidence": shown.pk if shown else None}
    return proposed(act, reverse_entry, entry, inputs, raw)


@operation(title="Reverse", icon="arrow-back-up", internal=True, lock=False)
def reverse_entry(
    act: Act, entry: Entry, *, reason: str, evidence: Evidence | None = None
) -> Entry:
    """Undo an entry by its mirror image. Both stay in the journal."""
    agreed()
    _reversible(entry, reason)
    reversal = Entry.objects.get(pk=reverse(act, entry, why=f"Reversal of {entry}: {reason}"))
    shown = evidence.pk if evidence else None
    said = EntryReversed(reversal.pk, entry.pk, reason.strip(), shown)
    act.record(said, about=reversal, client_id=_client_of(entry))
    return reversal


BY_OTHERS |= {adjust.name, reverse_entry.name}


def _reversible(entry: Entry, reason: str) -> None:
    if not reason.strip():
        raise ReasonNeeded("Say why this entry is wrong.", field="reason")
    if entry.reverses_id is not None:
        raise AlreadyReversed("This entry is a reversal itself. Post what is right instead.")
    if Entry.objects.filter(reverses=entry).exists():
        raise AlreadyReversed("This entry has been reversed already.")
    if there := next((one for one in entry.touched if one.on_platform), None):
        raise NotByHand(f"It moved money of {there}. {FOLLOWS}")
    # What was brought over waits for nothing that is asked for here.
    if entry.kind != "opening" and any(one.set_aside for one in entry.touched):
        raise NotByHand(
            "It set money aside for something that is still to happen, or carried that out. Cancel"
            " or refuse the withdrawal or the transfer instead: it counts on what is set aside."
        )


def _client_of(entry: Entry) -> int | None:
    """The one client whose accounts an entry touched."""
    legs = Transfer.objects.filter(entry=entry).select_related("source", "target")
    clients = {pk for leg in legs for pk in (leg.source.client_id, leg.target.client_id) if pk}
    return clients.pop() if len(clients) == 1 else None
