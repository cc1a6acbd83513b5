"""Protocol Buffers' wire format, written by hand from its specification (protobuf.dev, Encoding).

No library takes part, so that what a client's library makes of these bytes is proof for both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from struct import pack, unpack
from typing import Any

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_MASK = 2**64 - 1
_KINDS = {"int": VARINT, "bool": VARINT, "double": FIXED64, "str": BYTES, "bytes": BYTES}


class BadMessage(Exception):
    """Bytes that are no message."""


@dataclass(frozen=True, slots=True)
class Field:
    """`kind` is int, bool, double, str, bytes or the name of a message."""

    name: str
    number: int
    kind: str
    repeated: bool = False


type Schema = Mapping[str, tuple[Field, ...]]


def schema(text: str) -> dict[str, tuple[Field, ...]]:
    """Lines like `Trader: traderId=1:int permission=2:*int`; a star means repeated."""
    found = {}
    for line in text.strip().split("\n\n"):
        name, _, rest = line.partition(":\n")
        fields = []
        for word in rest.split():
            label, _, place = word.partition("=")
            number, _, kind = place.partition(":")
            fields.append(Field(label, int(number), kind.lstrip("*") or "int", "*" in kind))
        found[name.strip()] = tuple(fields)
    return found


def varint(value: int) -> bytes:
    """Negative numbers take ten bytes, as two's complement of 64 bits."""
    value &= _MASK
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def encode(known: Schema, name: str, values: Mapping[str, Any]) -> bytes:
    """What is `None` or absent is not written."""
    parts = bytearray()
    for field in known[name]:
        value = values.get(field.name)
        if value is None:
            continue
        for one in value if field.repeated else [value]:
            wire = _KINDS.get(field.kind, BYTES)
            parts += varint(field.number << 3 | wire) + _value(known, field.kind, one)
    return bytes(parts)


def _value(known: Schema, kind: str, value: Any) -> bytes:
    if kind in ("int", "bool"):
        return varint(int(value))
    if kind == "double":
        return pack("<d", float(value))
    if kind == "str":
        body = str(value).encode()
    elif kind == "bytes":
        body = bytes(value)
    else:
        body = encode(known, kind, value)
    return varint(len(body)) + body


def decode(known: Schema, name: str, body: bytes) -> dict[str, Any]:
    """Fields by name; unknown ones are skipped, absent ones are absent, repeated ones lists."""
    fields = {field.number: field for field in known[name]}
    found: dict[str, Any] = {row.name: [] for row in known[name] if row.repeated}
    for number, wire, value in _pieces(body):
        field = fields.get(number)
        if field is None:
            continue
        for one in _read(known, field.kind, wire, value):
            if field.repeated:
                found[field.name].append(one)
            else:
                found[field.name] = one
    return found


def _pieces(body: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    at = 0
    while at < len(body):
        tag, at = _number(body, at)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, at = _number(body, at)
            yield number, wire, value
            continue
        if wire == BYTES:
            length, at = _number(body, at)
        elif wire in (FIXED64, FIXED32):
            length = 8 if wire == FIXED64 else 4
        else:
            raise BadMessage(f"There is no wire type {wire}.")
        if at + length > len(body):
            raise BadMessage("A field is longer than its message.")
        yield number, wire, body[at : at + length]
        at += length


def _number(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(body) and shift < 70:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _MASK, at
        shift += 7
    raise BadMessage("A number does not end.")


def _read(known: Schema, kind: str, wire: int, value: int | bytes) -> Iterator[Any]:
    if isinstance(value, int):
        if kind not in ("int", "bool"):
            raise BadMessage(f"A number is no {kind}.")
        yield bool(value) if kind == "bool" else value - 2**64 if value >> 63 else value
    elif kind in ("int", "bool"):
        at = 0
        while wire == BYTES and at < len(value):
            number, at = _number(value, at)
            yield number
    elif kind == "double":
        if len(value) != 8:
            raise BadMessage("A double has eight bytes.")
        yield unpack("<d", value)[0]
    elif kind == "str":
        try:
            yield value.decode()
        except UnicodeDecodeError as error:
            raise BadMessage("A text is not UTF-8.") from error
    elif kind == "bytes":
        yield value
    else:
        yield decode(known, kind, value)
