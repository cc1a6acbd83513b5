"""A simulator as a process: its arguments, its ready line, its control port, its clean end."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from simulators.web.clock import Clock
from simulators.web.faults import Faults
from simulators.web.http import Answer, Listener, Reply, Request, Router, json_reply


class Bound[Spoken](Protocol):
    """A bound port, whatever is spoken there."""

    port: int

    def serve(self, answer: Spoken) -> None: ...

    def close(self) -> None: ...


def arguments(description: str) -> argparse.ArgumentParser:
    """The options every simulator has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--control-port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--home", type=Path, required=True, help="folder for what must survive")
    parser.add_argument("--secret-key", required=True, help="what callers authenticate with")
    parser.add_argument("--seed", type=int, default=1, help="makes identifiers repeatable")
    return parser


def control_routes(
    faults: Faults, clock: Clock, state: Callable[[], dict[str, Any]], *, moved: Callable[[], None]
) -> Router:
    """`/misbehave`, `/clock` and `/state`. `moved` is told when the clock was set."""

    def misbehave(request: Request) -> Reply:
        faults.arm(request.json())
        return json_reply({"armed": faults.state()})

    def set_clock(request: Request) -> Reply:
        clock.stop(request.json().get("at"))
        moved()
        return json_reply({"now": clock.now().isoformat(), "stopped": clock.stopped_at is not None})

    def show(request: Request) -> Reply:
        now = {"now": clock.now().isoformat(), "stopped": clock.stopped_at is not None}
        return json_reply({"clock": now, "faults": faults.state(), **state()})

    router = Router()
    router.add("POST", "/misbehave", misbehave)
    router.add("POST", "/clock", set_clock)
    router.add("GET", "/state", show)
    return router


def run[Spoken](
    public: tuple[Bound[Spoken], Spoken],
    control: tuple[Listener, Answer],
    *,
    tick: Callable[[], None],
    every: float = 0.1,
) -> None:
    """Serve both ports and call `tick` again and again, until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    public[0].serve(public[1])
    control[0].serve(control[1])
    ready = {"ready": True, "port": public[0].port, "control_port": control[0].port}
    print(json.dumps(ready), flush=True)
    while not stopping.wait(every):
        try:
            tick()
        except Exception as error:
            print(f"tick: {error!r}", file=sys.stderr, flush=True)
    public[0].close()
    control[0].close()
