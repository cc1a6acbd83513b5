"""The adapter against the simulated server, a process of its own that speaks the real protocol."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from nostro.kit import Lots, Money, Refused, Retry, Unknown
from nostro.trading.adapters.mt5 import Mt5, Mt5Settings
from nostro.trading.ports import (
    AccountChange,
    AccountRequest,
    BalanceKind,
    DealEntry,
    DealKind,
    PasswordKind,
    Side,
    TradingPlatform,
)

CHECKOUT = Path(__file__).parents[6]
GROUP = r"real\CY-USD-Standard"


@dataclass
class Server:
    settings: Mt5Settings
    control: str

    def order(self, path: str, **what: object) -> dict[str, Any]:
        answer = httpx.post(f"{self.control}/{path}", json=what).raise_for_status()
        return dict(answer.json())

    def misbehave(self, what: str, command: str, **more: object) -> None:
        self.order("misbehave", what=what, command=command, times=1, **more)


@contextmanager
def running(home: Path) -> Iterator[Server]:
    options = ["--port", "0", "--control-port", "0", "--home", str(home), "--seed", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", "simulators.mt5", *options],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            ready = json.loads(process.stdout.readline())
            settings = Mt5Settings(
                host="127.0.0.1",
                port=ready["port"],
                login=1001,
                password=SecretStr("Manager1!"),
            )
            yield Server(settings, f"http://127.0.0.1:{ready['control_port']}")
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("mt5")) as one:
        yield one


@pytest.fixture
def mt5(server: Server) -> Iterator[Mt5]:
    platform = Mt5(server.settings)
    yield platform
    platform.close()


def request() -> AccountRequest:
    return AccountRequest(
        group=GROUP,
        leverage=30,
        name="Ada = Love|lace\\",
        password="Passw0rd!",
        investor_password="Invest0r!",
        client_code="C-1",
    )


def funded(mt5: Mt5, key: str) -> int:
    login = mt5.open_account(request(), key=key)
    money = Money.of("1000.00 USD")
    mt5.change_balance(login, money, BalanceKind.BALANCE, reference=f"{key}/fund")
    return login


def test_it_is_a_trading_platform(mt5: Mt5) -> None:
    platform: TradingPlatform = mt5
    assert platform.server_time().utcoffset() == timedelta()


@pytest.mark.parametrize("encryption", [True, False])
def test_an_account_is_opened_and_found_by_its_key(server: Server, encryption: bool) -> None:
    mt5 = Mt5(server.settings.model_copy(update={"encryption": encryption}))
    key = f"open/{encryption}"
    login = mt5.open_account(request(), key=key)
    account = mt5.account(login)
    assert (account.group, account.name, account.leverage) == (GROUP, "Ada = Love|lace\\", 30)
    assert (account.enabled, account.trading, account.client_code) == (True, True, "C-1")
    assert account.registered_at is not None
    assert abs(account.registered_at - mt5.server_time()) < timedelta(minutes=5)
    assert mt5.find_account(key) == login
    assert mt5.find_account("never used") is None
    mt5.close()


def test_an_account_opened_without_an_answer_is_found_and_not_opened_twice(
    server: Server, mt5: Mt5
) -> None:
    before = len(mt5.logins())
    server.misbehave("drop_after_acting", "USER_ADD")
    with pytest.raises(Unknown):
        mt5.open_account(request(), key="lost answer")
    found = mt5.find_account("lost answer", group=GROUP)
    assert found is not None
    assert len(mt5.logins()) == before + 1


def test_money_that_moved_without_an_answer_is_found_by_its_reference(
    server: Server, mt5: Mt5
) -> None:
    login = funded(mt5, "lost")
    since = mt5.server_time() - timedelta(minutes=1)
    assert mt5.find_balance_operation(login, "W-17", since) is None
    server.misbehave("drop_after_acting", "TRADE_BALANCE")
    with pytest.raises(Unknown):
        mt5.change_balance(login, Money.of("-100.25 USD"), BalanceKind.BALANCE, reference="W-17")
    ticket = mt5.find_balance_operation(login, "W-17", since)
    assert ticket is not None
    assert mt5.account_state(login).balance == Decimal("899.75")


def test_a_question_without_an_answer_may_be_asked_again(server: Server, mt5: Mt5) -> None:
    login = funded(mt5, "question")
    server.misbehave("drop_after_acting", "USER_GET")
    with pytest.raises(Retry):
        mt5.account(login)
    assert mt5.account(login).balance == Decimal("1000.00")


def test_money_goes_in_and_out_with_a_ticket_each(mt5: Mt5) -> None:
    login = funded(mt5, "money")
    credit = Money.of("50.10 USD")
    ticket = mt5.change_balance(login, credit, BalanceKind.CREDIT, reference="bonus 1")
    state = mt5.account_state(login)
    assert (state.balance, state.credit) == (Decimal("1000.00"), Decimal("50.10"))
    assert state.equity == Decimal("1050.10")
    deals = [deal for page in mt5.deals(*span(mt5), logins=[login]) for deal in page]
    assert [(deal.kind, deal.profit, deal.comment) for deal in deals] == [
        (DealKind.BALANCE, Decimal("1000.00"), "money/fund"),
        (DealKind.CREDIT, Decimal("50.10"), "bonus 1"),
    ]
    assert deals[1].ticket == ticket
    assert abs(deals[0].at - mt5.server_time()) < timedelta(minutes=5)


def test_what_the_platform_refuses_changes_nothing(mt5: Mt5) -> None:
    login = funded(mt5, "refused")
    refusals = [
        (login, "-1000.01 USD", "too much"),
        (login, "10.00 EUR", "other currency"),
        (login, "0.00 USD", "nothing"),
        (login, "2000000000.00 USD", "absurd"),
        (login, "1.00 USD", "x" * 32),
        (99, "1.00 USD", "nobody"),
    ]
    for whose, money, reference in refusals:
        with pytest.raises(Refused) as refusal:
            mt5.change_balance(whose, Money.of(money), BalanceKind.BALANCE, reference=reference)
        assert refusal.value.reason.endswith(".")
    assert mt5.account_state(login).balance == Decimal("1000.00")
    assert sum(len(page) for page in mt5.deals(*span(mt5), logins=[login])) == 1


def span(mt5: Mt5) -> tuple[datetime, datetime]:
    now = mt5.server_time()
    return now - timedelta(hours=1), now + timedelta(hours=1)


def test_deals_come_in_pages_and_go_on_from_an_offset(mt5: Mt5) -> None:
    login = funded(mt5, "pages")
    for place in range(104):
        mt5.change_balance(
            login, Money.of("0.01 USD"), BalanceKind.CORRECTION, reference=f"page {place}"
        )
    pages = list(mt5.deals(*span(mt5), logins=[login]))
    assert [len(page) for page in pages] == [100, 5]
    rest = [deal for page in mt5.deals(*span(mt5), logins=[login], offset=98) for deal in page]
    assert [deal.comment for deal in rest] == [f"page {place}" for place in range(97, 104)]
    other = funded(mt5, "after pages")
    both = [
        deal.login
        for page in mt5.deals(*span(mt5), logins=[login, other], offset=103)
        for deal in page
    ]
    assert both == [login, login, other]
    everyone = {deal.login for page in mt5.deals(*span(mt5)) for deal in page}
    assert {login, other} <= everyone


def test_an_account_is_changed_without_touching_its_other_rights(mt5: Mt5) -> None:
    login = funded(mt5, "change")
    raw = int(mt5.account(login).raw["Rights"])
    changed = mt5.change_account(
        login, AccountChange(group=r"real\CY-USD-Raw", leverage=10, trading=False)
    )
    assert (changed.group, changed.leverage) == (r"real\CY-USD-Raw", 10)
    assert (changed.enabled, changed.trading) == (True, False)
    assert int(changed.raw["Rights"]) == raw | 4
    assert mt5.change_account(login, AccountChange(trading=True)).trading
    with pytest.raises(Refused) as refusal:
        mt5.change_account(login, AccountChange(group=r"real\CY-EUR-Raw"))
    assert refusal.value.code == "3010"


def test_passwords_are_set_and_checked(mt5: Mt5) -> None:
    login = funded(mt5, "password")
    assert mt5.check_password(login, "Passw0rd!", PasswordKind.MAIN)
    mt5.set_password(login, "N3w|pass=\\", PasswordKind.MAIN)
    assert mt5.check_password(login, "N3w|pass=\\", PasswordKind.MAIN)
    assert not mt5.check_password(login, "Passw0rd!", PasswordKind.MAIN)
    assert mt5.check_password(login, "Invest0r!", PasswordKind.INVESTOR)
    with pytest.raises(Refused):
        mt5.set_password(login, "weak", PasswordKind.MAIN)


def test_many_accounts_are_read_and_missing_ones_left_out(mt5: Mt5) -> None:
    logins = [funded(mt5, "many 1"), funded(mt5, "many 2")]
    assert [account.login for account in mt5.accounts(logins)] == logins
    assert [account.login for account in mt5.accounts([*logins, 99])] == logins


def test_the_catalogue_is_read(mt5: Mt5) -> None:
    groups = {group.name: group for group in mt5.groups()}
    assert groups[GROUP].currency == "USD"
    symbols = {symbol.name: symbol for symbol in mt5.symbols()}
    euro = symbols["EURUSD"]
    assert (euro.base, euro.profit_currency, euro.digits) == ("EUR", "USD", 5)
    assert euro.contract_size == 100_000
    assert euro.smallest == Decimal("0.01")


def test_ticks_are_those_newer_than_the_mark(mt5: Mt5) -> None:
    ticks, mark = mt5.ticks(["EURUSD", "XAUUSD"])
    assert {tick.symbol for tick in ticks} == {"EURUSD", "XAUUSD"}
    assert all(0 < tick.bid <= tick.ask for tick in ticks)
    assert mark > 0
    again, _ = mt5.ticks(["EURUSD", "XAUUSD"], mark)
    assert len(again) <= 2


def test_a_trade_is_a_deal_and_a_position(server: Server, mt5: Mt5) -> None:
    login = funded(mt5, "trade")
    opened = server.order("trade", login=login, symbol="EURUSD", side="sell", lots="0.05")
    ((position,),) = mt5.positions([login])
    assert (position.symbol, position.side, position.lots) == ("EURUSD", Side.SELL, Lots("0.05"))
    assert (position.ticket, str(position.open_price)) == (opened["position"], opened["price"])
    assert abs(position.opened_at - mt5.server_time()) < timedelta(minutes=5)
    assert mt5.account_state(login).margin > 0
    closed = server.order("close", position=position.ticket)
    assert list(mt5.positions([login])) == []
    ((_, bought, sold),) = mt5.deals(*span(mt5), logins=[login])
    assert (bought.kind, bought.entry, sold.entry) == (DealKind.SELL, DealEntry.IN, DealEntry.OUT)
    assert (sold.lots, sold.position) == (Lots("0.05"), position.ticket)
    assert str(sold.profit) == closed["profit"]
    everyone = [row.login for page in mt5.positions() for row in page]
    assert login not in everyone


@pytest.mark.parametrize(
    "misdeed",
    ["drop_after_acting", "drop_before_acting", "slow", "half_reply", "wrong_length",
     "duplicate_reply"],
)  # fmt: skip
def test_whatever_the_line_does_money_moves_at_most_once(server: Server, misdeed: str) -> None:
    mt5 = Mt5(server.settings.model_copy(update={"answer_timeout": 0.5}))
    login = funded(mt5, misdeed)
    since = mt5.server_time() - timedelta(minutes=1)
    server.misbehave(misdeed, "TRADE_BALANCE", seconds=1.5)
    money = Money.of("5.00 USD")
    try:
        ticket: int | None = mt5.change_balance(
            login, money, BalanceKind.BALANCE, reference="saga/1"
        )
    except Unknown:
        ticket = mt5.find_balance_operation(login, "saga/1", since)
    found = mt5.find_balance_operation(login, "saga/1", since)
    assert found == ticket
    moved = Decimal("1005.00") if found else Decimal("1000.00")
    assert mt5.account_state(login).balance == moved
    mt5.close()


def test_a_wrong_manager_password_is_refused(server: Server) -> None:
    wrong = server.settings.model_copy(update={"password": SecretStr("Wrong1!x")})
    with pytest.raises(Refused) as refusal:
        Mt5(wrong).logins()
    assert refusal.value.code == "1001"


def test_the_servers_clock_is_read_by_its_daylight_rule(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        for moment in ("2026-03-20T10:00:00+00:00", "2026-07-01T10:00:00+00:00"):
            server.order("clock", at=moment)
            mt5 = Mt5(server.settings)
            login = mt5.open_account(request(), key=moment)
            assert mt5.server_time() == datetime.fromisoformat(moment)
            assert mt5.account(login).registered_at == datetime.fromisoformat(moment)
            mt5.close()
        server.order("clock", at="2026-03-20T10:00:00+00:00")
        american = server.settings.model_copy(update={"daylight_zone": "America/New_York"})
        with pytest.raises(Refused):
            Mt5(american).server_time()
