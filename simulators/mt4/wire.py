"""The Web Integration Kit's conversation as a server has it: requests in, answers out.

A request ends with a NUL that the repeated key hides like everything before it, so it has to be
shown letter by letter. An answer's length goes before it in clear.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5

LONGEST_REQUEST = 65_536


class BadRequest(Exception):
    """Bytes that no plugin would answer; the line is closed."""


@dataclass(frozen=True)
class Request:
    """What is asked, by lower-case name."""

    action: str
    number: str
    values: dict[str, str]

    def signature(self, secret: str) -> str:
        return md5(f"{self.number}{self.action}{secret}".encode()).hexdigest()


def hidden(data: bytes, key: bytes) -> bytes:
    """By the repeated key, which also shows it again."""
    return bytes(byte ^ key[place % len(key)] for place, byte in enumerate(data)) if key else data


async def read_request(reader: asyncio.StreamReader, key: bytes) -> bytes:
    """One request without its NUL, shown. Raises `BadRequest` where none ends."""
    shown = bytearray()
    while len(shown) < LONGEST_REQUEST:
        (byte,) = await reader.readexactly(1)
        byte ^= key[len(shown) % len(key)] if key else 0
        if byte == 0:
            return bytes(shown)
        shown.append(byte)
    raise BadRequest("A request that does not end.")


def parse_request(data: bytes, code_page: str) -> Request:
    values: dict[str, str] = {}
    for pair in data.decode(code_page, errors="replace").split("&"):
        name, _, value = pair.partition("=")
        values[name.lower()] = value
    action, number = values.pop("action", ""), values.pop("request_id", "")
    if not action or not number.isdecimal():
        raise BadRequest("Neither an action nor a number.")
    return Request(action.lower(), number, values)


def print_answer(
    number: str, result: int, values: Mapping[str, object], rows: Sequence[Sequence[object]] | None
) -> str:
    """`size` counts rows; they come last, as their lines would break anything after them."""
    pairs: dict[str, object] = {"request_id": number, "result": result}
    pairs["size"] = 1 if rows is None else len(rows)
    pairs |= values
    if rows is not None:
        pairs["answer"] = "\r\n".join(";".join(map(_cell, row)) for row in rows)
    return "&".join(f"{name}={value}" for name, value in pairs.items())


def _cell(value: object) -> str:
    return str(value).replace(";", ",").replace("\r", " ").replace("\n", " ")


def packed(text: str, key: bytes, code_page: str) -> bytes:
    """An answer as it goes over the line."""
    body = text.encode(code_page, errors="replace")
    return b"%d\n" % len(body) + hidden(body, key)
