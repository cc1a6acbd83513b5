"""Files of CSV from somebody else's system, read with distrust: in UTF-8, parted by commas, with a
line of headings that names the columns, in any order.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nostro.kit.problems import Problem

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
CELLS = "#"
"""Under this name each line says how many cells it has, where those are not as many as headings."""


class BadFile(Problem):
    """Not a file of this format at all."""

    def __init__(self, text: str) -> None:
        super().__init__(text, field="file")


@dataclass(frozen=True)
class Format:
    """What a file has to look like: its columns by name, and those that no file goes without."""

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    most_lines: int
    largest_bytes: int = 10 * 1024 * 1024

    @property
    def template(self) -> str:
        """A file with nothing but its headings."""
        return ",".join(self.columns) + "\r\n"

    def lines(self, content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
        """Each line below the headings with its number in the file, its cells stripped.

        Raises `BadFile`, for what is no such file before the first line.
        """
        reader = csv.reader(io.StringIO(self._text(content), newline=""), strict=True)
        count = 0
        try:
            headings = [one.strip().lower() for one in next(reader, [])]
            self._check(headings)
            for count, row in enumerate((one for one in reader if any(one)), 1):
                if count > self.most_lines:
                    raise BadFile(f"More than {self.most_lines:,} lines. Part the file.")
                pairs = zip(headings, map(str.strip, row), strict=False)
                cells = dict.fromkeys(self.columns, "") | dict(pairs)
                cells[CELLS] = "" if len(row) == len(headings) else str(len(row))
                yield reader.line_num, cells
        except csv.Error as error:
            raise BadFile(f"Line {reader.line_num} is no line of a CSV: {error}.") from error
        if not count:
            raise BadFile("The file has headings and nothing below them.")

    def _text(self, content: bytes) -> str:
        if len(content) > self.largest_bytes:
            raise BadFile(f"The file is larger than {self.largest_bytes >> 20} MB. Part it.")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadFile("The file is no text in UTF-8. Save it as CSV UTF-8.") from error
        if CONTROL.search(text):
            raise BadFile("The file has characters that are no text. Is it a CSV?")
        return text

    def _check(self, headings: list[str]) -> None:
        if not any(headings):
            raise BadFile("The file is empty. Take the template.")
        if len(headings) == 1 and (";" in headings[0] or "\t" in headings[0]):
            raise BadFile("The columns have to be parted by commas.")
        if missing := [one for one in self.needed if one not in headings]:
            said = f"There is no column “{missing[0]}”. The first line names the columns."
            raise BadFile(said)
        if unknown := [one for one in headings if one not in self.columns]:
            raise BadFile(f"There is no column “{unknown[0][:40]}” in the format.")
        if len(set(headings)) < len(headings):
            raise BadFile("A column stands there twice.")
