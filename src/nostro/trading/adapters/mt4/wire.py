"""The Web Integration Kit on the wire: requests, their hash, the answers and the obfuscation.

A request is `action=…&request_id=…&key=value&…` and a NUL; an answer is a line with its length in
bytes, in clear, and then as many. Values are not escaped in any way, so that what would end one
cannot be sent. MD5 and the repeated key are the platform's choices.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from itertools import cycle

from anyascii import anyascii

LONGEST_SIZE_LINE = 12
SUCCESS = 1
ENDS_A_VALUE = "&\0\r\n"
ROWS = "&answer="


class BadPacket(Exception):
    """Bytes that are not the Web Integration Kit's."""


class BadValue(Exception):
    """A value that cannot be sent as it is."""


def masked(data: bytes, key: bytes) -> bytes:
    """Hidden or shown again by the repeated key; as it is without one."""
    return bytes(a ^ b for a, b in zip(data, cycle(key), strict=False)) if key else data


def request_hash(request_id: int, action: str, secret: str) -> str:
    return md5(f"{request_id}{action}{secret}".encode()).hexdigest()  # noqa: S324


def exact(value: str, code_page: str) -> str:
    """A value that has to arrive letter by letter. Raises `BadValue` where it would not."""
    if any(letter in ENDS_A_VALUE for letter in value):
        raise BadValue("It has a letter that ends a value.")
    try:
        value.encode(code_page)
    except UnicodeEncodeError as error:
        raise BadValue("It has a letter that the server's alphabet has not.") from error
    return value


def readable(value: str, code_page: str) -> str:
    """A value for people, in the nearest letters that can be sent: `Łódź & Co` is `Lódz + Co`."""
    bare = value.replace("&", "+")
    bare = "".join(" " if letter in ENDS_A_VALUE else letter for letter in bare)
    return "".join(_nearest(letter, code_page) for letter in bare)


def _nearest(letter: str, code_page: str) -> str:
    try:
        letter.encode(code_page)
    except UnicodeEncodeError:
        return anyascii(letter).replace("&", "+")
    return letter


def request(
    action: str, request_id: int, parameters: Mapping[str, str], *, secret: str, code_page: str
) -> bytes:
    """The bytes of a request, not masked yet. Raises `BadValue`."""
    pairs = {"action": action, "request_id": str(request_id), **parameters}
    if secret:
        pairs["hash"] = request_hash(request_id, action, secret)
    text = "&".join(f"{name}={exact(value, code_page)}" for name, value in pairs.items())
    return text.encode(code_page) + b"\0"


@dataclass(frozen=True)
class Answer:
    """What was answered to a request: its result, its values by lower-case name, its rows."""

    request_id: int
    result: int
    values: dict[str, str]
    rows: list[list[str]]

    @property
    def reason(self) -> str:
        return self.values.get("reason") or self.values.get("error") or ""

    @property
    def code(self) -> int | None:
        """The trade server's own return code, where the answer has one."""
        said = self.values.get("error", "")
        return int(said) if said.isdecimal() else None


def size_of(line: bytes) -> int:
    """How many bytes follow. Raises `BadPacket`."""
    said = line.strip()
    if not said.isdigit() or len(said) >= LONGEST_SIZE_LINE:
        raise BadPacket(f"{line!r} is not the length of an answer.")
    return int(said)


def parse_answer(body: bytes, code_page: str) -> Answer:
    """Raises `BadPacket`. Letters outside the alphabet are shown as what they are: unknown."""
    text = body.decode(code_page, errors="replace").rstrip("\0\r\n")
    head, _, tail = text.partition(ROWS)
    values = {}
    for pair in head.split("&"):
        name, _, value = pair.partition("=")
        values[name.strip().lower()] = value
    try:
        number, result = int(values.pop("request_id", "0")), int(values.pop("result"))
    except (KeyError, ValueError) as error:
        raise BadPacket("The answer has no result.") from error
    rows = [line.split(";") for line in tail.splitlines() if line.strip()]
    return Answer(number, result, values, rows)
