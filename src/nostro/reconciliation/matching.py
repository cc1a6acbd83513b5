"""Which line of a bank statement is which movement of ours, and how sure that is.

Pure and deterministic: the same input in any order gives the same result, every movement and
every line ends in exactly one place, and nothing is confirmed because amount and date happen to
agree.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from nostro.kit.money import Money
from nostro.reconciliation.scoring import Pair, best_pairs
from nostro.reconciliation.statement import Line, key_of


class Rule(StrEnum):
    END_TO_END = "end-to-end id"
    REFERENCE = "reference"
    REMITTANCE = "reference in the text"
    PAYOUT_ID = "payout id"
    PAYOUT_SUM = "payout sum"
    PARTS = "parts of one movement"
    VARIANCE = "reference with a variance"
    SCORED = "scored"


@dataclass(frozen=True, slots=True)
class Expected:
    """One of our movements, gross; money in is positive.

    `references` are every key it may carry at the bank. `payout_id` groups what a provider settles
    in one amount; `fee` is what the agreed schedule lets it withhold (above zero).
    """

    id: str
    money: Money
    on: date
    end_to_end_id: str = ""
    references: frozenset[str] = frozenset()
    payout_id: str = ""
    fee: Money | None = None
    counterparty: str = ""
    iban: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """How far scoring looks, and how sure it must be. Shares are of our amount."""

    days: int = 5
    band: Decimal = Decimal("0.05")
    confirm_at: int = 80
    propose_at: int = 40
    margin: int = 15
    shortest_key: int = 5
    most_parts: int = 20


@dataclass(frozen=True, slots=True)
class Found:
    """Movements and lines that belong together: confirmed in `matched`, else a proposal.

    `variance` is the line(s) less the movement(s); none where their currencies differ.
    """

    rule: Rule
    expected: tuple[str, ...]
    lines: tuple[str, ...]
    variance: Money | None
    reason: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A movement's id or a line's content hash that found nothing, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    matched: tuple[Found, ...]
    proposed: tuple[Found, ...]
    unmatched_expected: tuple[Unmatched, ...]
    unmatched_lines: tuple[Unmatched, ...]


def match(
    expected: Iterable[Expected],
    lines: Iterable[Line],
    *,
    unproven: Collection[str] = (),
    policy: Policy | None = None,
) -> Result:
    """Match by key, by payout, by key with a variance, and last by score.

    A line counts once by its content hash. Lines whose hash is in `unproven` come from a statement
    that does not prove itself: what would be a match of theirs is only proposed.
    """
    work = _Work(
        {one.id: one for one in sorted(expected, key=lambda one: one.id)},
        {one.content_hash: one for one in sorted(lines, key=lambda one: one.content_hash)},
        frozenset(unproven),
        policy or Policy(),
    )
    _by_payout_id(work)
    for rule in (Rule.END_TO_END, Rule.REFERENCE, Rule.REMITTANCE):
        _by_key(work, rule)
    _by_parts(work)
    _by_payout_sum(work)
    _by_variance(work)
    _by_score(work)
    return work.result()


@dataclass(slots=True)
class _Work:
    """What is still open, and what has been found so far."""

    expected: dict[str, Expected]
    lines: dict[str, Line]
    unproven: frozenset[str]
    policy: Policy
    matched: list[Found] = field(default_factory=list)
    proposed: list[Found] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)

    def take(
        self,
        rule: Rule,
        ours: Sequence[Expected],
        theirs: Sequence[Line],
        reason: str,
        *,
        sure: bool,
    ) -> None:
        """Settle these. A match that rests on an unproven statement is a proposal."""
        hashes = tuple(line.content_hash for line in theirs)
        if sure and not self.unproven.isdisjoint(hashes):
            sure, reason = False, f"{reason} The statement does not prove itself."
        variance = _variance(ours, theirs)
        found = Found(rule, tuple(one.id for one in ours), hashes, variance, reason)
        (self.matched if sure else self.proposed).append(found)
        for one in ours:
            del self.expected[one.id]
        for hash_ in hashes:
            del self.lines[hash_]

    def keys(self, one: Expected, rule: Rule) -> frozenset[str]:
        """The keys of a movement that are long enough to mean it and nothing else."""
        texts = {one.end_to_end_id}
        if rule != Rule.END_TO_END:
            texts |= one.references
        keys = frozenset(key_of(text) for text in texts)
        return frozenset(key for key in keys if len(key) >= self.policy.shortest_key)

    def result(self) -> Result:
        nothing = "No open movement carries its references or is nearest to it."
        absent = "No open line carries its references or is nearest to it."
        return Result(
            tuple(self.matched),
            tuple(self.proposed),
            tuple(Unmatched(id_, self.why.get(id_, absent)) for id_ in self.expected),
            tuple(Unmatched(id_, self.why.get(id_, nothing)) for id_ in self.lines),
        )


def _variance(ours: Sequence[Expected], theirs: Sequence[Line]) -> Money | None:
    currencies = {one.money.currency for one in ours} | {one.money.currency for one in theirs}
    if len(currencies) != 1:
        return None
    zero = Money.zero(currencies.pop())
    return sum((line.money for line in theirs), zero) - _sum(ours)


def _sum(ours: Sequence[Expected]) -> Money:
    return sum((one.money for one in ours), Money.zero(ours[0].money.currency))


def _carried(line: Line, rule: Rule) -> frozenset[str]:
    """The keys of a line that a rule looks at. In the text, words and pairs of words count."""
    match rule:
        case Rule.END_TO_END:
            return frozenset({key_of(line.end_to_end_id)})
        case Rule.REMITTANCE:
            words = [key_of(word) for word in line.remittance.split()]
            return frozenset(words) | {a + b for a, b in pairwise(words)}
        case _:
            return line.keys


def _pairs(work: _Work, rule: Rule) -> list[tuple[Expected, Line]]:
    """Every open movement with every open line that shares one of its keys."""
    holders: dict[str, list[Line]] = defaultdict(list)
    for line in work.lines.values():
        for key in _carried(line, rule):
            holders[key].append(line)
    found: dict[tuple[str, str], tuple[Expected, Line]] = {}
    for one in work.expected.values():
        for key in sorted(work.keys(one, rule)):
            for line in holders.get(key, ()):
                found[one.id, line.content_hash] = (one, line)
    return list(found.values())


def _alone(pairs: Sequence[tuple[Expected, Line]]) -> list[tuple[Expected, Line]]:
    """Pairs in which neither side has another partner; the others are told apart by nobody."""
    of_ours: dict[str, int] = defaultdict(int)
    of_theirs: dict[str, int] = defaultdict(int)
    for one, line in pairs:
        of_ours[one.id] += 1
        of_theirs[line.content_hash] += 1
    return [
        (one, line)
        for one, line in pairs
        if of_ours[one.id] == 1 and of_theirs[line.content_hash] == 1
    ]


def _by_key(work: _Work, rule: Rule) -> None:
    """The same key and the same gross amount, one to one."""
    equal = [(one, line) for one, line in _pairs(work, rule) if one.money == line.money]
    clear = _alone(equal)
    for one, line in clear:
        work.take(rule, [one], [line], f"Same {rule} and same amount.", sure=True)
    for one, line in equal:
        if one.id in work.expected and line.content_hash in work.lines:
            said = "Several lines or movements carry this key with this amount."
            work.why[one.id] = work.why[line.content_hash] = said


def _payouts(work: _Work) -> dict[tuple[str, str], list[Expected]]:
    groups: dict[tuple[str, str], list[Expected]] = defaultdict(list)
    for one in work.expected.values():
        if one.payout_id:
            groups[one.payout_id, one.money.currency].append(one)
    return groups


def _by_payout_id(work: _Work) -> None:
    """Many of ours to the one line that carries their payout's id. A different sum is proposed."""
    holders: dict[str, list[Line]] = defaultdict(list)
    for line in work.lines.values():
        for key in line.keys | _carried(line, Rule.REMITTANCE):
            holders[key].append(line)
    for (payout_id, currency), ours in _payouts(work).items():
        key = key_of(payout_id)
        if len(key) < work.policy.shortest_key:
            continue
        carrying = [
            line
            for line in holders.get(key, ())
            if line.content_hash in work.lines and line.money.currency == currency
        ]
        if len(carrying) == 1:
            exact = _sum(ours) == carrying[0].money
            how = "sum" if exact else "do not sum"
            reason = f"{len(ours)} movements of payout {payout_id} {how} to the line."
            work.take(Rule.PAYOUT_ID, ours, carrying, reason, sure=exact)
        elif carrying:
            said = f"{len(carrying)} lines carry payout {payout_id}."
            work.why |= dict.fromkeys([one.id for one in ours], said)


