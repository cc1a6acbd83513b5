"""One application under review: its documents beside what the checks, the form and the lists say,
and the bar that decides.
"""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from nostro.compliance import queries
from nostro.compliance.models import Application, Document, Hit
from nostro.compliance.staff.reviews import FAILS, FILES, REVIEW, TITLES, TONES, applications
from nostro.core.acts import Act
from nostro.core.queries import find
from nostro.core.secrets import Shredded
from nostro.kit.problems import Forbidden, NotFound
from nostro.people.countries import country_name
from nostro.rules.models import Decision
from nostro.rules.queries import rows_in_words
from nostro.ui.addresses import STAFF, operation_url, url_of
from nostro.ui.details import waiting_for
from nostro.ui.figures import Pill, arithmetic
from nostro.ui.pages import show, staff_page

SEES = "compliance.view_document"
"""Without it a person sees that a check failed, and nothing of what the documents say."""


@staff_page("compliance", "review", "", may="compliance.applications", path="<int:pk>/")
def review(request: HttpRequest, act: Act, pk: int) -> HttpResponse:
    """The review of one application."""
    row = find(act, Application, pk)
    context = {
        "row": row,
        "here": request.get_full_path(),
        "title": f"KYC review, {row.client.name}",
        "crumb": _crumb(act, row),
        "pills": _pills(row),
        "country": country_name(row.client.country),
        "waiting": waiting_for(act, row),
    }
    try:
        context |= _papers(request, act, row) | _checks(act, row) | _hits(act, row)
        if act.actor.may(SEES):
            context |= {"table": form_and_document(act, row), "words": row.words}
    except Shredded as gone:
        context["gone"] = gone.sentence
    return show(request, act, "compliance/review.html", context | _decide(act, row))


def _crumb(act: Act, row: Application) -> list[dict[str, str]]:
    waiting = list(
        queries.applications(act)
        .filter(status=Application.Status.REVIEW)
        .order_by("due_at", "pk")
        .values_list("pk", flat=True)[:500]
    )
    steps = [{"title": "KYC reviews", "url": applications.url}]
    if row.pk in waiting:
        steps.append({"title": f"{waiting.index(row.pk) + 1} of {len(waiting)}", "url": ""})
    return steps


def _pills(row: Application) -> list[Pill]:
    risk = {"low": "", "medium": "warn", "high": "bad"}.get(row.client.risk, "line")
    pills = [Pill(row.client.get_risk_display(), risk)]
    if row.status == Application.Status.REVIEW:
        return [*pills, Pill("To level 2", "line")]
    return [*pills, Pill(row.status_label, TONES[row.status])]


def _papers(request: HttpRequest, act: Act, row: Application) -> dict[str, Any]:
    """The documents as tabs, and the one that is looked at. Only that one is opened."""
    if not act.actor.may(SEES):
        return {"thumbs": [], "no_papers": "Your role does not include looking at documents."}
    found = queries.papers_of(row.client_id)
    found.sort(key=lambda one: not one.is_identity)
    wanted = request.GET.get("document", "")
    chosen = next((one for one in found if str(one.pk) == wanted), found[0] if found else None)
    thumbs = [
        {
            "url": f"{REVIEW}{row.pk}/?document={one.pk}",
            "icon": "id" if one.is_identity else "file-text",
            "title": one.get_kind_display(),
            "note": _note(one),
            "current": one == chosen,
        }
        for one in found
    ]
    if chosen is None:
        return {"thumbs": thumbs, "no_papers": "The client has sent no document."}
    zone = queries.zone_of(chosen.reading) if chosen.is_identity else None
    read = {
        "chosen": chosen,
        "thumbs": thumbs,
        "file_url": f"{FILES}{chosen.pk}/?reason=kyc_review",
    }
    read["is_picture"] = chosen.file.content_type.startswith("image/")
    if zone is not None:
        holding = sum(zone.checks.values())
        read["ocr"] = f"{holding} of {len(zone.checks)} digits hold"
        read["ocr_why"] = arithmetic(
            "Check digits of the zone",
            *((name.replace("_", " ").capitalize(), "holds" if holds else "does not hold")
              for name, holds in zone.checks.items()),
            note=f"Layout {zone.layout.value}, ICAO Doc 9303.",
        )  # fmt: skip
        read["zone"] = zone.lines
    return read


def _note(document: Document) -> str:
    if document.expiry_date:
        return f"until {document.expiry_date.day} {document.expiry_date:%b %Y}"
    return f"{document.pages} pages" if document.pages > 1 else "1 of 1"


def _checks(act: Act, row: Application) -> dict[str, Any]:
    """What failed is open with its evidence; what passed folds into one line."""
    found = queries.results(row)
    failed = [one for one in found if one["verdict"] == "fail"]
    unsure = [one for one in found if one["verdict"] == "review"]
    passed = [one for one in found if one["verdict"] == "pass"]
    counts = [(len(failed), "failed"), (len(unsure), "to look at"), (len(passed), "passed")]
    return {
        "open_checks": [_open_check(act, one) for one in [*failed, *unsure]],
        "passed": " · ".join(TITLES.get(one["code"], one["code"]) for one in passed),
        "passed_count": len(passed),
        "counts": ", ".join(f"{count} {word}" for count, word in counts if count),
        "verdict": _decision(act, row.verdict),
        "risk": _decision(act, row.risk_decision),
    }


