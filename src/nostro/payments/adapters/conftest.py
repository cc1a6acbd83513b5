"""Starts the simulators as processes: adapters are tested over a real socket."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import pytest

from simulators.nursery import Program

CHECKOUT = Path(__file__).resolve().parents[4]


@dataclass
class Simulator:
    """A running simulator: where it is, and its control port."""

    port: int
    control_port: int
    process: Program

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """POST to the control port."""
        url = f"http://127.0.0.1:{self.control_port}/{path}"
        reply = httpx.post(url, json=body, trust_env=False).raise_for_status()
        found: dict[str, Any] = reply.json()
        return found

    def state(self) -> dict[str, Any]:
        reply = httpx.get(f"http://127.0.0.1:{self.control_port}/state", trust_env=False)
        found: dict[str, Any] = reply.raise_for_status().json()
        return found

    def misbehave(self, what: str, **how: Any) -> None:
        self.control("misbehave", what=what, **how)


type Start = Callable[..., Simulator]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `simulators.<name>` with these arguments; all end with the test."""
    running: list[Program] = []

    def run(name: str, *arguments: str) -> Simulator:
        process = Program(name, "--home", str(tmp_path / name), *arguments)
        running.append(process)
        line = json.loads(process.stdout.readline())
        assert line["ready"] is True
        return Simulator(line["port"], line["control_port"], process)

    yield run
    for process in running:
        process.terminate()
    for process in running:
        assert process.wait(10) == 0, "a simulator ends cleanly on SIGTERM"


@dataclass
class Door:
    """Where webhooks arrive: everything that came in, and the statuses it answers with."""

    url: str
    arrived: Queue[tuple[dict[str, str], bytes]] = field(default_factory=Queue)
    answers: Queue[int] = field(default_factory=Queue)

    def next(self) -> tuple[dict[str, str], bytes]:
        return self.arrived.get(timeout=20)


@pytest.fixture
def door() -> Iterator[Door]:
    """A webhook endpoint. It answers 200 unless `answers` says otherwise."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.arrived.put((dict(self.headers), body))
            self.send_response(200 if found.answers.empty() else found.answers.get())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    found = Door(f"http://127.0.0.1:{server.server_address[1]}/hooks")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def iso20022_schemas() -> Path:
    """The folder of ISO 20022 schemas, which is not part of the repository."""
    shared = os.environ.get("NOSTRO_SHARED_DATA") or CHECKOUT.parent / "shared" / "data"
    folder = Path(shared) / "xsd" / "iso20022"
    if not folder.is_dir():
        pytest.skip("The ISO 20022 schemas are not here; set NOSTRO_SHARED_DATA.")
    return folder
