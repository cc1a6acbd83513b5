"""The QuickFIX engine, which this project did not write, as the provider's customer.

It is strict: what its session layer or its dictionary does not like it answers with Reject (35=3),
Logout (35=5) or BusinessMessageReject (35=j), and each test says that it never did.
"""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest

from simulators.lp.tests.conftest import PASSWORD
from simulators.web.launch import Running

PATIENCE = 30.0
BROUGHT = Path(__file__).parents[3] / "build" / "quickfix" / "FIX44.xml"
DICTIONARY = os.environ.get("NOSTRO_FIX_DICTIONARY") or (str(BROUGHT) if BROUGHT.exists() else "")
"""FIX44.xml of the QuickFIX sources: no package of Debian's brings it, `.ci/prepare` does."""


class Engine:
    """The program, line by line."""

    def __init__(self, program: Path, port: int, store: Path, dictionary: str, word: str) -> None:
        command = [str(program), str(port), str(store), dictionary, word]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="latin-1"
        )
        self._lines: Queue[str] = Queue()
        self.heard: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def say(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()

    def until(self, *parts: str) -> str:
        """The next line with all these parts."""
        try:
            while True:
                line = self._lines.get(timeout=PATIENCE)
                self.heard.append(line)
                if all(part in line for part in parts):
                    return line
        except Empty:
            raise AssertionError(f"{parts} not in:\n" + "\n".join(self.heard)) from None

    def complaints(self) -> list[str]:
        kinds = ("|35=3|", "|35=5|", "|35=j|")
        return [line for line in self.heard if line.startswith("out") and any(
            kind in line for kind in kinds
        )]  # fmt: skip

    def stop(self) -> None:
        self.say("quit")
        self._process.wait(PATIENCE)
        self._listener.join(PATIENCE)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))


type Connect = Callable[..., Engine]


@pytest.fixture(params=["without a dictionary", "with its dictionary"])
def connect(initiator: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Connect]:
    dictionary = "-"
    if request.param == "with its dictionary":
        if not DICTIONARY:
            pytest.skip("FIX44.xml is not here: .ci/prepare quickfix")
        dictionary = DICTIONARY
    started: list[Engine] = []

    def connected(provider: Running, word: str = PASSWORD) -> Engine:
        engine = Engine(initiator, provider.port, tmp_path / "quickfix", dictionary, word)
        started.append(engine)
        return engine

    yield connected
    for engine in started:
        engine.stop()


def fill(provider: Running, **what: str) -> str:
    usual = {"symbol": "EUR/USD", "side": "buy", "quantity": "100000"}
    return str(provider.control("fill", **{**usual, **what})["exec_id"])


def test_it_receives_a_fill_its_correction_and_its_cancellation(
    provider: Running, connect: Connect
) -> None:
    engine = connect(provider)
    engine.until("up")
    first = fill(provider, ordered="300000")
    second = provider.control("correct", exec_id=first, price="1.2")["exec_id"]
    third = provider.control("cancel", exec_id=second)["exec_id"]

    line = engine.until("in", "|35=8|", f"|17={first}|", "|150=F|")
    assert "|39=1|" in line and "|151=200000|" in line
    engine.until("in", "|35=8|", f"|17={second}|", f"|19={first}|", "|150=G|", "|31=1.2|")
    engine.until("in", "|35=8|", f"|17={third}|", f"|19={second}|", "|150=H|", "|39=4|")
    assert engine.complaints() == []


def test_it_is_told_trades_and_positions(provider: Running, connect: Connect) -> None:
    provider.control("clock", at="2026-01-05T09:00:00Z")
    names = [fill(provider), fill(provider, side="sell", symbol="XAU/USD", quantity="100")]
    engine = connect(provider)
    engine.until("up")

    engine.say("trades")
    engine.until("in", "|35=AQ|", "|748=2|", "|749=0|")
    engine.until("in", "|35=AE|", f"|17={names[0]}|", "|912=N|")
    engine.until("in", "|35=AE|", f"|17={names[1]}|", "|912=Y|")
    engine.say("positions")
    engine.until("in", "|35=AO|", "|727=2|", "|728=0|")
    engine.until("in", "|35=AP|", "|55=EUR/USD|", "|704=100000|", "|705=0|")
    engine.until("in", "|35=AP|", "|55=XAU/USD|", "|704=0|", "|705=100|")
    assert engine.complaints() == []


@pytest.mark.parametrize(
    "what", ["drop_before_sending", "half_message", "skip_sequence", "wrong_checksum", "duplicate"]
)
def test_it_asks_again_for_what_a_bad_line_took(
    provider: Running, connect: Connect, what: str
) -> None:
    engine = connect(provider)
    engine.until("up")
    provider.control("misbehave", what=what)
    names = [fill(provider), fill(provider)]

    for name in names:
        engine.until("in", "|35=8|", f"|17={name}|")
    assert engine.complaints() == []


def test_it_goes_on_with_a_provider_that_was_started_anew(
    start: Callable[..., Running], connect: Connect
) -> None:
    provider = start()
    engine = connect(provider)
    engine.until("up")
    engine.until("in", "|35=0|")
    engine.say("test")
    engine.until("in", "|35=0|", "|112=are-you-there|")
    port = provider.port
    assert provider.stop() == 0
    again = start("--port", str(port))
    name = fill(again)

    engine.until("in", "|35=8|", f"|17={name}|")
    assert engine.complaints() == []


def test_it_is_not_let_in_with_another_password(provider: Running, connect: Connect) -> None:
    engine = connect(provider, "open")

    engine.until("in", "|35=5|", "|58=Username or password is wrong.|")
    assert provider.state()["logged_on"] is False
    assert "up" not in engine.heard
