"""One POST to an address that somebody else chose, so to the public internet and nowhere else.

The name is looked up once and the connection goes to that very address: a name that answers
otherwise a moment later reaches nothing inside. Redirects are not followed.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

import httpx

from nostro.kit.problems import Problem

SECONDS = 10


class UnsafeAddress(Problem):
    """An address that webhooks do not go to."""


@dataclass(frozen=True)
class Answered:
    """What the other side said: its status, or why there is none."""

    http_status: int | None
    trouble: str = ""

    @property
    def delivered(self) -> bool:
        return self.http_status is not None and 200 <= self.http_status < 300


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet, seen through IPv6's wrappings of IPv4."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if inner:
            found = inner
    return found.is_global and not found.is_multicast


def checked(url: str, *, private: bool = False) -> SplitResult:
    """The address taken apart. Refuses other schemes, names and passwords, and plain HTTP."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UnsafeAddress("This is no web address.", field="url") from error
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise UnsafeAddress("Write an address that begins with https://.", field="url")
    if parts.scheme == "http" and not private:
        raise UnsafeAddress("Webhooks go over https:// only.", field="url")
    if parts.username or parts.password:
        raise UnsafeAddress("Write the address without a name or password.", field="url")
    if not private and _is_written_private(parts.hostname):
        raise UnsafeAddress("Webhooks go to public addresses only.", field="url")
    return parts


def _is_written_private(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def looked_up(parts: SplitResult, *, private: bool = False) -> str:
    """The one address to connect to. Every address of the name has to be a public one."""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnsafeAddress(f"{parts.hostname} is not known.", field="url") from error
    addresses = [str(one[4][0]) for one in found]
    if not private and not all(is_public(one) for one in addresses):
        raise UnsafeAddress("Webhooks go to public addresses only.", field="url")
    return addresses[0]


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool = False) -> Answered:
    """Send, and say how it was answered. What comes back is not read."""
    try:
        parts = checked(url, private=private)
        address = looked_up(parts, private=private)
        pinned = httpx.URL(url).copy_with(host=address)
        extensions = {"sni_hostname": parts.hostname} if parts.scheme == "https" else {}
        given = {**headers, "Host": parts.netloc, "Content-Type": "application/json"}
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST", pinned, content=body, headers=given, extensions=extensions
            ) as response,
        ):
            return Answered(response.status_code)
    except UnsafeAddress as problem:
        return Answered(None, problem.sentence)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answered(None, f"{type(error).__name__}: {error}"[:200])
