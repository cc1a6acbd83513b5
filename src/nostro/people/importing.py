"""A file of clients from another system, read with distrust: what is wrong in each line, and what
is right as it will be kept.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pycountry

from nostro.kit.csv_files import CELLS, Format
from nostro.people.countries import COUNTRIES

COLUMNS = {
    "email": "The address they sign in with. Nobody else may have it.",
    "first_name": "As in their passport.",
    "last_name": "As in their passport.",
    "country": "Where they live, in two letters: CY.",
    "entity": "The code of the legal entity whose client they are.",
    "brand": "The brand’s short name. Needed where the legal entity has several.",
    "phone": "With the country’s code: +357 22 123456.",
    "birth_date": "Year, month and day: 1984-03-31.",
    "nationality": "In two letters: GR.",
    "address": "Street, town and postal code.",
    "language": "In two letters: en.",
    "external_number": "Their number in the old system. It finds them in files of logins.",
    "status": "registered, active or restricted. Registered where it is left empty.",
    "category": "retail or professional. Retail where it is left empty.",
    "level": "The verification level that they have: 0, 1 or 2.",
    "registered": "The day they became a client: 2021-11-05. Today where it is left empty.",
    "partner": "The code of a partner’s link, if a partner brought them.",
    "currency": "What their money is counted in. The legal entity’s own where it is left empty.",
}
NEEDED = ("email", "first_name", "last_name", "country", "entity")
MOST_LINES = 100_000
FORMAT = Format(tuple(COLUMNS), NEEDED, most_lines=MOST_LINES, largest_bytes=30 * 1024 * 1024)
STATUSES, CATEGORIES = ("registered", "active", "restricted"), ("retail", "professional")
LONGEST = {
    "email": 254, "first_name": 80, "last_name": 80, "phone": 32, "address": 200,
    "external_number": 40, "partner": 40,
}  # fmt: skip
ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}")
PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,31}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
OURS = re.compile(r"\s*C-[0-9]+\s*", re.IGNORECASE)
EARLIEST = date(1900, 1, 1)
UNSAID = ("email", "phone", "birth_date", "external_number")
"""Columns whose values are not repeated beside a line: they are personal, or may be."""
CURRENCIES = {one.alpha_3 for one in pycountry.currencies} | {"BTC", "ETH", "USDT", "USDC"}


@dataclass(frozen=True)
class Firm:
    """What a line may name: legal entities by code with their brands, and languages."""

    entities: Mapping[str, Collection[str]]
    languages: Collection[str]
    today: date


@dataclass(frozen=True)
class Line:
    """A line of the file: its values as they are kept, or what is wrong in it."""

    number: int
    values: Mapping[str, Any]
    fault: str = ""


def read(content: bytes, firm: Firm) -> Iterator[Line]:
    """Line by line. Raises `BadFile` for what is no such file before the first one."""
    seen: dict[tuple[str, str], int] = {}
    for number, cells in FORMAT.lines(content):
        values, fault = _values(cells, firm)
        for name in ("email", "external_number"):
            key = (name, str(values.get(name, "")))
            if key[1] and key in seen and not fault:
                what = "e-mail address" if name == "email" else "external number"
                fault = f"This {what} stands on line {seen[key]} already."
            elif key[1]:
                seen.setdefault(key, number)
        yield Line(number, values, fault)


def _values(cells: Mapping[str, str], firm: Firm) -> tuple[dict[str, Any], str]:
    """The values of a line, and the first thing that is wrong with it."""
    if cells[CELLS]:
        said = f"This line has {cells[CELLS]} cells, and the headings have more or fewer."
        return {}, said
    values: dict[str, Any] = dict(cells)
    values["email"] = cells["email"].lower()
    for name in ("country", "nationality", "currency"):
        values[name] = cells[name].upper()
    for name in ("language", "status", "category"):
        values[name] = cells[name].lower()
    fault = next(_faults(values, firm), "")
    if fault:
        return values, fault
    brands = sorted(firm.entities[values["entity"]])
    values |= {
        "brand": values["brand"] or brands[0], "level": int(values["level"] or 0),
        "status": values["status"] or "registered", "category": values["category"] or "retail",
        "language": values["language"] or "en", "birth_date": _day(values["birth_date"]),
        "registered": _day(values["registered"]),
    }  # fmt: skip
    return values, ""


def _faults(values: Mapping[str, str], firm: Firm) -> Iterator[str]:
    for name in NEEDED:
        if not values[name]:
            yield f"{_words(name)} is missing."
    for name, most in LONGEST.items():
        if len(values[name]) > most:
            yield f"{_words(name)} is longer than {most} letters."
    for name, fits, what in _rules(firm):
        if values[name] and not fits(values[name]):
            text = "" if name in UNSAID else f"“{values[name][:40]}”"
            yield f"{_words(name)}: {text or 'this'} is no {what}."
    if values["entity"] not in firm.entities:
        yield f"There is no legal entity “{values['entity'][:20]}” that you work for."
        return
    brands = firm.entities[values["entity"]]
    if values["brand"] and values["brand"] not in brands:
        yield f"{values['entity']} has no brand “{values['brand'][:40]}”."
    elif not values["brand"] and len(brands) != 1:
        yield f"{values['entity']} has {len(brands)} brands: say which one."


def _rules(firm: Firm) -> list[tuple[str, Callable[[str], Any], str]]:
    """What each column may hold, where it holds something."""
    born = lambda text: (day := _day(text)) and EARLIEST <= day < firm.today
    came = lambda text: (day := _day(text)) and EARLIEST <= day <= firm.today
    return [
        ("email", ADDRESS.fullmatch, "e-mail address"),
        ("country", COUNTRIES.__contains__, "country in two letters"),
        ("nationality", COUNTRIES.__contains__, "country in two letters"),
        ("phone", PHONE.fullmatch, "phone number"),
        ("birth_date", born, "day in the past, like 1984-03-31"),
        ("registered", came, "day up to today, like 2021-11-05"),
        ("language", firm.languages.__contains__, "language in two letters"),
        ("status", STATUSES.__contains__, f"status: {', '.join(STATUSES)}"),
        ("category", CATEGORIES.__contains__, f"category: {', '.join(CATEGORIES)}"),
        ("level", ("0", "1", "2").__contains__, "level: 0, 1 or 2"),
        ("currency", CURRENCIES.__contains__, "currency that we know"),
        ("external_number", is_elsewhere, f"number of another system: {READS_LIKE_OURS}"),
    ]


def is_elsewhere(number: str) -> bool:
    """Whether a number can be another system's: one like C-20418, or with an @, would be taken for
    our own number or the e-mail address of somebody else.
    """
    return "@" not in number and not OURS.fullmatch(number)


READS_LIKE_OURS = "it reads like one of ours, or like an e-mail address"


def _day(text: str) -> date | None:
    if not DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _words(name: str) -> str:
    return {"email": "E-mail"}.get(name, name.replace("_", " ").capitalize())
