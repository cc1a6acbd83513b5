import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from nostro.compliance import operations, uploads
from nostro.compliance.models import Application, Document
from nostro.compliance.tests import make as papers
from nostro.core import secrets
from nostro.core.acts import Act
from nostro.core.files import Upload, read
from nostro.core.jobs import drain
from nostro.core.models import Record, StoredFile, User
from nostro.core.operations import operation
from nostro.kit.problems import Forbidden, Problem
from nostro.people.models import Client
from nostro.site.demo import specimens
from tests import make

pytestmark = pytest.mark.django_db
PASSPORT = specimens.passport(papers.ANNA)


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    settings.NOSTRO_REQUIRE_MFA = False


def _scripted() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert(1)")}
    opening = DictionaryObject({NameObject(key): value for key, value in script.items()})
    writer.root_object[NameObject("/OpenAction")] = opening
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


BAD = {
    "cut off": (PASSPORT[: len(PASSPORT) // 2], uploads.BrokenFile),
    "too large": (b"\xff\xd8\xff" + bytes(200 * 1024 * 1024), uploads.FileTooLarge),
    "scripted pdf": (_scripted(), uploads.ActiveContent),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", uploads.NotADocument),
    "nothing": (b"", uploads.FileTooSmall),
    "page behind it": (PASSPORT + b"<script>alert(1)</script>", uploads.ActiveContent),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_a_sentence_and_nothing_is_kept(name: str) -> None:
    content, problem = BAD[name]
    made = papers.application(papers=False)
    before = Record.objects.count()
    with pytest.raises(problem) as refusal:
        operations.upload_document(
            make.act_of(made.client), made, kind="proof_of_address", upload=Upload("x", content)
        )
    assert refusal.value.sentence.endswith(".")
    assert not Document.objects.exists()
    assert not StoredFile.objects.exists()
    assert Record.objects.count() == before


def test_a_document_lies_encrypted_and_reads_back() -> None:
    papers.application()
    document = Document.objects.get(kind="passport")
    kept = next(Path(settings.NOSTRO_HOME, "files").rglob(document.file.token.hex))
    assert b"PNG" not in kept.read_bytes()[:64]
    assert Image.open(io.BytesIO(read(document.file))).size == (1250, 880)


def test_what_is_read_is_kept_and_its_number_only_as_a_print() -> None:
    papers.application()
    drain()
    document = Document.objects.get(kind="passport")
    assert document.status == Document.Status.READ
    assert document.expiry_date == date(2032, 4, 15)
    assert document.reading["zone"]["lines"] == list(specimens.passport_lines(papers.ANNA))
    assert len(document.number_hash) == 64
    assert "X12345678" not in document.number_hash


def test_a_second_document_of_the_kind_replaces_the_first() -> None:
    made = papers.application()
    operations.upload_document(
        make.act_of(made.client), made, kind="id_card", upload=Upload("card.png", PASSPORT)
    )
    assert list(
        Document.objects.exclude(kind="proof_of_address")
        .order_by("pk")
        .values_list("kind", "status")
    ) == [("passport", "replaced"), ("id_card", "uploaded")]


def test_nobody_looks_at_a_document_without_a_reason_that_is_recorded() -> None:
    papers.application()
    document = Document.objects.get(kind="passport")
    person = make.staff("compliance.*")
    browser = Browser()
    browser.force_login(User.objects.get(pk=person.user_id))
    address = f"/staff/compliance/files/{document.pk}/"
    before = Record.objects.filter(name="compliance.DocumentViewed").count()

    for wrong in ("", "?reason=", "?reason=because", "?reason=own"):
        assert browser.get(address + wrong).status_code in (403, 422)
    assert Record.objects.filter(name="compliance.DocumentViewed").count() == before

    for look in (1, 2):
        answer = browser.get(f"{address}?reason=kyc_review")
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
        assert "no-store" in answer["Cache-Control"]
        assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        seen = Record.objects.filter(name="compliance.DocumentViewed").count()
        assert seen == before + look
    last = Record.objects.filter(name="compliance.DocumentViewed").latest("pk")
    assert (last.actor_id, last.subject_id) == (person.pk, document.pk)
    assert last.data == {"reason": "kyc_review"}


def test_a_role_without_it_and_another_client_get_no_document() -> None:
    papers.application()
    document = Document.objects.get(kind="passport")
    support = make.staff("compliance.applications", "compliance.documents")
    with pytest.raises(Forbidden):
        operations.view_document(make.act_of(support), document, reason="kyc_review")
    stranger = papers.newcomer()
    browser = Browser()
    browser.force_login(User.objects.get(kind="client", person_id=stranger.pk))
    before = Record.objects.count()
    assert browser.get(f"/room/papers/{document.pk}/").status_code == 404
    assert browser.get(f"/staff/compliance/files/{document.pk}/?reason=own").status_code == 403
    assert Record.objects.count() == before


def test_after_an_erasure_neither_answers_nor_papers_can_be_read() -> None:
    @operation(internal=True)
    def erase_papers(act: Act, client: Client) -> Client:
        """Forget a client's key."""
        from nostro.people.events import DetailsChanged

        secrets.shred(client.pk)
        act.record(DetailsChanged(["everything"]), about=client)
        return client

    made = papers.application()
    erase_papers(Act.system(), made.client)
    document = Document.objects.get(kind="passport")
    for gone in (lambda: made.answers, lambda: document.reading, lambda: read(document.file)):
        with pytest.raises(Problem):
            gone()


def test_a_bill_that_is_too_old_is_looked_at() -> None:
    papers.lists()
    made = papers.application(papers=False)
    act = make.act_of(made.client)
    operations.upload_document(act, made, kind="passport", upload=Upload("p.png", PASSPORT))
    operations.upload_document(
        act, made, kind="proof_of_address", upload=papers.bill(issued=date(2025, 1, 5))
    )
    operations.submit_application(act, made)
    drain()
    made.refresh_from_db()
    assert (made.status, made.failing) == (Application.Status.REVIEW, ["bill-date"])


def test_a_bill_as_a_pdf_is_read_as_well() -> None:
    papers.lists()
    made = papers.application()
    content = specimens.utility_bill(
        "Anna Maria Eriksson", [papers.STREET, f"1010 {papers.CITY}"],
        issued_date=Act.system().at.date(), kind="PDF",
    )  # fmt: skip
    act = make.act_of(made.client)
    operations.upload_document(act, made, kind="proof_of_address", upload=Upload("b.pdf", content))
    operations.submit_application(act, made)
    drain()
    made.refresh_from_db()
    assert (made.status, made.failing) == (Application.Status.APPROVED, [])
