import io
from datetime import date

import pytest
from PIL import Image, ImageDraw, ImageFilter

from nostro.compliance import mrz, reading
from nostro.compliance.tests.shared import SHARED, needs_shared_data
from nostro.site.demo import specimens

HOLDERS = [
    specimens.Holder(
        "VAN DER WESTHUIZEN-BOUWER", "CHRISTIAAN JOHANNES PETRUS", date(1988, 2, 29), "M", "NLD",
        "XN01BC015", date(2022, 4, 16), date(2032, 4, 15),
    ),
    specimens.Holder(
        "Müller", "Jörg", date(1990, 1, 1), "M", "D", "C01X00T47", date(2022, 4, 16),
        date(2032, 4, 15),
    ),
    specimens.Holder(
        "QUISPE MAMANI", "JOSE IGNACIO", date(1995, 7, 17), "M", "PER", "118547203",
        date(2021, 4, 16), date(2031, 4, 15),
    ),
]  # fmt: skip


def _turned(image: bytes, angle: int) -> bytes:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(image)).rotate(angle, expand=True).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: holder.surname)
def test_a_drawn_passport_reads_back_as_it_was_written(holder: specimens.Holder) -> None:
    zone = reading.read_mrz(specimens.passport(holder))
    assert zone is not None
    assert zone.lines == specimens.passport_lines(holder)
    assert zone.holds


def test_a_passport_lying_on_its_side_is_turned_and_read() -> None:
    zone = reading.read_mrz(_turned(specimens.passport(HOLDERS[2]), 90))
    assert zone is not None
    assert zone.document_number == "118547203"


def test_a_bill_has_no_zone_but_text() -> None:
    bill = specimens.utility_bill("Anna Eriksson", ["12 Harbour St"], issued_date=date(2026, 3, 1))
    text = " ".join(line.text for line in reading.read_text(bill))
    assert "Anna Eriksson" in text
    assert reading.read_mrz(bill) is None


@needs_shared_data
@pytest.mark.parametrize(
    ("file", "number", "name"),
    [
        ("100_pass-cze2.jpg", "99009054", "VZOR SPECIMEN"),
        ("100_pass-lux.jpg", "S998527", "KETTY MAUS"),
        ("100_visa-usa.jpg", "555123ABC", "HAPPYPERSON TRAVELER"),
        ("43_pass-fra.jpg", "08CD50338", "CHRISTOPHE ULYSSE"),
        ("100_id-si.jpg", "099991001", "TINA VZOREC"),
    ],
)
def test_public_specimens_are_read(file: str, number: str, name: str) -> None:
    zone = reading.read_mrz((SHARED / "documents" / "specimens" / file).read_bytes())
    assert zone is not None
    assert (zone.document_number, zone.name) == (number, name)
    assert zone.holds


def test_a_line_that_lost_fillers_is_fitted() -> None:
    first, second = specimens.passport_lines(HOLDERS[2])
    zone = reading.find_zone(["PASSPORT", first[:-3], second.replace("<<<<<", "<<<", 1)])
    assert zone is not None
    assert zone.lines == (first, second)


def test_text_that_is_no_zone_is_not_taken_for_one() -> None:
    assert reading.find_zone(["PASSPORT NO / NO DU PASSEPORT", "DATE OF BIRTH / NAISSANCE"]) is None


def test_specimen_lines_hold_for_every_holder() -> None:
    assert all(mrz.parse(specimens.passport_lines(holder)).holds for holder in HOLDERS)


def test_a_blurred_picture_measures_less_sharp_and_a_lamp_shows_as_glare() -> None:
    sharp = Image.open(io.BytesIO(specimens.passport(HOLDERS[0])))
    lit = sharp.copy()
    ImageDraw.Draw(lit).ellipse((500, 200, 800, 500), "white")
    measures = []
    for picture in (sharp, sharp.filter(ImageFilter.GaussianBlur(5)), lit):
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        measures.append(reading.measure(buffer.getvalue()))

    plain, blurred, glaring = measures
    assert blurred.sharpness < plain.sharpness / 4
    assert plain.glare < 0.01 < glaring.glare
    assert (plain.width, plain.height) == (1250, 880)
