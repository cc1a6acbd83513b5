"""Rows named in a file: one name a line, as a spreadsheet saves a column."""

import csv
import io
from collections.abc import Sequence

from nostro.kit.problems import Problem

LARGEST = 4 * 1024 * 1024


class BadFile(Problem):
    """A file that does not name rows."""


def read_numbers(content: bytes, word: str) -> list[int]:
    """The numbers in the first column, in their order, each once; a heading is passed over.

    Raises `BadFile` with the line that is none, so that no row is lost unseen.
    """
    if len(content) > LARGEST:
        raise BadFile("A file of 4 MB is the most.", field="file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile("This is no text. Save the sheet as CSV.", field="file") from error
    if "\0" in text:
        raise BadFile("This is no text. Save the sheet as CSV.", field="file")
    found: dict[int, None] = {}
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise BadFile(f"This is no CSV: {error}.", field="file") from error
    for number, cells in enumerate(lines, 1):
        said = _first(cells)
        if not said:
            continue
        if not (said.isascii() and said.isdigit() and len(said) < 19):
            if number == 1:
                continue
            raise BadFile(f"Line {number}: “{said[:30]}” is no {word}.", field="file")
        found[int(said)] = None
    if not found:
        raise BadFile(f"There is no {word} in this file.", field="file")
    return list(found)


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return next((one for one in (";", "\t") if one in first), ",")


def _first(cells: Sequence[str]) -> str:
    return cells[0].strip().removeprefix("'") if cells else ""
