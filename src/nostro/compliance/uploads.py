"""Every upload is hostile: what a file is, is decided by its content, and only four kinds pass.

Images are drawn anew, so that nothing but pixels is kept; what their metadata tells (the camera,
the editor that touched them) is handed back as evidence. PDFs that could do something are refused,
the others written anew.
"""

import hashlib
import io
import re
import warnings
from dataclasses import dataclass, field
from enum import StrEnum

from PIL import ExifTags, Image, ImageOps

from nostro.kit.plain_pdf import (
    MOST_PAGES,
    ActiveContent,
    BrokenFile,
    FileTooLarge,
    NotADocument,
    plain,
)
from nostro.kit.problems import Problem

__all__ = [
    "LARGEST_BYTES", "MOST_PAGES", "ActiveContent", "BrokenFile", "Evidence", "FileKind",
    "FileTooLarge", "FileTooSmall", "NotADocument", "SafeFile", "accept", "kind_of",
]  # fmt: skip

LARGEST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
LEAST_SIDE = 200


class FileKind(StrEnum):
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"


class FileTooSmall(Problem):
    """Empty, or a picture nobody could read."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the file told about itself, kept aside for the reviewer. `edited_by` names software."""

    metadata: dict[str, str] = field(default_factory=dict)
    edited_by: str = ""
    incremental_updates: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SafeFile:
    """What may be stored: of images the pixels, of PDFs the pages. `sha256` is of what was sent."""

    kind: FileKind
    content: bytes
    sha256: str
    width: int
    height: int
    pages: int
    evidence: Evidence


_FORMATS = {"JPEG": FileKind.JPEG, "PNG": FileKind.PNG, "WEBP": FileKind.WEBP}
_EDITORS = re.compile(
    r"photoshop|gimp|lightroom|affinity|pixelmator|paint\.net|canva|inkscape|illustrator|snapseed"
    r"|picsart|facetune|pixlr|photopea|coreldraw|krita|ilovepdf|smallpdf|sejda|pdfescape|pdf24"
    r"|foxit|nitro|acrobat|pdf-xchange|libreoffice draw|midjourney|stable diffusion|dall-e|firefly",
    re.IGNORECASE,
)
_FOREIGN = (
    (b"<script", "a script"), (b"<html", "a web page"), (b"<!doctype html", "a web page"),
    (b"<?php", "a program"), (b"rar!\x1a\x07", "an archive"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
)  # fmt: skip
"""Long enough not to turn up by chance in twenty megabytes of compressed pixels."""
_ZIP_FILE, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"


def accept(content: bytes) -> SafeFile:
    """Check an uploaded file and return what may be kept of it, or raise a `Problem`."""
    if len(content) > LARGEST_BYTES:
        raise FileTooLarge("The file is larger than 20 MB. Send a smaller scan.", field="file")
    if not content:
        raise FileTooSmall("The file is empty. Choose it again.", field="file")
    kind = kind_of(content)
    _refuse_polyglot(content, kind)
    digest = hashlib.sha256(content).hexdigest()
    if kind is FileKind.PDF:
        return _accept_pdf(content, digest)
    return _accept_image(content, kind, digest)


def kind_of(content: bytes) -> FileKind:
    """The kind by the first bytes; names and declared types are the sender's and count nothing."""
    if content.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return FileKind.WEBP
    if content.startswith(b"%PDF-"):
        return FileKind.PDF
    raise NotADocument("Send a JPEG, PNG or WEBP picture, or a PDF.", field="file")


def _accept_image(content: bytes, kind: FileKind, digest: str) -> SafeFile:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(content), formats=list(_FORMATS))
            width, height = opened.size
            if _FORMATS.get(opened.format or "") is not kind:
                raise NotADocument("The picture is not what it begins as.", field="file")
            if width * height > MOST_PIXELS:
                raise FileTooLarge("Send a picture of at most 50 megapixels.", field="file")
            if min(width, height) < LEAST_SIDE:
                raise FileTooSmall(
                    f"The picture is {width} by {height} pixels. Send a larger one.", field="file"
                )
            if getattr(opened, "n_frames", 1) > 1:
                raise NotADocument("Send a still picture, not an animation.", field="file")
            evidence = _image_evidence(opened)
            pixels = _plain(ImageOps.exif_transpose(opened))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise FileTooLarge("Send a picture of at most 50 megapixels.", field="file") from error
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, MemoryError) as error:
        raise BrokenFile(
            "The picture is damaged or cut off. Send it again.", field="file"
        ) from error
    return SafeFile(kind, _encoded(pixels, kind), digest, *pixels.size, 1, evidence)