def _open_check(act: Act, found: dict[str, Any]) -> dict[str, Any]:
    evidence, code = found.get("evidence") or {}, found["code"]
    check: dict[str, Any] = {
        "state": "fail" if found["verdict"] == "fail" else "warn",
        "text": FAILS.get(code) or TITLES.get(code, code),
    }
    if not act.actor.may(SEES):
        return check
    check["note"] = found["sentence"]
    if "score" in evidence:
        check["end"] = f"score {evidence['score']}"
    if "days" in evidence:
        check["end"] = f"at most {evidence['at_most']}"
    if evidence.get("form") and evidence.get("document") and code != "birth-date":
        check["pairs"] = [
            ("Document", marked(str(evidence["document"]), str(evidence["form"]))),
            ("Form", marked(str(evidence["form"]), str(evidence["document"]))),
        ]
    return check


def marked(text: str, other: str) -> SafeString:
    """The words that the other side does not have stand out."""
    there = {word.lower() for word in other.split()}
    return format_html_join(
        " ",
        "{}",
        (
            (conditional_escape(word) if word.lower() in there
             else format_html("<mark>{}</mark>", word),)
            for word in text.split()
        ),
    )  # fmt: skip


def _decision(act: Act, pk: int | None) -> dict[str, str] | None:
    """A rule's answer: its version and row, linked where the person may read rules."""
    if pk is None:
        return None
    try:
        row = find(act, Decision, pk)
    except (NotFound, Forbidden):
        return None
    return {
        "text": f"{row.point} v{row.version.number}, {rows_in_words(row) or 'no row'}",
        "url": url_of(row),
    }


def form_and_document(act: Act, row: Application) -> list[dict[str, Any]]:
    """What was typed beside what was read, differences first."""
    identity, home = row.answers.get("identity", {}), row.answers.get("address", {})
    papers = queries.papers_of(row.client_id)
    paper = next((one for one in papers if one.is_identity), None)
    zone = queries.zone_of(paper.reading) if paper else None
    results = {one["code"]: one for one in queries.results(row)}
    if zone is None:
        return []
    on = act.at.date()
    born, expiry = zone.birth_date(on), zone.expiry_date(on)
    bill = (results.get("bill-address") or {}).get("evidence") or {}
    rows = [
        ("Given names", identity.get("first_name", "").upper(), zone.given_names, "name"),
        ("Surname", identity.get("last_name", "").upper(), zone.surname, "name"),
        ("Born", _day(identity.get("birth_date", "")), _day(str(born or zone.birth_yymmdd)),
         "birth-date"),
        ("Nationality", country_name(identity.get("nationality", "")), zone.nationality,
         "nationality"),
        ("Number", identity.get("document_number", ""), zone.document_number, "document-number"),
        ("Expires", "", _day(str(expiry or "unread")), "expiry"),
        ("Address", f"{home.get('street', '')}, {home.get('city', '')}", bill.get("document", ""),
         "bill-address"),
    ]  # fmt: skip
    drawn = [_compared(*one, results) for one in rows]
    return sorted(drawn, key=lambda one: not one["off"])


def _day(text: str) -> str:
    """`1972-07-01` is 1 Jul 1972; whatever is no day stands as it is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%b %Y}"


def _compared(
    label: str, form: str, document: str, code: str, results: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    found = results.get(code) or {}
    equal = _plain(form) == _plain(document)
    passes = found.get("verdict") == "pass" if found else equal
    score = (found.get("evidence") or {}).get("score", "")
    word = "in date" if code == "expiry" else "same" if equal or not score else score
    return {"label": label, "form": form, "document": document, "off": not passes and not equal,
            "match": word if passes or equal else "differs"}  # fmt: skip


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _hits(act: Act, row: Application) -> dict[str, Any]:
    if not act.actor.may(queries.hits.name):
        return {"hits": [], "no_hits": "Your role does not include screening."}
    found = queries.hits(act).filter(client_id=row.client_id)
    lists = ", ".join(f"{name} v{number}" for name, number in queries.lists_in_force())
    return {
        "hits": [drawn_hit(act, one) for one in found],
        "no_hits": "Found on no list." if lists else "No list is loaded.",
        "lists": lists or "no list",
    }


def drawn_hit(act: Act, hit: Hit) -> dict[str, Any]:
    """A possible hit with each factor of its score, and the two answers to it."""
    said = hit.said
    factors = said.get("factors", [])
    return {
        "hit": hit,
        "name": said.get("name", ""),
        "list": f"{hit.entry.list}, {', '.join(hit.entry.programmes) or 'listed'}",
        "tone": {"open": "warn", "cleared": "ok", "confirmed": "bad"}[hit.status],
        "score": f"{hit.score:.2f}",
        "threshold": f"{hit.threshold:.2f}",
        "why": arithmetic(
            "How the score adds up",
            *((code.replace("-", " ").capitalize(), f"{change:+.2f}")
              for code, change, _ in factors),
            note=f"{hit.entry} in list version {hit.list_version}.",
        ),
        "sentences": [sentence for _, _, sentence in factors],
        "note": said.get("note", ""),
        "clear_url": operation_url("compliance.clear_hit", hit.pk),
        "confirm_url": operation_url("compliance.confirm_hit", hit.pk),
        "may": hit.status == Hit.Status.OPEN and act.actor.may("compliance.clear_hit"),
    }  # fmt: skip


def _decide(act: Act, row: Application) -> dict[str, Any]:
    queue = f"{STAFF}queues/compliance.application/review/next"
    may = act.actor.may("compliance.approve_application")
    return {
        "may_decide": row.status == Application.Status.REVIEW and may,
        "approve_url": f"{operation_url('compliance.approve_application', row.pk)}?next={queue}",
        "refuse_url": f"{operation_url('compliance.refuse_application', row.pk)}?next={queue}",
        "more_url": f"{operation_url('compliance.ask_for_more', row.pk)}?next={queue}",
        "queue_url": queue if may else "",
        "why_not": "" if may else "Your role does not include deciding applications.",
    }
