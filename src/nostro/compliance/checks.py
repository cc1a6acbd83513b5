"""What needs no model and no vendor: does the document agree with the form, and does it hold?

Each check answers for itself with a verdict, a sentence for a person and its evidence. What cannot
be told is a REVIEW: nothing passes by being absent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from anyascii import anyascii
from rapidfuzz import fuzz

from nostro.compliance.countries import country_code
from nostro.compliance.mrz import Mrz
from nostro.compliance.names import Kind, likeness
from nostro.compliance.reading import Measures
from nostro.compliance.uploads import Evidence

FULL_AGE = 18
NAME_PASSES = 0.9
PART_PASSES = 0.8
NAME_IN_DOUBT = 0.7
LEAST_SHARPNESS = 60.0
LEAST_WIDTH = 600
MOST_GLARE = 0.03
ADDRESS_PASSES = 0.88
MOST_BILL_DAYS = 90
_LOOKALIKES = str.maketrans("0185", "OIBS")


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Check:
    code: str
    verdict: Verdict
    sentence: str
    evidence: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """What the client typed. `nationality` is a code of two or three letters."""

    given_names: str
    surname: str
    birth_date: date
    nationality: str
    document_number: str = ""
    expiry_date: date | None = None


def document_checks(form: Form, zone: Mrz | None, *, on: date) -> list[Check]:
    """Every check of an identity document against the form, as of a day."""
    if zone is None:
        said = "The machine readable zone could not be read; a person has to look."
        return [Check("mrz-read", Verdict.REVIEW, said), age(form.birth_date, on=on)]
    return [
        zone_holds(zone), name(form, zone), birth_date(form, zone, on=on), number(form, zone),
        nationality(form, zone), expiry(form, zone, on=on), age(form.birth_date, on=on),
    ]  # fmt: skip


def zone_holds(zone: Mrz) -> Check:
    """Do the check digits hold? A wrong digit may be a bad picture or a forgery."""
    failing = [field for field, holds in zone.checks.items() if not holds]
    evidence = {"layout": zone.layout.value, "failing": ", ".join(failing)}
    if zone.repaired:
        evidence["repaired"] = ", ".join(sorted(zone.repaired))
    if failing:
        parts = ", ".join(part.replace("_", " ") for part in failing)
        said = f"The check digit does not hold for: {parts}."
        return Check("mrz-digits", Verdict.REVIEW, said, evidence)
    return Check("mrz-digits", Verdict.PASS, "Every check digit holds.", evidence)


def name(form: Form, zone: Mrz) -> Check:
    """Is it the same name? Compared as in screening; a name cut off in the zone is not held
    against the client."""
    typed = f"{form.given_names} {form.surname}"
    alike = likeness(typed, zone.name, Kind.PERSON)
    evidence = {"form": typed, "document": zone.name, "score": f"{alike.score:.2f}",
                "explanation": " ".join(alike.reasons)}  # fmt: skip
    if alike.score >= NAME_PASSES and alike.weakest >= PART_PASSES:
        return Check("name", Verdict.PASS, "The name agrees with the document.", evidence)
    if alike.score >= NAME_IN_DOUBT or zone.name_truncated:
        said = f"The name is close to the document's, {zone.name}, but not the same."
        return Check("name", Verdict.REVIEW, said, evidence)
    said = f"The document is in the name of {zone.name}."
    return Check("name", Verdict.FAIL, said, evidence)


def birth_date(form: Form, zone: Mrz, *, on: date) -> Check:
    """Is it the same day of birth?"""
    printed = zone.birth_date(on)
    evidence = {"form": form.birth_date.isoformat(), "document": zone.birth_yymmdd}
    if printed is None:
        said = "The document's date of birth is incomplete or unreadable."
        return Check("birth-date", Verdict.REVIEW, said, evidence)
    if f"{form.birth_date:%y%m%d}" == zone.birth_yymmdd:
        return Check("birth-date", Verdict.PASS, "The date of birth agrees.", evidence)
    verdict = Verdict.FAIL if zone.checks["birth_date"] else Verdict.REVIEW
    said = f"The document says {printed}, the form {form.birth_date}."
    return Check("birth-date", verdict, said, evidence)


def number(form: Form, zone: Mrz) -> Check:
    """Is it the number that the client typed? Where none was typed there is nothing to compare."""
    typed = "".join(char for char in form.document_number.upper() if char.isalnum())
    evidence = {"form": typed, "document": zone.document_number}
    if not typed:
        said = "The form has no document number to compare."
        return Check("document-number", Verdict.REVIEW, said, evidence)
    if typed == zone.document_number.replace("<", ""):
        return Check("document-number", Verdict.PASS, "The document number agrees.", evidence)
    verdict = Verdict.FAIL if zone.checks["document_number"] else Verdict.REVIEW
    said = f"The document's number is {zone.document_number}, the form says {typed}."
    return Check("document-number", verdict, said, evidence)


def nationality(form: Form, zone: Mrz) -> Check:
    """Is it the same nationality? No digit covers it, so UT0 counts as UTO."""
    read = zone.nationality.translate(_LOOKALIKES)
    evidence = {"form": form.nationality, "document": zone.nationality}
    printed, typed = country_code(read) or read, country_code(form.nationality) or form.nationality
    if printed == typed:
        return Check("nationality", Verdict.PASS, "The nationality agrees.", evidence)
    if not country_code(read):
        said = f"The document's nationality reads {zone.nationality}, which is no country."
        return Check("nationality", Verdict.REVIEW, said, evidence)
    said = f"The document's nationality is {zone.nationality}, the form says {form.nationality}."
    return Check("nationality", Verdict.FAIL, said, evidence)


def expiry(form: Form, zone: Mrz, *, on: date) -> Check:
    """Is the document still valid, and until the day that the client typed?"""
    printed = zone.expiry_date(on)
    evidence = {"document": zone.expiry_yymmdd, "on": on.isoformat()}
    if printed is None:
        said = "The document shows no date of expiry that can be read."
        return Check("expiry", Verdict.REVIEW, said, evidence)
    if not zone.checks["expiry_date"]:
        said = "The date of expiry was not read reliably."
        return Check("expiry", Verdict.REVIEW, said, evidence)
    if printed < on:
        return Check("expiry", Verdict.FAIL, f"The document expired on {printed}.", evidence)
    if form.expiry_date and form.expiry_date != printed:
        said = f"The document is valid until {printed}, the form says {form.expiry_date}."
        return Check("expiry", Verdict.REVIEW, said, evidence)
    return Check("expiry", Verdict.PASS, f"The document is valid until {printed}.", evidence)


def age(born: date, *, on: date) -> Check:
    """Is the client of full age? Someone born on 29 February comes of age on 1 March."""
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    evidence = {"birth_date": born.isoformat(), "on": on.isoformat(), "age": str(years)}
    if born > on:
        said = "The date of birth lies in the future."
        return Check("age", Verdict.FAIL, said, evidence)
    if years < FULL_AGE:
        said = f"A client has to be at least {FULL_AGE} years old."
        return Check("age", Verdict.FAIL, said, evidence)
    return Check("age", Verdict.PASS, "The client is of full age.", evidence)


def picture(measures: Measures) -> Check:
    """Can the picture be judged at all? If not, the client is asked for a better one."""
    evidence = {
        "size": f"{measures.width} x {measures.height}",
        "sharpness": f"{measures.sharpness:.0f}",
        "glare": f"{measures.glare:.3f}",
    }
    if max(measures.width, measures.height) < LEAST_WIDTH:
        said = "The picture is too small. Take it again from closer."
        return Check("picture", Verdict.REVIEW, said, evidence)
    if measures.sharpness < LEAST_SHARPNESS:
        said = "The picture is blurred. Hold the camera still and take it again."
        return Check("picture", Verdict.REVIEW, said, evidence)
    if measures.glare > MOST_GLARE:
        said = "A light is reflected in the picture. Tilt the document and take it again."
        return Check("picture", Verdict.REVIEW, said, evidence)
    return Check(
        "picture", Verdict.PASS, "The picture is large, sharp and free of glare.", evidence
    )


def untouched(evidence: Evidence) -> Check:
    """Did the file tell that software has edited it after it was made?"""
    told = dict(evidence.metadata) | {"incremental_updates": str(evidence.incremental_updates)}
    if evidence.edited_by:
        said = f"The file was saved by {evidence.edited_by}; a person has to look."
        return Check("edited", Verdict.REVIEW, said, told)
    if evidence.incremental_updates or evidence.notes:
        said = "The file was changed after it was made; a person has to look."
        return Check("edited", Verdict.REVIEW, said, told)
    return Check("edited", Verdict.PASS, "The file shows no trace of editing.", told)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN_DATE = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s.]*(?P<month>[A-Za-z]{3})[a-z]*[\s.,]*(?P<year>20\d{2})"
    r"|(?<!\d)(?P<iso>20\d{2}-\d{2}-\d{2})(?!\d)"
    r"|(?<!\d)(?P<d>\d{1,2})[./](?P<m>\d{1,2})[./](?P<y>20\d{2})(?!\d)"
)


def bill_checks(
    texts: Sequence[str], *, name: str, street: str, city: str, on: date,
    most_days: int = MOST_BILL_DAYS,
) -> list[Check]:  # fmt: skip
    """Every check of a proof of address: whose it is, how old, and where they live."""
    if not texts:
        said = "The proof of address could not be read; a person has to look."
        return [Check(f"bill-{one}", Verdict.REVIEW, said) for one in ("name", "date", "address")]
    return [
        bill_name(texts, name), bill_date(texts, on=on, most_days=most_days),
        bill_address(texts, street, city),
    ]  # fmt: skip


def bill_name(texts: Sequence[str], name: str) -> Check:
    """Is the paper in the client's name? The line most like it counts."""
    best = max(texts, key=lambda line: likeness(name, line, Kind.PERSON).score)
    score = likeness(name, best, Kind.PERSON).score
    evidence = {"form": name, "document": best, "score": f"{score:.2f}"}
    if score >= NAME_PASSES:
        said = "The proof of address is in the client's name."
        return Check("bill-name", Verdict.PASS, said, evidence)
    said = "The client's name was not found on the proof of address."
    return Check("bill-name", Verdict.REVIEW, said, evidence)


