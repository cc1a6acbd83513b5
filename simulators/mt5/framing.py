"""Packets, command lines and JSON of the raw Web API, as a real server prints them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

PREFIX = b"MT5WEBAPI"
HEADER_BYTES = 9
LARGEST_BODY = 0xFFFE
"""A whole number of UTF-16 characters below the 65,535 bytes that a header can say."""
FIRST_SERVER_NUMBER, LAST_SERVER_NUMBER = 0x4000, 0x7FFF

type Document = Mapping[str, "Document"] | Sequence["Document"] | str | int


_quoted = json.JSONEncoder(ensure_ascii=False).encode


class BadPacket(Exception):
    """Bytes that no Web API client sends."""


@dataclass(frozen=True, slots=True)
class Header:
    length: int
    number: int
    continues: bool

    @classmethod
    def parse(cls, raw: bytes) -> "Header":
        try:
            return cls(int(raw[:4], 16), int(raw[4:8], 16), int(raw[8:9], 16) == 1)
        except ValueError as error:
            raise BadPacket(f"{raw!r} is not a packet header.") from error

    def dump(self) -> bytes:
        return f"{self.length:04x}{self.number:04x}{int(self.continues)}".encode()


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command with its parameters, names in upper case, and the text after the line."""

    command: str
    params: dict[str, str]
    body: str = ""


def split(body: bytes) -> Iterator[tuple[bytes, bool]]:
    """The parts of a body that fit a packet each, and whether another part follows."""
    for start in range(0, max(len(body), 1), LARGEST_BODY):
        yield body[start : start + LARGEST_BODY], start + LARGEST_BODY < len(body)


def escape(value: str) -> str:
    for special in ("\\", "=", "|", "\n"):
        value = value.replace(special, "\\" + special)
    return value


def print_line(command: str, params: Mapping[str, str]) -> str:
    fields = "".join(f"{name}={escape(value)}|" for name, value in params.items())
    return f"{command}|{fields}\r\n"


def parse_line(text: str) -> CommandLine:
    """A backslash makes the next character an ordinary one; names are told apart by the first `=`.

    A line may end without the line break, which lenient servers forgive.
    """
    fields: list[tuple[str, str | None]] = []
    name: str | None = None
    current: list[str] = []
    characters = iter(range(len(text)))
    rest = ""
    for index in characters:
        character = text[index]
        if character == "\\" and index + 1 < len(text):
            current.append(text[next(characters)])
        elif character == "=" and name is None:
            name, current = "".join(current), []
        elif character == "|":
            fields.append(("".join(current), None) if name is None else (name, "".join(current)))
            name, current = None, []
        elif character == "\n":
            rest = text[index + 1 :]
            break
        else:
            current.append(character)
    last = "".join(current).strip("\r")
    if last or name is not None:
        fields.append((last, None) if name is None else (name, last))
    if not fields:
        raise BadPacket("An empty command line.")
    params = {key.strip().upper(): value for key, value in fields[1:] if value is not None}
    return CommandLine(fields[0][0].strip().upper(), params, rest.strip("\r\n\0 "))


def print_json(document: Document) -> str:
    """Every scalar is a string, one member on a line, with the blanks a server puts."""
    if isinstance(document, str):
        return _quoted(document)
    if isinstance(document, int):
        return f'"{int(document)}"'
    if isinstance(document, Mapping):
        members = [
            f'"{name}" : {_quoted(value) if type(value) is str else print_json(value)}'
            for name, value in document.items()
        ]
        return "{\r\n" + ",\r\n".join(members) + "\r\n}"
    return "[\r\n" + ",\r\n".join(print_json(item) for item in document) + "\r\n]"


class Later(Sequence[Document]):
    """Documents that are made as they are read, as a server prints a long list."""

    def __init__[Row](self, rows: Sequence[Row], document: Callable[[Row], Document]) -> None:
        self._rows: Sequence[Any] = rows
        self._document = document

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Document]: ...
    def __getitem__(self, index: int | slice) -> Document | Sequence[Document]:
        if isinstance(index, slice):
            return Later(self._rows[index], self._document)
        return self._document(self._rows[index])


def print_pieces(documents: Sequence[Document], length: int) -> Iterator[str]:
    """What `print_json` makes of a list, in pieces of about so many characters."""
    piece = "[\r\n"
    for number, document in enumerate(documents):
        piece += (",\r\n" if number else "") + print_json(document)
        if len(piece) > length:
            yield piece
            piece = ""
    yield piece + "\r\n]"
