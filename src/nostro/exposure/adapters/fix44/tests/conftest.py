"""The simulated provider as a process of its own, and a caller that keeps what it receives."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from nostro.exposure.adapters.fix44 import Fix44, Fix44Settings
from nostro.exposure.ports import Fill, FillCorrection, Marks
from nostro.kit import Retry
from simulators.nursery import Program

PATIENCE = 400
"""How many calls a caller makes at most before it gives up on what it waits for."""


def now() -> datetime:
    return datetime.now(UTC)


class Provider:
    """`simulators.lp`. It can be stopped and started on what it kept."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = 0
        self.start()

    def start(self) -> None:
        options = ["--home", str(self.home), "--secret-key", "sesame", "--username", "nostro"]
        self.process = Program("lp", *options, "--port", str(self.port))
        ready = json.loads(self.process.stdout.readline())
        self.port = ready["port"]
        self.control_port: int = ready["control_port"]

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0

    def order(self, path: str, **what: Any) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.control_port}/{path}"
        return dict(httpx.post(url, json=what, trust_env=False).raise_for_status().json())

    def fill(self, symbol: str = "EUR/USD", side: str = "buy", **what: Any) -> str:
        """The ExecID of a new fill, of 100,000 where nothing else is said."""
        told = self.order("fill", symbol=symbol, side=side, **{"quantity": "100000", **what})
        return str(told["exec_id"])

    def misbehave(self, what: str, **how: Any) -> None:
        self.order("misbehave", what=what, **how)

    def state(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.control_port}/state"
        return dict(httpx.get(url, trust_env=False).raise_for_status().json())

    def settings(self, **other: Any) -> Fix44Settings:
        usual = {
            "host": "127.0.0.1", "port": self.port, "encryption": False, "sender": "NOSTRO",
            "target": "LP", "username": "nostro", "password": SecretStr("sesame"),
            "account": "NOSTRO-HEDGE", "heartbeat": 1, "answer_timeout": 20,
        }  # fmt: skip
        return Fix44Settings.model_validate({**usual, **other})


@dataclass
class Keeper:
    """What a caller does: it keeps reports and marks together, and calls again after `Retry`."""

    adapter: Fix44
    marks: Marks = field(default_factory=Marks)
    kept: list[Fill | FillCorrection] = field(default_factory=list)
    broken: int = 0
    retries: int = 0

    def call(self, within: float = 0.2) -> None:
        try:
            batch = self.adapter.receive(self.marks, clock=now, within=within)
        except Retry:
            self.retries += 1
            return
        self.marks = batch.marks
        self.kept += batch.reports
        self.broken += batch.is_broken

    def until(self, count: int) -> list[Fill | FillCorrection]:
        """Call until so many reports are kept, and once more for what should not come."""
        for _ in range(PATIENCE):
            if len(self.kept) >= count:
                break
            self.call()
        self.call()
        return self.kept

    @property
    def exec_ids(self) -> list[str]:
        fills = [one.fill if isinstance(one, FillCorrection) else one for one in self.kept]
        return [fill.exec_id for fill in fills]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    one = Provider(tmp_path / "lp")
    yield one
    one.stop()


@pytest.fixture
def keeper(provider: Provider) -> Iterator[Keeper]:
    adapter = Fix44(provider.settings())
    one = Keeper(adapter)
    one.call()
    assert one.adapter.receive(one.marks, clock=now, within=0.1).reports == ()
    one.marks = adapter.receive(one.marks, clock=now, within=0).marks
    yield one
    adapter.close(one.marks, clock=now)
