import hashlib
import io
import zipfile
from datetime import date

import pytest
from PIL import Image, PngImagePlugin
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from nostro.compliance import uploads
from nostro.compliance.uploads import FileKind, accept
from nostro.kit.problems import Problem
from nostro.site.demo import specimens

BILL = {
    kind: specimens.utility_bill("Anna", ["1 Quay"], issued_date=date(2026, 3, 1), kind=kind)
    for kind in ("PNG", "PDF")
}


def picture(format: str = "JPEG", size: tuple[int, int] = (400, 300), **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(buffer, format, **options)
    return buffer.getvalue()


def pdf(*, pages: int = 1, password: str = "", script: str = "", file: bytes = b"") -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    if script:
        action = DictionaryObject({NameObject("/JS"): TextStringObject(script)})
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)
    if file:
        writer.add_attachment("inside.txt", file)
    if password:
        writer.encrypt(password)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def with_annotation(action: dict[str, str]) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    names = {NameObject(key): NameObject(value) for key, value in action.items()}
    note = DictionaryObject({NameObject("/A"): writer._add_object(DictionaryObject(names))})
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
    return written(writer)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("payload.class", b"\xca\xfe\xba\xbe")
    return buffer.getvalue()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_picture_passes_and_keeps_its_kind(format: str) -> None:
    safe = accept(picture(format))
    assert safe.kind is FileKind[format]
    assert (safe.width, safe.height, safe.pages) == (400, 300, 1)
    assert uploads.kind_of(safe.content) is safe.kind


def test_a_plain_pdf_passes_and_is_written_anew() -> None:
    safe = accept(BILL["PDF"])
    assert (safe.kind, safe.pages) == (FileKind.PDF, 1)
    assert safe.evidence.incremental_updates == 0
    assert safe.sha256 == hashlib.sha256(BILL["PDF"]).hexdigest()
    shown = [PdfReader(io.BytesIO(one)).pages[0] for one in (BILL["PDF"], safe.content)]
    assert safe.content != BILL["PDF"]
    assert shown[0].extract_text() == shown[1].extract_text()
    assert [one.data for one in shown[0].images] == [one.data for one in shown[1].images]


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!DOCTYPE html><html></html>",
        b"MZ\x90\x00" + b"\x00" * 500,
        b"\x7fELF" + b"\x00" * 500,
        b"#!/bin/sh\nrm -rf /\n",
        b"GIF89a" + b"\x00" * 500,
        zipped(),
    ],
    ids=["svg", "html", "exe", "elf", "script", "gif", "zip"],
)
def test_what_is_no_document_is_refused_whatever_it_is_called(content: bytes) -> None:
    with pytest.raises(uploads.NotADocument):
        accept(content)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "payload", [zipped(), BILL["PDF"], b"<script>alert(1)</script>", b"<?php system('id'); ?>"]
)
def test_a_picture_with_another_file_behind_it_is_refused(format: str, payload: bytes) -> None:
    with pytest.raises(uploads.ActiveContent):
        accept(picture(format) + payload)


def test_a_pdf_that_is_also_an_archive_is_refused() -> None:
    with pytest.raises(uploads.ActiveContent):
        accept(BILL["PDF"] + zipped() + b"%%EOF")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_cut_off_picture_is_refused(format: str) -> None:
    content = picture(format)
    with pytest.raises(uploads.BrokenFile):
        accept(content[: len(content) // 2])


def test_a_cut_off_pdf_is_refused() -> None:
    with pytest.raises(uploads.BrokenFile):
        accept(BILL["PDF"][:-200])


def test_a_picture_that_unpacks_to_too_many_pixels_is_refused() -> None:
    buffer = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(buffer, "PNG")
    assert len(buffer.getvalue()) < 100_000
    with pytest.raises(uploads.FileTooLarge):
        accept(buffer.getvalue())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", uploads.FileTooSmall),
        (picture(size=(40, 40)), uploads.FileTooSmall),
        (b"\xff\xd8\xff" + b"\x00" * uploads.LARGEST_BYTES, uploads.FileTooLarge),
        (pdf(pages=uploads.MOST_PAGES + 1), uploads.FileTooLarge),
        (pdf(password="secret"), uploads.NotADocument),
    ],
    ids=["empty", "tiny", "heavy", "long", "locked"],
)
def test_limits_are_kept_and_explained(content: bytes, problem: type[Problem]) -> None:
    with pytest.raises(problem) as refused:
        accept(content)
    assert refused.value.field == "file"
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "content",
    [
        pdf(script="app.alert('hello')"),
        pdf(file=b"MZ"),
        with_annotation({"/S": "/Launch", "/F": "/cmd"}),
        with_annotation({"/S": "/JavaScript"}),
        with_annotation({"/S": "/JavaScript"}).replace(b"/JavaScript", b"/J#61vaScript"),
    ],
    ids=["script", "attachment", "launch", "annotation", "escaped name"],
)
def test_a_pdf_that_could_do_something_is_refused(content: bytes) -> None:
    with pytest.raises(uploads.ActiveContent):
        accept(content)


def test_a_pdf_that_acts_on_opening_is_refused() -> None:
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    action = {NameObject("/S"): NameObject("/Named"), NameObject("/N"): NameObject("/Print")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    with pytest.raises(uploads.ActiveContent):
        accept(written(writer))


def test_metadata_are_stripped_and_handed_back_as_evidence() -> None:
    exif = Image.Exif()
    exif[0x0131] = "Adobe Photoshop 26.0"
    exif[0x010F] = "Canon"
    safe = accept(picture("JPEG", exif=exif.tobytes()))

    assert safe.evidence.edited_by == "Photoshop"
    assert safe.evidence.metadata["Make"] == "Canon"
    assert not Image.open(io.BytesIO(safe.content)).getexif()
    assert b"Photoshop" not in safe.content


def test_text_in_a_png_is_evidence_too() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Software", "GIMP 2.10")
    safe = accept(picture("PNG", pnginfo=notes))
    assert safe.evidence.edited_by == "GIMP"
    assert b"GIMP" not in safe.content


def test_a_turned_photograph_is_stored_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    safe = accept(picture("JPEG", exif=exif.tobytes()))
    assert (safe.width, safe.height) == (300, 400)


def test_later_changes_to_a_pdf_are_noted() -> None:
    buffer = io.BytesIO(pdf())
    writer = PdfWriter(buffer, incremental=True)
    writer.add_metadata({"/Producer": "iLovePDF"})
    writer.pages[0][NameObject("/Note")] = TextStringObject("changed")
    changed = written(writer)
    assert len(PdfReader(io.BytesIO(changed)).pages) == 1

    evidence = accept(changed).evidence
    assert evidence.incremental_updates == 1
    assert evidence.edited_by == "iLovePDF"
    assert evidence.notes


@pytest.mark.parametrize("place", [20, 60, 150, 300])
def test_a_damaged_pdf_is_a_problem_and_never_a_crash(place: int) -> None:
    content = pdf(pages=2)
    try:
        accept(content[:place] + b"\x00<<[[\xff" * 8 + content[place + 60 :])
    except Problem as problem:
        assert problem.sentence
