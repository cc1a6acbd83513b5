"""Child processes that start together and end together: worker, web server, simulators."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from nostro.kit.problems import Problem


class DidNotStart(Problem):
    """A part of the house ended, or said nothing, while it was being started."""


@dataclass
class Children:
    """Leaving the block ends every child, the last one started first."""

    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str, env: Mapping[str, str] | None = None) -> None:
        """Start `python -m …` in a session of its own, so that Ctrl-C reaches only us."""
        self.running[name] = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )

    def start_saying(self, name: str, *command: str) -> None:
        """Start a child that says by a line of JSON that it listens: `heard` reads it."""
        self.running[name] = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=subprocess.PIPE, start_new_session=True
        )

    def heard(self, name: str, *, seconds: float = 30) -> dict[str, Any]:
        """What a child said when it listened; waits for it."""
        child = self.running[name]
        assert child.stdout is not None
        ready, _, _ = select.select([child.stdout], [], [], seconds)
        line = child.stdout.readline() if ready else b""
        if not line:
            raise DidNotStart(f"{name} did not start (exit code {child.poll()}).")
        said: dict[str, Any] = json.loads(line)
        return said

    def stop(self, name: str) -> None:
        """End one child and wait for it."""
        child = self.running.pop(name)
        child.send_signal(signal.SIGTERM)
        child.wait(25)
        if child.stdout is not None:
            child.stdout.close()

    def ended(self) -> str:
        """The name of a child that has ended by itself, or nothing."""
        return next((name for name, one in self.running.items() if one.poll() is not None), "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        children = list(reversed(self.running.values()))
        for child in children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        patience = time.monotonic() + 25
        for child in children:
            try:
                child.wait(max(0.1, patience - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            if child.stdout is not None:
                child.stdout.close()
