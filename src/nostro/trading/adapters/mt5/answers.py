"""An answer of the raw Web API, read as its packets come in.

A long list takes a server a while to print. Its records are read meanwhile, one by one, so that
once the last packet is there nothing is left to do.
"""

import codecs
import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from nostro.trading.adapters.mt5.wire import BadPacket, Reply, parse_head, parse_reply

LONGEST_RECORD = 1_000_000
"""Characters after which a record that does not end is none."""
_LIST = re.compile(r"[ \t\r\n]*\[")
_SPACE = re.compile(r"[ \t\r\n]*")
_AFTER = re.compile(r"[ \t\r\n]*([,\]])")
_EMPTY = re.compile(r"[ \t\r\n]*\]")
_NOTHING = "\r\n\t \0"
_RECORDS = json.JSONDecoder(parse_float=Decimal, strict=False)


class Answer:
    """Give it the parts in their order, then ask for the reply."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-16le")()
        self._text = ""
        self._parts: list[str] = []
        self._head: Reply | None = None
        self._rows: list[Any] = []
        self._handed = self._ended = False

    def take(self, part: bytes) -> None:
        """Raises `BadPacket`."""
        text = self._decoded(part)
        if self._head is None:
            self._parts.append(text)
            if len(self._parts) == 1:
                self._begin(text)
        else:
            self._text += text
            self._read()

    def so_far(self) -> Reply | None:
        """The records of a list that have come since this was asked last; they are handed over."""
        if self._head is None:
            return None
        rows, self._rows, self._handed = self._rows, [], self._handed or bool(self._rows)
        return replace(self._head, document=rows)

    def reply(self) -> Reply:
        """What was answered, but for what was handed over. Raises `BadPacket`."""
        self._decoded(b"", last=True)
        if self._head is None:
            return parse_reply("".join(self._parts))
        if not self._ended or self._text.strip(_NOTHING):
            raise BadPacket("The answer's document is not JSON.")
        return replace(self._head, document=self._rows)

    def _decoded(self, part: bytes, *, last: bool = False) -> str:
        try:
            return self._decoder.decode(part, last)
        except UnicodeDecodeError as error:
            raise BadPacket("The answer is not UTF-16.") from error

    def _begin(self, text: str) -> None:
        """The line is in the first part, and a list that goes on is read from here on."""
        line, _, rest = text.partition("\r\n")
        found = _LIST.match(rest)
        if found:
            self._head = parse_head(line)
            self._parts.clear()
            self._text = rest[found.end() :]
            self._read()

    def _read(self) -> None:
        text, at = self._text, 0
        if not (self._rows or self._handed) and (empty := _EMPTY.match(text)):
            at, self._ended = empty.end(), True
        rows, at = _many(text, at)
        self._rows += rows
        while not self._ended:
            try:
                record, end = _RECORDS.raw_decode(text, _past_space(text, at))
            except (ValueError, RecursionError):
                break
            # A number may go on in the next part, so what follows has to be seen.
            after = _AFTER.match(text, end)
            if after is None:
                break
            self._rows.append(record)
            at, self._ended = after.end(), after[1] == "]"
        self._text = text[at:]
        if not self._ended and len(self._text) > LONGEST_RECORD:
            raise BadPacket("The answer's document is not JSON.")


def _many(text: str, at: int) -> tuple[list[Any], int]:
    """All the records but the last that are whole in a text, in one go, and where what follows
    begins; none where that cannot be told so simply, as when a word of one looks like its end.
    """
    end = text.rfind("},", at)
    if end < 0:
        return [], at
    try:
        found: list[Any] = _RECORDS.decode(f"[{text[at : end + 1]}]")
    except (ValueError, RecursionError):
        return [], at
    return found, end + 2


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