def _by_payout_sum(work: _Work) -> None:
    """A payout whose id the bank dropped: by its sum, and by who sent it, where that is known."""
    of_amount: dict[Money, list[Line]] = defaultdict(list)
    for line in work.lines.values():
        of_amount[line.money].append(line)
    wanted: dict[str, list[tuple[Sequence[Expected], Line]]] = defaultdict(list)
    for group in _payouts(work).values():
        last = max(one.on for one in group)
        near = [
            line
            for line in of_amount.get(_sum(group), ())
            if 0 <= (line.booked_date - last).days <= work.policy.days
        ]
        if len(group) > 1 and len(near) == 1:
            wanted[near[0].content_hash].append((group, near[0]))
    for candidates in wanted.values():
        if len(candidates) != 1:
            continue
        ours, line = candidates[0]
        known = all(Pair(one, line, work.policy.days).same_party for one in ours)
        reason = f"{len(ours)} movements of payout {ours[0].payout_id} sum to the line"
        reason += ", and it comes from their provider." if known else "; its id is not on it."
        work.take(Rule.PAYOUT_SUM, ours, [line], reason, sure=known)


def _keyed(work: _Work) -> list[tuple[Expected, Line]]:
    """Every pair that shares any key, and points the same way."""
    found = {
        (one.id, line.content_hash): (one, line)
        for rule in (Rule.END_TO_END, Rule.REFERENCE, Rule.REMITTANCE)
        for one, line in _pairs(work, rule)
        if (one.money.amount < 0) == (line.money.amount < 0)
    }
    return list(found.values())


