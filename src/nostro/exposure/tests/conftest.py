"""The simulated liquidity provider, connected as the house connects any."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nostro.core.acts import Act
from nostro.exposure import operations
from nostro.exposure.adapters.fix44.tests.conftest import Provider as Server
from nostro.exposure.listening import Listener
from nostro.exposure.models import LiquidityProvider
from nostro.exposure.ports import DROP_COPIES
from nostro.kit.vendors import Refused, VendorTrouble

SLUG = "primus"
PATIENCE = 100


class Line:
    """A provider that the house listens to, and the server behind it."""

    def __init__(self, server: Server, **settings: Any) -> None:
        self.server = server
        self.connect(**settings)
        self.listener = Listener(SLUG)

    def connect(self, **settings: Any) -> None:
        usual = self.server.settings().model_dump(mode="json") | {"password": "sesame"}
        operations.add_provider(
            Act.system(), slug=SLUG, name="Primus LP", kind="fix44", settings={**usual, **settings}
        )

    @property
    def provider(self) -> LiquidityProvider:
        return LiquidityProvider.objects.get(slug=SLUG)

    def listen(self, times: int = 1) -> int:
        """Call as the worker does, again after trouble; how many new reports were kept."""
        count = 0
        for _ in range(times):
            try:
                count += self.listener.listen(within=0.2)
            except VendorTrouble:
                continue
        return count

    def until(self, count: int) -> None:
        """Listen until so many reports have come, and twice more for what should not come."""
        kept = 0
        for _ in range(PATIENCE):
            if kept >= count:
                break
            kept += self.listen()
        assert kept == count
        assert self.listen(2) == 0

    def refusal(self) -> Refused:
        """The first no; lines that break before it are taken up again."""
        for _ in range(PATIENCE):
            try:
                self.listener.listen(within=0.2)
            except Refused as no:
                return no
            except VendorTrouble:
                continue
        raise AssertionError("The provider refused nothing.")

    def compare(self) -> LiquidityProvider:
        """What the worker does each minute."""
        provider = self.provider
        self.listener.compare(Act.system(), provider)
        return self.provider

    def restart(self) -> None:
        """As if the worker had been killed: nothing but the database is left of it."""
        connection: Any = DROP_COPIES.take(SLUG)
        if connection._line is not None:
            connection._line.close()
        DROP_COPIES._made.pop((SLUG, ""), None)
        self.listener = Listener(SLUG)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "lp")
    yield running
    running.stop()


@pytest.fixture
def line(act: Act, server: Server) -> Iterator[Line]:
    made = Line(server)
    made.listen(2)
    yield made
    made.restart()
