"""A PDF written anew: its pages as they look, and nothing that acts, hides or tells on its maker.

What could do something is refused, so that nobody believes to have sent what was left out; what
does nothing but may carry something (notes, outlines, metadata, earlier versions, objects that no
page shows) is not written again. Whatever page content is drawn stays as it was.
"""

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfObject,
    StreamObject,
)

from nostro.kit.problems import Problem

MOST_PAGES = 20
MOST_OBJECTS = 50_000


class NotADocument(Problem):
    """The content is none of the kinds we take."""


class FileTooLarge(Problem):
    """More bytes, pixels or pages than a document needs."""

    status = 413


class BrokenFile(Problem):
    """Truncated or damaged."""


class ActiveContent(Problem):
    """A file that could run something or carries another file inside."""


@dataclass(frozen=True, slots=True)
class PlainPdf:
    """The PDF as it may be kept. `width` and `height` are of the first page, in points.

    `metadata` and `updates` (how often it was changed after it was made) are of the PDF as sent;
    `left_out` says in sentences what a reader of the original saw and this one does not show.
    """

    content: bytes
    pages: int
    width: int
    height: int
    updates: int
    metadata: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


_ACTIVE = {
    "/JavaScript": "a script", "/JS": "a script", "/OpenAction": "an action on opening",
    "/AA": "an automatic action", "/Launch": "a program to launch",
    "/EmbeddedFiles": "another file", "/EmbeddedFile": "another file", "/EF": "another file",
    "/RichMedia": "embedded media", "/XFA": "a scripted form", "/SubmitForm": "a form that sends",
    "/ImportData": "a form that imports", "/GoToR": "a link into another file",
    "/GoToE": "a link into another file",
}  # fmt: skip
_FIELDS = {"/Tx", "/Btn", "/Ch"}
_SHOWN = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources", "/Contents", "/Group")
_HIDDEN = ("/Metadata", "/PieceInfo", "/OPI", "/LastModified")
_UNREADABLE = (
    PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError,
    AssertionError, zlib.error,
)  # fmt: skip
"""What a reader of PDFs stumbles with over a damaged one."""


def plain(content: bytes, *, most_pages: int = MOST_PAGES) -> PlainPdf:
    """The PDF written anew, or a `Problem` that says what to send instead."""
    if b"%%EOF" not in content[-2048:]:
        raise BrokenFile("The PDF is cut off. Send it again.", field="file")
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise NotADocument("Send the PDF without a password.", field="file")
        pages = len(reader.pages)
        if pages > most_pages:
            raise FileTooLarge(f"Send at most {most_pages} pages.", field="file")
        if pages == 0:
            raise BrokenFile("The PDF has no page. Send it again.", field="file")
        _refuse_active(reader.trailer)
        box = reader.pages[0].mediabox
        size = round(box.width), round(box.height)
        anew = _written_anew(reader)
        return PlainPdf(anew, pages, *size, _updates(content), _metadata(reader), _left_out(reader))
    except _UNREADABLE as error:
        raise BrokenFile(
            "The PDF is damaged. Print it anew and send that.", field="file"
        ) from error
    except RecursionError as error:
        raise BrokenFile("The PDF is built too deeply. Print it anew.", field="file") from error


def _written_anew(reader: PdfReader) -> bytes:
    """A new file of the pages' boxes, resources and content. Read once more before it is kept."""
    writer = PdfWriter()
    for page in reader.pages:
        new = writer.add_blank_page(page.mediabox.width, page.mediabox.height)
        for name in _SHOWN:
            if name in page:
                new[NameObject(name)] = page.raw_get(name).clone(writer)
    for node in _dictionaries(cast(PdfObject, writer.root_object)):
        for name in _HIDDEN:
            node.pop(name, None)
    writer.metadata = None
    writer.compress_identical_objects()
    buffer = io.BytesIO()
    writer.write(buffer)
    again = PdfReader(io.BytesIO(buffer.getvalue()), strict=True)
    if len(again.pages) != len(reader.pages):
        raise BrokenFile("The PDF is damaged. Print it anew and send that.", field="file")
    _refuse_active(again.trailer)
    return buffer.getvalue()


def _refuse_active(root: PdfObject) -> None:
    """Every reachable object is looked at: names of actions can stand at any depth."""
    for node in _dictionaries(root):
        meaning = _acting(node)
        if meaning:
            raise ActiveContent(
                f"The PDF carries {meaning}. Print it to a plain PDF and send that.", field="file"
            )


def _acting(node: DictionaryObject) -> str:
    """What this object could do; empty where it does nothing."""
    marks = [str(name) for name in node]
    marks += [str(node[name]) for name in ("/S", "/Type", "/Subtype") if name in node]
    for mark in marks:
        if mark in _ACTIVE and not (mark == "/OpenAction" and _only_shows(node)):
            return _ACTIVE[mark]
    if str(node.get("/FT")) in _FIELDS:
        return "a form to fill in"
    return "content of another file" if isinstance(node, StreamObject) and "/F" in node else ""


def _only_shows(catalog: DictionaryObject) -> bool:
    """Opening at a page of the same file is what printers write; anything else does something."""
    opening = catalog["/OpenAction"]
    if isinstance(opening, DictionaryObject):
        return opening.get("/S") == "/GoTo" and "/Next" not in opening
    return isinstance(opening, ArrayObject)


def _dictionaries(root: PdfObject) -> Iterator[DictionaryObject]:
    pending: list[PdfObject] = [root]
    seen: set[tuple[int, int]] = set()
    visited = 0
    while pending:
        node = pending.pop()
        if isinstance(node, IndirectObject):
            if (node.idnum, node.generation) in seen:
                continue
            seen.add((node.idnum, node.generation))
            resolved = node.get_object()
            if resolved is None:
                continue
            node = resolved
        visited += 1
        if visited > MOST_OBJECTS:
            raise FileTooLarge("The PDF is too intricate. Print it anew.", field="file")
        if isinstance(node, DictionaryObject):
            yield node
            pending += [cast(PdfObject, child) for child in node.values()]
        elif isinstance(node, ArrayObject):
            pending += list(node)


def _left_out(reader: PdfReader) -> tuple[str, ...]:
    notes = signed = 0
    for page in reader.pages:
        for subtype, kind in _annotations(page):
            signed += kind == "/Sig"
            notes += subtype not in ("/Link", "/Popup") and kind != "/Sig"
    said = []
    if notes:
        said.append(f"Notes or stamps that lay over its pages are not kept: {notes}.")
    if signed:
        said.append("It was signed electronically; the copy we keep bears no such signature.")
    return tuple(said)


def _annotations(page: PageObject) -> Iterator[tuple[str, str]]:
    """Subtype and kind of field of whatever lies over a page."""
    found = page.get("/Annots")
    resolved = found.get_object() if found is not None else None
    for one in resolved if isinstance(resolved, ArrayObject) else ():
        node = one.get_object()
        if isinstance(node, DictionaryObject):
            yield str(node.get("/Subtype", "")), str(node.get("/FT", ""))


def _metadata(reader: PdfReader) -> dict[str, str]:
    return {
        str(key).lstrip("/"): str(value)[:200] for key, value in (reader.metadata or {}).items()
    }


def _updates(content: bytes) -> int:
    updates = max(0, content.count(b"%%EOF") - 1)
    linearized = re.search(rb"/Linearized", content[:2048])
    return max(0, updates - 1) if linearized else updates
