"""Draws the papers of invented people: specimen passports with a true MRZ, and utility bills.

The demo brokerage needs documents that the reader really reads and nobody can mistake for real
ones. Only Pillow's built-in font is used, which knows ASCII alone; each glyph of the zone gets a
cell of its own, because that font is not monospaced.
"""

import io
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from anyascii import anyascii
from PIL import Image, ImageDraw, ImageFont

from nostro.compliance import mrz

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
INK = (28, 32, 44)
FAINT = (120, 128, 142)
CELL, GLYPH_HEIGHT = 26.4, 30
SIZE = (1250, 880)
GROUNDS = 4
"""How many grounds of waves there are: enough not to look printed from one plate."""
_WIDTHS = {"0": 13, "1": 11, "C": 20, "I": 16, "M": 21, "O": 22, "W": 22, "X": 20}
_ICAO_LETTERS = str.maketrans({
    "Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "SS", "Æ": "AE", "Ø": "OE", "Å": "AA", "Œ": "OE",
    "Þ": "TH", "Ð": "D", "Ñ": "N", "'": "", "’": "",
})  # fmt: skip
"""ICAO 9303-3, section 6; letters not named here lose their marks."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An invented person. `nationality` and `issuer` are three-letter codes (UTO is Utopia)."""

    surname: str
    given_names: str
    birth_date: date
    sex: Literal["F", "M", "X"]
    nationality: str
    document_number: str
    issued_date: date
    expiry_date: date
    birth_place: str = "UTOPOLIS"
    issuer: str = "UTO"


def passport_lines(holder: Holder) -> tuple[str, str]:
    """The two lines of a TD3 zone, every check digit in place."""
    names = f"{_letters(holder.surname)}<<{_letters(holder.given_names)}"
    first = f"P<{holder.issuer:<<3}{names}"[:44].ljust(44, mrz.FILLER)
    number = f"{_letters(holder.document_number):<<9}"
    birth, expiry = f"{holder.birth_date:%y%m%d}", f"{holder.expiry_date:%y%m%d}"
    sex = mrz.FILLER if holder.sex == "X" else holder.sex
    personal = mrz.FILLER * 14
    upper = number + mrz.check_digit(number)
    dates = birth + mrz.check_digit(birth), expiry + mrz.check_digit(expiry)
    composite = mrz.check_digit(upper + dates[0] + dates[1] + personal + "0")
    nationality = f"{holder.nationality:<<3}"
    return first, f"{upper}{nationality}{dates[0]}{sex}{dates[1]}{personal}0{composite}"


def passport(holder: Holder, *, kind: Literal["PNG", "JPEG"] = "PNG") -> bytes:
    """The data page of a specimen passport, 1250 by 880 pixels; soft, as a camera sees."""
    picture = _blank(ground(holder)).copy()
    draw = ImageDraw.Draw(picture)
    for (_, value), (left, top) in zip(_fields(holder), _PLACES, strict=True):
        draw.text((left, top + 20), anyascii(value), INK, font=_font(30))
    for row, line in enumerate(passport_lines(holder)):
        _monospaced(picture, line, left=44, top=738 + row * 64)
    soft = Image.fromarray(cv2.GaussianBlur(np.asarray(picture), (0, 0), 1.3))
    return _png(soft) if kind == "PNG" else _jpeg(soft)


def ground(holder: Holder) -> int:
    """Which of the grounds a holder's passport has."""
    return random.Random(holder.document_number).randrange(GROUNDS)


def utility_bill(
    name: str,
    address: Sequence[str],
    *,
    issued_date: date,
    supplier: str = "Utopia Water & Power",
    amount: Decimal = Decimal("84.20"),
    currency: str = "EUR",
    kind: Literal["PNG", "PDF"] = "PNG",
) -> bytes:
    """A proof of address: one page, A4 at 120 dots an inch."""
    picture = _bill(supplier, amount, currency).copy()
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate((name, *address)):
        draw.text((60, 190 + row * 38), anyascii(line), INK, font=_font(27))
    draw.text((60, 470), f"Date of issue: {issued_date:%d %B %Y}", INK, font=_font(25))
    draw.text((60, 510), f"Customer number: {_number(name)}", INK, font=_font(25))
    return _png(picture) if kind == "PNG" else _pdf(picture)


@lru_cache(maxsize=4)
def _bill(supplier: str, amount: Decimal, currency: str) -> Image.Image:
    """What is the same on many bills: drawn once, written on as a copy."""
    picture = Image.new("RGB", (992, 1403), (253, 253, 251))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 992, 116), (24, 82, 110))
    draw.text((60, 36), supplier, "white", font=_font(40))
    draw.text((720, 46), "SPECIMEN", (255, 214, 120), font=_font(34))
    draw.text((60, 600), "Your bill for electricity and water", INK, font=_font(34))
    rows = (
        ("Electricity", amount * 3 / 5),
        ("Water", amount - amount * 3 / 5),
        ("Amount due", amount),
    )
    for row, (label, figure) in enumerate(rows):
        top = 680 + row * 56
        draw.line((60, top - 10, 930, top - 10), (205, 210, 216), width=2)
        draw.text((60, top), label, INK, font=_font(25))
        draw.text((720, top), f"{figure:,.2f} {currency}", INK, font=_font(25))
    draw.text((60, 1320), "An invented bill of an invented supplier.", FAINT, font=_font(20))
    return picture


