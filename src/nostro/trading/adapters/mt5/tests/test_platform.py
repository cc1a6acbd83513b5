"""What is MetaTrader 5's own, shown on its simulator; what all platforms owe stands in the
contract beside the adapters.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from nostro.kit import Money, Refused
from nostro.trading.adapters.mt5 import Mt5
from nostro.trading.adapters.tests.conftest import KINDS, Server, running
from nostro.trading.adapters.tests.test_contract import funded, request
from nostro.trading.ports import AccountChange, BalanceKind, PasswordKind, Right, TradingPlatform


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
    changed = mt5.change_account(login, AccountChange(trading=Right.CLOSE_ONLY))
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


def doors(server: Server, **changed: object) -> dict[str, TradingPlatform]:
    return {name: KINDS[name].connect(server.ready, **changed) for name in ("mt5", "mt5-rest")}


def test_both_doors_tell_the_same_field_by_field(tmp_path: Path) -> None:
    with running(KINDS["mt5"], tmp_path) as server:
        server.order("clock", at="2026-06-01T10:00:00")
        tcp, https = doors(server).values()
        logins = [funded(tcp, "tcp/1"), funded(https, "https/1")]
        for login in logins:
            opened = server.order("trade", login=login, symbol="EURUSD", side="buy", lots="0.02")
            server.order("close", position=opened["position"], lots="0.01")
            limit = {"login": login, "symbol": "EURUSD", "side": "buy", "lots": "0.01"}
            server.order("place", **limit, price="0.50000")
        server.order("advance", to="2026-06-02T10:00:00")
        now = tcp.server_time()
        span = (now - timedelta(days=2), now + timedelta(days=1))

        def told(platform: TradingPlatform) -> list[object]:
            return [
                platform.server_time(), platform.logins(), platform.symbols(), platform.groups(),
                platform.find_account("https/1"), platform.accounts(logins),
                [platform.account(login) for login in logins], platform.account_states(logins),
                [platform.account_state(login) for login in logins], platform.ticks(["EURUSD"]),
                list(platform.deals(*span)), list(platform.deals(*span, logins=logins[:1])),
                list(platform.orders()), list(platform.orders(logins)),
                list(platform.order_history(*span)), list(platform.daily_reports(*span)),
                list(platform.order_history(*span, logins=logins[:1])),
                list(platform.daily_reports(*span, logins=logins)),
                list(platform.positions()), list(platform.positions(logins[:1])),
                platform.check_password(logins[0], "Passw0rd!", PasswordKind.MAIN),
                platform.check_password(logins[0], "Invest0r!", PasswordKind.MAIN),
                platform.find_balance_operation(logins[0], "tcp/1/fund", span[0]),
            ]  # fmt: skip

        for over_tcp, over_https in zip(told(tcp), told(https), strict=True):
            assert over_https == over_tcp
            assert over_tcp or over_tcp is False
        tcp.close()
        https.close()


def test_both_doors_refuse_in_the_same_words(server: Server) -> None:
    words: dict[str, list[str]] = {}
    for name, platform in doors(server).items():
        login = funded(platform, f"words {name}")
        wrong = KINDS[name].connect(server.ready, password=SecretStr("Wrong1!x"))
        much = Money.of("-1000.01 USD")
        asked: list[Callable[[], object]] = [
            partial(platform.account, 99), wrong.logins,
            partial(platform.set_password, login, "weak", PasswordKind.MAIN),
            partial(platform.change_account, login, AccountChange(group="real\\No")),
            partial(platform.change_account, login, AccountChange(leverage=9999)),
            partial(platform.change_balance, login, much, BalanceKind.BALANCE, reference="much"),
        ]  # fmt: skip
        for ask in asked:
            with pytest.raises(Refused) as refusal:
                ask()
            words.setdefault(name, []).append(f"{refusal.value.code} {refusal.value.reason}")
        assert platform.account_state(login).balance == 1000
        platform.close()
    assert words["mt5"] == words["mt5-rest"]


def test_a_manager_without_the_right_moves_no_money_by_either_door(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"managers": [{"accountant": False}]}))
    with running(KINDS["mt5"], tmp_path / "home", "--config", str(config)) as server:
        for name, platform in doors(server).items():
            login = platform.open_account(request(), key=name)
            with pytest.raises(Refused, match="no right") as refusal:
                platform.change_balance(
                    login, Money.of("5.00 USD"), BalanceKind.BALANCE, reference="W-1"
                )
            assert refusal.value.code == "8"
            assert platform.account_state(login).balance == 0
            platform.close()


def test_a_session_kept_by_a_gateways_cookie_serves_as_well(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"gateway": True}))
    with running(KINDS["mt5-rest"], tmp_path / "home", "--config", str(config)) as server:
        platform = server.connect()
        login = funded(platform, "gateway")
        server.order("misbehave", what="forget_sessions")
        assert platform.account(login).balance == 1000
        platform.close()


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with running(KINDS["mt5-rest"], tmp_path, "--name", "mt5.example") as server:
        with pytest.raises(Refused, match="certificate"):
            server.connect().server_time()
        with pytest.raises(Refused, match="certificate"):
            server.connect(certificate="", host="127.0.0.1").server_time()
