"""Asking a rule: the active version answers, and the answer is kept with all that led to it.

Rooms above declare a point with its built-in first table, and ask inside an operation.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import models
from pydantic import BaseModel

from nostro.core.acts import Act, frame
from nostro.core.models import label
from nostro.core.statements import Statement, insert_if
from nostro.rules.engine import Compiled, Outcome, compile_table, evaluate
from nostro.rules.models import Decision, Version
from nostro.rules.points import Point
from nostro.rules.tables import Column, Row, Table, from_jdm, to_jdm
from nostro.rules.wording import sentence

POINTS: dict[str, Point[Any, Any]] = {}
BUILT_IN: dict[str, Table] = {}


def declare[In: BaseModel, Out: BaseModel](point: Point[In, Out], table: Table) -> Point[In, Out]:
    """Make a point known, with the table a new house starts from."""
    POINTS[point.name] = point
    BUILT_IN[point.name] = table
    return point


def table_of(
    point: Point[Any, Any], rows: list[tuple[str, Mapping[str, str], Mapping[str, str], str]]
) -> Table:
    """A table in short: `(row id, conditions by input, answers by output, why it is there)`."""
    return Table(
        "collect" if point.collect else "first",
        tuple(Column(name, name.replace("_", " ").capitalize()) for name in point.asks),
        tuple(Column(name, name.replace("_", " ").capitalize()) for name in point.answers),
        tuple(Row(row_id, cells, out, note) for row_id, cells, out, note in rows),
    )


@dataclass(frozen=True)
class Answer[Out: BaseModel]:
    """The typed answer, and the decision that keeps it."""

    output: Out
    outputs: tuple[Out, ...]
    decision: Decision
    cautious: bool
    sentence: str

    @property
    def id(self) -> int:
        return self.decision.pk


@lru_cache(maxsize=256)
def compiled(version_id: int, fingerprint: str) -> tuple[Compiled, Table]:
    """A version ready to be asked. Versions never change, so this is kept."""
    version = Version.objects.get(pk=version_id)
    table = from_jdm(version.jdm)
    return compile_table(POINTS[version.point], table), table


def active_version(act: Act, point: Point[Any, Any]) -> Version:
    """The version in force; the built-in table becomes the first one where there is none."""
    found = Version.objects.filter(point=point.name, status=Version.Status.ACTIVE).first()
    if found is not None:
        return found
    table = BUILT_IN[point.name]
    built_in = {
        "jdm": to_jdm(table), "fingerprint": table.fingerprint, "note": "Built in",
        "status": Version.Status.ACTIVE, "active_from": act.at,
    }  # fmt: skip
    version, _ = Version.objects.get_or_create(point=point.name, number=1, defaults=built_in)
    return version


_believed: dict[str, tuple[int, str]] = {}
"""The version and fingerprint that this process last saw in force, by point."""
STILL_ACTIVE = (
    "SELECT 1 FROM rules_version WHERE id = %s AND fingerprint = %s AND status = 'active'"
)


def decide[In: BaseModel, Out: BaseModel](
    act: Act, point: Point[In, Out], inputs: In | Mapping[str, Any], *, about: models.Model | None
) -> Answer[Out]:
    """Ask the active version, and keep the answer. Only inside an operation: one statement.

    The version that was in force the last time answers, and the answer is kept only if that
    version is in force still; else the new one is asked.
    """
    frame()
    with suppress(Version.DoesNotExist):  # seen in a transaction that was taken back
        answer = _kept(act, point, inputs, about) if point.name in _believed else None
        if answer is not None:
            return answer
    version = active_version(act, point)
    _believed[point.name] = (version.pk, version.fingerprint)
    answer = _kept(act, point, inputs, about)
    if answer is None:
        raise RuntimeError(f"{version} was in force and is not any more, all in one transaction.")
    return answer


def _kept[In: BaseModel, Out: BaseModel](
    act: Act, point: Point[In, Out], inputs: In | Mapping[str, Any], about: models.Model | None
) -> Answer[Out] | None:
    """The answer of the version believed in force; nothing where it no longer is."""
    version_id, fingerprint = _believed[point.name]
    ready, table = compiled(version_id, fingerprint)
    outcome = evaluate(point, ready, inputs)
    decision = Decision(
        point=point.name,
        version_id=version_id,
        at=act.at,
        act=act.id,
        inputs=outcome.inputs,
        answers=[one.model_dump(mode="json") for one in outcome.outputs],
        rows=list(outcome.matched_row_ids),
        trace=list(outcome.trace),
        cautious=outcome.cautious,
        reason=outcome.reason,
        subject_type=label(about) if about is not None else "",
        subject_id=about.pk if about is not None else None,
        client_id=getattr(about, "client_id", None),
        entity_id=getattr(about, "entity_id", None),
    )
    if not insert_if(decision, Statement(STILL_ACTIVE, [version_id, fingerprint])):
        return None
    return Answer(
        outcome.outputs[0] if outcome.outputs else point.cautious,
        outcome.outputs,
        decision,
        outcome.cautious,
        explained(point, table, outcome),
    )


def explained(point: Point[Any, Any], table: Table, outcome: Outcome[Any]) -> str:
    """Why it came out so: each matched row with its note first, or why a person has to look."""
    if outcome.cautious:
        return outcome.reason
    rows = {row.id: row for row in table.rows}
    matched = [rows[row_id] for row_id in outcome.matched_row_ids]
    return " ".join(f"{row.note} {sentence(point, table, row)}".strip() for row in matched)
