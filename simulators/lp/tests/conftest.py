"""A simulator as a program of its own, and an initiator on QuickFIX where it can be built."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulators.web.launch import Running

PASSWORD = "sesame"
HERE = Path(__file__).parent


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts the provider on one home; all end with the test."""
    running: list[Running] = []

    def run(*arguments: str) -> Running:
        one = Running("lp", tmp_path / "lp", "--secret-key", PASSWORD, *arguments)
        running.append(one)
        return one

    yield run
    for one in running:
        one.stop()


@pytest.fixture
def provider(start: Callable[..., Running]) -> Running:
    return start()


@pytest.fixture(scope="session")
def initiator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from `initiator.cpp`; Debian's libquickfix-dev and g++ are not on every machine."""
    if not shutil.which("g++") or not Path("/usr/include/quickfix/Application.h").exists():
        pytest.skip("QuickFIX or a compiler is not here: apt install g++ libquickfix-dev")
    built = tmp_path_factory.mktemp("quickfix") / "initiator"
    source = str(HERE / "initiator.cpp")
    # The engine's headers declare exceptions in the way of C++11.
    options = ["-std=c++11", "-O0", "-w", source, "-o", str(built), "-lquickfix", "-lpthread"]
    subprocess.run(["g++", *options], check=True)
    return built
