import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nostro.compliance import mrz
from nostro.compliance.tests.shared import SHARED, needs_shared_data

PASSPORT = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
ON = date(2026, 11, 1)


@needs_shared_data
def test_every_vector_gets_the_verdicts_that_were_computed_independently() -> None:
    vectors = json.loads((SHARED / "documents" / "mrz_vectors.json").read_text())
    assert len(vectors) == 33
    for vector in vectors:
        zone = mrz.parse(vector["lines"])
        if vector["all_valid"] is None:
            assert zone.layout is mrz.Layout.FRENCH
            continue
        assert zone.layout == vector["type"]
        assert zone.checks == vector["checks"], vector["lines"]
        assert zone.holds is vector["all_valid"]


def test_a_passport_is_read_field_by_field() -> None:
    zone = mrz.parse(PASSPORT)

    assert (zone.surname, zone.given_names) == ("ERIKSSON", "ANNA MARIA")
    assert (zone.document_number, zone.nationality, zone.sex) == ("L898902C3", "UTO", "F")
    assert zone.birth_date(ON) == date(1974, 8, 12)
    assert zone.expiry_date(ON) == date(2012, 4, 15)
    assert zone.optional_data == "ZE184226B"
    assert not zone.name_truncated


def test_a_number_longer_than_its_field_goes_on_in_the_optional_data() -> None:
    card = ("I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2",
            "STEVENSON<<PETER<JOHN<<<<<<<<<")  # fmt: skip
    zone = mrz.parse(card)
    assert zone.document_number == "D23145890734"
    assert zone.checks["document_number"]


@pytest.mark.parametrize("digit", ["<", "0"])
def test_an_empty_personal_number_may_have_a_filler_or_a_zero_for_its_digit(digit: str) -> None:
    line = "L898902C36UTO7408122F1204159" + "<" * 14 + digit
    composite = mrz.check_digit(line[0:10] + line[13:20] + line[21:43])
    assert mrz.parse((PASSPORT[0], line + composite)).holds


def test_the_french_card_has_its_own_layout_and_its_digits_hold() -> None:
    zone = mrz.parse(
        ("IDFRATEST<NAME<<<<<<<<<<<<<<<<0CHE02", "1710GVA123451ROBERTA<<<<<<<9112311F2")
    )
    assert zone.layout is mrz.Layout.FRENCH
    assert (zone.surname, zone.given_names) == ("TEST NAME", "ROBERTA")
    assert zone.document_number == "1710GVA12345"
    assert zone.holds


def test_misread_digits_are_repaired_where_the_check_digit_proves_it() -> None:
    misread = "L898902C36UTO740BIZZF12041S9ZE184226B<<<<<1O"

    assert not mrz.parse((PASSPORT[0], misread)).holds
    zone = mrz.parse((PASSPORT[0], misread), repair=True)

    assert zone.holds
    assert zone.lines[1] == PASSPORT[1]
    assert zone.repaired == {"birth_date", "expiry_date", "composite"}


def test_a_repair_that_no_digit_proves_is_not_made() -> None:
    wrong = "L898902C36UTO740BI53F1204159ZE184226B<<<<<10"
    zone = mrz.parse((PASSPORT[0], wrong), repair=True)
    assert zone.birth_yymmdd == "740BI5"
    assert not zone.checks["birth_date"]


def test_names_are_never_repaired() -> None:
    zone = mrz.parse(("P<UTOERIK55ON<<ANNA<MAR1A<<<<<<<<<<<<<<<<<<<", PASSPORT[1]), repair=True)
    assert zone.name == "ANNA MAR1A ERIK55ON"


def test_a_birth_date_is_never_in_the_future() -> None:
    line = "L898902C36UTO300101"
    line += mrz.check_digit("300101") + PASSPORT[1][20:]
    assert mrz.parse((PASSPORT[0], line)).birth_date(ON) == date(1930, 1, 1)


def test_a_date_that_no_calendar_has_is_no_date() -> None:
    line = PASSPORT[1][:13] + "740231" + PASSPORT[1][19:]
    assert mrz.parse((PASSPORT[0], line)).birth_date(ON) is None


@pytest.mark.parametrize("lines", [[], ["P<UTO"], ["A" * 44], ["é" * 44, "A" * 44]])
def test_lines_of_no_known_shape_are_refused(lines: list[str]) -> None:
    with pytest.raises(mrz.NotAZone):
        mrz.parse(lines)


@given(st.sampled_from([(3, 30), (2, 36), (2, 44)]), st.data())
def test_no_text_of_the_right_shape_breaks_the_parser(
    shape: tuple[int, int], data: st.DataObject
) -> None:
    count, width = shape
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
    line = st.text(alphabet, min_size=width, max_size=width)
    zone = mrz.parse(data.draw(st.lists(line, min_size=count, max_size=count)), repair=True)
    zone.birth_date(ON)
    zone.expiry_date(ON)
