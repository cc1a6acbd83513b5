"""The raw Web API on the wire: packets, command lines, the challenge and the cipher.

Strict in what is written and lenient in what is read. MD5 and AES-256 in output feedback mode
are the platform's choices.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import md5
from typing import Any

from cryptography.hazmat.decrepit.ciphers.modes import OFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from nostro.kit import Refused

PREFIX = b"MT5WEBAPI"
HEADER_BYTES = 9
LARGEST_PART = 0xFFFE
"""The most bytes of whole UTF-16 units that the four hexadecimal digits of a header can count."""
LAST_CLIENT_NUMBER = 0x3FFF
BLOCK = 16
SPECIAL = "\\=|\n"


class BadPacket(Exception):
    """Bytes that are not the Web API's."""


class Astray(BadPacket):
    """An answer that belongs to another question: nothing on this line can be believed."""


LARGEST_ANSWER = 64 * 1024 * 1024
"""Some fifty thousand deals; a body that is longer is not read to its end."""
LARGEST_LIST = 256 * 1024 * 1024
"""A list may be longer: it is read record by record while it comes, and none of it is held."""
LIST_TOO_LONG = "The list is longer than 256 MB, and is not read to its end: less is asked for."
TOO_LONG = "The answer is longer than 64 MB, and is not read."


class Forgotten(Exception):
    """The server knows nobody on this line, so it did nothing."""


class Unreached(Exception):
    """There was no line to ask on, so nothing was sent."""


@dataclass(frozen=True, slots=True)
class Header:
    """Length of the body in bytes, the packet's number, and whether another part follows."""

    length: int
    number: int
    continues: bool = False

    def dump(self) -> bytes:
        return b"%04x%04x%d" % (self.length, self.number, self.continues)

    @classmethod
    def parse(cls, raw: bytes) -> "Header":
        try:
            if len(raw) != HEADER_BYTES or not raw.isalnum():
                raise ValueError
            return cls(int(raw[:4], 16), int(raw[4:8], 16), int(raw[8:], 16) == 1)
        except ValueError as error:
            raise BadPacket(f"{raw!r} is not a packet header.") from error


def next_number(number: int) -> int:
    """Client packets count to 3FFF and start over at 1."""
    return number + 1 if number < LAST_CLIENT_NUMBER else 1


def parts(body: bytes) -> Iterator[tuple[bytes, bool]]:
    """A body as packets carry it: each part, and whether another follows."""
    for start in range(0, max(len(body), 1), LARGEST_PART):
        end = start + LARGEST_PART
        yield body[start:end], end < len(body)


class Stream:
    """AES-256-OFB in one direction. Every packet starts on a fresh block of the key stream."""

    def __init__(self, key: bytes, vector: bytes) -> None:
        self._cipher = Cipher(AES(key), OFB(vector)).encryptor()

    def apply(self, body: bytes) -> bytes:
        found = self._cipher.update(body)
        self._cipher.update(bytes(-len(body) % BLOCK))
        return found


def password_hash(password: str) -> bytes:
    return md5(md5(password.encode("utf-16le")).digest() + b"WebAPI").digest()  # noqa: S324


def proof(hashed: bytes, challenge: bytes) -> bytes:
    """What shows the other side that we know the password."""
    return md5(hashed + challenge).digest()  # noqa: S324


def hexadecimal(reply: "Reply", name: str) -> bytes:
    """A value of the challenge."""
    try:
        return bytes.fromhex(reply.parameters.get(name, ""))
    except ValueError as error:
        raise BadPacket(f"{name} is not hexadecimal.") from error


def check_proof(answer: "Reply", hashed: bytes, ours: bytes) -> None:
    """Raises `Refused` where the server cannot show that it knows the password too."""
    if not secrets.compare_digest(hexadecimal(answer, "CLI_RAND_ANSWER"), proof(hashed, ours)):
        raise Refused("The server did not prove that it knows the manager's password.")


def streams(hashed: bytes, material: bytes) -> tuple[Stream, Stream]:
    """The ciphers of what we send and of what we receive."""
    if len(material) != BLOCK * BLOCK:
        raise BadPacket("The server sent no key material.")
    link, chain = hashed, []
    for start in range(0, len(material), BLOCK):
        link = md5(material[start : start + BLOCK] + link).digest()  # noqa: S324
        chain.append(link)
    key = chain[0] + chain[1]
    return Stream(key, chain[2]), Stream(key, chain[3])


def escape(value: str) -> str:
    return "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in value)


def command_line(command: str, parameters: Mapping[str, str]) -> bytes:
    """The body of a request."""
    fields = "".join(f"{name.upper()}={escape(value)}|" for name, value in parameters.items())
    return f"{command}|{fields}\r\n".encode("utf-16le")


@dataclass(frozen=True)
class Reply:
    """An answer: its code, the parameters by upper-case name, and the JSON after the line."""

    command: str
    code: int
    words: str
    parameters: dict[str, str]
    document: Any = field(default=None, repr=False)


def _fields(text: str) -> tuple[list[str], str]:
    """The still escaped fields of a command line, and what follows the line."""
    fields: list[str] = []
    current, at = "", 0
    while at < len(text):
        letter = text[at]
        if letter == "\\" and at + 1 < len(text):
            current += text[at : at + 2]
            at += 2
            continue
        if letter == "\n":
            return [*fields, current.rstrip("\r")], text[at + 1 :]
        if letter == "|":
            fields.append(current)
            current = ""
        else:
            current += letter
        at += 1
    return [*fields, current], ""


def _unescape(text: str) -> str:
    letters = iter(text)
    return "".join(next(letters, "") if letter == "\\" else letter for letter in letters)


def _split(raw: str) -> tuple[str, str]:
    name, _, value = raw.partition("=")
    return _unescape(name).strip().upper(), _unescape(value)


def parse_head(line: str) -> Reply:
    """The line of an answer, without its document. Raises `BadPacket`."""
    return _reply(_fields(line)[0], None)


def parse_reply(text: str) -> Reply:
    """Raises `BadPacket`. A broken JSON document makes the whole answer unreadable."""
    fields, rest = _fields(text)
    return _reply(fields, parse_document(rest.strip("\r\n\t \0")))


def _reply(fields: list[str], document: Any) -> Reply:
    parameters = dict(_split(raw) for raw in fields[1:] if raw.strip())
    code, _, words = parameters.pop("RETCODE", "").strip().partition(" ")
    if not code.isdecimal():
        raise BadPacket("The answer has no return code.")
    return Reply(fields[0].strip().upper(), int(code), words, parameters, document)


def parse_document(text: str) -> Any:
    """JSON whose numbers stay exact; nothing at all is `None`."""
    if not text:
        return None
    try:
        return json.loads(text, parse_float=Decimal, strict=False)
    except (ValueError, RecursionError) as error:
        raise BadPacket("The answer's document is not JSON.") from error
