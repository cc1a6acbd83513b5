"""The machine readable zone of travel documents, by ICAO Doc 9303 parts 3 to 7 (8th edition).

Ours because the readers on PyPI are copyleft. It says of every checked field whether its digit
holds, and repairs a misread character only where a digit must stand and the digit then proves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

FILLER = "<"
ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")
_MISREAD = str.maketrans("OQDIZSGB", "00012568")
_WEIGHTS = (7, 3, 1)


class Layout(StrEnum):
    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"
    MRVA = "MRV-A"
    MRVB = "MRV-B"
    FRENCH = "FRA-2x36"


class NotAZone(ValueError):
    """The lines have the shape of no known document."""


@dataclass(frozen=True, slots=True)
class Mrz:
    """One zone as printed: text without fillers, dates still as YYMMDD.

    `checks` tells for each checked field whether its digit holds; `repaired` names the fields
    that hold only because a misread character was put right.
    """

    layout: Layout
    lines: tuple[str, ...]
    document_code: str
    issuer: str
    surname: str
    given_names: str
    name_truncated: bool
    document_number: str
    nationality: str
    birth_yymmdd: str
    sex: str
    expiry_yymmdd: str
    optional_data: str
    checks: dict[str, bool]
    repaired: frozenset[str] = frozenset()

    @property
    def holds(self) -> bool:
        """Every check digit holds."""
        return bool(self.checks) and all(self.checks.values())

    @property
    def name(self) -> str:
        return f"{self.given_names} {self.surname}".strip()

    def birth_date(self, on: date) -> date | None:
        """The day of birth: the latest such day that is not after `on`."""
        return _dated(self.birth_yymmdd, on.year, on)

    def expiry_date(self, on: date) -> date | None:
        """The last day of validity, taken to lie no more than fifty years after `on`."""
        return _dated(self.expiry_yymmdd, on.year + 50, None)


@dataclass(frozen=True, slots=True)
class _Zone:
    """The fields of a layout as printed, fillers and digits included."""

    number: str
    number_digit: str
    birth: str
    birth_digit: str
    expiry: str
    expiry_digit: str
    optional: str
    composite: str
    composite_digit: str


def check_digit(text: str) -> str:
    """The digit of `text` modulo 10 with weights 7, 3, 1 (ICAO 9303-3, 4.9)."""
    total = sum(_value(char) * _WEIGHTS[place % 3] for place, char in enumerate(text))
    return str(total % 10)


def layout_of(lines: Sequence[str]) -> Layout:
    """Which document has lines of this number, length and beginning."""
    shape = (len(lines), *{len(line) for line in lines})
    first = lines[0] if lines else ""
    match shape:
        case (3, 30):
            return Layout.TD1
        case (2, 36) if first.startswith("V"):
            return Layout.MRVB
        case (2, 36) if first[:5].translate(str.maketrans("1", "I")) == "IDFRA":
            return Layout.FRENCH
        case (2, 36):
            return Layout.TD2
        case (2, 44):
            return Layout.MRVA if first.startswith("V") else Layout.TD3
    raise NotAZone("A zone has three lines of 30, or two of 36 or 44 characters.")


def parse(lines: Sequence[str], *, repair: bool = False) -> Mrz:
    """Read a zone. With `repair`, misread digits are put right where a check digit proves it."""
    upper = tuple(line.strip().upper() for line in lines)
    layout = layout_of(upper)
    if not all(ALPHABET.issuperset(line) for line in upper):
        raise NotAZone("A zone holds only letters A to Z, digits and '<'.")
    repaired: frozenset[str] = frozenset()
    if repair:
        upper, repaired = _repaired(layout, upper)
    if layout is Layout.FRENCH:
        return _french(upper, repaired)
    return _standard(layout, upper, repaired)


def _value(char: str) -> int:
    if char == FILLER:
        return 0
    return int(char) if char.isdigit() else ord(char) - ord("A") + 10


def _holds(text: str, digit: str, *, may_be_empty: bool = False) -> bool:
    if may_be_empty and not text.strip(FILLER):
        return digit in (FILLER, "0")
    return digit.isdigit() and check_digit(text) == digit


def _dated(yymmdd: str, latest_year: int, not_after: date | None) -> date | None:
    if len(yymmdd) != 6 or not yymmdd.isdigit():
        return None
    short, month, day = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:])
    year = latest_year - (latest_year - short) % 100
    try:
        found = date(year, month, day)
        if not_after and found > not_after:
            found = date(year - 100, month, day)
    except ValueError:
        return None
    return found


def _words(text: str) -> str:
    return " ".join(text.replace(FILLER, " ").split())


def _names(field: str) -> tuple[str, str, bool]:
    surname, _, given = field.partition("<<")
    return _words(surname), _words(given), not field.endswith(FILLER)


def _long_number(number: str, digit: str, optional: str) -> tuple[str, str]:
    """A number longer than nine goes on in the optional data, its digit last (9303-5, note j)."""
    rest = optional.split(FILLER, 1)[0]
    if digit == FILLER and len(rest) > 1:
        return number + rest[:-1], rest[-1]
    return number, digit


def _split(layout: Layout, lines: tuple[str, ...]) -> _Zone:
    first, second = lines[0], lines[1]
    if layout is Layout.TD1:
        number, digit = _long_number(first[5:14], first[14], first[15:30])
        return _Zone(
            number, digit, second[0:6], second[6], second[8:14], second[14],
            f"{first[15:30]}<{second[18:29]}",
            first[5:30] + second[0:7] + second[8:15] + second[18:29], second[29],
        )  # fmt: skip
    number, digit, optional = second[0:9], second[9], second[28:]
    composite, composite_digit = "", ""
    if layout is Layout.TD2:
        number, digit = _long_number(number, digit, second[28:35])
        optional = second[28:35]
    if layout is Layout.TD3:
        optional = second[28:42]
    if layout in (Layout.TD2, Layout.TD3):
        composite, composite_digit = second[0:10] + second[13:20] + second[21:-1], second[-1]
    return _Zone(
        number, digit, second[13:19], second[19], second[21:27], second[27],
        optional, composite, composite_digit,
    )  # fmt: skip


def _standard(
    layout: Layout, lines: tuple[str, ...], repaired: frozenset[str] = frozenset()
) -> Mrz:
    zone = _split(layout, lines)
    checks = {
        "document_number": _holds(zone.number, zone.number_digit),
        "birth_date": _holds(zone.birth, zone.birth_digit),
        "expiry_date": _holds(zone.expiry, zone.expiry_digit),
    }
    if layout is Layout.TD3:
        checks["personal_number"] = _holds(zone.optional, lines[1][42], may_be_empty=True)
    if zone.composite_digit:
        checks["composite"] = _holds(zone.composite, zone.composite_digit)
    is_card = layout is Layout.TD1
    surname, given, truncated = _names(lines[2] if is_card else lines[0][5:])
    nationality, sex = (
        (lines[1][15:18], lines[1][7]) if is_card else (lines[1][10:13], lines[1][20])
    )
    return Mrz(
        layout=layout, lines=lines, document_code=lines[0][:2].rstrip(FILLER),
        issuer=lines[0][2:5].strip(FILLER), surname=surname, given_names=given,
        name_truncated=truncated, document_number=zone.number.strip(FILLER),
        nationality=nationality.strip(FILLER), birth_yymmdd=zone.birth,
        sex=sex.strip(FILLER), expiry_yymmdd=zone.expiry,
        optional_data=_words(zone.optional), checks=checks, repaired=repaired,
    )  # fmt: skip


def _french(lines: tuple[str, ...], repaired: frozenset[str] = frozenset()) -> Mrz:
    """The French card issued until 2021: a national layout without a date of expiry."""
    first, second = lines
    return Mrz(
        layout=Layout.FRENCH, lines=lines, document_code="ID", issuer="FRA",
        surname=_words(first[5:30]), given_names=_words(second[13:27]),
        name_truncated=not (first[29] == FILLER and second[26] == FILLER),
        document_number=second[0:12].strip(FILLER), nationality="FRA",
        birth_yymmdd=second[27:33], sex=second[34].strip(FILLER), expiry_yymmdd="",
        optional_data=_words(first[30:36]),
        checks={
            "document_number": _holds(second[0:12], second[12]),
            "birth_date": _holds(second[27:33], second[33]),
            "composite": _holds(first + second[:35], second[35]),
        },
        repaired=repaired,
    )  # fmt: skip


_NUMERIC: dict[Layout, tuple[tuple[str, int, int, int, int], ...]] = {
    Layout.TD1: (("document_number", 0, 5, 14, 14), ("birth_date", 1, 0, 6, 0),
                 ("expiry_date", 1, 8, 14, 8)),
    Layout.FRENCH: (("document_number", 1, 0, 12, 12), ("birth_date", 1, 27, 33, 27)),
}  # fmt: skip
_TWO_LINES = (
    ("document_number", 1, 0, 9, 9), ("birth_date", 1, 13, 19, 13), ("expiry_date", 1, 21, 27, 21),
)  # fmt: skip
"""Field, line, where it starts and ends (its digit is the next), where its numeric part starts."""


def _repaired(layout: Layout, lines: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    mended = list(lines)
    done: set[str] = set()
    fields = list(_NUMERIC.get(layout, _TWO_LINES))
    if layout is Layout.TD3:
        fields.append(("personal_number", 1, 28, 42, 42))
    for name, row, start, end, numeric in fields:
        line = mended[row]
        fixed = line[start:numeric] + line[numeric : end + 1].translate(_MISREAD)
        if fixed != line[start : end + 1] and _holds(fixed[:-1], fixed[-1]):
            mended[row] = line[:start] + fixed + line[end + 1 :]
            done.add(name)
    if layout in (Layout.MRVA, Layout.MRVB):
        return tuple(mended), frozenset(done)
    last = mended[1][-1].translate(_MISREAD)
    candidate = (mended[0], mended[1][:-1] + last, *mended[2:])
    read = _french(candidate) if layout is Layout.FRENCH else _standard(layout, candidate)
    if last != mended[1][-1] and read.checks["composite"]:
        mended[1] = candidate[1]
        done.add("composite")
    return tuple(mended), frozenset(done)
