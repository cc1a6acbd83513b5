from collections.abc import Iterator

import pytest

from simulators.mt4.tests.running import MONDAY, RawClient, Simulator


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(tmp_path_factory.mktemp("mt4")) as running:
        running.control("/clock", {"at": MONDAY})
        yield running


@pytest.fixture
def client(simulator: Simulator) -> Iterator[RawClient]:
    with simulator.client() as connected:
        yield connected
