"""How a version is tried before it decides: its examples, and the questions of the past."""

from typing import Any
from urllib.parse import urlencode

from nostro.core.acts import Act
from nostro.rules import queries
from nostro.rules.engine import compile_table, evaluate_stored
from nostro.rules.models import BackTest, Decision, Version
from nostro.rules.points import Point
from nostro.rules.staff.drawn import brief, matrix, outcome, table_of
from nostro.rules.tables import BadTable, Table
from nostro.ui.addresses import STAFF
from nostro.ui.timeline import NAMES


def cases_shown(
    point: Point[Any, Any], version: Version | None, table: Table
) -> list[dict[str, Any]]:
    """Each example with the row that answers it, and whether that is what it expects."""
    cases = queries.cases_of(version) if version else list(point.cases)
    try:
        ready = compile_table(point, table)
    except BadTable as trouble:
        return [{"state": "fail", "text": one.title, "note": trouble.sentence} for one in cases]
    places = {row.id: number for number, row in enumerate(table.rows, 1)}
    found = []
    for case in cases:
        result = evaluate_stored(point, ready, case.inputs)
        said = [one.model_dump(mode="json") for one in result.outputs]
        fits = not result.cautious and len(said) == len(case.answers)
        fits = fits and all(
            answer.get(name) == value
            for answer, wanted in zip(said, case.answers, strict=False)
            for name, value in wanted.items()
        )
        row = ", ".join(str(places[one]) for one in result.matched_row_ids) or "none"
        wanted = outcome(point, case.answers)
        note = outcome(point, said) if fits else f"wanted {wanted}, got {outcome(point, said)}"
        found.append(
            {
                "state": "ok" if fits else "fail",
                "text": case.title,
                "end": f"row {row}",
                "note": note,
                "own": version is not None and case.title in {c["title"] for c in version.cases},
            }
        )
    return found


def back_test_shown(
    act: Act, point: Point[Any, Any], back_test: BackTest | None
) -> dict[str, Any] | None:
    if back_test is None:
        return None
    flips = (
        list(queries.flips(act).filter(back_test=back_test)[:8])
        if act.actor.may(queries.flips.name)
        else []
    )
    places = {row.id: n for n, row in enumerate(table_of(back_test.version).rows, 1)}
    old = {row.id: n for n, row in enumerate(table_of(back_test.against).rows, 1)}
    named = subjects([one.decision for one in flips])
    return {
        "row": back_test,
        "matrix": matrix(point, back_test),
        "percent": round(100 * back_test.asked / back_test.total) if back_test.total else 100,
        "is_old": back_test.fingerprint != back_test.version.fingerprint,
        "flips_url": f"{STAFF}rules/flips/?{urlencode({'back_test': back_test.pk})}",
        "seconds": (back_test.ended_at - back_test.at).total_seconds() if back_test.ended_at else 0,
        "flips": [
            {
                "subject": named[one.decision.subject_type, one.decision.subject_id or 0],
                "client": named["people.client", one.decision.client_id or 0],
                "was": brief(point, one.before["answers"]),
                "now": brief(point, one.after["answers"]),
                "rows": f"{_places(one.before, old)} → {_places(one.after, places)}",
                "url": f"{STAFF}rules/decisions/{one.decision_id}/",
            }
            for one in flips
        ],
    }


def _places(said: dict[str, Any], places: dict[str, int]) -> str:
    return ", ".join(str(places.get(one, "?")) for one in said["rows"]) or "none"


def subjects(decisions: list[Decision]) -> dict[tuple[str, int], tuple[str, str]]:
    """What decisions were about, and whose: one look-up a kind."""
    wanted: dict[str, set[int]] = {}
    for one in decisions:
        wanted.setdefault(one.subject_type, set()).add(one.subject_id or 0)
        wanted.setdefault("people.client", set()).add(one.client_id or 0)
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for kind, ids in wanted.items():
        known = NAMES[kind](ids) if kind in NAMES else {}
        for pk in ids:
            word = f"{kind.rpartition('.')[2]} {pk}" if pk else "—"
            found[kind, pk] = known.get(pk, (word, ""))
    return found
