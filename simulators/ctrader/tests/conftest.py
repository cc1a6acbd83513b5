"""A simulator as a program of its own, its clock standing still on a Monday morning."""

from collections.abc import Iterator

import pytest

from simulators.ctrader.tests.running import Simulator

MONDAY = "2026-01-05T08:00:00"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(tmp_path_factory.mktemp("ctrader")) as running:
        running.control("/clock", {"at": MONDAY})
        yield running
