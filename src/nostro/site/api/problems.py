"""Refusals on the wire: RFC 9457 problem details, each with its sentence and its code."""

import logging
from http import HTTPStatus
from typing import Any

from django.db import DataError, IntegrityError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError
from pydantic_core import to_json

from nostro.core.doors import BadInput
from nostro.kit.problems import Problem

PROBLEM_JSON = "application/problem+json"
log = logging.getLogger("nostro.api")


class NotSignedIn(Problem):
    """There is no key, or none that is good any more."""

    status = 401


class TooManyRequests(Problem):
    """The key has asked more often than it may."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many requests. Ask again in {seconds} s.")
        self.seconds = seconds


class Malformed(Problem):
    """A body or a parameter that cannot be read."""

    status = 400


SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for a person."},
        "code": {"type": "string", "examples": ["not-enough-money"]},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "What is wrong with each input, in a sentence.",
        },
    },
}


def _errors(problem: Problem) -> dict[str, str]:
    if isinstance(problem, BadInput):
        return problem.errors
    return {problem.field: problem.sentence} if problem.field else {}


def answer(problem: Problem) -> HttpResponse:
    """A problem as `application/problem+json`."""
    content: dict[str, Any] = {
        "type": f"urn:nostro:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.sentence,
        "code": problem.code,
    }
    errors = _errors(problem)
    if errors:
        content["errors"] = errors
    given = HttpResponse(to_json(content), content_type=PROBLEM_JSON, status=problem.status)
    if isinstance(problem, TooManyRequests):
        given["Retry-After"] = str(problem.seconds)
    if problem.status == 401:
        given["WWW-Authenticate"] = "Bearer"
    return given


def install(api: NinjaAPI) -> None:
    """Say each refusal as a problem. What is a fault of ours still crashes loudly."""

    @api.exception_handler(Problem)
    def refused(request: HttpRequest, problem: Problem) -> HttpResponse:
        return answer(problem)

    @api.exception_handler(AuthenticationError)
    def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return answer(NotSignedIn("Send an API key that is neither revoked nor expired."))

    @api.exception_handler(DataError)
    def out_of_range(request: HttpRequest, error: DataError) -> HttpResponse:
        log.warning("%s was given what does not fit: %s", request.path, error)
        return answer(Problem("One of these values is too long or out of range."))

    @api.exception_handler(IntegrityError)
    def in_conflict(request: HttpRequest, error: IntegrityError) -> HttpResponse:
        log.warning("%s is in conflict with what is there: %s", request.path, error)
        return answer(Conflicting("This is in conflict with what is there already."))


class Conflicting(Problem):
    """The database refuses it: something like it is there."""

    status = 409
