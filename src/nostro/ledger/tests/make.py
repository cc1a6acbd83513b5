"""Builders: money in the ledger, moved by the smallest operations that can."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from nostro.core.acts import Act
from nostro.core.events import Event
from nostro.core.operations import operation
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.models import Hold, LedgerAccount
from nostro.ledger.operations import Move, Posting, Verdict, hold, post_each, post_many
from nostro.ledger.queries import balance

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
