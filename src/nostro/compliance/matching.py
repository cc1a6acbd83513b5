"""Who on the lists a name could be: an index of trigrams finds candidates, `names` judges them.

The index stands in memory over all lists at once. It is built from the entries it is given and
remembers nothing else: an entry whose id is used again for somebody else is screened as somebody
else.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nostro.compliance.lists import ListEntry
from nostro.compliance.names import Kind, Name, analyse, compare, skeleton

THRESHOLD = 0.7
CANDIDATES = 48
WEAK_NAME_COST = 0.1
SAME_BIRTH_DATE, SAME_BIRTH_YEAR, OTHER_BIRTH_YEAR = 0.05, 0.03, -0.2
SHARED_COUNTRY, NO_SHARED_COUNTRY = 0.02, -0.05


@dataclass(frozen=True, slots=True)
class Query:
    """Whom to look for. Unknown is left out; `countries` are alpha-2 codes."""

    name: str
    kind: Kind = Kind.PERSON
    birth_date: date | None = None
    countries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that moved a score, by how much, and the sentence a reviewer reads."""

    code: str
    change: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A listed entry that the query may be. `score` is 0 to 1."""

    list: str
    entry_id: str
    content_hash: str
    name: str
    score: float
    explanation: tuple[Factor, ...]


@dataclass(slots=True)
class Index:
    """Every name of every entry, findable by the trigrams it shares with another."""

    entries: Sequence[ListEntry]
    _names: list[Name] = field(default_factory=list, init=False)
    _owners: list[tuple[int, bool]] = field(default_factory=list, init=False)
    _postings: dict[str, NDArray[np.int32]] = field(default_factory=dict, init=False)
    _rarity: dict[str, float] = field(default_factory=dict, init=False)
    _lengths: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        gathered: dict[str, list[int]] = defaultdict(list)
        for place, entry in enumerate(self.entries):
            strong = [(text, False) for text in entry.names]
            for text, weak in strong + [(text, True) for text in entry.weak_names]:
                name = analyse.__wrapped__(text, entry.kind)
                for gram in _grams(name.tokens) | _skeleton_grams(name.tokens):
                    gathered[gram].append(len(self._names))
                self._names.append(name)
                self._owners.append((place, weak))
        count = len(self._names)
        squares = np.zeros(count)
        for gram, members in gathered.items():
            self._postings[gram] = np.array(members, dtype=np.int32)
            self._rarity[gram] = float(np.log1p(count / len(members)))
            if not gram.startswith("#"):
                squares[self._postings[gram]] += self._rarity[gram]
        self._lengths = np.maximum(squares, 1.0)

    def search(self, query: Query, *, threshold: float = THRESHOLD) -> list[Hit]:
        """Everybody who scores at least `threshold`, best first; one hit for an entry."""
        asked = analyse(query.name, query.kind)
        best: dict[int, Hit] = {}
        for number in self._candidates(asked):
            place, weak = self._owners[number]
            entry = self.entries[place]
            if not _may_be(query.kind, entry.kind):
                continue
            hit = _judged(query, asked, entry, self._names[number], weak=weak)
            if hit.score >= threshold and (place not in best or hit.score > best[place].score):
                best[place] = hit
        return sorted(best.values(), key=lambda hit: (-hit.score, hit.list, hit.entry_id))

    def _candidates(self, asked: Name) -> list[int]:
        """The names that share most with the one asked, rare trigrams counting more.

        Half of the score asks how much of the query is found, half how much of the entry: either
        may carry names that the other has left out.
        """
        grams = _skeleton_grams(asked.tokens) if asked.skeletal else set[str]()
        grams |= _grams(asked.tokens)
        shared = np.zeros(len(self._names))
        wanted = 0.0
        for gram in grams & self._postings.keys():
            shared[self._postings[gram]] += self._rarity[gram]
            wanted += self._rarity[gram]
        if wanted == 0:
            return []
        ranking = shared / wanted + shared / self._lengths
        kept = min(CANDIDATES, len(ranking))
        best = np.argpartition(-ranking, kept - 1)[:kept]
        return [int(number) for number in best if shared[number] > 0]


def score_against(query: Query, entry: ListEntry) -> Hit:
    """How well a query fits one entry, by the best of its names: a list's delta against clients."""
    asked = analyse(query.name, query.kind)
    names = [(text, False) for text in entry.names] + [(text, True) for text in entry.weak_names]
    return max(
        (_judged(query, asked, entry, analyse(text, entry.kind), weak=weak)
         for text, weak in names),
        key=lambda hit: hit.score,
    )  # fmt: skip


def _grams(tokens: Iterable[str]) -> set[str]:
    return {gram for token in tokens for gram in _token_grams(token)}


@lru_cache(maxsize=65536)
def _token_grams(token: str) -> frozenset[str]:
    padded = f" {token} "
    return frozenset(padded[place : place + 3] for place in range(len(padded) - 2))


def _skeleton_grams(tokens: Iterable[str]) -> set[str]:
    """Marked with '#', so that consonants are only looked up among consonants."""
    return {f"#{gram}" for token in tokens for gram in _token_grams(skeleton(token))}


def _may_be(asked: Kind, listed: Kind) -> bool:
    return Kind.UNKNOWN in (asked, listed) or asked == listed


def _judged(query: Query, asked: Name, entry: ListEntry, listed: Name, *, weak: bool) -> Hit:
    alike = compare(asked, listed)
    said = f"“{asked.text}” against “{listed.text}”. {' '.join(alike.reasons)}"
    factors = [Factor("name", alike.score, said)]
    if weak:
        said = "The list calls this a weak alias."
        factors.append(Factor("weak-alias", -WEAK_NAME_COST, said))
    if query.birth_date and entry.birth_dates:
        factors.append(_birth_factor(query.birth_date, entry.birth_dates))
    if query.countries and entry.countries:
        factors.append(_country_factor(query.countries, entry.countries))
    total = sum(factor.change for factor in factors) if alike.score else 0.0
    score = round(min(1.0, max(0.0, total)), 4)
    return Hit(entry.list, entry.entry_id, entry.content_hash, listed.text, score, tuple(factors))


def _birth_factor(born: date, listed: Sequence[str]) -> Factor:
    """The best agreement with any listed date. Lists are often a year off, so one year is near."""
    if born.isoformat() in listed:
        return Factor("birth-date", SAME_BIRTH_DATE, f"Born on the same day, {born}.")
    written = ", ".join(listed)
    if any(_years(one)[0] - 1 <= born.year <= _years(one)[1] + 1 for one in listed):
        said = f"Born about the same time: {born}, listed {written}."
        return Factor("birth-year", SAME_BIRTH_YEAR if len(listed) < 4 else 0.0, said)
    return Factor("birth-year", OTHER_BIRTH_YEAR, f"Born {born}, but listed as {written}.")


def _years(listed: str) -> tuple[int, int]:
    first, _, last = listed.partition("/")
    return int(first[:4]), int((last or first)[:4])


def _country_factor(asked: frozenset[str], listed: Sequence[str]) -> Factor:
    shared = sorted(asked & set(listed))
    if shared:
        return Factor("country", SHARED_COUNTRY, f"Both have to do with {', '.join(shared)}.")
    said = f"No country in common: {', '.join(sorted(asked))} and {', '.join(listed)}."
    return Factor("country", NO_SHARED_COUNTRY, said)
