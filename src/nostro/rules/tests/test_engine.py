from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from nostro.rules.engine import compile_table, evaluate, evaluate_many, evaluate_stored, replay
from nostro.rules.flaws import validate
from nostro.rules.points import Mutation, Point, mutations
from nostro.rules.tables import BadTable, Row, Table
from nostro.rules.tests.sample_points import (
    DOCUMENT_TABLE,
    DOCUMENTS,
    GOOD,
    LOOK,
    RELEASE,
    USUAL,
    Document,
    Facts,
    Request,
    Risk,
    answer,
    release_table,
    row,
)


def changed(**inputs: Any) -> Request:
    return GOOD.model_copy(update=inputs)


def matches(table: Table, **inputs: Any) -> tuple[str, ...]:
    return evaluate(RELEASE, compile_table(RELEASE, table), changed(**inputs)).matched_row_ids


def holds(field: str, cell: str, value: Any, **others: Any) -> bool:
    """Whether a condition is met, as the engine sees it."""
    table = release_table(Row("yes", {field: cell}, answer("approve")), row("no", "refuse"))
    assert validate(RELEASE, table) == []
    return matches(table, **{field: value}, **others) == ("yes",)


def test_the_first_matching_row_answers_and_says_why() -> None:
    outcome = evaluate(
        RELEASE,
        compile_table(RELEASE, USUAL),
        changed(amount=Decimal("20000.00"), risk=Risk.MEDIUM),
    )
    assert outcome.output.verdict == "review"
    assert outcome.matched_row_ids == ("big",)
    cells = {"amount": "[10000.00..50000.00]", "risk": '"medium"'}
    assert outcome.trace == ({"row": "big", "cells": cells},)
    assert not outcome.cautious
    assert outcome.inputs["amount"] == "20000.00"


def test_every_type_of_answer_comes_back_exactly() -> None:
    said = answer(
        "approve", fee="12345678901234567890.12 + 0.01", reviewers="logins - 1", queue="country",
        checks='["bank", "name"]', again='date("2024-02-29")', urgent="verified",
    )  # fmt: skip
    table = release_table(Row("only", {}, said))
    assert validate(RELEASE, table) == []
    given_answer = evaluate(RELEASE, compile_table(RELEASE, table), GOOD).output
    assert given_answer.fee == Decimal("12345678901234567890.13")
    assert given_answer.reviewers == 2
    assert given_answer.queue == "CY"
    assert given_answer.checks == ["bank", "name"]
    assert given_answer.again == date(2024, 2, 29)
    assert given_answer.urgent is True


def test_no_matching_row_is_a_person_and_never_an_approval() -> None:
    table = release_table(row("rich", "approve", amount="> 1000"))
    outcome = evaluate(RELEASE, compile_table(RELEASE, table), GOOD)
    assert (outcome.output, outcome.cautious, outcome.matched_row_ids) == (LOOK, True, ())
    assert outcome.reason == "No row of the rules applies."


@pytest.mark.parametrize(
    "spoilt", list(mutations(RELEASE, GOOD)), ids=lambda m: f"{m.field} {m.what}"
)
def test_a_spoilt_input_never_approves(spoilt: Mutation) -> None:
    compiled = compile_table(RELEASE, USUAL)
    assert evaluate(RELEASE, compiled, GOOD).output.verdict == "approve"
    outcome = evaluate(RELEASE, compiled, spoilt.inputs)
    assert outcome.output == LOOK
    assert outcome.cautious
    assert outcome.reason
    built = Request.model_construct(**spoilt.inputs)
    assert evaluate(RELEASE, compiled, built).output == LOOK
    assert evaluate_stored(RELEASE, compiled, outcome.inputs).output == LOOK


@pytest.mark.parametrize(
    "spoilt", list(mutations(DOCUMENTS, Facts(country="CY", pep=False))), ids=repr
)
def test_a_spoilt_input_collects_nothing(spoilt: Mutation) -> None:
    outcome = evaluate(DOCUMENTS, compile_table(DOCUMENTS, DOCUMENT_TABLE), spoilt.inputs)
    assert outcome.outputs == (DOCUMENTS.cautious,)


