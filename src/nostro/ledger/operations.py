"""Posting: the one way money moves. Every amount is exact, every entry balances by its shape.

By hand it moves only to set right what no room of the house can: with a reason and four eyes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import DatabaseError, connection

from nostro.core.acts import Act, frame
from nostro.core.operations import operation
from nostro.core.statements import Statement, later
from nostro.kit.money import Currency, Money
from nostro.kit.problems import Problem
from nostro.ledger.chart import Account, house_adjustments
from nostro.ledger.events import Adjusted, EntryReversed, LedgerFlawFound, LedgerVerified
from nostro.ledger.models import Entry, LedgerAccount, Transfer, Verification


class NotEnoughMoney(Problem):
    """The account it would be taken from has less."""


class PostedDifferently(Problem):
    """The same key was posted before with another payload: nothing is posted twice."""

    status = 409


class NothingToMove(Problem):
    """An amount of zero or below is no transfer."""


@dataclass(frozen=True, slots=True)
class Move:
    """Take from one account, give to another: above zero, in one currency."""

    money: Money
    source: Account
    target: Account

    def as_leg(self) -> dict[str, Any]:
        if self.money.amount <= 0:
            raise NothingToMove("An amount to move is above zero.", field="amount")
        return {
            "source": self.source.as_row(),
            "target": self.target.as_row(),
            "asset": str(self.money.currency),
            "units": str(self.money.minor),
        }


@dataclass(frozen=True, slots=True)
class Posting:
    """One entry to be posted. The same key with the same moves is posted once."""

    text: str
    moves: Sequence[Move]
    key: str
    kind: str
    entity_id: int | None = None
    effective_at: datetime | None = None
    decision: int | None = None
    reverses: int | None = None

    def as_row(self, act: Act) -> dict[str, Any]:
        legs = [move.as_leg() for move in self.moves]
        if not legs:
            raise NothingToMove("An entry moves something.")
        return {
            "kind": self.kind,
            "text": self.text[:200],
            "entity_id": self.entity_id,
            "recorded_at": act.at.isoformat(),
            "effective_at": (self.effective_at or act.at).isoformat(),
            "decision": self.decision,
            "reverses": self.reverses,
            "key": self.key,
            "legs": legs,
            "payload": json.dumps(
                [[x["source"]["path"], x["target"]["path"], x["asset"], x["units"]] for x in legs]
            ),
        }


def post(
    act: Act,
    text: str,
    *moves: Move,
    key: str,
    kind: str,
    entity_id: int | None = None,
    effective_at: datetime | None = None,
    decision: int | None = None,
) -> int:
    """Post one entry inside the operation in progress; the entry's id. One statement."""
    posting = Posting(text, moves, key, kind, entity_id, effective_at, decision)
    return post_many(act, [posting])[0]


def book(
    act: Act, text: str, *moves: Move, key: str, kind: str, entity_id: int | None = None,
    effective_at: datetime | None = None, decision: int | None = None,
) -> None:  # fmt: skip
    """Post one entry with the operation's next statement: nobody waits for its number."""
    posting = Posting(text, moves, key, kind, entity_id, effective_at, decision)
    row = json.dumps(posting.as_row(act))
    later(Statement("SELECT ledger_post(%s)", [row], refused=_problem))


def post_many(act: Act, postings: Sequence[Posting]) -> list[int]:
    """Post many entries at once, all or none, in one statement. The entries' ids, in order."""
    frame()
    rows = [posting.as_row(act) for posting in postings]
    single = len(rows) == 1
    sql = "SELECT ledger_post(%s)" if single else "SELECT ledger_post_many(%s)"
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, [json.dumps(rows[0] if single else rows)])
            found = cursor.fetchone()[0]
    except DatabaseError as error:
        raise _problem(error) or error from error
    return [found] if single else list(found)


def reverse(act: Act, entry: Entry, *, why: str) -> int:
    """Undo an entry by its mirror image; an entry is reversed at most once."""
    legs = Transfer.objects.filter(entry=entry).select_related("source", "target").order_by("leg")
    moves = [
        Move(Money.from_minor(leg.units, leg.asset_id), _account(leg.target), _account(leg.source))
        for leg in legs
    ]
    posting = Posting(
        why, moves, f"reverse/{entry.pk}", "reversal", entry.entity_id, reverses=entry.pk
    )
    return post_many(act, [posting])[0]


def _account(row: Any) -> Account:
    return Account(
        row.path, row.title, "client" if row.of_clients else "house",
        row.overdraft, row.hot, row.client_id, row.partner_id,
    )  # fmt: skip


def _problem(error: DatabaseError) -> Problem | None:
    """The database's refusal as a sentence."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state == "NB001":
        said = json.loads(cause.diag.message_detail)  # type: ignore[union-attr]
        there = Money.from_minor(int(said["there"]), Currency(said["asset"]))
        wanted = Money.from_minor(int(said["units"]), Currency(said["asset"]))
        return NotEnoughMoney(f"There is {there}, and {wanted} is needed.", field="money")
    if state == "NB002":
        return PostedDifferently("This was posted before with another amount.")
    return None


# ── By hand ──


class NotByHand(Problem):
    """This account is set right where its money is: on a platform, or on its way there."""


class AlreadyReversed(Problem):
    """An entry is reversed at most once, and a reversal never."""

    status = 409


class ReasonNeeded(Problem):
    """Money moved by hand says why."""


Way = Literal["to the account", "from the account"]
ELSEWHERE = ("transit/", "house/adjustments")


def by_hand(account: LedgerAccount) -> str:
    """Why an account is not adjusted here; nothing where it may be."""
    if "/trading/" in account.path or account.path.startswith(ELSEWHERE):
        return "What stands there follows from elsewhere, and is set right there."
    return ""


@operation(title="Adjust", icon="adjustments", confirm="A second person has to agree.")
def adjust(act: Act, account: LedgerAccount, *, money: Money, way: Way, reason: str) -> Entry:
    """Set right what stands on an account, against the house's adjustments."""
    if not reason.strip():
        raise ReasonNeeded("Say why this is set right by hand.", field="reason")
    if by_hand(account):
        raise NotByHand(by_hand(account))
    if money.currency != account.asset_id:
        raise Problem(f"This account is in {account.asset_id}.", field="money")
    here, house = _account(account), house_adjustments()
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


@operation(title="Reverse", icon="arrow-back-up", tone="refuse")
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


@operation(internal=True)
def record_verification(act: Act, *, entries: int, flaws: list[str]) -> Verification:
    """Keep the outcome of a proof of the whole ledger."""
    verification = Verification.objects.create(at=act.at, entries=entries, flaws=flaws)
    if flaws:
        act.record(LedgerFlawFound(entries, len(flaws)), about=verification)
    else:
        act.record(LedgerVerified(entries), about=verification)
    return verification
