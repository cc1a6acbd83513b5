"""A client's own papers: how each stands, its picture, and what the room's home says of them."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse

from nostro.compliance import operations, queries
from nostro.compliance.checks import Check, Verdict
from nostro.compliance.models import Application, Document
from nostro.compliance.trader import words
from nostro.compliance.uploads import LARGEST_BYTES, FileTooLarge, FileTooSmall
from nostro.core.acts import Act
from nostro.core.doors import call
from nostro.core.files import Upload
from nostro.core.queries import find
from nostro.ui.pages import fresh, portal_page, show

TITLES = {
    "passport": "Passport",
    "id_card": "Identity card",
    "proof_of_address": "Proof of address",
}


def upload_of(request: HttpRequest) -> Upload:
    """The file that was sent, refused by its size before a byte of it is read."""
    sent = request.FILES.get("upload")
    if sent is None:
        raise FileTooSmall("Choose a file or take a photo first.", field="upload")
    if (sent.size or 0) > LARGEST_BYTES:
        raise FileTooLarge("The file is larger than 20 MB. Send a smaller scan.", field="upload")
    return Upload(sent.name or "file", sent.read(), sent.content_type or "")


@portal_page("client", "papers/<int:pk>/", "Your document")
def picture(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """The client's own document; looking at it is recorded like any look."""
    document = find(act, Document, pk)
    call(fresh(act), operations.view_document, document, {"reason": "own"})
    return queries.file_answer(document)


@portal_page("client", "papers/", "Your documents", icon="files")
def papers(request: HttpRequest, act: Act) -> HttpResponse:
    """What the client has sent us, and how long it is valid."""
    found = [
        {
            "url": f"/room/papers/{one.pk}/",
            "icon": "id" if one.is_identity else "file-text",
            "square": True,
            "title": one.get_kind_display(),
            "small": f"Valid until {words.day(one.expiry_date)}" if one.expiry_date else "",
            "pill": one.status_label,
            "pill_tone": {"accepted": "ok", "rejected": "bad"}.get(one.status, "wait"),
        }
        for one in queries.documents(act).exclude(status=Document.Status.REPLACED)
    ]
    return show(request, act, "compliance/own_papers.html", {"title": "Documents", "rows": found})


def cards(act: Act, application: Application) -> list[dict[str, Any]]:
    """One card for each paper that is asked for, with its checks and its questions."""
    there = {one.kind: one for one in queries.papers_of(application.client_id)}
    wanted = [kinds for step in application.flow.steps for kinds in step.get("documents", [])]
    return [_card(act, application, kinds, there) for kinds in wanted]


def _card(
    act: Act, application: Application, kinds: list[str], there: dict[str, Document]
) -> dict[str, Any]:
    document = next((there[kind] for kind in kinds if kind in there), None)
    card: dict[str, Any] = {
        "kinds": [(kind, TITLES[kind]) for kind in kinds],
        "slot": kinds[0],
        "kind": document.kind if document else kinds[0],
        "title": TITLES[document.kind if document else kinds[0]],
        "document": document, "questions": [], "lines": [], "pill": "", "tone": "",
        "is_identity": "passport" in kinds,
    }  # fmt: skip
    if document is None:
        return card
    if document.status == Document.Status.UPLOADED:
        return card | {
            "pill": "Being read", "tone": "wait", "icon": "clock",
            "lines": [{"tone": "wait", "spin": True, "text": "We are reading it"}],
        }  # fmt: skip
    checks = queries.paper_checks(application, document, on=act.at.date())
    disputed = application.answers.get("disputed", {})
    card["lines"] = words.lines(checks, application, document)
    card["questions"] = [
        asked
        for check in checks
        if (asked := _question(application, document, check, act.at.date()))
        and asked["field"] not in disputed
    ]
    return card | _pill(card, checks)


def _pill(card: dict[str, Any], checks: list[Check]) -> dict[str, str]:
    count = len(card["questions"])
    if count:
        word = "One thing" if count == 1 else f"{count} things"
        return {"pill": f"{word} to fix", "tone": "warn", "icon": "alert-circle"}
    if any(one.verdict is not Verdict.PASS for one in checks):
        return {"pill": "With a person", "tone": "wait", "icon": "clock"}
    return {"pill": "All right", "tone": "ok", "icon": "circle-check"}


def _question(
    application: Application, document: Document, check: Check, on: date
) -> dict[str, Any] | None:
    """A difference that one tap corrects: what was read, and what was typed."""
    if check.verdict is Verdict.PASS or check.code not in words.FIELDS:
        return None
    zone = queries.zone_of(document.reading)
    field, heading = words.FIELDS[check.code]
    typed = application.answers["identity"].get(field, "")
    born = zone.birth_date(on) if zone else None
    if zone is None or (field == "birth_date" and born is None):
        return None
    if field == "birth_date" and born is not None:
        shown = words.day(born)
        typed_shown = words.day(date.fromisoformat(typed))
        return {"field": field, "heading": heading, "value": born.isoformat(), "read": shown,
                "typed": typed_shown, "paper": TITLES[document.kind].lower()}  # fmt: skip
    number = zone.document_number.replace("<", "")
    return {"field": field, "heading": heading, "value": number, "read": number,
            "typed": typed, "paper": TITLES[document.kind].lower()}  # fmt: skip


def next_step(act: Act) -> list[dict[str, Any]]:
    """What the room's home says: go on with the application, or that it is being looked at."""
    application = queries.applications(act).first()
    if application is None or application.status == Application.Status.APPROVED:
        return []
    go = {"title": "Go on", "url": "/room/start/", "tone": "primary"}
    if application.status == Application.Status.MORE_NEEDED:
        return [{"tone": "warn", "icon": "alert-circle", "title": "We need one more thing",
                 "text": application.words.get("asked", ""), "actions": [go]}]  # fmt: skip
    if application.status == Application.Status.STARTED:
        left = len(queries.left_to_do(application, today=act.at.date()))
        steps = "One step is" if left == 1 else f"{left} steps are"
        return [{"tone": "warn", "icon": "list-check", "title": "Finish opening your account",
                 "text": f"{steps} left. What you typed is kept.", "actions": [go]}]  # fmt: skip
    if application.status == Application.Status.REFUSED:
        return [{"tone": "bad", "icon": "circle-x", "title": "We cannot open an account for you",
                 "text": "Write to us if you think that is a mistake.", "actions": []}]  # fmt: skip
    return [{"tone": "wait", "icon": "clock", "title": "Your application is being looked at",
             "text": "Usually within four hours on working days. We write to you.",
             "actions": [{"title": "See how it stands", "url": "/room/start/done/"}]}]  # fmt: skip
