"""Figures, pills and their reasons: every derived number can say where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify

from nostro.kit.money import Money


@dataclass(frozen=True)
class Pill:
    """A state in words on its colour."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Because:
    """One line of an explanation."""

    text: str
    value: Any = ""


@dataclass(frozen=True)
class Why:
    """What stands behind a dotted underline: an arithmetic, or a rule with its version and row."""

    title: str = ""
    rows: tuple[Because, ...] = ()
    note: str = ""
    url: str = ""


def arithmetic(title: str, *lines: tuple[str, Any], note: str = "", url: str = "") -> Why:
    """How a figure adds up, one factor a line: `("23 deposits", money)`."""
    return Why(title, tuple(Because(text, value) for text, value in lines), note, url)


def rule(title: str, version: int, row: int, sentence: str, url: str = "") -> Why:
    """The rule that gave an answer: its version, the row that matched, and what it says."""
    lines = (Because("Version", version), Because("Row", row))
    return Why(title, lines, sentence, url)


@dataclass(frozen=True)
class Figure:
    """A number on top of a page. `value` may be Money; `low` hides it on small screens."""

    label: str
    value: Any
    currency: str = ""
    tone: str = ""
    note: str = ""
    note_tone: str = ""
    why: Why | None = None
    low: int = 0

    @property
    def id(self) -> str:
        return f"figure-{slugify(self.label)}"


def by_currency(
    label: str, amounts: Mapping[str, Money], first: str, *, note: str = "", why: Why | None = None
) -> Figure:
    """Sums in several currencies: the client's own large, the others behind it."""
    said = [*(str(one) for code, one in amounts.items() if code != first and one), note]
    here = amounts.get(first, Money.zero(first))
    return Figure(label, here, note=", ".join(filter(None, said)), why=why)
