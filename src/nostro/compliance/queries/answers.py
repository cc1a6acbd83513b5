"""What a step asks of this client, and what they typed, read strictly: every wrong field comes
back with its own sentence.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from nostro.compliance.models import Application
from nostro.core.inputs import BadInput
from nostro.kit.problems import NotFound
from nostro.people.countries import COUNTRIES

LONGEST = 120
OLDEST = date(1900, 1, 1)
PHONE = re.compile(r"\+?[\d ()/.-]{6,24}")
NEEDED = "This is needed."


def step_of(application: Application, code: str) -> dict[str, Any]:
    """A step of this application's own version of the flow."""
    for step in application.flow.steps:
        if step["code"] == code:
            found: dict[str, Any] = step
            return found
    raise NotFound("There is no such step.")


def fields_of(application: Application, step: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every field of a step, the questionnaire's questions among them."""
    fields = list(step.get("fields", []))
    if step.get("questionnaire"):
        fields += [
            {
                "name": question["name"], "kind": "choice", "label": question["label"],
                "required": True, "choices": [choice[:2] for choice in question["choices"]],
            }
            for question in application.questionnaire.questions
        ]  # fmt: skip
    return fields


def applies(field: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    """Whether a field is asked at all, after what was answered before it."""
    when = field.get("when")
    return not when or answers.get(when["field"]) in when["in"]


def read_answers(
    application: Application, code: str, raw: Mapping[str, Any], *, today: date
) -> dict[str, Any]:
    """The answers of one step. Raises `BadInput` with a sentence for each field that is wrong."""
    found: dict[str, Any] = {}
    errors: dict[str, str] = {}
    fields = fields_of(application, step_of(application, code))
    for field in fields:
        name = field["name"]
        if not applies(field, found):
            continue
        value = " ".join(str(raw.get(name) or "").split())
        if not value:
            if field.get("required", True):
                errors[name] = NEEDED
            continue
        wrong = _wrong(field, value, today)
        if wrong:
            errors[name] = wrong
        found[name] = value
    unknown = set(raw) - {field["name"] for field in fields}
    if unknown:
        errors[unknown.pop()] = "There is no such question."
    if errors:
        raise BadInput(errors)
    return found


def unfinished_answers(
    application: Application, code: str, raw: Mapping[str, Any]
) -> dict[str, str]:
    """What was typed of one step as far as it can be kept; whether it will do is asked later."""
    names = [field["name"] for field in fields_of(application, step_of(application, code))]
    typed = {name: " ".join(str(raw.get(name) or "").split()) for name in names}
    return {k: v for k, v in typed.items() if v and v.isprintable() and len(v) <= LONGEST}


def _wrong(field: Mapping[str, Any], value: str, today: date) -> str:
    """What is wrong with a value, in a sentence; nothing if it will do."""
    if len(value) > LONGEST:
        return f"At most {LONGEST} characters, please."
    if not value.isprintable():
        return "Type letters, digits and signs only."
    kind = field["kind"]
    if kind == "date":
        return _wrong_date(value, today)
    if kind == "country" and value not in COUNTRIES:
        return "Choose a country from the list."
    if kind == "choice" and value not in [choice[0] for choice in field["choices"]]:
        return "Choose one of the answers."
    if kind == "phone" and not PHONE.fullmatch(value):
        return "A phone number has digits only, with its country's code in front."
    return ""


def _wrong_date(value: str, today: date) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return "Type the date as year, month and day."
    return "" if OLDEST < day < today else "This date lies in the past, within a long life."


def is_complete(application: Application, code: str, *, today: date) -> bool:
    """Whether a step's answers, as they are kept, would be taken again."""
    if not step_of(application, code).get("fields"):
        return True
    try:
        read_answers(application, code, application.answers.get(code, {}), today=today)
    except BadInput:
        return False
    return True


def score_of(application: Application) -> int:
    """The points of the questionnaire."""
    answers = application.answers
    given = {name: value for step in answers.values() for name, value in step.items()}
    return sum(
        points
        for question in application.questionnaire.questions
        for value, _, points in question["choices"]
        if given.get(question["name"]) == value
    )
