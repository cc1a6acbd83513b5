"""What compliance does in the background: reads documents, checks applications, screens clients
when lists change, and keeps an eye on papers that run out.
"""

from dataclasses import asdict
from datetime import timedelta

from nostro.compliance import matching, operations, queries, reading
from nostro.compliance.events import ApplicationSubmitted, DocumentUploaded, ListLoaded
from nostro.compliance.models import Application, Document
from nostro.core.acts import Act
from nostro.core.files import read
from nostro.core.jobs import every, on
from nostro.people.events import ClientsImported, DetailsChanged
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
    papers = queries.papers_of(application.client_id)
    for document in papers:
        if document.status == Document.Status.UPLOADED:
            _read(act, document)
    query = queries.query_for(application.client)
    hits = queries.index_in_force().search(query)
    found = queries.all_checks(application, papers, hits, on=act.at.date())
    operations.record_checks(act, application, checks=found, query=query, hits=hits)


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
    client = Client.objects.filter(pk=row or 0, status__in=LIVE[2:]).first()
    if client is not None and set(event.fields) - {"phone", "address"}:
        _screen(act, client, queries.index_in_force())


@on(ClientsImported, queue="slow")
def screen_imported_clients(act: Act, event: ClientsImported, key: str) -> None:
    """Clients of another system are screened here, too, whatever was done there."""
    index = queries.index_in_force()
    for client in Client.objects.filter(pk__in=event.client_ids).order_by("pk"):
        _screen(act, client, index)


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
