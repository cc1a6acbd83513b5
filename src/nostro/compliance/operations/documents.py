"""Documents: taken in as hostile, read in the background, looked at only with a reason."""

import hashlib
import hmac
from dataclasses import asdict
from datetime import date
from typing import Any, Literal

from nostro.compliance import mrz
from nostro.compliance.events import DocumentRead, DocumentUploaded, DocumentViewed
from nostro.compliance.models import Application, Document, sealed
from nostro.compliance.operations.applications import still_open
from nostro.compliance.queries.papers import zone_of
from nostro.compliance.uploads import BrokenFile, FileKind, accept
from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.files import Upload, store
from nostro.core.operations import operation
from nostro.kit.problems import Forbidden

Kind = Literal["passport", "id_card", "proof_of_address"]
Reason = Literal["kyc_review", "client_request", "authority_request", "quality_check", "own"]


@operation(open_to=("client",), title="Send a document", icon="file-upload", reads=("client",))
def upload_document(act: Act, application: Application, *, kind: Kind, upload: Upload) -> Document:
    """Send a photo or scan. Only pictures and plain PDFs are taken; an older one is replaced."""
    still_open(application)
    safe = accept(upload.content)
    if kind == "passport" and safe.kind is FileKind.PDF:
        raise BrokenFile("Send a photo of the passport's page, not a PDF.", field="upload")
    ending = safe.kind.value.partition("/")[2]
    kept = Upload(f"{kind}.{ending}", safe.content, safe.kind.value)
    identity = [Document.Kind.PASSPORT, Document.Kind.ID_CARD]
    same = identity if kind in identity else [kind]
    for earlier in Document.objects.filter(client_id=application.client_id, kind__in=same).exclude(
        status=Document.Status.REPLACED
    ):
        earlier.move_to(Document.Status.REPLACED)
    document = Document.objects.create(
        client=application.client, kind=kind, sent_sha256=safe.sha256, pages=safe.pages,
        file=store(act, kept, client_id=application.client_id), uploaded_at=act.at,
        status=Document.Status.UPLOADED,
        read_sealed=sealed(application.client_id, {"evidence": asdict(safe.evidence)}),
    )  # fmt: skip
    _undisputed(application)
    act.record(DocumentUploaded(document.pk, kind), about=document)
    return document


def _undisputed(application: Application) -> None:
    """A new document is a new question: what was said of the old one is forgotten."""
    answers = application.answers
    answers.pop("disputed", None)
    application.answers_sealed = sealed(application.client_id, answers)
    application.reopened = [one for one in application.reopened if one != "documents"]
    application.save(update_fields=["answers_sealed", "reopened"])


def number_print(zone: mrz.Mrz) -> str:
    """What tells two documents apart without telling their number: a keyed hash."""
    number = zone.document_number.replace(mrz.FILLER, "")
    key = secrets.derived("document numbers")
    return hmac.new(key, f"{zone.issuer}/{number}".encode(), hashlib.sha256).hexdigest()


@operation(internal=True, reads=("client",))
def document_read(
    act: Act, document: Document, *, zone: dict[str, Any], texts: list[str],
    measures: dict[str, Any],
) -> Document:  # fmt: skip
    """Keep what was read from a document."""
    reading = {**document.reading, "zone": zone, "texts": texts, "measures": measures}
    found = zone_of(reading)
    expiry: date | None = found.expiry_date(act.at.date()) if found else None
    document.move_to(
        Document.Status.READ,
        read_sealed=sealed(document.client_id, reading),
        number_hash=number_print(found) if found else "",
        expiry_date=expiry,
    )
    act.record(DocumentRead(document.pk, found is not None), about=document)
    return document


@operation(open_to=("client",), title="Look at", icon="eye", lock=False)
def view_document(act: Act, document: Document, *, reason: Reason) -> Document:
    """Look at a document. Who looks, when and why is recorded each time."""
    if (reason == "own") != act.actor.is_client(document.client_id):
        raise Forbidden("Say why you look at this document.")
    act.record(DocumentViewed(reason), about=document)
    return document
