import json
from dataclasses import replace
from typing import Any

import pytest

from nostro.rules.deciding import BUILT_IN
from nostro.rules.decisions import FOUR_EYES
from nostro.rules.engine import compile_table
from nostro.rules.flaws import validate
from nostro.rules.points import Case
from nostro.rules.staff.drawn import outcome
from nostro.rules.tables import BadTable, Column, Row, Table, diff, from_jdm, to_jdm
from nostro.rules.tests.sample_points import (
    DOCUMENT_TABLE,
    DOCUMENTS,
    GOOD,
    RELEASE,
    USUAL,
    answer,
    release_table,
    row,
)
from nostro.rules.wording import meaning, sentence


def flaws_of(**cells: str) -> list[tuple[str, str]]:
    table = release_table(row("only", "approve", **cells))
    return [(flaw.row_id, flaw.field) for flaw in validate(RELEASE, table)]


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("amount", "< ("), ("amount", "<"), ("amount", "1 2"), ("amount", "[1..5"),
        ("amount", "[5..1]"), ("amount", "(1..1]"), ("amount", "abc"), ("amount", '"5"'),
        ("amount", "> 5 or < 1"), ("amount", "> country"), ("amount", "> nonsense"),
        ("amount", "-"), ("amount", "> 1e3"), ("amount", "1_000"), ("amount", "> 1,000 USD"),
        ("amount", "> 0.12345678901234567890123456789"), ("amount", "true"), ("amount", ">5;"),
        ("country", "CY"), ("country", '> "A"'), ("country", '"CY" "DE"'), ("country", '["CY"]'),
        ("country", '"CY'), ("country", "5"), ("country", "in []"), ("country", 'len($) > "a"'),
        ("risk", '"medum"'), ("risk", '!= "hihg"'), ("risk", 'in ["low", "hi"]'),
        ("verified", "yes"), ("verified", "1"), ("verified", "> true"), ("born", '"1990-01-01"'),
        ("born", '> date("1990-02-30")'), ("born", "> 1990"), ("born", '> date("x")'),
        ("asked_at", '> date("2026-01-01T10:00:00")'), ("tags", '"vip"'), ("tags", 'in ["vip"]'),
        ("tags", 'contains($, vip)'), ("logins", "contains($, 1)"),
    ],
)  # fmt: skip
def test_a_cell_that_could_never_match_does_not_publish(field: str, cell: str) -> None:
    assert flaws_of(**{field: cell}) == [("only", field)]


@pytest.mark.parametrize(
    "cells",
    [
        {"verdict": '"aprove"'}, {"verdict": "approve"}, {"verdict": ""}, {"verdict": "5"},
        {"fee": '"free"'}, {"fee": "amount +"}, {"fee": "country"}, {"fee": "nope"},
        {"fee": "1 / 0"}, {"reviewers": "1.5"}, {"reviewers": "true"}, {"queue": "logins"},
        {"checks": '"a"'}, {"checks": "[1]"}, {"again": '"2026-01-01"'}, {"urgent": "1"},
    ],
)  # fmt: skip
def test_an_answer_of_another_type_does_not_publish(cells: dict[str, str]) -> None:
    table = release_table(Row("only", {}, answer("approve") | cells))
    assert [(flaw.row_id, flaw.field) for flaw in validate(RELEASE, table)] == [
        ("only", next(iter(cells)))
    ]


def test_unknown_columns_and_missing_answers_do_not_publish() -> None:
    table = replace(
        USUAL,
        inputs=(*USUAL.inputs, Column("amuont")),
        outputs=tuple(column for column in USUAL.outputs if column.field != "fee"),
    )
    found = {flaw.field for flaw in validate(RELEASE, table)}
    assert {"amuont", "fee"} <= found
    with pytest.raises(BadTable):
        compile_table(RELEASE, table)


def test_rows_need_ids_of_their_own_and_the_right_hit_policy() -> None:
    twice = release_table(row("one", "approve"), row("one", "refuse"))
    assert [flaw.row_id for flaw in validate(RELEASE, twice)] == ["one"]
    assert validate(RELEASE, replace(USUAL, hit_policy="collect"))
    assert validate(RELEASE, release_table())


