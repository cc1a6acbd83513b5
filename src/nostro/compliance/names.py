"""How alike two names are, and why: tokens are aligned, then agreement is weighed with conflict.

Ours because the better known matchers need ICU and a compiler. A token that is missing on one
side costs little (people drop middle names); a different token on both sides costs much. Nothing
here knows an entity: results depend on the two texts alone, so a reused id cannot mislead.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from anyascii import anyascii
from rapidfuzz.distance import OSA

from nostro.compliance import name_words as words


class Kind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"
    VESSEL = "vessel"
    AIRCRAFT = "aircraft"
    UNKNOWN = "unknown"


CONFLICT_COST = 2.0
EXTRA_COST = 0.15
LONE_NAME_COST = 0.6
"""Of a person known by one name alone: half the world is called Maria."""
SAME_TOKEN = 0.66
"""Two tokens less alike than this are different names, not two spellings of one."""
JOINED_AGREEMENT = 0.88
LEGAL_FORM_COST = 0.03
INITIAL_WORTH = 0.8


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart. `tokens` are Latin, lower-case, without titles and legal forms.

    `skeletal` names come from a script that writes no vowels; they compare by consonants.
    """

    text: str
    tokens: tuple[str, ...]
    kind: Kind
    legal_forms: frozenset[str]
    skeletal: bool

    @property
    def joined(self) -> str:
        return "".join(self.tokens)


@dataclass(frozen=True, slots=True)
class Likeness:
    """0 to 1, and the sentences that explain it.

    `weakest` is the likeness of the worst part, 0 where one part is another name: an average lets
    a wrong surname hide behind two right given names.
    """

    score: float
    reasons: tuple[str, ...]
    weakest: float = 0.0


@lru_cache(maxsize=4096)
def analyse(text: str, kind: Kind = Kind.UNKNOWN) -> Name:
    """Take a name apart. Kept by its text and kind, never by whose name it is."""
    latin = " ".join(_latin(word) for word in text.split()).lower()
    latin = re.sub(r"['’`ʻʼ.]", "", latin.replace("&", " and "))
    raw = re.findall(r"[a-z0-9]+", latin)
    forms: frozenset[str] = frozenset()
    if kind is not Kind.PERSON:
        raw, forms = _without_legal_forms(raw)
    dropped = words.TITLES if kind in (Kind.PERSON, Kind.UNKNOWN) else words.ARTICLES
    kept = [token for token in raw if token not in dropped] or raw
    tokens = tuple(words.NUMBERS.get(token) or _unmasked(token) for token in kept)
    return Name(text, tokens, kind, forms, any(_writes_no_vowels(char) for char in text))


def compare(left: Name, right: Name) -> Likeness:
    """How alike two names are: 1 is the same, below about 0.7 it is somebody else."""
    if not left.tokens or not right.tokens:
        return Likeness(0.0, ("One of the names has no letters.",))
    if sorted(left.tokens) == sorted(right.tokens):
        aligned = Likeness(1.0, ("The names are the same.",), 1.0)
    else:
        aligned = max(_aligned(left, right), _run_together(left, right), key=lambda one: one.score)
    if left.legal_forms and right.legal_forms and not left.legal_forms & right.legal_forms:
        reason = f"Their legal forms differ ({_listed(left)} and {_listed(right)})."
        score = max(0.0, aligned.score - LEGAL_FORM_COST)
        return Likeness(score, (*aligned.reasons, reason), aligned.weakest)
    return aligned


def likeness(left: str, right: str, kind: Kind = Kind.PERSON) -> Likeness:
    """`compare` for two texts."""
    return compare(analyse(left, kind), analyse(right, kind))


@lru_cache(maxsize=65536)
def skeleton(token: str) -> str:
    """A token without what vowel-less scripts leave out or write in several ways."""
    folded = sounds_like(token).replace("v", "f").replace("b", "f").replace("p", "f")
    return re.sub(r"[aeiouyw]", "", folded) or folded[:1]


@lru_cache(maxsize=65536)
def sounds_like(token: str) -> str:
    """A token with the spellings that transliterations disagree about made one."""
    for written, heard in words.SPELLINGS:
        token = token.replace(written, heard)
    return re.sub(r"(.)\1+", r"\1", token)


def _latin(word: str) -> str:
    """East Asian names get their syllables apart, family names by the tables where they have one.

    A family name is one or two characters at the front; the given name's own reading is better
    than none, and the Japanese reading differs from the Chinese that transliteration gives.
    """
    if not any(_is_east_asian(char) for char in word):
        return anyascii(word)
    for length in (2, 1):
        family = words.FAMILY_NAMES.get(word[:length])
        if family and len(word) > length:
            rest = word[length:]
            return f"{family} {words.GIVEN_NAMES.get(rest) or _syllables(rest)}"
    return _syllables(word)


def _syllables(word: str) -> str:
    return " ".join(words.GIVEN_NAMES.get(char) or anyascii(char) for char in word).replace(
        "·", " "
    )