def bill_date(texts: Sequence[str], *, on: date, most_days: int = MOST_BILL_DAYS) -> Check:
    """Is the paper recent? The latest date on it that is not to come counts."""
    days = [day for text in texts for day in written_dates(text) if day <= on]
    if not days:
        said = "No date was found on the proof of address."
        return Check("bill-date", Verdict.REVIEW, said, {"on": on.isoformat()})
    issued = max(days)
    age_days = (on - issued).days
    evidence = {"document": issued.isoformat(), "days": str(age_days), "at_most": str(most_days)}
    if age_days > most_days:
        said = f"The proof of address is {age_days} days old."
        return Check("bill-date", Verdict.REVIEW, said, evidence)
    said = f"The proof of address is of {issued}, within {most_days} days."
    return Check("bill-date", Verdict.PASS, said, evidence)


def written_dates(text: str) -> list[date]:
    """Every date in a line, however it is written; the day comes before the month."""
    found = []
    for match in _WRITTEN_DATE.finditer(text):
        part = match.groupdict()
        try:
            if part["iso"]:
                found.append(date.fromisoformat(part["iso"]))
            elif part["y"]:
                found.append(date(int(part["y"]), int(part["m"]), int(part["d"])))
            else:
                month = _MONTHS.index(part["month"].lower()) + 1
                found.append(date(int(part["year"]), month, int(part["day"])))
        except ValueError:
            continue
    return found


def bill_address(texts: Sequence[str], street: str, city: str) -> Check:
    """Is it where the client lives? The street's line and the town both have to be found."""
    wanted = _plain(street)
    best = max(texts, key=lambda line: fuzz.token_sort_ratio(wanted, _plain(line)))
    score = fuzz.token_sort_ratio(wanted, _plain(best)) / 100
    whole = " ".join(_plain(line) for line in texts)
    evidence = {"form": f"{street}, {city}", "document": best, "score": f"{score:.2f}"}
    town = fuzz.partial_ratio(_plain(city), whole) >= ADDRESS_PASSES * 100
    if score >= ADDRESS_PASSES and town:
        said = "The address is the one on the proof of address."
        return Check("bill-address", Verdict.PASS, said, evidence)
    said = "The address on the proof of address is written differently."
    return Check("bill-address", Verdict.REVIEW, said, evidence)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", anyascii(text).lower()))
