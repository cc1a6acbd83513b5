from dataclasses import replace
from datetime import date

import pytest

from nostro.compliance import checks, mrz
from nostro.compliance.checks import Form, Verdict
from nostro.compliance.reading import Measures
from nostro.compliance.uploads import Evidence
from nostro.site.demo.specimens import Holder, passport_lines

ON = date(2026, 11, 1)
HOLDER = Holder(
    "ERIKSSON", "ANNA MARIA", date(1974, 8, 12), "F", "CYP", "L898902C3", date(2022, 4, 16),
    date(2032, 4, 15),
)  # fmt: skip
FORM = Form("Anna Maria", "Eriksson", date(1974, 8, 12), "CY", "L898902C3", date(2032, 4, 15))


def zone(holder: Holder = HOLDER) -> mrz.Mrz:
    return mrz.parse(passport_lines(holder))


def verdicts(form: Form, holder: Holder = HOLDER) -> dict[str, Verdict]:
    return {
        check.code: check.verdict for check in checks.document_checks(form, zone(holder), on=ON)
    }


def test_a_document_that_agrees_passes_every_check() -> None:
    assert set(verdicts(FORM).values()) == {Verdict.PASS}


@pytest.mark.parametrize(
    ("change", "code", "verdict"),
    [
        ({"surname": "Lindqvist"}, "name", Verdict.FAIL),
        ({"surname": "Ericson"}, "name", Verdict.PASS),
        ({"surname": "Erdosson"}, "name", Verdict.REVIEW),
        ({"given_names": "Anna"}, "name", Verdict.PASS),
        ({"birth_date": date(1974, 8, 21)}, "birth-date", Verdict.FAIL),
        ({"document_number": "L898902C8"}, "document-number", Verdict.FAIL),
        ({"document_number": ""}, "document-number", Verdict.REVIEW),
        ({"nationality": "GRC"}, "nationality", Verdict.FAIL),
        ({"expiry_date": date(2031, 4, 15)}, "expiry", Verdict.REVIEW),
    ],
)
def test_a_difference_is_named_by_its_own_check_alone(
    change: dict[str, object], code: str, verdict: Verdict
) -> None:
    found = verdicts(replace(FORM, **change))  # type: ignore[arg-type]
    assert found.pop(code) is verdict
    assert set(found.values()) == {Verdict.PASS}


def test_an_expired_document_fails() -> None:
    old = replace(HOLDER, expiry_date=date(2026, 10, 31))
    assert verdicts(replace(FORM, expiry_date=None), old)["expiry"] is Verdict.FAIL


def test_a_document_is_valid_on_its_last_day() -> None:
    last = replace(HOLDER, expiry_date=ON)
    assert verdicts(replace(FORM, expiry_date=ON), last)["expiry"] is Verdict.PASS


def test_a_zone_that_was_not_read_is_a_review_and_never_a_pass() -> None:
    found = {check.code: check.verdict for check in checks.document_checks(FORM, None, on=ON)}
    assert found["mrz-read"] is Verdict.REVIEW


def test_a_digit_that_does_not_hold_is_a_review_that_names_its_field() -> None:
    first, second = passport_lines(HOLDER)
    read = mrz.parse((first, second[:9] + "9" + second[10:]))
    check = checks.zone_holds(read)
    assert check.verdict is Verdict.REVIEW
    assert "document number" in check.sentence


def test_a_letter_misread_in_the_nationality_still_agrees() -> None:
    first, second = passport_lines(replace(HOLDER, nationality="POL"))
    read = mrz.parse((first, second.replace("POL", "P0L")))
    assert checks.nationality(replace(FORM, nationality="PL"), read).verdict is Verdict.PASS


def test_a_name_cut_off_in_the_zone_is_not_held_against_the_client() -> None:
    holder = replace(HOLDER, surname="VAN DER WESTHUIZEN-BOUWER", given_names="CHRISTIAAN JOHANNES")
    form = replace(FORM, surname="van der Westhuizen-Bouwer", given_names="Christiaan Johannes")
    assert zone(holder).name_truncated
    assert verdicts(form, holder)["name"] is not Verdict.FAIL


@pytest.mark.parametrize(
    ("born", "verdict"),
    [
        (date(2008, 11, 1), Verdict.PASS),
        (date(2008, 11, 2), Verdict.FAIL),
        (date(2027, 1, 1), Verdict.FAIL),
    ],
)
def test_a_client_is_of_full_age_on_the_eighteenth_birthday(born: date, verdict: Verdict) -> None:
    assert checks.age(born, on=ON).verdict is verdict


def test_someone_born_on_a_leap_day_comes_of_age_on_the_first_of_march() -> None:
    born = date(2008, 2, 29)
    assert checks.age(born, on=date(2026, 2, 28)).verdict is Verdict.FAIL
    assert checks.age(born, on=date(2026, 3, 1)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("measures", "verdict"),
    [
        (Measures(1250, 880, 400.0, 0.0), Verdict.PASS),
        (Measures(300, 200, 400.0, 0.0), Verdict.REVIEW),
        (Measures(1250, 880, 5.0, 0.0), Verdict.REVIEW),
        (Measures(1250, 880, 400.0, 0.2), Verdict.REVIEW),
    ],
)
def test_a_picture_that_cannot_be_judged_is_asked_for_again(
    measures: Measures, verdict: Verdict
) -> None:
    assert checks.picture(measures).verdict is verdict


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        (Evidence(), Verdict.PASS),
        (Evidence(edited_by="Photoshop"), Verdict.REVIEW),
        (Evidence(incremental_updates=2, notes=("Changed.",)), Verdict.REVIEW),
    ],
)
def test_traces_of_editing_ask_for_a_person(evidence: Evidence, verdict: Verdict) -> None:
    assert checks.untouched(evidence).verdict is verdict
