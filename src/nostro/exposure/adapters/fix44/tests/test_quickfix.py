"""The adapter against the QuickFIX engine as the provider: a session layer of other authors.

Built from `acceptor.cpp` where Debian's libquickfix-dev and g++ are; with the engine's own
dictionary where `.ci/prepare quickfix` brought it, or NOSTRO_FIX_DICTIONARY names it. What it
dislikes it rejects (35=3 or j).
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from pydantic import SecretStr

from nostro.exposure.adapters.fix44 import Fix44, Fix44Settings
from nostro.exposure.adapters.fix44.tests.conftest import Keeper, now
from nostro.exposure.ports import Fill, FillCorrection, LpSide, Marks
from nostro.kit import Refused

BROUGHT = Path(__file__).parents[6] / "build" / "quickfix" / "FIX44.xml"
DICTIONARY = os.environ.get("NOSTRO_FIX_DICTIONARY") or (str(BROUGHT) if BROUGHT.exists() else "")
MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PATIENCE = 30.0


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("g++") or not Path("/usr/include/quickfix/Application.h").exists():
        pytest.skip("QuickFIX or a compiler is not here: apt install g++ libquickfix-dev")
    program = tmp_path_factory.mktemp("quickfix") / "acceptor"
    source = str(Path(__file__).with_name("acceptor.cpp"))
    options = ["-std=c++11", "-O0", "-w", source, "-o", str(program), "-lquickfix", "-lpthread"]
    subprocess.run(["g++", *options], check=True)
    return program


class Engine:
    """The provider's program: what it heard and said, line by line."""

    def __init__(self, program: Path, store: Path, dictionary: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process = subprocess.Popen(
            [str(program), str(self.port), str(store), dictionary],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="latin-1",
        )  # fmt: skip
        self._lines: Queue[str] = Queue()
        self.heard: list[str] = []
        Thread(target=self._listen, daemon=True).start()
        self.until("listening")

    def say(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()

    def until(self, *parts: str) -> None:
        while True:
            self.heard.append(self._lines.get(timeout=PATIENCE))
            if all(part in self.heard[-1] for part in parts):
                return

    def complaints(self) -> list[str]:
        while not self._lines.empty():
            self.heard.append(self._lines.get())
        rejects = ("|35=3|", "|35=j|")
        return [line for line in self.heard if any(one in line for one in rejects)]

    def stop(self) -> None:
        self.say("quit")
        self._process.wait(PATIENCE)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))

    def settings(self, word: str = "sesame") -> Fix44Settings:
        return Fix44Settings(
            host="127.0.0.1", port=self.port, encryption=False, sender="NOSTRO", target="LP",
            password=SecretStr(word), account="NOSTRO-HEDGE", heartbeat=1,
        )  # fmt: skip


@pytest.fixture(params=["without a dictionary", "with its dictionary"])
def engine(built: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "with its dictionary" and not DICTIONARY:
        pytest.skip("FIX44.xml is not here: .ci/prepare quickfix")
    asked = DICTIONARY if request.param == "with its dictionary" else "-"
    one = Engine(built, tmp_path / "store", asked)
    yield one
    one.stop()


def test_its_fills_come_once_also_those_while_we_were_away(engine: Engine) -> None:
    keeper = Keeper(Fix44(engine.settings()))
    keeper.call()
    engine.say("fill first")
    keeper.until(1)
    keeper.marks = keeper.adapter.close(keeper.marks, clock=now)
    engine.say("fill second")
    engine.say("correct third second")

    first, second, third = keeper.until(3)

    assert keeper.exec_ids == ["first", "second", "third"]
    assert isinstance(first, Fill) and isinstance(second, Fill)
    assert isinstance(third, FillCorrection) and third.corrects == second.exec_id
    assert engine.complaints() == []
    keeper.adapter.close(keeper.marks, clock=now)


def test_marks_that_lag_behind_are_caught_up(engine: Engine) -> None:
    keeper = Keeper(Fix44(engine.settings()))
    keeper.call()
    kept = keeper.marks
    engine.say("fill first")
    keeper.until(1)
    keeper.adapter.close(keeper.marks, clock=now)
    successor = Keeper(Fix44(engine.settings()), kept)

    successor.until(1)

    assert successor.exec_ids == ["first"]
    assert engine.complaints() == []
    successor.adapter.close(successor.marks, clock=now)


# Without a dictionary it takes the repeated fields of a group for a mistake.
@pytest.mark.parametrize("engine", ["with its dictionary"], indirect=True)
def test_it_answers_for_trades(engine: Engine) -> None:
    adapter = Fix44(engine.settings())
    trades = adapter.trades(Marks(), MONDAY, MONDAY, clock=now)

    [trade] = trades.items
    assert (trade.exec_id, trade.side, trade.at) == ("first", LpSide.SELL, MONDAY)
    assert (trade.quantity, trade.price) == (Decimal(1000), Decimal("1.0825"))
    assert engine.complaints() == []
    adapter.close(trades.batch.marks, clock=now)


def test_it_answers_for_positions(engine: Engine) -> None:
    adapter = Fix44(engine.settings())
    positions = adapter.positions(Marks(), MONDAY.date(), clock=now)

    [position] = positions.items
    assert (position.symbol, position.net) == ("EUR/USD", Decimal(-1000))
    assert position.is_final and position.price == Decimal("1.09")
    assert engine.complaints() == []
    adapter.close(positions.batch.marks, clock=now)


def test_a_new_beginning_is_agreed_on(engine: Engine) -> None:
    keeper = Keeper(Fix44(engine.settings()))
    keeper.call()
    keeper.adapter.close(keeper.marks, clock=now)
    keeper.marks = keeper.adapter.begin_anew(clock=now).marks
    engine.say("fill first")

    keeper.until(1)

    assert keeper.exec_ids == ["first"]
    assert engine.complaints() == []
    keeper.adapter.close(keeper.marks, clock=now)


def test_it_lets_nobody_in_with_another_password(engine: Engine) -> None:
    with pytest.raises(Refused, match="Wrong password"):
        Fix44(engine.settings("open")).receive(Marks(), clock=now, within=5)
