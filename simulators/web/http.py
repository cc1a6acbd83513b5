"""A small threaded HTTP/1.1 server with routes, on the standard library alone."""

import json
import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LARGEST_BODY = 8 * 1024 * 1024


class HangUp(Exception):
    """Close the connection without a word: the caller never learns what happened."""


@dataclass(frozen=True)
class Request:
    """One request. Header names are in lower case, `part` holds the named parts of the path."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    part: Mapping[str, str] = field(default_factory=dict)

    def asked(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        return dict(self.query).get(name, default)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; anything else is answered with 400."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadRequest(f"The body is not JSON: {error}.") from error
        if not isinstance(found, dict):
            raise BadRequest("The body must be a JSON object.")
        return found


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class BadRequest(Exception):
    """The caller's mistake; answered with 400 and the sentence."""


def json_reply(body: object, status: int = 200, **headers: str) -> Reply:
    """`Retry_After="1"` becomes the header `Retry-After`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body, indent=2).encode() + b"\n", headers=named)


type Answer = Callable[[Request], Reply]


class Router:
    """Finds the answer for a method and a path like `/v1/payouts/{id}`."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Answer]] = []

    def add(self, method: str, path: str, answer: Answer) -> None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
        self._routes.append((method, re.compile(pattern), answer))

    def __call__(self, request: Request) -> Reply:
        known = False
        for method, pattern, answer in self._routes:
            if match := pattern.fullmatch(request.path):
                known = True
                if method == request.method:
                    return answer(
                        Request(
                            request.method,
                            request.path,
                            request.query,
                            request.headers,
                            request.body,
                            match.groupdict(),
                        )
                    )
        if known:
            return json_reply({"error": "This address does not take that method."}, 405)
        return json_reply({"error": "There is nothing at this address."}, 404)


class Listener:
    """A bound port. Port 0 lets the system choose; `port` says which one it chose."""

    def __init__(self, host: str, port: int) -> None:
        self._server = _Server((host, port), _Connection)
        self.port: int = self._server.server_address[1]

    def serve(self, answer: Answer) -> None:
        """Answer in threads of its own until `close`."""
        self._server.answer = answer
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    answer: Answer


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "simulator"
    sys_version = ""
    # Headers and body are two writes; without this the second one waits for an acknowledgement.
    disable_nagle_algorithm = True
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        self._converse()

    def do_POST(self) -> None:
        self._converse()

    def _converse(self) -> None:
        try:
            reply = self._answer()
        except HangUp:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        except BadRequest as error:
            reply = json_reply({"error": str(error)}, 400)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def _answer(self) -> Reply:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            return json_reply({"error": "The body is missing its length or too long."}, 413)
        url = urlsplit(self.path)
        return self.server.answer(
            Request(
                method=self.command,
                path=url.path,
                query=parse_qsl(url.query, keep_blank_values=True),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(int(length)),
            )
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: standard output carries the ready line and nothing else."""


def redirect(url: str) -> Reply:
    """See the page at `url`, with a fresh GET."""
    return Reply(HTTPStatus.SEE_OTHER, b"", "text/plain", {"Location": url})
