"""By hand money moves only to set right what no room of the house can: with a reason and four eyes.

A correction is a new entry that mirrors the wrong one; nothing is edited.
"""

from typing import Literal

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.ledger.chart import Account, house_adjustments
from nostro.ledger.events import Adjusted, EntryReversed
from nostro.ledger.models import Entry, Hold, LedgerAccount, Transfer
from nostro.ledger.operations.posting import Move, Posting, post, post_many


class NotByHand(Problem):
    """This account is set right where its money is: on a platform, or on its way there."""


class AlreadyReversed(Problem):
    """An entry is reversed at most once, and a reversal never."""

    status = 409


class NothingToReverse(Problem):
    """Entries that moved nothing: money set aside is released, not reversed."""


class ReasonNeeded(Problem):
    """Money moved by hand says why."""


Way = Literal["to the account", "from the account"]
ELSEWHERE = ("transit/", "house/adjustments")


def account_of(row: LedgerAccount) -> Account:
    """A row of the chart as the chart says it."""
    return Account(
        row.path, row.title, "client" if row.of_clients else "house",
        row.overdraft, row.hot, row.client_id, row.partner_id,
    )  # fmt: skip


def reverse(act: Act, entry: Entry, *, why: str) -> int:
    """Undo an entry by its mirror image; an entry is reversed at most once.

    Each leg goes back at what it was: an exchange at its own quote, a hold's payment to where it
    was held, free again.
    """
    legs = Transfer.objects.filter(entry=entry).select_related("source", "target").order_by("leg")
    moves = [
        Move(
            Money.from_minor(leg.units, leg.asset_id),
            account_of(leg.target),
            account_of(leg.source),
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
    if "/trading/" in account.path or account.path.startswith(ELSEWHERE):
        return "What stands there follows from elsewhere, and is set right there."
    return ""


@operation(title="Adjust", icon="adjustments", confirm="A second person has to agree.", lock=False)
def adjust(act: Act, account: LedgerAccount, *, money: Money, way: Way, reason: str) -> Entry:
    """Set right what stands on an account, against the house's adjustments."""
    if not reason.strip():
        raise ReasonNeeded("Say why this is set right by hand.", field="reason")
    if by_hand(account):
        raise NotByHand(by_hand(account))
    if money.currency != account.asset_id:
        raise Problem(f"This account is in {account.asset_id}.", field="money")
    here, house = account_of(account), house_adjustments()
    source, target = (house, here) if way == "to the account" else (here, house)
    entry_id = post(
        act, f"Adjustment: {reason.strip()}", Move(money, source, target), kind="adjustment",
        key=f"adjust/{act.id}", entity_id=_entity_of(account),
    )  # fmt: skip
    entry = Entry.objects.get(pk=entry_id)
    signed = money if way == "to the account" else -money
    said = Adjusted(entry.pk, account.path, signed, reason.strip())
    act.record(said, about=entry, client_id=account.client_id)
    return entry


def _entity_of(account: LedgerAccount) -> int | None:
    """The legal entity that the account's last entry belonged to."""
    legs = Transfer.objects.filter(source=account) | Transfer.objects.filter(target=account)
    return legs.order_by("-pk").values_list("entry__entity_id", flat=True).first()


@operation(title="Reverse", icon="arrow-back-up", tone="refuse", lock=False)
def reverse_entry(act: Act, entry: Entry, *, reason: str) -> Entry:
    """Undo an entry by its mirror image. Both stay in the journal."""
    if not reason.strip():
        raise ReasonNeeded("Say why this entry is wrong.", field="reason")
    if entry.reverses_id is not None:
        raise AlreadyReversed("This entry is a reversal itself. Post what is right instead.")
    if Entry.objects.filter(reverses=entry).exists():
        raise AlreadyReversed("This entry has been reversed already.")
    reversal = Entry.objects.get(pk=reverse(act, entry, why=f"Reversal of {entry}: {reason}"))
    legs = Transfer.objects.filter(entry=entry).select_related("source", "target")
    clients = {pk for leg in legs for pk in (leg.source.client_id, leg.target.client_id) if pk}
    said = EntryReversed(reversal.pk, entry.pk, reason.strip())
    act.record(said, about=reversal, client_id=clients.pop() if len(clients) == 1 else None)
    return reversal
