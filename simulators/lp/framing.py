"""FIX 4.4 as bytes: a message is written with its length and checksum, and read only with both.

What cannot be a message is garbled: it is passed over, as the session layer says, and the gap it
leaves in the numbers is what brings it back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SOH = b"\x01"
BEGIN = b"8=FIX.4.4\x01"
LARGEST_BODY = 64 * 1024
_HEAD = re.compile(rb"8=FIX\.4\.4\x019=(\d{1,6})\x01")
_TRAILER = re.compile(rb"10=(\d{3})\x01")
_TRAILER_BYTES = 7
_LONGEST_HEAD = len(BEGIN) + len(b"9=123456\x01")
LENGTH_TAGS = {95: 96, 212: 213, 348: 349, 350: 351, 352: 353, 354: 355, 356: 357, 358: 359}
"""Fields that count the bytes of the next one, which may hold any byte."""

type Pairs = list[tuple[int, str]]


class Garbled(Exception):
    """A whole message with a right checksum whose fields cannot be told apart."""


@dataclass(frozen=True)
class Message:
    """Its type and all its fields in order, without 8, 9 and 10. Text is Latin-1."""

    type: str
    pairs: tuple[tuple[int, str], ...]

    def get(self, tag: int, default: str = "") -> str:
        return next((value for known, value in self.pairs if known == tag), default)

    def all(self, tag: int) -> list[str]:
        return [value for known, value in self.pairs if known == tag]

    def number(self, tag: int) -> int | None:
        """A whole number, None where it is missing or something else."""
        text = self.get(tag)
        return int(text) if text.isascii() and text.isdecimal() else None

    @property
    def is_repeat(self) -> bool:
        return self.get(43) == "Y"


def encode(pairs: Pairs, *, length_off: int = 0, checksum_off: int = 0) -> bytes:
    """The bytes of a message whose fields begin with 35. It can be made wrong on purpose."""
    body = b"".join(f"{tag}={value}\x01".encode("latin-1") for tag, value in pairs)
    head = BEGIN + b"9=%d\x01" % (len(body) + length_off)
    checksum = (sum(head) + sum(body) + checksum_off) % 256
    return head + body + b"10=%03d\x01" % checksum


def decode(body: bytes) -> Message:
    pairs: Pairs = []
    at = 0
    counted: dict[int, int] = {}
    while at < len(body):
        equals = body.find(b"=", at)
        tag = body[at:equals]
        if equals < 0 or not tag.isdigit() or tag.startswith(b"0"):
            raise Garbled(f"{body[at : at + 20]!r} is no field.")
        number = int(tag)
        length = counted.pop(number, None)
        end = body.find(SOH, equals) if length is None else equals + 1 + length
        if end <= equals + 1 or body[end : end + 1] != SOH:
            raise Garbled(f"Field {number} has no value.")
        value = body[equals + 1 : end].decode("latin-1")
        if number in LENGTH_TAGS and value.isdecimal():
            counted[LENGTH_TAGS[number]] = int(value)
        pairs.append((number, value))
        at = end + 1
    if not pairs or pairs[0][0] != 35:
        raise Garbled("The third field is not the type.")
    return Message(pairs[0][1], tuple(pairs))


class Reader:
    """Takes bytes as they come and gives whole messages; counts what it passed over."""

    def __init__(self) -> None:
        self._buffer = b""
        self.garbled = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        self._buffer += data
        while (found := self._next()) is not None:
            try:
                yield decode(found)
            except Garbled:
                self.garbled += 1

    def _next(self) -> bytes | None:
        """The body of the next message that keeps its own promises."""
        while True:
            start = self._buffer.find(BEGIN)
            if start < 0:
                self._buffer = self._buffer[-len(BEGIN) :]
                return None
            self._buffer = self._buffer[start:]
            head = _HEAD.match(self._buffer)
            if head is None:
                if len(self._buffer) < _LONGEST_HEAD and self._buffer.count(SOH) < 2:
                    return None
                self._pass_over()
                continue
            end = head.end() + int(head[1])
            if int(head[1]) > LARGEST_BODY:
                self._pass_over()
                continue
            if len(self._buffer) < end + _TRAILER_BYTES:
                return None
            trailer = _TRAILER.match(self._buffer, end)
            if trailer is None or int(trailer[1]) != sum(self._buffer[:end]) % 256:
                self._pass_over()
                continue
            body = self._buffer[head.end() : end]
            self._buffer = self._buffer[trailer.end() :]
            return body

    def _pass_over(self) -> None:
        self.garbled += 1
        self._buffer = self._buffer[1:]