def _by_parts(work: _Work) -> None:
    """One movement of ours that came in a few lines, all of which carry its key."""
    by_ours: dict[str, list[Line]] = defaultdict(list)
    owners: dict[str, set[str]] = defaultdict(set)
    for one, line in _keyed(work):
        by_ours[one.id].append(line)
        owners[line.content_hash].add(one.id)
    for id_, parts in by_ours.items():
        one = work.expected[id_]
        own = all(owners[line.content_hash] == {id_} for line in parts)
        if not own or not 2 <= len(parts) <= work.policy.most_parts:
            continue
        if any(line.money.currency != one.money.currency for line in parts):
            continue
        if sum((line.money for line in parts), Money.zero(one.money.currency)) == one.money:
            reason = f"{len(parts)} lines with its key sum to it."
            work.take(Rule.PARTS, [one], parts, reason, sure=True)


def _by_variance(work: _Work) -> None:
    """The same key and another amount: the difference is proposed to be posted, never hidden."""
    for one, line in _alone(_keyed(work)):
        variance = _variance([one], [line])
        if variance is None:
            said = f"The line is in {line.money.currency}, ours is in {one.money.currency}."
        elif not variance:
            continue
        elif one.fee is not None and variance == -one.fee:
            said = f"Same key; the agreed fee of {one.fee} was withheld."
        else:
            said = f"Same key; the line is off by {variance}."
        work.take(Rule.VARIANCE, [one], [line], said, sure=False)


def _by_score(work: _Work) -> None:
    """Assign what is left by score: sure only when the best is unique, ahead and no mere chance."""
    policy = work.policy
    pairs = best_pairs(
        work.expected.values(), work.lines.values(), days=policy.days, band=policy.band
    )
    for pair, lead in pairs:
        one, line = pair.ours, pair.line
        if one.id not in work.expected or line.content_hash not in work.lines:
            continue
        ours = work.expected[one.id]
        ahead = lead >= policy.margin
        clear = one.id not in work.why and line.content_hash not in work.why
        if pair.exact and pair.identifies and ahead and clear and pair.score >= policy.confirm_at:
            reason = f"{pair.says} Score {pair.score}, {lead} ahead."
            work.take(Rule.SCORED, [ours], [line], reason, sure=True)
        elif ahead and pair.score >= policy.propose_at:
            reason = f"{pair.says} Score {pair.score}, {lead} ahead: please confirm."
            work.take(Rule.SCORED, [ours], [line], reason, sure=False)
        else:
            said = f"The best candidate scores {pair.score} and is {lead} ahead of the next."
            work.why.setdefault(one.id, said)
            work.why.setdefault(line.content_hash, said)
