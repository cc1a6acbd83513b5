"""What is MetaTrader 5's own, shown on its simulator; what all platforms owe stands in the
contract beside the adapters.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from nostro.kit import Refused
from nostro.trading.adapters.mt5 import Mt5
from nostro.trading.adapters.tests.conftest import KINDS, Server, running
from nostro.trading.adapters.tests.test_contract import funded, request
from nostro.trading.ports import AccountChange, PasswordKind


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(KINDS["mt5"], tmp_path_factory.mktemp("mt5")) as one:
        yield one


@pytest.fixture
def mt5(server: Server) -> Iterator[Mt5]:
    platform = server.connect()
    assert isinstance(platform, Mt5)
    yield platform
    platform.close()


@pytest.mark.parametrize("encryption", [True, False])
def test_an_account_is_opened_with_and_without_encryption(server: Server, encryption: bool) -> None:
    mt5 = server.connect(encryption=encryption)
    login = mt5.open_account(request(), key=f"open/{encryption}")
    assert mt5.find_account(f"open/{encryption}") == login
    mt5.close()


def test_an_account_is_changed_without_touching_its_other_rights(mt5: Mt5) -> None:
    login = funded(mt5, "change")
    raw = int(mt5.account(login).raw["Rights"])
    changed = mt5.change_account(login, AccountChange(trading=False))
    assert int(changed.raw["Rights"]) == raw | 4
    with pytest.raises(Refused) as refusal:
        mt5.change_account(login, AccountChange(group=r"real\CY-EUR-Raw"))
    assert refusal.value.code == "3010"


def test_an_investors_password_is_another_one_and_weak_ones_are_refused(mt5: Mt5) -> None:
    login = funded(mt5, "password")
    assert mt5.check_password(login, "Invest0r!", PasswordKind.INVESTOR)
    assert not mt5.check_password(login, "Invest0r!", PasswordKind.MAIN)
    with pytest.raises(Refused):
        mt5.set_password(login, "weak", PasswordKind.MAIN)


def test_the_servers_clock_is_read_by_its_daylight_rule(tmp_path: Path) -> None:
    with running(KINDS["mt5"], tmp_path) as server:
        for moment in ("2026-03-20T10:00:00+00:00", "2026-07-01T10:00:00+00:00"):
            server.order("clock", at=moment)
            mt5 = server.connect()
            login = mt5.open_account(request(), key=moment)
            assert mt5.server_time() == datetime.fromisoformat(moment)
            assert mt5.account(login).registered_at == datetime.fromisoformat(moment)
            mt5.close()
        server.order("clock", at="2026-03-20T10:00:00+00:00")
        american = server.connect(daylight_zone="America/New_York")
        with pytest.raises(Refused):
            american.server_time()