def _is_east_asian(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3"


def _writes_no_vowels(char: str) -> bool:
    return char > "\u0590" and unicodedata.name(char, "").split(" ")[0] in words.VOWELLESS_SCRIPTS


def _unmasked(token: str) -> str:
    """`sech1n` is `sechin`: a digit inside a word stands for the letter it looks like."""
    letters = sum(char.isalpha() for char in token)
    return token.translate(words.LOOKALIKES) if letters > len(token) - letters else token


def _without_legal_forms(raw: list[str]) -> tuple[list[str], frozenset[str]]:
    text = f" {' '.join(raw)} "
    forms = set()
    for written, form in words.LEGAL_FORMS:
        if f" {written} " in text and text.strip() != written:
            text = text.replace(f" {written} ", " ")
            forms.add(form)
    return text.split() or raw, frozenset(forms)


def _weight(token: str) -> float:
    if token in words.PARTICLES:
        return 0.25
    if token in words.COMMON or len(token) == 1:
        return 0.6
    return 1.0


def _likeness(left: str, right: str, *, skeletal: bool) -> float:
    """How alike two tokens are, 0 to 1; numbers are alike or they are not."""
    if left == right:
        return 1.0
    if left.isdigit() or right.isdigit():
        return 0.0
    if len(left) == 1 or len(right) == 1:
        return INITIAL_WORTH if left[0] == right[0] else 0.0
    if skeletal:
        return OSA.normalized_similarity(skeleton(left), skeleton(right)) * 0.97
    heard = OSA.normalized_similarity(sounds_like(left), sounds_like(right)) * 0.98
    if right in words.NICKNAMES.get(left, ()) or left in words.NICKNAMES.get(right, ()):
        return 0.9
    return max(OSA.normalized_similarity(left, right), heard)


def _pairs(left: Name, right: Name) -> list[tuple[float, int, int]]:
    """The best alignment, greedily: the most alike pair first, each token once."""
    skeletal = left.skeletal != right.skeletal
    ranked = sorted(
        (
            (_likeness(one, other, skeletal=skeletal), i, j)
            for i, one in enumerate(left.tokens)
            for j, other in enumerate(right.tokens)
        ),
        key=lambda pair: (-pair[0], abs(pair[1] - pair[2])),
    )
    used_left: set[int] = set()
    used_right: set[int] = set()
    chosen = []
    for alike, i, j in ranked:
        if alike < SAME_TOKEN:
            break
        if i not in used_left and j not in used_right:
            used_left.add(i)
            used_right.add(j)
            chosen.append((alike, i, j))
    return chosen


def _aligned(left: Name, right: Name) -> Likeness:
    pairs = _pairs(left, right)
    lone_left = _lone(left.tokens, {i for _, i, _ in pairs})
    lone_right = _lone(right.tokens, {j for _, _, j in pairs})
    initials = _spelled_out(lone_left, lone_right) or _spelled_out(lone_right, lone_left)
    reasons, agreement, total = [], 0.0, 0.0
    for alike, i, j in pairs:
        one, other = left.tokens[i], right.tokens[j]
        weight = (_weight(one) + _weight(other)) / 2
        agreement += weight * alike
        total += weight
        if one != other:
            reasons.append(f"“{one}” reads like “{other}” ({alike:.2f}).")
    if initials:
        agreement, total = agreement + INITIAL_WORTH, total + 1
        reasons.append("Initials stand for the given names.")
        lone_left, lone_right = [], []
    if total == 0:
        return Likeness(0.0, ("No part of the names agrees.",))
    on_left, on_right = (sum(map(_weight, lone)) for lone in (lone_left, lone_right))
    conflict = min(on_left, on_right)
    extra = max(on_left, on_right) - conflict
    extra_cost = EXTRA_COST
    if len(pairs) == 1 and Kind.PERSON in (left.kind, right.kind):
        extra_cost = LONE_NAME_COST
    score = agreement / (total + CONFLICT_COST * conflict + extra_cost * extra)
    if any(j < k for (_, _, k), (_, _, j) in pairwise(sorted(pairs, key=lambda pair: pair[1]))):
        reasons.append("The parts stand in another order.")
    if conflict:
        reasons.append(f"“{' '.join(lone_left)}” is not “{' '.join(lone_right)}”.")
    elif extra:
        reasons.append(f"Only one has “{' '.join(lone_left or lone_right)}”.")
    weakest = 0.0 if conflict else min((alike for alike, _, _ in pairs), default=0.0)
    return Likeness(score, tuple(reasons) or ("Every part agrees.",), weakest)


def _lone(tokens: tuple[str, ...], used: set[int]) -> list[str]:
    return [token for place, token in enumerate(tokens) if place not in used]


def _spelled_out(short: list[str], long: list[str]) -> bool:
    """`jc` for `jean claude`."""
    return len(long) > 1 and short == ["".join(token[0] for token in long)]


def _run_together(left: Name, right: Name) -> Likeness:
    """`sergeilavrov` and `sergei lavrov`: the same letters, parted elsewhere."""
    if len(left.tokens) == len(right.tokens) or left.skeletal != right.skeletal:
        return Likeness(0.0, ())
    alike = max(
        OSA.normalized_similarity(left.joined, right.joined),
        OSA.normalized_similarity(sounds_like(left.joined), sounds_like(right.joined)) * 0.98,
    )
    if alike < JOINED_AGREEMENT:
        return Likeness(0.0, ())
    reason = "Written without its spaces the name is the same."
    return Likeness(alike * 0.98, (reason,), alike)


def _listed(name: Name) -> str:
    return ", ".join(sorted(name.legal_forms))