def test_a_collecting_table_takes_every_match_and_none_is_cautious() -> None:
    compiled = compile_table(DOCUMENTS, DOCUMENT_TABLE)
    both = evaluate(DOCUMENTS, compiled, Facts(country="CY", pep=True))
    assert both.outputs == (Document(document="id"), Document(document="source of wealth"))
    assert both.matched_row_ids == ("card", "wealth")
    none = evaluate(DOCUMENTS, compiled, Facts(country="DE", pep=False))
    assert (none.outputs, none.cautious) == ((DOCUMENTS.cautious,), True)


@pytest.mark.parametrize(
    ("cell", "amount", "met"),
    [
        ("0.3", "0.3", True),
        ("0.3", "0.30", True),
        ("0.3", "0.30000000000000004", False),
        (">= 10000.00", "10000.00", True),
        ("> 10000.00", "10000", False),
        ("< 10000.00", "9999.999999999999999999", True),
        ("< 10000.00", "10000.000000000000000001", False),
        ("9007199254740993", "9007199254740992", False),
        ("[1..5)", "5", False),
        ("(1..5]", "1", False),
        ("in [1..5]", "5", True),
        ("> -5 and < -1", "-3", True),
        ("< 1, > 5", "6", True),
        ("< 1, > 5", "3", False),
        ("not in [1, 2]", "3", True),
        ("$ != 3", "3", False),
        ("<= limit", "500", True),
        ("> limit", "500.01", True),
        ("10000.00", "10000.0000000000000000000000000000000", True),
    ],
)
def test_money_compares_exactly(cell: str, amount: str, met: bool) -> None:
    assert holds("amount", cell, Decimal(amount)) is met


def test_sums_are_exact() -> None:
    assert holds("amount", "0.3", Decimal("0.1") + Decimal("0.2"))
    table = release_table(Row("only", {}, answer("approve", fee="0.1 + 0.2 * amount")))
    outcome = evaluate(RELEASE, compile_table(RELEASE, table), changed(amount=Decimal("1")))
    assert outcome.output.fee == Decimal("0.3")


def test_a_number_too_fine_for_the_engine_is_refused_and_not_rounded() -> None:
    compiled = compile_table(RELEASE, USUAL)
    outcome = evaluate(
        RELEASE, compiled, changed(amount=Decimal("0.12345678901234567890123456789"))
    )
    assert outcome.cautious


@pytest.mark.parametrize(
    ("field", "cell", "value", "met"),
    [
        ("country", 'in ["CY", "DE"]', "DE", True),
        ("country", 'not in ["CY"]', "CY", False),
        ("country", '"CY","DE"', "FR", False),
        ("country", '!= "CY"', "FR", True),
        ("country", '"it\'s"', "it's", True),
        ("country", "'say \"x\"'", 'say "x"', True),
        ("country", 'startsWith($, "C") and != "CH"', "CY", True),
        ("country", 'not startsWith($, "C") and != "FR"', "FR", False),
        ("country", 'len($) > 2, "CY"', "CY", True),
        ("country", '"a\\b"', "a\\b", True),
        ("country", '"Zürich"', "Zürich", True),
        ("risk", '"low", "high"', Risk.HIGH, True),
        ("verified", "false", False, True),
        ("verified", "true", False, False),
        ("logins", "[2..4]", 3, True),
        ("tags", 'contains($, "vip")', ("vip",), True),
        ("tags", 'contains($, "vip") and not contains($, "wire")', ("vip", "wire"), False),
        ("tags", 'contains($, "a"), contains($, "b")', ("b",), True),
        ("tags", "len($) == 0", (), True),
        ("born", '< date("1990-05-17")', date(1990, 5, 17), False),
        ("born", '[date("1950-01-01")..date("1990-05-17")]', date(1990, 5, 17), True),
        ("born", '>= d("1990-05-17")', date(1990, 5, 16), False),
        ("asked_at", '>= date("2026-03-02")', datetime(2026, 3, 2, tzinfo=UTC), True),
        (
            "asked_at",
            '< date("2026-03-02T00:00:00+00:00")',
            datetime(2026, 3, 2, 1, tzinfo=timezone(timedelta(hours=2))),
            True,
        ),
        (
            "asked_at",
            '> date("2026-03-02")',
            datetime(2026, 3, 2, 0, 0, 0, 1, tzinfo=UTC),
            True,
        ),
    ],
)
def test_conditions_mean_what_they_say(field: str, cell: str, value: Any, met: bool) -> None:
    assert holds(field, cell, value) is met


