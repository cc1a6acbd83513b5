"""Drafts: a rule is changed on a copy of the version in force, which decides nothing yet.

A draft may hold broken cells while somebody works on it; what is broken cannot be activated.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import Max
from pydantic import BaseModel, ValidationError

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.rules.deciding import POINTS, active_version
from nostro.rules.events import CasesChanged, VersionDrafted, VersionEdited
from nostro.rules.models import Version
from nostro.rules.points import Point
from nostro.rules.tables import Column, Row, Table, diff, from_jdm, to_jdm

MOST_ROWS = 500
LONGEST = 500


class NoSuchRule(Problem):
    """The house leaves no such choice to rules."""

    status = 404


class DraftExists(Problem):
    """Somebody works on this rule already."""

    status = 409


class BadEdit(Problem):
    """An edit that no table could take: a row or column that is not there, or too much of it."""


class BadCase(Problem):
    """A test case the rule could not even be asked."""


class RowSaid(BaseModel):
    """A row as an editor sends it. A new row comes without an id."""

    id: str = ""
    cells: dict[str, str] = {}
    out: dict[str, str] = {}
    note: str = ""


def point_of(name: str) -> Point[Any, Any]:
    if name not in POINTS:
        raise NoSuchRule(f"There is no rule called {name}.", field="point")
    return POINTS[name]


def complete(point: Point[Any, Any], table: Table) -> Table:
    """The table with a column for everything the rule asks and answers today."""
    asked = {one.field: one for one in table.inputs if one.field in point.asks}
    told = {one.field: one for one in table.outputs if one.field in point.answers}
    return replace(
        table,
        inputs=tuple(
            asked.get(name, Column(name, about.title)) for name, about in point.asks.items()
        ),
        outputs=tuple(
            told.get(name, Column(name, about.title)) for name, about in point.answers.items()
        ),
    )


@operation(title="Draft a change", icon="pencil")
def draft_version(act: Act, *, point: str) -> Version:
    """Begin to change a rule, on a copy of the version in force."""
    known = point_of(point)
    active = active_version(act, known)
    Version.objects.select_for_update().get(pk=active.pk)
    rows = Version.objects.filter(point=point)
    there = rows.filter(status__in=[Version.Status.DRAFT, Version.Status.PROPOSED]).first()
    if there is not None:
        raise DraftExists(f"{there} is being worked on. Finish or drop it first.", field="point")
    table = complete(known, from_jdm(active.jdm))
    newest = rows.aggregate(most=Max("number"))["most"]
    version = Version.objects.create(
        point=point, number=newest + 1, jdm=to_jdm(table), fingerprint=table.fingerprint,
        cases=active.cases, status=Version.Status.DRAFT, author_id=_staff(act),
        authors=_with_author([], act),
    )  # fmt: skip
    act.record(VersionDrafted(point, version.number), about=version)
    return version


def _staff(act: Act) -> int | None:
    return act.actor.id if act.actor.kind == "staff" else None


def _with_author(authors: list[int], act: Act) -> list[int]:
    staff = _staff(act)
    return authors if staff is None or staff in authors else [*authors, staff]


def _still_draft(version: Version) -> None:
    if version.status != Version.Status.DRAFT:
        raise WrongState(f"{version} is {version.status_label.lower()}, so it cannot be changed.")


def _keep(act: Act, version: Version, before: Table, after: Table) -> None:
    changes = diff(before, after)
    if not changes:
        raise BadEdit("That is what stands there already.")
    version.jdm, version.fingerprint = to_jdm(after), after.fingerprint
    version.authors = _with_author(version.authors, act)
    version.save(update_fields=["jdm", "fingerprint", "authors"])
    act.record(VersionEdited(version.point, len(changes)), about=version)


@operation(title="Change a cell", icon="pencil")
def edit_cell(act: Act, version: Version, *, row: str, field: str, cell: str = "") -> Version:
    """Change one cell of a draft. An empty condition means that anything will do."""
    _still_draft(version)
    table = from_jdm(version.jdm)
    if row not in {one.id for one in table.rows}:
        raise BadEdit(f"The table has no row {row}.", field="row")
    _short(cell, "cell")
    asked = {one.field for one in table.inputs}
    told = {one.field for one in table.outputs}
    if field not in asked | told | {"note"}:
        raise BadEdit(f"The table has no column {field}.", field="field")
    rows = []
    for one in table.rows:
        changed = one
        if one.id == row and field == "note":
            changed = replace(one, note=cell)
        elif one.id == row and field in asked:
            changed = replace(one, cells={**one.cells, field: cell.strip()})
        elif one.id == row:
            changed = replace(one, out={**one.out, field: cell.strip()})
        rows.append(changed)
    _keep(act, version, table, replace(table, rows=tuple(rows)))
    return version


@operation(title="Edit the table", icon="table-options")
def edit_rows(act: Act, version: Version, *, rows: list[RowSaid]) -> Version:
    """Write the whole table of a draft anew: its rows in their order, with all their cells."""
    _still_draft(version)
    table = from_jdm(version.jdm)
    if len(rows) > MOST_ROWS:
        raise BadEdit(f"A table has {MOST_ROWS} rows at most.", field="rows")
    asked = {one.field for one in table.inputs}
    told = {one.field for one in table.outputs}
    known = {one.id for one in table.rows}
    made: list[Row] = []
    for number, one in enumerate(rows, 1):
        unknown = (set(one.cells) - asked) | (set(one.out) - told)
        if unknown:
            raise BadEdit(f"Row {number}: there is no column {min(unknown)}.", field="rows")
        for text in (*one.cells.values(), *one.out.values(), one.note):
            _short(text, "rows")
        row_id = one.id.strip() or _free_id({*known, *(row.id for row in made)})
        made.append(Row(row_id, _trimmed(one.cells), _trimmed(one.out), one.note.strip()))
    if len({row.id for row in made}) != len(made):
        raise BadEdit("Two rows have one id.", field="rows")
    _keep(act, version, table, replace(table, rows=tuple(made)))
    return version


@operation(title="Add a row", icon="plus")
def add_row(act: Act, version: Version) -> Version:
    """Put an empty row at the end of a draft. Its answers are written before it is ready."""
    _still_draft(version)
    table = from_jdm(version.jdm)
    if len(table.rows) >= MOST_ROWS:
        raise BadEdit(f"A table has {MOST_ROWS} rows at most.")
    row = Row(_free_id(one.id for one in table.rows), {}, {})
    _keep(act, version, table, replace(table, rows=(*table.rows, row)))
    return version


def _trimmed(cells: dict[str, str]) -> dict[str, str]:
    return {name: text.strip() for name, text in cells.items()}


def _short(text: str, field: str) -> None:
    if len(text) > LONGEST:
        raise BadEdit(f"A cell holds {LONGEST} letters at most.", field=field)


def _free_id(taken: Iterable[str]) -> str:
    known, number = set(taken), 1
    while f"row-{number}" in known:
        number += 1
    return f"row-{number}"


@operation(title="Add a test case", icon="list-check")
def add_case(
    act: Act, version: Version, *, title: str, inputs: dict[str, Any], expects: dict[str, Any]
) -> Version:
    """Say by an example what the draft must answer. One that fails keeps it from activation."""
    _still_draft(version)
    point = point_of(version.point)
    if not title.strip():
        raise BadCase("Give the example a name.", field="title")
    if title.strip() in {one["title"] for one in version.cases}:
        raise BadCase("There is an example of this name already.", field="title")
    try:
        point.thawed(inputs)
    except ValidationError as error:
        where = str(error.errors()[0]["loc"][0])
        raise BadCase(f"{where.replace('_', ' ')}: {error.errors()[0]['msg']}.") from error
    unknown = set(inputs) - set(point.asks)
    unheard = set(expects) - set(point.answers)
    if unknown or unheard or not expects:
        wrong = next(iter(sorted(unknown | unheard)), "an answer")
        raise BadCase(f"The rule does not know {wrong}, or nothing is expected.", field="expects")
    case = {"title": whole(title, "title", most=120), "inputs": inputs, "expects": expects}
    return _cases(act, version, [*version.cases, case])


@operation(title="Remove a test case", icon="trash")
def remove_case(act: Act, version: Version, *, title: str) -> Version:
    """Take an example away from a draft. Those built into the rule stay."""
    _still_draft(version)
    left = [one for one in version.cases if one["title"] != title]
    if len(left) == len(version.cases):
        raise BadCase("There is no such example.", field="title")
    return _cases(act, version, left)


def _cases(act: Act, version: Version, cases: list[dict[str, Any]]) -> Version:
    version.cases = cases
    version.authors = _with_author(version.authors, act)
    version.save(update_fields=["cases", "authors"])
    act.record(CasesChanged(version.point, len(cases)), about=version)
    return version
