"""HTTP/1.1 on asyncio streams, as much as platforms need: requests with a length, keep-alive."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

LARGEST_BODY = 1_000_000
LARGEST_HEAD = 100


class BadRequest(Exception):
    """What came is no request; the connection ends."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def dump(self, *, excess: int = 0) -> bytes:
        """`excess` is by how many bytes the head promises too much."""
        phrase = HTTPStatus(self.status).phrase
        head = f"HTTP/1.1 {self.status} {phrase}\r\n"
        if self.status != HTTPStatus.NO_CONTENT:
            length = len(self.body) + excess
            head += f"Content-Type: {self.content_type}\r\nContent-Length: {length}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return head.encode() + b"\r\n" + self.body


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Raises `BadRequest`, and EOFError where the other side has gone."""
    first = await reader.readline()
    if not first:
        raise EOFError
    words = first.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest("Not an HTTP request.")
    headers: dict[str, str] = {}
    for _ in range(LARGEST_HEAD):
        line = (await reader.readline()).decode("latin-1").strip()
        if not line:
            break
        name, _colon, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    else:
        raise BadRequest("Too many headers.")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > LARGEST_BODY or "transfer-encoding" in headers:
        raise BadRequest("The body is missing its length or too long.")
    url = urlsplit(words[1])
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    body = await reader.readexactly(int(length))
    return Request(words[0].upper(), unquote(url.path), query, headers, body)
