"""What a picture of a document says and how well it can be seen: OCR, its MRZ, blur and glare.

The models come with the OCR wheel and load on first use. The zone stands in the lower third of
nearly every document, so that is read first; the whole picture and its rotations only if needed.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pypdf import PdfReader

from nostro.compliance import mrz

Pixels = NDArray[np.uint8]

LOWER_PART = 0.62
"""Where the lower third begins, with a margin for a document that does not fill its picture."""
SMALL_WIDTH = 1000
"""The width at which sharpness is compared, so that a larger scan is not a sharper one."""
MOST_PAPER_PAGES = 3
"""A bill says whose it is on its first pages."""
SATURATED = 250
SPOT = (0.002, 0.25)
"""How much of the picture a glare covers: less is grain, more is white paper."""
_WIDTHS = ((2, 44), (3, 30), (2, 36))


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text: `top` and `left` in pixels of the upright picture, confidence 0 to 1."""

    text: str
    confidence: float
    top: float
    left: float


@dataclass(frozen=True, slots=True)
class Measures:
    """`sharpness`: variance of the Laplacian. `glare`: share of the picture that is burnt out."""

    width: int
    height: int
    sharpness: float
    glare: float


def read_text(image: bytes) -> list[TextLine]:
    """Every line of text in an image, from top to bottom."""
    return _lines(_pixels(image))


def read_paper(content: bytes) -> list[str]:
    """The lines of a paper, a picture or a PDF alike; scans inside a PDF are read as pictures."""
    if not content.startswith(b"%PDF-"):
        return [line.text for line in read_text(content)]
    texts: list[str] = []
    for page in PdfReader(io.BytesIO(content)).pages[:MOST_PAPER_PAGES]:
        written = [line.strip() for line in page.extract_text().splitlines() if line.strip()]
        if not written:
            largest = max(page.images, key=lambda one: len(one.data), default=None)
            written = [line.text for line in read_text(largest.data)] if largest else []
        texts += written
    return texts


def read_mrz(image: bytes) -> mrz.Mrz | None:
    """The zone in an image, repaired where its digits prove it; None where there is none.

    The first zone whose every digit holds ends the search, otherwise the best one found counts.
    Where two digits hold the way up is right, and turning the picture would only cost time.
    """
    best: mrz.Mrz | None = None
    for turned, view in _views(_pixels(image)):
        if turned and best is not None and sum(best.checks.values()) > 1:
            break
        found = find_zone([line.text for line in _lines(view)])
        if found is not None and (best is None or _standing(found) > _standing(best)):
            best = found
        if best is not None and best.holds:
            break
    return best


def find_zone(texts: Sequence[str]) -> mrz.Mrz | None:
    """The best zone among lines of text in reading order, or None.

    A line too long or too short has usually lost or gained fillers; it is fitted at its longest
    run of them. A date with its digit must hold: one digit alone holds by chance in ten lines.
    """
    cleaned = [_cleaned(text) for text in texts]
    found: list[mrz.Mrz] = []
    for count, width in _WIDTHS:
        rows = [row for row in cleaned if abs(len(row) - width) <= width // 6]
        for start in range(len(rows) - count + 1):
            fits = [_fitted(row, width) for row in rows[start : start + count]]
            for lines in product(*fits):
                try:
                    found.append(mrz.parse(lines, repair=True))
                except mrz.NotAZone:
                    continue
    plausible = [
        zone
        for zone in found
        if (zone.checks["birth_date"] and zone.birth_yymmdd.isdigit())
        or (zone.checks.get("expiry_date") and zone.expiry_yymmdd.isdigit())
    ]
    return max(plausible, key=_standing, default=None)


def measure(image: bytes) -> Measures:
    """How large, how sharp and how burnt out a picture is."""
    pixels = _pixels(image)
    height, width = pixels.shape[:2]
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    if width > SMALL_WIDTH:
        size = (SMALL_WIDTH, max(1, round(height * SMALL_WIDTH / width)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    _, deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    sharpness = float(deviation[0][0]) ** 2
    return Measures(width, height, sharpness, _glare(np.asarray(grey, dtype=np.uint8)))


def _glare(grey: Pixels) -> float:
    """The share of burnt-out spots. A spot that touches the edge is paper or table, not a lamp."""
    burnt = (grey >= SATURATED).astype(np.uint8)
    _, _, spots, _ = cv2.connectedComponentsWithStats(burnt)
    height, width = grey.shape
    area = 0
    for left, top, wide, high, size in spots[1:].tolist():
        inside = left > 0 and top > 0 and left + wide < width and top + high < height
        if inside and SPOT[0] <= size / (height * width) <= SPOT[1]:
            area += size
    return float(area / (height * width))


@lru_cache(maxsize=1)
def _engine() -> Any:
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR()


def _pixels(image: bytes) -> Pixels:
    """Upright, in OpenCV's order of colours; formats that it does not know are left to Pillow."""
    found = cv2.imdecode(np.frombuffer(image, dtype=np.uint8), cv2.IMREAD_COLOR)
    if found is not None:
        return np.asarray(found, dtype=np.uint8)
    with Image.open(io.BytesIO(image)) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    return np.ascontiguousarray(np.asarray(upright, dtype=np.uint8)[:, :, ::-1])


def _views(pixels: Pixels) -> Iterator[tuple[bool, Pixels]]:
    """Upright, upside down, then on either side; of the first two the lower third first."""
    for quarter_turns in (0, 2):
        turned = np.ascontiguousarray(np.rot90(pixels, quarter_turns))
        yield quarter_turns > 0, turned[int(turned.shape[0] * LOWER_PART) :]
        yield quarter_turns > 0, turned
    for quarter_turns in (1, 3):
        yield True, np.ascontiguousarray(np.rot90(pixels, quarter_turns))


def _lines(pixels: Pixels) -> list[TextLine]:
    result, _ = _engine()(pixels, use_cls=False)
    lines = [
        TextLine(
            str(text), float(confidence), min(y for _, y in corners), min(x for x, _ in corners)
        )
        for corners, text, confidence in result or []
    ]
    return sorted(lines, key=lambda line: (line.top, line.left))


def _standing(zone: mrz.Mrz) -> tuple[int, int]:
    return sum(zone.checks.values()), -len(zone.repaired)


def _cleaned(text: str) -> str:
    """Whatever a zone cannot hold is a filler misread: «, ‹, ~ and the like."""
    return re.sub(r"[^A-Z0-9<]", mrz.FILLER, re.sub(r"\s", "", text.upper()))


def _fitted(row: str, width: int) -> list[str]:
    """`row` at the given width: fillers put into or taken out of its end or its longest run."""
    if len(row) == width:
        return [row]
    runs = sorted(re.finditer(r"<+", row), key=lambda run: run.end() - run.start(), reverse=True)
    lacking = width - len(row)
    if lacking > 0:
        inner = [row[: run.start()] + "<" * lacking + row[run.start() :] for run in runs[:2]]
        return [*inner, row + "<" * lacking]
    shortened = [
        row[: run.start()] + row[run.start() - lacking :]
        for run in runs[:2]
        if run.end() - run.start() > -lacking
    ]
    return [*shortened, row[:width]]