def test_every_declared_case_is_answered_by_a_row() -> None:
    stored = RELEASE.frozen(GOOD)
    good = Case("A clean one", stored, {"verdict": "approve", "fee": "0"})
    wrong = Case("Refused", stored, {"verdict": "refuse"})
    broken = Case("Without risk", {"amount": "1.00"}, {"verdict": "approve"})
    assert validate(RELEASE, USUAL, [good]) == []
    found = [flaw.sentence for flaw in validate(RELEASE, USUAL, [wrong, broken])]
    assert found[0] == "Refused: verdict is 'approve', and 'refuse' was expected."
    assert found[1].startswith("Without risk: no row covers it.")
    assert validate(DOCUMENTS, DOCUMENT_TABLE) == []
    emptied = replace(DOCUMENT_TABLE, rows=DOCUMENT_TABLE.rows[1:])
    assert len(validate(DOCUMENTS, emptied)) == 1


def test_a_table_survives_its_editor() -> None:
    back = from_jdm(json.dumps(to_jdm(USUAL)))
    assert to_jdm(back) == to_jdm(USUAL)
    assert back.fingerprint == USUAL.fingerprint
    assert diff(USUAL, back) == []


def spoil(change: dict[str, Any], where: str = "content") -> dict[str, Any]:
    document = json.loads(json.dumps(to_jdm(USUAL)))
    content = document["nodes"][1]["content"]
    target = {
        "content": content, "column": content["inputs"][0], "row": content["rules"][0],
        "node": document["nodes"][1],
    }[where]  # fmt: skip
    target.update(change)
    return dict(document)


@pytest.mark.parametrize(
    "document",
    [
        spoil({"hitPolicy": "last"}), spoil({"passThorough": True}),
        spoil({"executionMode": "loop"}), spoil({"inputField": "clients"}),
        spoil({"defaultValue": "1"}, "column"), spoil({"type": "script"}, "column"),
        spoil({"stray": "> 5"}, "row"), spoil({"type": "functionNode"}, "node"), {"nodes": []}, {},
    ],
    ids=repr,
)  # fmt: skip
def test_anything_but_one_plain_table_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(BadTable):
        from_jdm(document)


def test_a_difference_names_rows_cells_and_moves() -> None:
    first, big, *rest = USUAL.rows
    dearer = replace(big, cells={**big.cells, "amount": "> 20000"}, note="Board, 3 March")
    new = row("new", "refuse", logins="0")
    found = diff(USUAL, replace(USUAL, rows=(dearer, first, *rest[:-1], new)))
    assert [(change.kind, change.row_id, change.field) for change in found] == [
        ("removed", "rest", ""),
        ("moved", "big", ""),
        ("changed", "big", "amount"),
        ("changed", "big", "note"),
        ("moved", "sanctioned", ""),
        ("added", "new", ""),
    ]
    assert found[2].before == "[10000.00..50000.00]"


def say(**cells: str) -> str:
    only = row("only", "review", **cells)
    table = Table("first", USUAL.inputs, (Column("verdict"),), (only,))
    return sentence(RELEASE, table, only)


def test_several_answers_are_said_behind_a_colon() -> None:
    told = (Column("verdict"), Column("hours"))
    table = Table("first", USUAL.inputs, told, (row("only", "review", risk='"high"'),))
    assert sentence(RELEASE, table, table.rows[0]) == "If risk is high: verdict review, hours “”."


def test_a_row_is_said_in_words() -> None:
    assert say(amount="[10000..50000]", risk='"medium"') == (
        "If amount is between 10,000 and 50,000 USD and risk is medium, verdict is review."
    )
    assert say() == "In every case verdict is review."
    assert say(country='"CY", "GR", "DE"') == "If country is CY, GR or DE, verdict is review."
    assert say(amount="> limit") == "If amount is above the limit USD, verdict is review."
    assert say(born='< date("2008-01-31")', verified="false") == (
        "If verified is no and born is before 31 January 2008, verdict is review."
    )
    assert say(tags='not contains($, "vip")') == (
        "If tags does not contain vip, verdict is review."
    )
    assert say(amount="< 5, (10..20]") == (
        "If (amount is below 5 USD or amount is above 10 and at most 20 USD), verdict is review."
    )
    assert say(amount="< (") == "If amount “< (”, verdict is review."


def test_an_answer_is_told_as_its_point_says_it_and_without_what_says_nothing() -> None:
    table = BUILT_IN[FOUR_EYES.name]
    assert sentence(FOUR_EYES, table, table.rows[1]).endswith(
        "and kind is client, two other people agree within 24 hours."
    )
    assert outcome(FOUR_EYES, [{"people": "0", "within_hours": "0"}]) == "it is done at once"
    assert meaning([("group", "empty"), ("leverage", "0"), ("book", "any")]) == [("group", "none")]
    assert meaning([("step", "fee"), ("fee", "10")]) == [("step", "fee"), ("fee", "10")]
