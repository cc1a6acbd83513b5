"""Posting: the one way money moves. Every amount is exact, every entry balances by its shape.

What the database's functions refuse comes back as a sentence; what they are given is one JSON
document, so that an entry, or a thousand, is one statement.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import batched
from typing import Any

from django.db import DatabaseError, connection

from nostro.core.acts import Act, frame
from nostro.core.statements import Statement, later
from nostro.kit.money import Currency, Money
from nostro.kit.problems import NotFound, Problem
from nostro.ledger.chart import Account

MOST = 1000
"""Entries that one statement posts. More come in several, in the same transaction."""


class NotEnoughMoney(Problem):
    """The account it would be taken from has less."""


class PostedDifferently(Problem):
    """The same key was posted before with another payload: nothing is posted twice."""

    status = 409


class NothingToMove(Problem):
    """An amount of zero or below is no transfer."""


class NoAmount(Problem):
    """What is no amount of this asset: not a number, too fine, or larger than can be kept."""


class AccountClosed(Problem):
    """Nothing is posted to a closed account."""

    status = 409


class PeriodClosed(Problem):
    """The books of that day are closed."""

    status = 409


class HoldEnded(Problem):
    """A hold is carried out or released once, and no longer after it has expired."""

    status = 409


class NothingHeldThere(Problem):
    """Only an account that keeps its own balance can have something held on it."""


@dataclass(frozen=True, slots=True)
class Move:
    """Take from one account, give to another: above zero, in one currency."""

    money: Money
    source: Account
    target: Account


@dataclass(frozen=True, slots=True)
class Posting:
    """One entry to be posted. The same key, within its scope, is posted once: with other moves, of
    another kind or entity, or reversing something else, it is refused.

    It counts on the day it was effective, or on the first open one where that is closed; a
    `value_date` of its own is refused there instead.
    """

    text: str
    moves: Sequence[Move]
    key: str
    kind: str
    entity_id: int | None = None
    effective_at: datetime | None = None
    decision: int | None = None
    reverses: int | None = None
    scope: str = ""
    value_date: date | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one posting among many: its entry, or why it was refused."""

    entry_id: int | None
    problem: Problem | None = None


class Accounts:
    """The accounts that a batch names, each once; its legs say their places."""

    def __init__(self) -> None:
        self.named: list[tuple[Account, str]] = []
        self._places: dict[tuple[str, str], int] = {}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All that is to be known of them, for those that are new."""
        return [{**account.as_row(), "asset": asset} for account, asset in self.named]

    def place(self, account: Account, asset: str) -> int:
        key = (account.path, asset)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.named)
            self.named.append((account, asset))
        return place

    def sort(self, entries: Iterable[dict[str, Any]] = ()) -> None:
        """Name them in one order, whoever does, so that two who open the same accounts never wait
        for each other in a circle; the legs of `entries` say the new places.
        """
        was, order = self._places, sorted(self._places)
        self.named = [self.named[was[key]] for key in order]
        self._places = {key: at for at, key in enumerate(order)}
        places = {was[key]: at for at, key in enumerate(order)}
        for one in entries:
            one["legs"] = [[places[s], places[t], units] for s, t, units in one["legs"]]

    def leg(self, move: Move) -> list[Any]:
        money = move.money
        if money.amount <= 0:
            raise NothingToMove("An amount to move is above zero.", field="amount")
        asset = str(money.currency)
        source, target = self.place(move.source, asset), self.place(move.target, asset)
        if source == target:
            raise NothingToMove("Money moves from one account to another one.")
        return [source, target, str(money.minor)]


def post(
    act: Act,
    text: str,
    *moves: Move,
    key: str,
    kind: str,
    entity_id: int | None = None,
    effective_at: datetime | None = None,
    decision: int | None = None,
    scope: str = "",
    value_date: date | None = None,
) -> int:
    """Post one entry inside the operation in progress; the entry's id. One statement."""
    posting = Posting(
        text, moves, key, kind, entity_id, effective_at, decision, None, scope, value_date
    )
    return post_many(act, [posting])[0]


def book(
    act: Act, text: str, *moves: Move, key: str, kind: str, entity_id: int | None = None,
    decision: int | None = None,
) -> None:  # fmt: skip
    """Post one entry with the operation's next statement: nobody waits for its number."""
    function, given = single(act, Posting(text, moves, key, kind, entity_id, None, decision))
    later(Statement(call_of(function, given), given, refused=refused))


def post_many(act: Act, postings: Sequence[Posting]) -> list[int]:
    """Post many entries at once, all or none: a statement a thousand. Their ids, in order."""
    frame()
    if len(postings) == 1:
        function, given = single(act, postings[0])
        return [called(function, *given)]
    found: list[int] = []
    for some in batched(postings, MOST):
        ids = called("ledger_post_many", lean_batch(act, some))
        if ids is None:  # some account is new: this time it is said who they are
            ids = called("ledger_post_many", lean_batch(act, some, in_full=True))
        found += ids
    return found


def post_each(act: Act, postings: Sequence[Posting]) -> list[Verdict]:
    """Post many entries, each for itself: a verdict each, in order. Tried as a set first."""
    frame()
    found: list[Verdict] = []
    for some in batched(postings, MOST):
        verdicts = called("ledger_post_each", lean_batch(act, some, in_full=True))
        for one in json.loads(verdicts) if isinstance(verdicts, str) else verdicts:
            if "entry" in one:
                found.append(Verdict(one["entry"]))
            else:
                found.append(Verdict(None, refusal(one["code"], one["message"], one["detail"])))
    return found


