"""A decision table as its page draws it: cells in words, what changed, and how often a row hit."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from nostro.rules.kinds import Field, Kind
from nostro.rules.models import BackTest, Version
from nostro.rules.points import Point
from nostro.rules.tables import Row, Table, diff, from_jdm
from nostro.rules.wording import meaning, said, told
from nostro.ui.addresses import STAFF


def table_url(point: str, number: int | None = None) -> str:
    address = f"{STAFF}rules/table/{point}/"
    return f"{address}?version={number}" if number is not None else address


@dataclass(frozen=True)
class Cell:
    """One cell: what it says, what it said before, what is wrong with it."""

    field: str
    title: str
    text: str
    raw: str
    was: str = ""
    is_new: bool = False
    is_edge: bool = False
    flaw: str = ""


@dataclass(frozen=True)
class DrawnRow:
    number: int
    id: str
    cells: list[Cell]
    note: str
    hits: int | None
    mark: str = ""


@dataclass(frozen=True)
class Heading:
    field: str
    title: str
    small: str
    is_edge: bool = False


@dataclass(frozen=True)
class Drawn:
    """The whole table with its two kinds of columns and the sentence under it."""

    asks: list[Heading]
    answers: list[Heading]
    rows: list[DrawnRow]
    changes: str = ""
    never: str = ""
    unasked: str = ""


def small(about: Field) -> str:
    """What kind of thing a column holds: its unit, its choices, its kind."""
    if about.unit:
        return about.unit
    if about.choices:
        return "one of"
    kinds = {Kind.NUMBER: "number", Kind.FLAG: "yes or no", Kind.TEXTS: "some of"}
    return kinds.get(about.kind, about.kind.name.lower())


def draw(
    point: Point[Any, Any],
    table: Table,
    *,
    before: Table | None = None,
    flaws: Mapping[tuple[str, str], str] | None = None,
    hits: Mapping[str, int] | None = None,
    whole: bool = False,
) -> Drawn:
    """The table; against `before` what changed is marked. Unless it is wanted `whole`, columns
    that no row asks about are named below it and not drawn.
    """
    silent = [] if whole else _silent(table, before)
    table = replace(
        table,
        inputs=tuple(c for c in table.inputs if c.field in point.asks and c.field not in silent),
        outputs=tuple(c for c in table.outputs if c.field in point.answers),
    )
    was = {row.id: row for row in before.rows} if before else {}
    rows = []
    for number, row in enumerate(table.rows, 1):
        old = was.get(row.id)
        cells = _cells(table, row, old, before is not None, flaws or {})
        mark = ""
        if before is not None:
            mark = "+" if old is None else "≠" if any(one.is_new for one in cells) else ""
        count = None if hits is None else hits.get(row.id, 0)
        rows.append(DrawnRow(number, row.id, cells, row.note, count, mark))
    return Drawn(
        [_heading(point.asks[one.field]) for one in table.inputs],
        [_heading(point.answers[one.field], at == 0) for at, one in enumerate(table.outputs)],
        rows,
        _changes(before, table) if before is not None else "",
        _never(rows) if hits else "",
        ", ".join(point.asks[name].title for name in silent if name in point.asks),
    )


def _cells(
    table: Table, row: Row, old: Row | None, compared: bool, flaws: Mapping[tuple[str, str], str]
) -> list[Cell]:
    """A row's cells; compared with what stood there, those that differ are new."""
    cells = []
    for side, columns in (("cells", table.inputs), ("out", table.outputs)):
        for at, column in enumerate(columns):
            raw = getattr(row, side).get(column.field, "")
            earlier = getattr(old, side).get(column.field, "") if old is not None else ""
            is_new = compared and raw != earlier
            cells.append(
                Cell(
                    column.field,
                    column.title or column.field,
                    said(raw),
                    raw,
                    said(earlier) or "any" if is_new and old is not None else "",
                    is_new,
                    side == "out" and at == 0,
                    flaws.get((row.id, column.field), ""),
                )
            )
    return cells


def _heading(about: Field, is_edge: bool = False) -> Heading:
    title = about.title[:1].upper() + about.title[1:]
    return Heading(about.name, title, small(about), is_edge)


def _silent(table: Table, before: Table | None) -> list[str]:
    rows = [*table.rows, *(before.rows if before else ())]
    used = {name for row in rows for name, cell in row.cells.items() if cell.strip()}
    found = [column.field for column in table.inputs if column.field not in used]
    return found if len(found) < len(table.inputs) else []


