"""How alike one of our movements and a bank line are, where no key joins them.

A score is at most 100. Amount, currency and date alone reach half of it: without the other side's
name, account or a trace of a reference a pair is never more than a proposal.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from rapidfuzz.fuzz import token_sort_ratio

from nostro.kit.money import Money
from nostro.reconciliation.statement import Line, key_of

SAME_AMOUNT, NEAR_AMOUNT = 35, 10
SAME_DAY = 15
SAME_IBAN, SAME_NAME, SAME_TRACE = 30, 20, 30
LIKE_A_NAME = 85.0
SHORTEST_TRACE = 6


class Movement(Protocol):
    """What scoring asks of one of our movements."""

    @property
    def id(self) -> str: ...
    @property
    def money(self) -> Money: ...
    @property
    def on(self) -> date: ...
    @property
    def references(self) -> frozenset[str]: ...
    @property
    def counterparty(self) -> str: ...
    @property
    def iban(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Pair:
    """One movement beside one line. `days` is the window, over which a date loses its points."""

    ours: Movement
    line: Line
    days: int

    @property
    def exact(self) -> bool:
        return self.ours.money == self.line.money

    @property
    def same_iban(self) -> bool:
        own = key_of(self.ours.iban)
        return bool(own) and own == key_of(self.line.iban)

    @property
    def same_name(self) -> bool:
        own, other = self.ours.counterparty.casefold(), self.line.counterparty.casefold()
        return bool(own and other) and token_sort_ratio(own, other) >= LIKE_A_NAME

    @property
    def same_party(self) -> bool:
        return self.same_iban or self.same_name

    @property
    def traced(self) -> bool:
        """A reference of ours stands somewhere in the line's text, cut or joined to other words."""
        text = key_of(self.line.remittance)
        keys = map(key_of, self.ours.references)
        return any(len(key) >= SHORTEST_TRACE and key in text for key in keys)

    @property
    def identifies(self) -> bool:
        """Whether anything but amount, currency and date speaks for the pair."""
        return self.same_party or self.traced

    @property
    def score(self) -> int:
        points = SAME_AMOUNT if self.exact else NEAR_AMOUNT
        apart = abs((self.line.booked_date - self.ours.on).days)
        points += SAME_DAY - SAME_DAY * apart // (self.days + 1)
        points += SAME_IBAN * self.same_iban + SAME_TRACE * self.traced
        return min(100, points + SAME_NAME * self.same_name)

    @property
    def says(self) -> str:
        """The evidence in words."""
        said = ["equal amount" if self.exact else "similar amount"]
        said += ["same account"] * self.same_iban + ["same name"] * self.same_name
        said += ["reference in the text"] * self.traced
        apart = abs((self.line.booked_date - self.ours.on).days)
        return f"{', '.join(said).capitalize()}, {apart} days apart."


def best_pairs(
    ours: Iterable[Movement], lines: Iterable[Line], *, days: int, band: Decimal
) -> list[tuple[Pair, int]]:
    """Pairs in which each is the other's best, the highest score first, with their lead.

    The lead is over the better of both runners-up; a tie leads by nothing. Only pairs in one
    currency, one direction, the date window and the amount band are looked at.
    """
    scored = [(pair, pair.score) for pair in _blocked(ours, lines, days, band)]
    of_ours: dict[str, list[int]] = defaultdict(list)
    of_lines: dict[str, list[int]] = defaultdict(list)
    for pair, score in scored:
        of_ours[pair.ours.id].append(score)
        of_lines[pair.line.content_hash].append(score)
    for scores in (*of_ours.values(), *of_lines.values()):
        scores.sort(reverse=True)
    found = []
    for pair, score in scored:
        rivals = of_ours[pair.ours.id], of_lines[pair.line.content_hash]
        if any(score < scores[0] for scores in rivals):
            continue
        lead = min(score - (scores[1] if len(scores) > 1 else 0) for scores in rivals)
        found.append((pair, lead))
    return sorted(found, key=_order)


def _order(found: tuple[Pair, int]) -> tuple[int, int, str, str]:
    pair, lead = found
    return -pair.score, -lead, pair.ours.id, pair.line.content_hash


def _blocked(
    ours: Iterable[Movement], lines: Iterable[Line], days: int, band: Decimal
) -> list[Pair]:
    blocks: dict[str, list[tuple[Decimal, str, Line]]] = defaultdict(list)
    for line in lines:
        blocks[line.money.currency].append((line.money.amount, line.content_hash, line))
    amounts = {}
    for currency, block in blocks.items():
        block.sort(key=lambda one: one[:2])
        amounts[currency] = [amount for amount, _, _ in block]
    pairs = []
    for one in ours:
        reach = abs(one.money.amount) * band
        block, sizes = blocks.get(one.money.currency, []), amounts.get(one.money.currency, [])
        first = bisect_left(sizes, one.money.amount - reach)
        last = bisect_right(sizes, one.money.amount + reach)
        for _, _, line in block[first:last]:
            if abs((line.booked_date - one.on).days) <= days:
                pairs.append(Pair(one, line, days))
    return pairs