def single(act: Act, posting: Posting) -> tuple[str, list[Any]]:
    """The function that posts one entry, and what it is given: one transfer goes the short way."""
    if len(posting.moves) != 1:
        return "ledger_post", [batch(act, [posting])]
    accounts, move = Accounts(), posting.moves[0]
    _, _, units = accounts.leg(move)
    return "ledger_post_one", [
        posting.kind, posting.text[:200], posting.entity_id, act.at,
        posting.effective_at or act.at, posting.value_date, posting.decision, posting.reverses,
        posting.scope, posting.key, move.source.path, move.target.path, str(move.money.currency),
        units, json.dumps(accounts.rows),
    ]  # fmt: skip


def batch(act: Act, postings: Iterable[Posting]) -> str:
    """Entries and the accounts that they name, as the database's functions take them."""
    accounts = Accounts()
    at = act.at.isoformat()
    told = {"recorded_at": at, "effective_at": at}
    rows = [
        {**told, "kind": one.kind, "text": one.text[:200], **_row(accounts, one)}
        for one in postings
    ]
    accounts.sort(rows)
    return json.dumps({"accounts": accounts.rows, "entries": rows})


def lean_batch(act: Act, postings: Sequence[Posting], *, in_full: bool = False) -> str:
    """The same for up to a thousand: what all entries share is said once, and of accounts that are
    there already the paths are enough. The function answers nothing where they are not.
    """
    accounts = Accounts()
    rows = [_row(accounts, one) for one in postings]
    if in_full:
        accounts.sort(rows)
    common = {"recorded_at": act.at.isoformat()}
    for name in ("kind", "text"):
        values = [getattr(one, name)[:200] for one in postings]
        if len(set(values)) == 1:
            common[name] = values[0]
        else:
            for row, value in zip(rows, values, strict=True):
                row[name] = value
    paths, assets = [one.path for one, _ in accounts.named], [asset for _, asset in accounts.named]
    said = {"common": common, "paths": paths, "assets": assets, "entries": rows}
    return json.dumps({**said, "accounts": accounts.rows} if in_full else said)


def _row(accounts: Accounts, posting: Posting) -> dict[str, Any]:
    """An entry's own part; when it was effective only where that is not when it is recorded."""
    legs = [accounts.leg(move) for move in posting.moves]
    if not legs:
        raise NothingToMove("An entry moves something.")
    row: dict[str, Any] = {"key": posting.key, "legs": legs}
    if posting.effective_at is not None:
        row["effective_at"] = posting.effective_at.isoformat()
    for name in ("entity_id", "decision", "reverses"):
        if (value := getattr(posting, name)) is not None:
            row[name] = value
    if posting.scope:
        row["scope"] = posting.scope
    if posting.value_date is not None:
        row["value_date"] = posting.value_date.isoformat()
    return row


def call_of(function: str, given: Sequence[Any]) -> str:
    return f"SELECT {function}({', '.join(['%s'] * len(given))})"


def called(function: str, *given: Any) -> Any:
    """Call one of the database's functions; its refusal becomes a sentence."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(call_of(function, given), given)
            return cursor.fetchone()[0]
    except DatabaseError as error:
        raise refused(error) or error from error


def refused(error: DatabaseError) -> Problem | None:
    """What the driver says of a refusal, as its sentence."""
    diagnosis = getattr(error.__cause__, "diag", None)
    state = getattr(error.__cause__, "sqlstate", None) or ""
    message = getattr(diagnosis, "message_primary", "") or ""
    detail = getattr(diagnosis, "message_detail", "") or ""
    constraint = getattr(diagnosis, "constraint_name", "") or ""
    return refusal(constraint or state, message, detail)


def _not_enough(message: str, detail: str) -> Problem:
    said = json.loads(detail)
    there = Money.from_minor(int(said["there"]), Currency(said["asset"]))
    wanted = Money.from_minor(int(said["units"]), Currency(said["asset"]))
    return NotEnoughMoney(f"There is {there}, and {wanted} is needed.", field="money")


def _closed(message: str, detail: str) -> Problem:
    day = date.fromisoformat(detail)
    return PeriodClosed(f"The books are closed to {day:%-d %B %Y}. Name a later day.", field="day")


REFUSALS: dict[str, Callable[[str, str], Problem]] = {
    "NB001": _not_enough,
    "NB002": lambda *_: PostedDifferently("This was posted before with something else in it."),
    "NB003": lambda message, _: AccountClosed(message),
    "NB004": _closed,
    "NB005": lambda message, _: NotFound(f"{message} Add the asset first."),
    "NB006": lambda message, _: NoAmount(message, field="amount"),
    "NB007": lambda message, _: NothingHeldThere(message),
    "NB008": lambda message, _: HoldEnded(message),
    "NB009": lambda message, _: HoldEnded(f"{message} Ask for a new one."),
    "ledger_entry_reversed_once": lambda *_: PostedDifferently("This has been reversed already."),
    "22003": lambda *_: NoAmount("That amount is larger than any we can hold.", field="amount"),
}


def refusal(code: str, message: str, detail: str) -> Problem | None:
    """The database's refusal as a sentence; nothing where it is a fault of ours."""
    known = REFUSALS.get(code)
    return known(message, detail or "") if known else None