def letter(sender: str, lines: Sequence[str]) -> bytes:
    """A letter of somebody invented, as a picture: what shows why money is set right by hand."""
    picture = Image.new("RGB", (992, 620), (253, 253, 251))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 992, 96), (44, 58, 82))
    draw.text((60, 28), sender, "white", font=_font(34))
    draw.text((740, 34), "SPECIMEN", (255, 214, 120), font=_font(30))
    for row, line in enumerate(lines):
        draw.text((60, 150 + row * 44), anyascii(line), INK, font=_font(26))
    draw.text((60, 560), "An invented letter of an invented bank.", FAINT, font=_font(20))
    return _png(picture)


_PLACES = (
    (400, 130), (400, 200), (400, 270), (400, 340), (760, 340), (400, 410), (760, 410),
    (400, 480), (760, 480), (400, 550), (760, 550),
)  # fmt: skip


def _fields(holder: Holder) -> tuple[tuple[str, str], ...]:
    """Labels and values, in the order of their places."""
    return (
        ("Passport No. / No. du passeport", holder.document_number),
        ("Surname / Nom", holder.surname),
        ("Given names / Prenoms", holder.given_names),
        ("Nationality / Nationalite", holder.nationality),
        ("Sex / Sexe", holder.sex),
        ("Date of birth / Date de naissance", f"{holder.birth_date:%d %b %Y}".upper()),
        ("Place of birth / Lieu de naissance", holder.birth_place),
        ("Date of issue / Date de delivrance", f"{holder.issued_date:%d %b %Y}".upper()),
        ("Authority / Autorite", "REGISTRY OF UTOPIA"),
        ("Date of expiry / Date d'expiration", f"{holder.expiry_date:%d %b %Y}".upper()),
        ("Type / Code", f"P / {holder.issuer}"),
    )


NOBODY = Holder("", "", date.min, "X", "UTO", "", date.min, date.min)


def _letters(text: str) -> str:
    plain = anyascii(text.upper().translate(_ICAO_LETTERS)).upper()
    kept = "".join(char if char in mrz.ALPHABET else " " for char in plain)
    return mrz.FILLER.join(kept.split())


def _number(name: str) -> str:
    return f"{random.Random(name).randrange(10**8, 10**9)}"


@lru_cache(maxsize=16)
def _font(size: int) -> Font:
    return ImageFont.load_default(size)


def _monospaced(picture: Image.Image, line: str, *, left: int, top: int) -> None:
    for place, char in enumerate(line):
        glyph = _glyph(char)
        middle = left + round((place + 0.5) * CELL)
        picture.paste((12, 12, 14), (middle - glyph.width // 2, top), glyph)


@lru_cache(maxsize=64)
def _glyph(char: str) -> Image.Image:
    """One character of the zone as a mask, all of one height and nearly of one width, as OCR-B.

    The filler and the letter I are drawn: the font's own are so slight that readers skip them.
    """
    if char == mrz.FILLER:
        large = Image.new("L", (76, 120), 0)
        strokes = [(68, 6), (6, 60), (68, 114)]
        ImageDraw.Draw(large).line(strokes, 255, width=12, joint="curve")
        return large.resize((19, GLYPH_HEIGHT), Image.Resampling.LANCZOS)
    large = Image.new("L", (160, 160), 0)
    draw = ImageDraw.Draw(large)
    if char == "I":
        draw.rectangle((30, 0, 44, 120), 255)
        draw.rectangle((0, 0, 74, 12), 255)
        draw.rectangle((0, 108, 74, 120), 255)
    else:
        draw.text((10, 10), char, 255, font=_font(140), stroke_width=1)
    cropped = large.crop(large.getbbox())
    size = (_WIDTHS.get(char, 18), GLYPH_HEIGHT)
    return cropped.resize(size, Image.Resampling.LANCZOS)


@lru_cache(maxsize=GROUNDS)
def _blank(number: int) -> Image.Image:
    """What is the same on many passports, SPECIMEN across it: drawn once, written on as a copy."""
    picture = Image.new("RGB", SIZE, (236, 240, 245))
    draw = ImageDraw.Draw(picture)
    _waves(draw, shift=number / GROUNDS * math.tau)
    draw.text((50, 34), "UTOPIA  ·  PASSPORT / PASSEPORT", INK, font=_font(34))
    draw.text((930, 40), "SPECIMEN", (176, 40, 52), font=_font(44))
    _portrait(draw, 60, 130)
    for (label, _), (left, top) in zip(_fields(NOBODY), _PLACES, strict=True):
        draw.text((left, top), label, FAINT, font=_font(17))
    turned = _stamp()
    picture.paste(turned, (0, 0), turned)
    draw.rectangle((0, 700, 1250, 880), (250, 251, 252))
    return picture


def _waves(draw: ImageDraw.ImageDraw, *, shift: float) -> None:
    """A ground of fine waves, as such papers have; light enough not to disturb the text."""
    for start in range(-40, 900, 14):
        points = [
            (x, start + 16 * math.sin(x / 90 + shift) + 8 * math.sin(x / 37))
            for x in range(0, 1251, 10)
        ]
        draw.line(points, (221, 229, 238), width=1)


def _portrait(draw: ImageDraw.ImageDraw, left: int, top: int) -> None:
    draw.rectangle((left, top, left + 290, top + 380), (208, 217, 227))
    draw.ellipse((left + 90, top + 70, left + 200, top + 210), (150, 163, 178))
    draw.pieslice((left + 30, top + 230, left + 260, top + 530), 180, 360, (150, 163, 178))


def _stamp() -> Image.Image:
    """SPECIMEN across the page, pale and turned, laid under what is written."""
    layer = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    ImageDraw.Draw(layer).text((180, 300), "SPECIMEN", (176, 40, 52, 38), font=_font(180))
    return layer.rotate(18, resample=Image.Resampling.BICUBIC)


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=2)
    return buffer.getvalue()


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _pdf(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PDF", resolution=120.0)
    return buffer.getvalue()
