"""Every check of an application, from what was typed, what was read and what the house knows."""

from datetime import date

from nostro.compliance import checks, matching, reading
from nostro.compliance.checks import Check, Verdict
from nostro.compliance.models import Application, Document, Hit
from nostro.compliance.queries.answers import score_of
from nostro.compliance.queries.papers import zone_of
from nostro.compliance.queries.rows import duplicates
from nostro.compliance.queries.screening import lists_in_force
from nostro.compliance.uploads import Evidence
from nostro.people.models import Client


def all_checks(
    application: Application, papers: list[Document], hits: list[matching.Hit], *, on: date
) -> list[Check]:
    """Every check of an application on a day, from what was typed and what was read."""
    found = [_email(application), _appropriate(application)]
    for document in papers:
        own = paper_checks(application, document, on=on)
        found += [one for one in own if one.code not in {known.code for known in found}]
    return [*found, _duplicate(papers), _screening(application.client, hits)]


def paper_checks(application: Application, document: Document, *, on: date) -> list[Check]:
    """What one document says for itself and against the form."""
    answers, kept = application.answers, document.reading
    evidence = kept.get("evidence") or {}
    known = Evidence(
        evidence.get("metadata", {}), evidence.get("edited_by", ""),
        evidence.get("incremental_updates", 0), tuple(evidence.get("notes", ())),
    )  # fmt: skip
    prefix = "" if document.is_identity else "bill-"
    seen = [checks.untouched(known)]
    if kept.get("measures"):
        seen.insert(0, checks.picture(reading.Measures(**kept["measures"])))
    seen = [Check(f"{prefix}{o.code}", o.verdict, o.sentence, o.evidence) for o in seen]
    if document.is_identity:
        return seen + checks.document_checks(form_of(application), zone_of(kept), on=on)
    identity, home = answers.get("identity", {}), answers.get("address", {})
    days = next((s["bill_days"] for s in application.flow.steps if "bill_days" in s), None)
    return seen + checks.bill_checks(
        kept.get("texts", []), on=on, street=home.get("street", ""), city=home.get("city", ""),
        name=f"{identity.get('first_name', '')} {identity.get('last_name', '')}",
        most_days=days or checks.MOST_BILL_DAYS,
    )  # fmt: skip


def form_of(application: Application) -> checks.Form:
    """What the client typed, as the checks compare it."""
    identity = application.answers["identity"]
    return checks.Form(
        given_names=identity["first_name"], surname=identity["last_name"],
        birth_date=date.fromisoformat(identity["birth_date"]),
        nationality=identity["nationality"], document_number=identity["document_number"],
    )  # fmt: skip


def _email(application: Application) -> Check:
    confirmed = application.client.email_confirmed_at is not None
    said = "The e-mail address is confirmed." if confirmed else "The address is not confirmed."
    return Check("e-mail", Verdict.PASS if confirmed else Verdict.FAIL, said)


def _appropriate(application: Application) -> Check:
    score, least = score_of(application), application.questionnaire.passes_from
    evidence = {"score": str(score), "at_least": str(least)}
    if score >= least:
        said = "Experience and knowledge suit the product."
        return Check("appropriateness", Verdict.PASS, said, evidence)
    said = f"{score} points of the questionnaire, {least} are needed; a person decides."
    return Check("appropriateness", Verdict.REVIEW, said, evidence)


def _duplicate(papers: list[Document]) -> Check:
    others = sorted({one for document in papers for one in duplicates(document)})
    if others:
        named = ", ".join(f"C-{one}" for one in others)
        said = f"The same document was sent by {named}."
        return Check("duplicate", Verdict.FAIL, said, {"clients": named})
    return Check("duplicate", Verdict.PASS, "No other client sent this document.")


def _screening(client: Client, hits: list[matching.Hit]) -> Check:
    """Nobody found is a pass only where there was a list to look in."""
    lists = ", ".join(f"{name} v{number}" for name, number in lists_in_force())
    if not lists:
        said = "No sanctions list is loaded, so nobody was screened."
        return Check("screening", Verdict.REVIEW, said)
    cleared = Hit.objects.filter(client=client, status=Hit.Status.CLEARED)
    settled = set(cleared.values_list("content_hash", flat=True))
    left = [one for one in hits if one.content_hash not in settled]
    if not left:
        return Check("screening", Verdict.PASS, "Found on no list.", {"lists": lists})
    best = left[0]
    said = f"May be {best.name} on {best.list}, score {best.score:.2f}."
    evidence = {"lists": lists, "score": f"{best.score:.2f}", "hits": str(len(left))}
    return Check("screening", Verdict.FAIL, said, evidence)
