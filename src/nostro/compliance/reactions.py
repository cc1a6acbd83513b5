"""What compliance does in the background: reads documents, checks applications, screens clients
when lists change, and keeps an eye on papers that run out.
"""

from dataclasses import asdict
from datetime import date, timedelta

from nostro.compliance import checks, matching, operations, queries, reading
from nostro.compliance.checks import Check, Verdict
from nostro.compliance.events import ApplicationSubmitted, DocumentUploaded, ListLoaded
from nostro.compliance.models import Application, Document, Hit
from nostro.compliance.operations.answers import score_of
from nostro.compliance.operations.applications import papers_of
from nostro.compliance.operations.documents import zone_of
from nostro.compliance.uploads import Evidence
from nostro.core.acts import Act
from nostro.core.files import read
from nostro.core.jobs import every, on
from nostro.people.events import DetailsChanged
from nostro.people.models import Client

REMIND = (30, 14, 1)
"""Days before a document runs out on which its owner is told."""
LIVE = (Client.Status.REGISTERED, Client.Status.IN_REVIEW, Client.Status.ACTIVE,
        Client.Status.RESTRICTED)  # fmt: skip


@on(DocumentUploaded, queue="slow")
def read_document(act: Act, event: DocumentUploaded, key: str) -> None:
    """Read what stands on a document: its zone, its text, how well it can be seen."""
    document = Document.objects.select_related("client", "file__key").get(pk=event.document_id)
    if document.status == Document.Status.UPLOADED:
        _read(act, document)


def _read(act: Act, document: Document) -> Document:
    content = read(document.file)
    is_picture = document.file.content_type.startswith("image/")
    zone, texts = {}, []
    if document.is_identity and is_picture:
        found = reading.read_mrz(content)
        if found is not None:
            zone = {"lines": list(found.lines), "repaired": sorted(found.repaired)}
    else:
        texts = reading.read_paper(content)
    measures = asdict(reading.measure(content)) if is_picture else {}
    return operations.document_read(act, document, zone=zone, texts=texts, measures=measures)


@on(ApplicationSubmitted, queue="slow")
def check_application(act: Act, event: ApplicationSubmitted, key: str) -> None:
    """Run every check, and let the rules or a person decide."""
    application = Application.objects.select_related(
        "client__entity", "client__brand", "flow", "questionnaire"
    ).get(pk=event.application_id)
    if application.status != Application.Status.CHECKING or application.run != event.run:
        return
    papers = papers_of(application.client_id)
    for document in papers:
        if document.status == Document.Status.UPLOADED:
            _read(act, document)
    query = queries.query_for(application.client)
    hits = queries.index_in_force().search(query)
    found = all_checks(application, papers, hits, on=act.at.date())
    operations.record_checks(act, application, checks=found, query=query, hits=hits)


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
    others = sorted({one for document in papers for one in queries.duplicates(document)})
    if others:
        named = ", ".join(f"C-{one}" for one in others)
        said = f"The same document was sent by {named}."
        return Check("duplicate", Verdict.FAIL, said, {"clients": named})
    return Check("duplicate", Verdict.PASS, "No other client sent this document.")


def _screening(client: Client, hits: list[matching.Hit]) -> Check:
    """Nobody found is a pass only where there was a list to look in."""
    lists = ", ".join(f"{name} v{number}" for name, number in queries.lists_in_force())
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


@on(ListLoaded, queue="slow")
def screen_against_delta(act: Act, event: ListLoaded, key: str) -> None:
    """What a list brought, against every client: an index over the delta, one look each."""
    index = queries.index_of_delta(event.list, event.number)
    if not index.entries:
        return
    for client in Client.objects.filter(status__in=LIVE).order_by("pk").iterator():
        _screen(act, client, index)


@on(DetailsChanged, queue="slow")
def screen_changed_client(act: Act, event: DetailsChanged, key: str) -> None:
    """A client's name, birth or country changed: they are screened anew once they are ours."""
    row = queries.record_of(act)
    client = Client.objects.filter(pk=row, status__in=LIVE[2:]).first()
    if client is not None and set(event.fields) - {"phone", "address"}:
        _screen(act, client, queries.index_in_force())


def _screen(act: Act, client: Client, index: matching.Index) -> None:
    query = queries.query_for(client)
    hits = index.search(query)
    if hits and queries.unknown_hits(client, hits):
        once = Act.system(cause=act.cause, door=act.door)
        operations.screened(once, client, query=query, hits=hits)


@every("20 3 * * *")
def watch_expiry(act: Act) -> None:
    """Remind of identity documents that run out, and restrict whose have."""
    today = act.at.date()
    days = {today + timedelta(days=days): days for days in REMIND}
    accepted = Document.objects.filter(
        status=Document.Status.ACCEPTED, client__status=Client.Status.ACTIVE
    ).exclude(kind=Document.Kind.PROOF_OF_ADDRESS)
    accepted = accepted.select_related("client__entity", "client__brand")
    for document in accepted.filter(expiry_date__in=days):
        left = days[document.expiry_date or today]
        once = Act.system(door=act.door, key=f"expiry/{document.pk}/{left}")
        operations.remind_of_expiry(once, document, days=left)
    for document in accepted.filter(expiry_date__lt=today):
        operations.restrict_expired(Act.system(door=act.door), document)