def _changes(before: Table, after: Table) -> str:
    found = diff(before, after)
    kinds = Counter(one.kind for one in found if one.kind != "changed")
    touched = len({one.row_id for one in found if one.kind == "changed" and one.row_id})
    words = [
        f"{count} {'row' if count == 1 else 'rows'} {word}"
        for count, word in (
            (touched, "changed"),
            (kinds["added"], "new"),
            (kinds["removed"], "removed"),
            (kinds["moved"], "moved"),
        )
        if count
    ]
    return ", ".join(words) + "." if words else "Nothing is changed."


def _never(rows: Sequence[DrawnRow]) -> str:
    silent = [str(row.number) for row in rows if row.hits == 0]
    if not silent:
        return "Every row was reached."
    word = "Row" if len(silent) == 1 else "Rows"
    return f"{word} {', '.join(silent)} matched nothing in this time."


def table_of(version: Version) -> Table:
    return from_jdm(version.jdm)


# ── Outcomes ──


def value_said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    text = str(value)
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        return text or "—"
    return f"{Decimal(text):,}".rstrip("0").rstrip(".") if "." in text else f"{int(text):,}"


def outcome(point: Point[Any, Any] | None, answers: Sequence[Mapping[str, Any]]) -> str:
    """Stored answers in few words: as their point says them, or `step fee, fee 10`."""
    if not answers:
        return "nothing"
    return "; ".join(_answer_said(point, one) for one in answers)


def _answer_said(point: Point[Any, Any] | None, answer: Mapping[str, Any]) -> str:
    clause = told(point, answer) if point else ""
    known = point.answers if point else {}
    parts = [
        (known[name].title if name in known else name, value_said(answer[name]))
        for name in sorted(answer, key=lambda one: _place(point, one))
    ]
    return clause or ", ".join(" ".join(one) for one in meaning(parts))


def _place(point: Point[Any, Any] | None, name: str) -> int:
    """Answers in the order of their columns: storage does not keep it."""
    names = list(point.answers) if point else []
    return names.index(name) if name in names else len(names)


def brief(point: Point[Any, Any] | None, answers: Sequence[Mapping[str, Any]]) -> str:
    """The first thing an answer says, for the margins of a matrix."""
    said_ = [
        value_said(one[min(one, key=lambda name: _place(point, name))]) for one in answers if one
    ]
    return ", ".join(said_) or "nothing"


@dataclass(frozen=True)
class FlipCell:
    count: int
    tone: str


@dataclass(frozen=True)
class FlipRow:
    label: str
    cells: list[FlipCell]
    total: int


@dataclass(frozen=True)
class Matrix:
    """Answers before (down) by answers after (across)."""

    first: str
    labels: list[str]
    rows: list[FlipRow]
    sums: list[int]
    total: int
    has_strictness: bool
    within: int


def matrix(point: Point[Any, Any], back_test: BackTest, most: int = 7) -> Matrix | None:
    """The totals of a back-test as a square. Changes of other answers are counted `within`."""
    pairs: Counter[tuple[str, str]] = Counter()
    weights: dict[str, Any] = {}
    within = 0
    for was, now, count in back_test.totals:
        before, after = json.loads(was), json.loads(now)
        one, other = brief(point, before), brief(point, after)
        pairs[one, other] += count
        within += count if one == other and before != after else 0
        for label, answers in ((one, before), (other, after)):
            weights.setdefault(label, _strictness(point, answers))
    if not pairs:
        return None
    sizes: Counter[str] = Counter()
    for (one, other), count in pairs.items():
        sizes[one] += count
        sizes[other] += count
    kept = sorted((label for label, _ in sizes.most_common(most)), key=lambda one: _order(one))
    labels = [*kept, "other"] if len(sizes) > most else kept
    folded: Counter[tuple[str, str]] = Counter()
    for (one, other), count in pairs.items():
        folded[one if one in kept else "other", other if other in kept else "other"] += count
    rows = [
        FlipRow(
            one,
            [FlipCell(folded[one, other], _tone(one, other, weights)) for other in labels],
            sum(folded[one, other] for other in labels),
        )
        for one in labels
    ]
    sums = [sum(folded[one, other] for one in labels) for other in labels]
    first = next(iter(point.answers.values())).title
    return Matrix(first, labels, rows, sums, sum(sums), point.strictness is not None, within)


def _order(label: str) -> tuple[bool, float, str]:
    try:
        return False, float(label), label
    except ValueError:
        return True, 0.0, label


def _strictness(point: Point[Any, Any], answers: Iterable[Mapping[str, Any]]) -> Any:
    if point.strictness is None:
        return None
    model: type[BaseModel] = point.outputs
    typed = [model.model_validate_json(json.dumps(one)) for one in answers]
    return max((point.strictness(one) for one in typed), default=None)


def _tone(one: str, other: str, weights: Mapping[str, Any]) -> str:
    if one == other:
        return "same"
    before, after = weights.get(one), weights.get(other)
    if before is None or after is None:
        return "up"
    return "down" if after < before else "up"
