"""PDFs that mean harm, written by hand as their makers would, and plain ones that stay readable."""

import io
from collections.abc import Callable

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText, Link
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from nostro.kit import plain_pdf
from nostro.kit.plain_pdf import plain
from nostro.kit.problems import Problem

TEXT = b"BT /F1 24 Tf 72 720 Td (1 Quay, Limassol) Tj ET"


def names(**pairs: str) -> DictionaryObject:
    return DictionaryObject(
        {NameObject(f"/{key}"): NameObject(f"/{word}") for key, word in pairs.items()}
    )


def written(*changes: Callable[[PdfWriter], object]) -> bytes:
    """One page that says where somebody lives, changed by these."""
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    content = DecodedStreamObject()
    content.set_data(TEXT)
    page[NameObject("/Contents")] = writer._add_object(content)
    font = names(Type="Font", Subtype="Type1", BaseFont="Helvetica")
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    for change in changes:
        change(writer)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def text_of(content: bytes) -> str:
    return PdfReader(io.BytesIO(content)).pages[0].extract_text()


def with_field(kind: str, **more: str) -> Callable[[PdfWriter], object]:
    def change(writer: PdfWriter) -> None:
        field = names(Subtype="Widget", FT=kind, **more)
        field[NameObject("/T")] = TextStringObject("Name")
        field[NameObject("/V")] = TextStringObject("Mallory")
        kept = ArrayObject([writer._add_object(field)])
        form = DictionaryObject({NameObject("/Fields"): kept})
        writer.root_object[NameObject("/AcroForm")] = form
        writer.pages[0][NameObject("/Annots")] = kept

    return change


def with_action(**action: str) -> Callable[[PdfWriter], object]:
    def change(writer: PdfWriter) -> None:
        link = names(Subtype="Link")
        link[NameObject("/A")] = writer._add_object(names(**action))
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])

    return change


def on_opening(writer: PdfWriter) -> None:
    writer.root_object[NameObject("/OpenAction")] = names(S="Named", N="Print")


def on_the_page(writer: PdfWriter) -> None:
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): names(S="URI")})


def by_name(writer: PdfWriter) -> None:
    script = names(S="JavaScript")
    script[NameObject("/JS")] = TextStringObject("app.alert(1)")
    listed = ArrayObject([TextStringObject("go"), writer._add_object(script)])
    tree = DictionaryObject({NameObject("/Names"): listed})
    writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): tree})


def deep_in_resources(writer: PdfWriter) -> None:
    form = DecodedStreamObject()
    form.set_data(b"q Q")
    form.update(names(Type="XObject", Subtype="Form"))
    form[NameObject("/PieceInfo")] = DictionaryObject({NameObject("/X"): names(S="Launch")})
    resources = writer.pages[0]["/Resources"]
    assert isinstance(resources, DictionaryObject)
    drawn = DictionaryObject({NameObject("/Fm1"): writer._add_object(form)})
    resources[NameObject("/XObject")] = drawn


def from_elsewhere(writer: PdfWriter) -> None:
    stream = DecodedStreamObject()
    stream.set_data(b"")
    stream[NameObject("/F")] = TextStringObject("\\\\evil.example\\share\\page")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)


