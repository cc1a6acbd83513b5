"""What an application still lacks: documents, agreements, steps; and what a paper was read as."""

from datetime import date
from typing import Any

from nostro.compliance import mrz
from nostro.compliance.models import Acceptance, AgreementText, Application, Document
from nostro.compliance.queries.answers import is_complete

READ_ONLY = ("complaints", "partner")
"""Texts that stand at the foot of the pages to be read, and that no client is asked to agree to."""


def legal_texts(entity_id: int) -> list[AgreementText]:
    """The newest version of each text of a firm, in the order in which they were first made."""
    newest: dict[str, AgreementText] = {}
    for text in AgreementText.objects.filter(entity_id=entity_id).order_by("pk"):
        newest[text.kind] = text
    return list(newest.values())


def current_texts(entity_id: int) -> list[AgreementText]:
    """Those of them that clients agree to."""
    return [one for one in legal_texts(entity_id) if one.kind not in READ_ONLY]


def texts_left(application: Application) -> list[AgreementText]:
    """What this client has not agreed to yet."""
    agreed = set(
        Acceptance.objects.filter(client_id=application.client_id).values_list("text_id", flat=True)
    )
    return [one for one in current_texts(application.entity_id) if one.pk not in agreed]


def papers_of(client_id: int) -> list[Document]:
    """The documents that count: the newest of each kind, not replaced."""
    rows = Document.objects.filter(client_id=client_id).exclude(status=Document.Status.REPLACED)
    return list(rows.select_related("client", "file").order_by("kind", "-uploaded_at"))


def papers_left(application: Application) -> list[list[str]]:
    """The sets of kinds of which one is still missing."""
    there = {
        one.kind
        for one in papers_of(application.client_id)
        if one.status != Document.Status.REJECTED
    }
    wanted = [
        kinds for step in application.flow.steps for kinds in step.get("documents", [])
    ]  # fmt: skip
    return [kinds for kinds in wanted if not there & set(kinds)]


def left_to_do(application: Application, *, today: date) -> list[str]:
    """Codes of the steps that are not complete yet."""
    left = []
    for step in application.flow.steps:
        code = step["code"]
        missing = (
            code in application.reopened
            or not is_complete(application, code, today=today)
            or (step.get("agreements") and texts_left(application))
            or (step.get("documents") and papers_left(application))
        )
        if missing:
            left.append(code)
    return left


def zone_of(reading: dict[str, Any]) -> mrz.Mrz | None:
    """The zone that was read, as it was kept."""
    kept = reading.get("zone")
    if not kept:
        return None
    found: mrz.Mrz = mrz.parse(kept["lines"])
    return mrz.Mrz(
        **{name: getattr(found, name) for name in mrz.Mrz.__slots__ if name != "repaired"},
        repaired=frozenset(kept["repaired"]),
    )
