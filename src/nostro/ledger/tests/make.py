"""Builders: money in the ledger, moved by the smallest operations that can."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from nostro.core.acts import Act
from nostro.core.approvals import agree_to_proposal
from nostro.core.events import Event
from nostro.core.files import Upload
from nostro.core.operations import operation
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.models import Entry, Hold, LedgerAccount
from nostro.ledger.operations import (
    Move,
    Posting,
    Verdict,
    Way,
    hold,
    post_each,
    post_many,
    propose_adjustment,
    propose_reversal,
    reverse,
)
from nostro.ledger.queries import balance
from tests import make

_numbers = count(1)
PROVIDER = chart.provider_clearing("tests")


@dataclass(frozen=True)
class ThingsPosted(Event, says="{entries} entries were posted"):
    entries: int


@operation(internal=True)
def post_things(act: Act, *, postings: list[Posting]) -> list[int]:
    """Post as it comes, all or none."""
    act.record(ThingsPosted(len(postings)), about=None)
    return post_many(act, postings)


@operation(internal=True)
def post_each_thing(act: Act, *, postings: list[Posting]) -> list[Verdict]:
    """Post as it comes, each for itself."""
    act.record(ThingsPosted(len(postings)), about=None)
    return post_each(act, postings)


@operation(internal=True)
def hold_thing(act: Act, *, move: Move, key: str, expires_at: datetime | None = None) -> Hold:
    """Hold as it comes."""
    act.record(ThingsPosted(1), about=None)
    made = hold(act, "held", move, key=key, expires_at=expires_at)
    return Hold.objects.get(pk=made)


@operation(internal=True, lock=False)
def undo_thing(act: Act, entry: Entry) -> int:
    """Reverse as it comes."""
    act.record(ThingsPosted(1), about=None)
    return reverse(act, entry, why="undone")


def move(source: int, target: int, money: str) -> Move:
    """Between wallets; client 0 is a provider, whose account is hot."""
    return Move(Money.of(money), wallet(source), wallet(target))


def wallet(client: int) -> chart.Account:
    return chart.client_wallet(client) if client else PROVIDER


def posting(client: int, money: str, *, key: str = "", **more: object) -> Posting:
    """Money that comes in for a client."""
    moves = [move(0, client, money)]
    return Posting("in", moves, key or f"in/{next(_numbers)}", "tests", **more)  # type: ignore[arg-type]


def moved(*moves: Move, key: str = "", **more: object) -> int:
    made = Posting("moved", moves, key or f"moved/{next(_numbers)}", "tests", **more)  # type: ignore[arg-type]
    return post_things(Act.system(), postings=[made])[0]


def deposit(client: int, money: str, *, key: str = "") -> int:
    return post_things(Act.system(), postings=[posting(client, money, key=key)])[0]


def held(source: int, target: int, money: str, expires_at: datetime | None = None) -> Hold:
    key = f"held/{next(_numbers)}"
    return hold_thing(
        Act.system(), move=move(source, target, money), key=key, expires_at=expires_at
    )


def euros(client: int) -> str:
    return str(balance(wallet(client), "EUR"))


def row(client: int, asset: str = "EUR") -> LedgerAccount:
    return LedgerAccount.objects.get(path=wallet(client).path, asset_id=asset)


PAPER = Upload("letter.png", b"\x89PNG\r\n\x1a\n and what the letter says")


def people(number: int) -> list[Any]:
    """Acts by colleagues who may do everything in the ledger, the proposer first."""
    return [make.act_of(make.staff("ledger.*", "core.*")) for _ in range(number)]


def adjusted(account: LedgerAccount, money: str, way: Way = "to the account") -> Entry:
    """Money moved by hand as it is: proposed with a letter, agreed to by as many as it takes."""
    maker, *others = people(3)
    proposal = propose_adjustment(
        maker, account, money=Money.of(money), way=way, reason="A fee taken twice.", file=PAPER
    )
    for other in others[: proposal.people]:
        agree_to_proposal(other, proposal)
    return Entry.objects.filter(kind="adjustment").latest("pk")


def reversed_by_hand(entry: Entry, reason: str = "It was wrong.") -> Entry:
    """An entry undone as it is: proposed, and agreed to by as many as it takes."""
    maker, *others = people(3)
    proposal = propose_reversal(maker, entry, reason=reason)
    for other in others[: proposal.people]:
        agree_to_proposal(other, proposal)
    return Entry.objects.get(reverses=entry)