HOSTILE = {
    "script by name": written(by_name), "action on opening": written(on_opening),
    "action of a page": written(on_the_page),
    "launch": written(with_action(S="Launch", F="cmd.exe")),
    "form that sends": written(with_action(S="SubmitForm")),
    "another file": written(with_action(S="GoToR")),
    "attachment": written(lambda writer: writer.add_attachment("run.exe", b"MZ")),
    "form to fill in": written(with_field("Tx")), "button": written(with_field("Btn")),
    "action deep in resources": written(deep_in_resources),
    "content from elsewhere": written(from_elsewhere),
    "escaped name": written(with_action(S="Launch")).replace(b"/Launch", b"/L#61unch"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_do_something_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(plain_pdf.ActiveContent, match=r"^The PDF carries .+ send that\.$"):
        plain(HOSTILE[name])


def test_a_locked_a_broken_and_an_endless_one_are_refused() -> None:
    with pytest.raises(plain_pdf.NotADocument, match="without a password"):
        plain(written(lambda writer: writer.encrypt("", "owner")))
    with pytest.raises(plain_pdf.BrokenFile, match="cut off"):
        plain(written()[:-40])
    for wreck in (b"%PDF-1.7\n%%EOF", b"%PDF-1.7\ntrailer<</Root 1 0 R>>\n%%EOF"):
        with pytest.raises(plain_pdf.BrokenFile):
            plain(wreck)
    with pytest.raises(plain_pdf.FileTooLarge, match="at most 1 pages"):
        plain(written(lambda writer: writer.add_blank_page(10, 10)), most_pages=1)


def test_a_page_that_contains_itself_ends() -> None:
    def knot(writer: PdfWriter) -> None:
        resources = writer.pages[0]["/Resources"]
        assert isinstance(resources, DictionaryObject)
        page = writer.pages[0].indirect_reference
        assert page is not None
        resources[NameObject("/Properties")] = DictionaryObject({NameObject("/Me"): page})

    try:
        assert text_of(plain(written(knot)).content) == "1 Quay, Limassol"
    except Problem as problem:
        assert problem.sentence


def test_what_the_page_shows_stays_and_nothing_else_does() -> None:
    def telling(writer: PdfWriter) -> None:
        writer.add_metadata({"/Author": "Mallory", "/Producer": "iLovePDF"})
        page = writer.pages[0]
        page[NameObject("/PieceInfo")] = DictionaryObject({NameObject("/Secret"): names(A="B")})
        page[NameObject("/Rotate")] = NumberObject(90)
        stray = DecodedStreamObject()
        stray.set_data(b"nobody shows this payload")
        writer._add_object(stray)
        writer.root_object[NameObject("/Outlines")] = names(Title="Hidden-outline")

    sent = written(telling)
    kept = plain(sent)
    assert b"nobody shows this payload" in sent
    for secret in (b"Mallory", b"nobody shows", b"PieceInfo", b"Hidden-outline", b"iLovePDF"):
        assert secret not in kept.content
    page = PdfReader(io.BytesIO(kept.content)).pages[0]
    assert page.rotation == 90 and page.get_contents() is not None
    assert text_of(kept.content) == "1 Quay, Limassol" and TEXT in kept.content
    assert kept.metadata["Producer"] == "iLovePDF"
    assert (kept.pages, kept.width, kept.height, kept.left_out) == (1, 595, 842, ())


def test_an_earlier_version_is_not_carried_along() -> None:
    first = written()
    writer = PdfWriter(io.BytesIO(first), incremental=True)
    content = DecodedStreamObject()
    content.set_data(TEXT.replace(b"1 Quay", b"9 Pier"))
    writer.pages[0][NameObject("/Contents")] = writer._add_object(content)
    buffer = io.BytesIO()
    writer.write(buffer)
    kept = plain(buffer.getvalue())
    assert b"1 Quay" in buffer.getvalue() and b"1 Quay" not in kept.content
    assert text_of(kept.content) == "9 Pier, Limassol" and kept.updates == 1


def test_links_go_silently_and_notes_and_signatures_with_a_sentence() -> None:
    def noted(writer: PdfWriter) -> None:
        writer.add_annotation(0, Link(rect=(0, 0, 9, 9), url="https://evil.example/track"))
        writer.add_annotation(0, FreeText(text="Paid", rect=(0, 0, 9, 9)))

    kept = plain(written(noted))
    assert b"evil.example" not in kept.content and b"/Annots" not in kept.content
    assert kept.left_out == ("Notes or stamps that lay over its pages are not kept: 1.",)
    signed = plain(written(with_field("Sig")))
    assert signed.left_out and "signed" in signed.left_out[0]
    assert b"AcroForm" not in signed.content


def test_writing_anew_what_was_written_anew_changes_nothing_that_shows() -> None:
    once = plain(written())
    twice = plain(once.content)
    assert text_of(once.content) == text_of(twice.content) and twice.pages == 1