def _refuse_polyglot(content: bytes, kind: FileKind) -> None:
    """No other kind of file may stand inside this one, and nothing may follow a picture's end."""
    lowered = content.lower()
    found = [meaning for mark, meaning in _FOREIGN if mark in lowered]
    if _ZIP_FILE in content and _ZIP_END in content[-65_557:]:
        found.append("an archive")
    if kind is not FileKind.PDF and b"%PDF-" in content:
        found.append("a PDF")
    if content[_structural_end(content, kind) :].strip(b"\x00\r\n "):
        found.append("something after its end")
    if found:
        raise ActiveContent(f"The file carries {found[0]}. Send a plain scan.", field="file")


def _structural_end(content: bytes, kind: FileKind) -> int:
    """Where the file ends by its own structure. Cameras append to a JPEG, so there it is free."""
    if kind is FileKind.WEBP:
        return 8 + int.from_bytes(content[4:8], "little")
    if kind is not FileKind.PNG:
        return len(content)
    place = 8
    while place + 12 <= len(content):
        length, name = int.from_bytes(content[place : place + 4]), content[place + 4 : place + 8]
        place += 12 + length
        if name == b"IEND":
            return place
    return len(content)


def _plain(image: Image.Image) -> Image.Image:
    """The pixels alone, in red, green and blue; whatever was transparent becomes paper."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        return paper.convert("RGB")
    return image.convert("RGB")


def _encoded(pixels: Image.Image, kind: FileKind) -> bytes:
    bare = Image.frombytes("RGB", pixels.size, pixels.tobytes())
    buffer = io.BytesIO()
    match kind:
        case FileKind.PNG:
            bare.save(buffer, "PNG", compress_level=3)
        case FileKind.WEBP:
            bare.save(buffer, "WEBP", quality=92)
        case _:
            bare.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def _image_evidence(image: Image.Image) -> Evidence:
    found: dict[str, str] = {}
    exif = image.getexif()
    for tags in (exif, exif.get_ifd(ExifTags.IFD.Exif)):
        for tag, value in tags.items():
            name = ExifTags.TAGS.get(tag, str(tag))
            if isinstance(value, str | int | float):
                found[name] = str(value)[:200]
    found |= {str(key): value[:200] for key, value in image.info.items() if isinstance(value, str)}
    if exif.get_ifd(ExifTags.IFD.GPSInfo):
        found["GPSInfo"] = "present"
    packet = image.info.get("xmp", b"")
    text = packet.decode("utf-8", "replace") if isinstance(packet, bytes) else str(packet)
    return Evidence(found, _editor(" ".join(found.values()) + text))


def _editor(text: str) -> str:
    found = _EDITORS.search(text)
    return found[0] if found else ""


def _accept_pdf(content: bytes, digest: str) -> SafeFile:
    found = plain(content)
    told = found.metadata
    notes = (
        [f"The PDF was changed {found.updates} times after it was made."] if found.updates else []
    )
    made, changed = told.get("CreationDate", ""), told.get("ModDate", "")
    if made and changed and made[:16] != changed[:16]:
        notes.append("Its date of change is not its date of creation.")
    editor = _editor(f"{told.get('Producer', '')} {told.get('Creator', '')}")
    evidence = Evidence(told, editor, found.updates, (*notes, *found.left_out))
    size = found.width, found.height
    return SafeFile(FileKind.PDF, found.content, digest, *size, found.pages, evidence)
