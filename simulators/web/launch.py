"""Starts a simulator as a process and speaks to its control port, for tests."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from simulators.nursery import Program

CHECKOUT = Path(__file__).resolve().parents[2]
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Running:
    """A simulator that listens. `url` is where it speaks its protocol."""

    def __init__(self, name: str, home: Path, *arguments: str) -> None:
        self._process = Program(name, "--home", str(home), *arguments)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"simulators.{name} ended with {self._process.wait()}.")
        ready = json.loads(line)
        self.port: int = ready["port"]
        self.control_port: int = ready["control_port"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.control_url = f"http://127.0.0.1:{self.control_port}"

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """POST to the control port."""
        return self._ask(path, json.dumps(body).encode())

    def state(self) -> dict[str, Any]:
        return self._ask("state", None)

    def stop(self) -> int:
        """SIGTERM, and the exit code once it has ended."""
        self._process.terminate()
        code = self._process.wait(15)
        self._process.stdout.close()
        return code

    def _ask(self, path: str, body: bytes | None) -> dict[str, Any]:
        with _direct.open(f"{self.control_url}/{path}", body, timeout=30) as reply:
            found: dict[str, Any] = json.load(reply)
        return found