numbers = st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False)


@given(numbers, numbers, numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_the_engine_orders_numbers_as_decimal_does(
    value: Decimal, low: Decimal, high: Decimal, sign: str
) -> None:
    compared = {
        "<": value < low, "<=": value <= low, ">": value > low, ">=": value >= low,
        "==": value == low, "!=": value != low,
    }[sign]  # fmt: skip
    table = release_table(
        row("both", "approve", amount=f"{sign} {low:f}", limit=f"[{low:f}..{low:f}]"),
        row("one", "review", amount=f"{sign} {low:f} and <= {high:f}"),
        row("none", "refuse"),
    )
    expected = "both" if compared and value == low else "none"
    if compared and value != low and value <= high:
        expected = "one"
    assert matches(table, amount=value, limit=value) == (expected,)


@given(
    st.text(st.characters(exclude_characters="\"'", exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_texts_are_equal_only_to_themselves(written: str, value: str) -> None:
    table = release_table(row("same", "approve", country=f'"{written}"'), row("other", "refuse"))
    assert matches(table, country=written) == ("same",)
    assert matches(table, country=value) == ("same" if value == written else "other",)


@given(st.text(max_size=12))
def test_a_cell_is_either_refused_or_decided(cell: str) -> None:
    table = release_table(Row("yes", {"amount": cell}, answer("refuse")), row("no", "approve"))
    if validate(RELEASE, table):
        with pytest.raises(BadTable):
            compile_table(RELEASE, table)
    else:
        assert matches(table)[0] in ("yes", "no")


def test_an_answer_that_overflows_or_divides_by_nothing_is_cautious() -> None:
    for fee in ("1 / logins", "amount * 79228162514264337593543950"):
        table = release_table(Row("odd", {}, answer("approve", fee=fee)), row("next", "approve"))
        outcome = evaluate(
            RELEASE, compile_table(RELEASE, table), changed(logins=0, amount=Decimal(10**9))
        )
        assert outcome.output == LOOK


def test_many_are_answered_in_order() -> None:
    amounts = [Decimal(1), Decimal(60000), Decimal(2)]
    compiled = compile_table(RELEASE, USUAL)
    answers = evaluate_many(RELEASE, compiled, [changed(amount=amount) for amount in amounts])
    assert [outcome.output.verdict for outcome in answers] == ["approve", "refuse", "approve"]


def test_a_replay_shows_every_flip_and_the_totals() -> None:
    before = compile_table(RELEASE, USUAL)
    draft = compile_table(RELEASE, release_table(row("big", "refuse", amount="> 150"), *USUAL.rows))
    stored = [
        (number, evaluate(RELEASE, before, changed(amount=Decimal(number))).inputs)
        for number in (100, 200, 60000)
    ]
    result = replay(RELEASE, before, draft, stored)
    assert result.asked == 3
    assert [flip.key for flip in result.flips] == [200]
    assert result.flips[0].before["answers"][0]["verdict"] == "approve"
    assert result.flips[0].after["answers"][0]["verdict"] == "refuse"
    assert sum(result.totals.values()) == 3


def test_stored_inputs_ask_the_same_question_again() -> None:
    compiled = compile_table(RELEASE, USUAL)
    first = evaluate(RELEASE, compiled, GOOD)
    again = evaluate_stored(RELEASE, compiled, first.inputs | {"since_removed": 1})
    assert again == first


def test_a_point_declares_only_required_and_typed_fields() -> None:
    class Loose(BaseModel):
        country: str | None

    class Optional(BaseModel):
        country: str = "CY"

    class Inexact(BaseModel):
        amount: float

    for model in (Loose, Optional, Inexact):
        with pytest.raises(TypeError):
            Point("x", model, Document, Document(document="ask"), "X")
