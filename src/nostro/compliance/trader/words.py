"""What a check says to the client: the same verdict as staff see, in words to act upon."""

from datetime import date
from typing import Any

from nostro.compliance.checks import Check, Verdict
from nostro.compliance.models import Application, Document

QUIET = {"age", "edited", "bill-edited", "bill-picture"}
"""Said only where the client can do something about it, and here they cannot."""
PASSED = {
    "picture": "Sharp, complete and free of glare",
    "mrz-digits": "The code lines at the bottom add up",
    "name": "Name matches: {name}",
    "birth-date": "Date of birth is the same",
    "document-number": "The number is the one you typed",
    "nationality": "Nationality is the same",
    "bill-name": "Readable, in your name",
    "bill-date": "Dated {bill}, within 3 months",
    "bill-address": "Same address as in step 2",
}
DIFFERS = {
    "mrz-read": ("The code lines at the bottom cannot be read",
                 "Take the photo again in good light, or send it so: a person reads it."),
    "mrz-digits": ("The code lines at the bottom do not add up", "Take the photo again, sharper."),
    "name": ("The name is different", "Write it in step 1 exactly as it stands there."),
    "birth-date": ("Date of birth is different", ""),
    "document-number": ("The number is different", ""),
    "nationality": ("Nationality is different", ""),
    "expiry": ("The date until which it is valid", ""),
    "bill-name": ("Your name", "We could not find your name on it, so a person looks."),
    "bill-date": ("Date of the paper", ""),
    "bill-address": ("Same address as in step 2",
                     "It is written differently, so a person compares it. "
                     "Usually within four hours."),
}  # fmt: skip
FIELDS = {
    "birth-date": ("birth_date", "Which date is right?"),
    "document-number": ("document_number", "Which number is right?"),
}
"""Checks whose difference one tap corrects: the field, and the question."""


def day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def line(check: Check, application: Application, document: Document) -> dict[str, Any] | None:
    """One check as `ui/portal/checks.html` draws it."""
    identity = application.answers.get("identity", {})
    known = {
        "name": f"{identity.get('first_name', '')} {identity.get('last_name', '')}",
        "bill": _written(check.evidence.get("document", "")),
    }
    if check.verdict is Verdict.PASS:
        if check.code == "expiry" and document.expiry_date:
            return {"tone": "ok", "text": f"Valid until {day(document.expiry_date)}"}
        said = PASSED.get(check.code)
        return {"tone": "ok", "text": said.format(**known)} if said else None
    if check.code in QUIET:
        return None
    text, small = DIFFERS.get(check.code, (check.sentence, ""))
    if check.code.startswith("bill-"):
        return {"tone": "wait", "text": text, "small": small or check.sentence, "spin": True}
    small = small or ("" if check.code in FIELDS else check.sentence)
    return {"tone": "warn", "icon": "alert-circle", "text": text, "small": small}


def _written(text: str) -> str:
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def lines(
    checks: list[Check], application: Application, document: Document
) -> list[dict[str, Any]]:
    """What passed first, so that what did not stands above the question that is asked of it."""
    passed_first = sorted(checks, key=lambda one: one.verdict is not Verdict.PASS)
    found = [line(one, application, document) for one in passed_first]
    return [one for one in found if one is not None]
