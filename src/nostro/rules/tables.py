"""A decision table as plain data, its exchange form (JDM) for the editor, and what changed in it.

A decision is exactly one table: a graph with scripts or further tables could answer what nobody
checked, so reading one refuses everything it does not know.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nostro.kit import Problem

type HitPolicy = Literal["first", "collect"]


class BadTable(Problem):
    """A table that cannot be read or may not be published."""


@dataclass(frozen=True)
class Column:
    field: str
    title: str = ""


@dataclass(frozen=True)
class Row:
    """Conditions by input field, answers by output field, and why the row is there.

    A field without a cell, or with an empty one, is no condition.
    """

    id: str
    cells: Mapping[str, str]
    out: Mapping[str, str]
    note: str = ""


@dataclass(frozen=True)
class Table:
    """`first`: the first row that matches answers. `collect`: every row that matches does."""

    hit_policy: HitPolicy
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the table's JDM: two tables with one fingerprint decide alike."""
        text = json.dumps(to_jdm(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Change:
    """One difference between two tables. `field` is empty where the whole row or table differs."""

    kind: Literal["added", "removed", "moved", "changed"]
    row_id: str
    field: str
    before: str
    after: str


IN, OUT = "in", "out"


def content_of(
    table: Table, cells: Iterable[Mapping[str, str]], out: Iterable[Mapping[str, str]]
) -> dict[str, Any]:
    """JDM of a table with these condition and answer cells, row by row."""
    rules = [
        {"_id": row.id, "_description": row.note}
        | {f"{IN}.{column.field}": conditions.get(column.field, "") for column in table.inputs}
        | {f"{OUT}.{column.field}": answers.get(column.field, "") for column in table.outputs}
        for row, conditions, answers in zip(table.rows, cells, out, strict=True)
    ]
    content = {
        "hitPolicy": table.hit_policy,
        "inputs": [_column(IN, column) for column in table.inputs],
        "outputs": [_column(OUT, column) for column in table.outputs],
        "rules": rules,
    }
    places = ({"x": 100, "y": 100}, {"x": 400, "y": 100}, {"x": 700, "y": 100})
    sorts = ("inputNode", "decisionTableNode", "outputNode")
    nodes: list[dict[str, Any]] = [
        {"id": name, "name": name, "type": sort, "position": place}
        for name, sort, place in zip(("input", "table", "output"), sorts, places, strict=True)
    ]
    nodes[1]["content"] = content
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": nodes,
        "edges": [
            {"id": "into", "type": "edge", "sourceId": "input", "targetId": "table"},
            {"id": "out of", "type": "edge", "sourceId": "table", "targetId": "output"},
        ],
    }


def _column(side: str, column: Column) -> dict[str, str]:
    return {"id": f"{side}.{column.field}", "name": column.title, "field": column.field}


def to_jdm(table: Table) -> dict[str, Any]:
    """The table as its editor knows it, every cell as it was written."""
    return content_of(table, [row.cells for row in table.rows], [row.out for row in table.rows])


KNOWN_CONTENT = {"hitPolicy", "inputs", "outputs", "rules"}
HARMLESS: dict[str, tuple[object, ...]] = {
    "inputField": (None, ""), "outputPath": (None, ""), "executionMode": (None, "single"),
    "passThorough": (None, False), "passThrough": (None, False),
}  # fmt: skip
KNOWN_COLUMN = {"id", "name", "field", "type"}


def from_jdm(source: str | Mapping[str, Any]) -> Table:
    """The table in a JDM document. Raises `BadTable` for anything but one plain table."""
    try:
        document = json.loads(source) if isinstance(source, str) else source
        nodes = {node["type"]: node for node in document["nodes"]}
        if len(nodes) != len(document["nodes"]) or not set(nodes) <= {
            "inputNode", "decisionTableNode", "outputNode",
        }:  # fmt: skip
            raise BadTable("A decision is one table, without scripts or further steps.")
        node = nodes["decisionTableNode"]
        if "inputNode" in nodes and "outputNode" in nodes:
            _check_edges(document, nodes)
        return _table(node["content"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadTable("This is not a decision table that we can read.") from error


def _check_edges(document: Mapping[str, Any], nodes: Mapping[str, Any]) -> None:
    way = [nodes[sort]["id"] for sort in ("inputNode", "decisionTableNode", "outputNode")]
    edges = [(edge["sourceId"], edge["targetId"]) for edge in document["edges"]]
    if sorted(edges) != sorted([(way[0], way[1]), (way[1], way[2])]):
        raise BadTable("The table has to stand between what is asked and the answer.")


def _table(content: Mapping[str, Any]) -> Table:
    for key, value in content.items():
        if key not in KNOWN_CONTENT and value not in HARMLESS.get(key, ()):
            raise BadTable(f"Tables with {key!r} are not supported.")
    if content["hitPolicy"] not in ("first", "collect"):
        raise BadTable("A table answers with the first matching row, or with all of them.")
    inputs, outputs = content["inputs"], content["outputs"]
    for column in (*inputs, *outputs):
        unknown = [key for key, value in column.items() if key not in KNOWN_COLUMN and value]
        if unknown or column.get("type", "expression") != "expression":
            raise BadTable(f"Columns with {(unknown or ['type'])[0]!r} are not supported.")
    ids = {column["id"] for column in (*inputs, *outputs)}
    if len(ids) != len(inputs) + len(outputs):
        raise BadTable("Two columns have one id.")
    return Table(
        content["hitPolicy"],
        tuple(Column(column["field"], column.get("name") or "") for column in inputs),
        tuple(Column(column["field"], column.get("name") or "") for column in outputs),
        tuple(_row(rule, inputs, outputs, ids) for rule in content["rules"]),
    )


def _row(
    rule: Mapping[str, Any],
    inputs: list[dict[str, str]],
    outputs: list[dict[str, str]],
    ids: set[str],
) -> Row:
    for key, value in rule.items():
        if (not key.startswith("_") and key not in ids) or not isinstance(value, str):
            raise BadTable(f"Row {rule.get('_id')} has a cell {key!r} of no column.")
    return Row(
        rule["_id"],
        {column["field"]: rule.get(column["id"], "") for column in inputs},
        {column["field"]: rule.get(column["id"], "") for column in outputs},
        rule.get("_description", ""),
    )


def diff(before: Table, after: Table) -> list[Change]:
    """What changed, in the order of the page. Rows are told apart by their id."""
    changes = [
        Change("changed", "", name, old, new)
        for name, old, new in (
            ("hit policy", before.hit_policy, after.hit_policy),
            ("inputs", _listed(before.inputs), _listed(after.inputs)),
            ("outputs", _listed(before.outputs), _listed(after.outputs)),
        )
        if old != new
    ]
    old_rows = {row.id: row for row in before.rows}
    new_rows = {row.id: row for row in after.rows}
    changes += [
        Change("removed", row.id, "", _whole(row), "")
        for row in before.rows
        if row.id not in new_rows
    ]
    stayed = [row.id for row in before.rows if row.id in new_rows]
    places = {row_id: place for place, row_id in enumerate(stayed)}
    staying = [row.id for row in after.rows if row.id in old_rows]
    for row in after.rows:
        if row.id not in old_rows:
            changes.append(Change("added", row.id, "", "", _whole(row)))
            continue
        was, now = places[row.id], staying.index(row.id)
        if was != now:
            changes.append(Change("moved", row.id, "", str(was + 1), str(now + 1)))
        changes += _cell_changes(old_rows[row.id], row)
    return changes


def _cell_changes(before: Row, after: Row) -> list[Change]:
    sides = ((before.cells, after.cells), (before.out, after.out))
    found = [
        (field, old.get(field, ""), new.get(field, ""))
        for old, new in sides
        for field in dict.fromkeys((*old, *new))
    ]
    found.append(("note", before.note, after.note))
    return [Change("changed", after.id, field, old, new) for field, old, new in found if old != new]


def _listed(columns: tuple[Column, ...]) -> str:
    return ", ".join(f"{column.field} ({column.title})" for column in columns)


def _whole(row: Row) -> str:
    cells = [f"{field} {cell}" for field, cell in row.cells.items() if cell.strip()]
    answers = [f"{field} {cell}" for field, cell in row.out.items()]
    return f"{', '.join(cells) or 'always'} → {', '.join(answers)}"
