"""What every platform owes the house, shown on each platform's simulator over its real protocol."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep

import pytest
from pydantic import SecretStr

from nostro.kit import Lots, Money, Refused, Retry, Unknown
from nostro.trading.adapters.tests.conftest import (
    GROUP,
    KINDS,
    OTHER_CURRENCY,
    RAW,
    Kind,
    Server,
    group_of,
    running,
)
from nostro.trading.ports import (
    AccountChange,
    AccountRequest,
    BalanceKind,
    DealEntry,
    DealKind,
    PasswordKind,
    Right,
    Side,
    TradingPlatform,
)


def request(group: str = GROUP) -> AccountRequest:
    return AccountRequest(
        group=group,
        leverage=30,
        name="Ada = Love|lace\\",
        password="Passw0rd!",
        investor_password="Invest0r!",
        client_code="C-1",
        email="ada@example.com",
        country="CY",
    )


def funded(platform: TradingPlatform, key: str, group: str = GROUP) -> int:
    login = platform.open_account(request(group_of(platform, group)), key=key)
    money = Money.of("1000.00 USD")
    platform.change_balance(login, money, BalanceKind.BALANCE, reference=f"{key}/fund")
    return login


def span(platform: TradingPlatform) -> tuple[datetime, datetime]:
    now = platform.server_time()
    return now - timedelta(hours=1), now + timedelta(hours=1)


def test_times_are_in_utc(platform: TradingPlatform) -> None:
    assert platform.server_time().utcoffset() == timedelta()


def test_an_account_is_opened_and_found_by_its_key(platform: TradingPlatform) -> None:
    login = platform.open_account(request(group_of(platform, GROUP)), key="open/1")
    account = platform.account(login)
    assert (account.name, account.leverage) == ("Ada = Love|lace\\", 30)
    assert account.group == group_of(platform, GROUP)
    assert (account.enabled, account.trading, account.client_code) == (True, Right.FULL, "C-1")
    assert (account.balance + account.credit, account.comment) == (Decimal(0), "open/1")
    assert account.registered_at is not None
    assert abs(account.registered_at - platform.server_time()) < timedelta(minutes=5)
    assert platform.find_account("open/1") == login
    assert platform.find_account("open/1", group=group_of(platform, GROUP)) == login
    assert platform.find_account("open/1", group=group_of(platform, RAW)) is None
    assert platform.find_account("never used") is None
    assert login in platform.logins(group_of(platform, r"real\CY-*"))
    assert login not in platform.logins("*,!" + group_of(platform, r"real\CY-*"))


def test_an_account_opened_without_an_answer_is_found_and_not_opened_twice(
    server: Server, platform: TradingPlatform
) -> None:
    before = len(platform.logins())
    server.misbehave("drop_after_acting", server.kind.opens)
    with pytest.raises(Unknown):
        platform.open_account(request(group_of(platform, GROUP)), key="lost answer")
    assert platform.find_account("lost answer", group=group_of(platform, GROUP)) is not None
    assert len(platform.logins()) == before + 1


def test_money_that_moved_without_an_answer_is_found_by_its_reference(
    server: Server, platform: TradingPlatform
) -> None:
    login = funded(platform, "lost")
    since = platform.server_time() - timedelta(minutes=1)
    assert platform.find_balance_operation(login, "W-17", since) is None
    server.misbehave("drop_after_acting", server.kind.pays)
    money = Money.of("-100.25 USD")
    with pytest.raises(Unknown):
        platform.change_balance(login, money, BalanceKind.BALANCE, reference="W-17")
    ticket = platform.find_balance_operation(login, "W-17", since)
    assert platform.account_state(login).balance == Decimal("899.75")
    (deals,) = platform.deals(*span(platform), logins=[login])
    assert [one.ticket for one in deals if one.comment == "W-17"] == [ticket]


def test_a_question_without_an_answer_may_be_asked_again(
    server: Server, platform: TradingPlatform
) -> None:
    login = funded(platform, "question")
    server.misbehave("drop_after_acting", server.kind.reads)
    with pytest.raises(Retry):
        platform.account(login)
    assert platform.account(login).balance == Decimal("1000.00")


def test_sessions_that_are_forgotten_are_opened_again(
    server: Server, platform: TradingPlatform
) -> None:
    login = funded(platform, "forgotten")
    assert list(platform.positions([login])) == []
    server.order("misbehave", what="forget_sessions")
    for _ in range(3):
        try:
            assert platform.account(login).login == login
            assert list(platform.positions([login])) == []
        except Retry:
            continue
        break
    else:
        pytest.fail("The platform was not reached again.")


def test_money_goes_in_and_out_with_a_ticket_each(
    server: Server, platform: TradingPlatform
) -> None:
    login = funded(platform, "money")
    credit, fee = Money.of("50.10 USD"), Money.of("-2.00 USD")
    ticket = platform.change_balance(login, credit, BalanceKind.CREDIT, reference="bonus 1")
    platform.change_balance(login, fee, BalanceKind.CORRECTION, reference="fix 1")
    state = platform.account_state(login)
    assert (state.balance, state.credit) == (Decimal("998.00"), Decimal("50.10"))
    assert (state.equity, state.free_margin) == (Decimal("1048.10"), Decimal("1048.10"))
    assert state.margin == state.margin_level == state.floating == 0
    deals = [deal for page in platform.deals(*span(platform), logins=[login]) for deal in page]
    assert [(deal.kind, deal.profit, deal.comment) for deal in deals] == [
        (DealKind.BALANCE, Decimal("1000.00"), "money/fund"),
        (DealKind.CREDIT, Decimal("50.10"), "bonus 1"),
        (server.kind.corrects, Decimal("-2.00"), "fix 1"),
    ]
    assert deals[1].ticket == ticket
    assert abs(deals[0].at - platform.server_time()) < timedelta(minutes=5)


def test_what_the_platform_refuses_changes_nothing(platform: TradingPlatform) -> None:
    login = funded(platform, "refused")
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
            platform.change_balance(
                whose, Money.of(money), BalanceKind.BALANCE, reference=reference
            )
        assert refusal.value.reason.endswith(".")
    assert platform.account_state(login).balance == Decimal("1000.00")
    assert sum(len(page) for page in platform.deals(*span(platform), logins=[login])) == 1


def test_deals_come_in_pages_and_go_on_from_an_offset(platform: TradingPlatform) -> None:
    login = funded(platform, "pages")
    for place in range(104):
        platform.change_balance(
            login, Money.of("0.01 USD"), BalanceKind.CORRECTION, reference=f"page {place}"
        )
    pages = list(platform.deals(*span(platform), logins=[login]))
    assert [len(page) for page in pages] == [100, 5]
    rest = [one for page in platform.deals(*span(platform), logins=[login], offset=98)
            for one in page]  # fmt: skip
    assert [deal.comment for deal in rest] == [f"page {place}" for place in range(97, 104)]
    other = funded(platform, "after pages")
    both = [
        deal.login
        for page in platform.deals(*span(platform), logins=[login, other], offset=103)
        for deal in page
    ]
    assert both == [login, login, other]
    everyone = {deal.login for page in platform.deals(*span(platform)) for deal in page}
    assert {login, other} <= everyone
    assert list(platform.deals(*span(platform), logins=[99])) == []


def test_an_account_is_changed_in_what_was_asked_and_nothing_else(
    platform: TradingPlatform,
) -> None:
    login = funded(platform, "change")
    raw, other = group_of(platform, RAW), group_of(platform, OTHER_CURRENCY)
    closing, looking = AccountChange(trading=Right.CLOSE_ONLY), AccountChange(trading=Right.NONE)
    # Only cTrader lets an account close what it holds and no more.
    closes = Right.CLOSE_ONLY if type(platform).__name__ == "CTrader" else Right.NONE
    changed = platform.change_account(login, replace(closing, group=raw, leverage=10))
    assert (changed.group, changed.leverage) == (raw, 10)
    assert (changed.enabled, changed.trading) == (True, closes)
    assert (changed.name, changed.client_code) == ("Ada = Love|lace\\", "C-1")
    assert platform.change_account(login, AccountChange(leverage=20)).trading == closes
    assert platform.change_account(login, looking).trading == Right.NONE
    assert platform.change_account(login, AccountChange(leverage=30)).trading == Right.NONE
    assert platform.accounts([login])[0].trading == Right.NONE
    back = platform.change_account(login, AccountChange(trading=Right.FULL))
    assert back.trading == Right.FULL
    assert not platform.change_account(login, AccountChange(enabled=False)).enabled
    assert platform.change_account(login, AccountChange(enabled=True)).enabled
    assert platform.change_account(login, AccountChange(name="Ada King")).name == "Ada King"
    with pytest.raises(Refused):
        platform.change_account(login, AccountChange(group=other))
    with pytest.raises(Refused):
        platform.change_account(login, AccountChange(group=group_of(platform, r"real\Nowhere")))
    assert platform.account(login).group == raw


def test_a_main_password_is_set_and_checked(platform: TradingPlatform) -> None:
    login = funded(platform, "password")
    assert platform.check_password(login, "Passw0rd!", PasswordKind.MAIN)
    platform.set_password(login, "N3w|pass=\\", PasswordKind.MAIN)
    assert platform.check_password(login, "N3w|pass=\\", PasswordKind.MAIN)
    assert not platform.check_password(login, "Passw0rd!", PasswordKind.MAIN)
    platform.set_password(login, "L00k|only=\\", PasswordKind.INVESTOR)
    assert platform.check_password(login, "N3w|pass=\\", PasswordKind.MAIN)


def test_a_sign_in_can_be_given_again(platform: TradingPlatform) -> None:
    login = funded(platform, "sign in")
    for _ in range(2):
        platform.give_sign_in(login, email="ada@example.com", password="Passw0rd!")
    assert platform.check_password(login, "Passw0rd!", PasswordKind.MAIN)


def test_many_accounts_are_read_and_missing_ones_left_out(platform: TradingPlatform) -> None:
    logins = [funded(platform, f"many {place}") for place in range(5)]
    for some in (logins, logins[:2]):
        assert [account.login for account in platform.accounts(some)] == some
        assert [account.login for account in platform.accounts([*some, 99])] == some
        states = platform.account_states([*some, 99])
        assert [(state.login, state.balance) for state in states] == [
            (login, Decimal(1000)) for login in some
        ]
    with pytest.raises(Refused):
        platform.account(99)


def test_the_catalogue_is_read(server: Server, platform: TradingPlatform) -> None:
    groups = {group.name: group for group in platform.groups()}
    usual, other = (groups[group_of(platform, name)] for name in (GROUP, OTHER_CURRENCY))
    assert (usual.currency, other.currency) == ("USD", "EUR")
    assert (usual.stop_out, usual.hedging) == (Decimal(50), True)
    symbols = {symbol.name: symbol for symbol in platform.symbols()}
    euro, gold = symbols["EURUSD"], symbols["XAUUSD"]
    assert (euro.base, euro.profit_currency, euro.digits) == ("EUR", "USD", 5)
    assert (euro.contract_size, euro.smallest) == (Decimal(100_000), Lots("0.01"))
    assert (euro.step, euro.tick_size) == (Lots("0.01"), Decimal("0.00001"))
    assert (gold.contract_size, gold.profit_currency, gold.digits) == (Decimal(100), "USD", 2)
    assert symbols["US500"].path == ("Indices\\US500" if server.kind.paths else "")


def test_ticks_are_those_newer_than_the_mark(platform: TradingPlatform) -> None:
    ticks, mark = platform.ticks(["EURUSD", "XAUUSD"])
    assert {tick.symbol for tick in ticks} == {"EURUSD", "XAUUSD"}
    assert all(0 < tick.bid <= tick.ask for tick in ticks)
    assert mark > 0
    again, _ = platform.ticks(["EURUSD", "XAUUSD"], mark)
    assert len(again) <= 2


def test_a_trade_is_a_deal_and_a_position(server: Server, platform: TradingPlatform) -> None:
    login = funded(platform, "trade")
    opened = server.order("trade", login=login, symbol="EURUSD", side="sell", lots="0.05")
    ((position,),) = platform.positions([login])
    assert (position.symbol, position.side, position.lots) == ("EURUSD", Side.SELL, Lots("0.05"))
    assert (position.ticket, str(position.open_price)) == (opened["position"], opened["price"])
    assert (position.contract_size, position.profit_rate) == (Decimal(100_000), Decimal(1))
    assert abs(position.opened_at - platform.server_time()) < timedelta(minutes=5)
    assert platform.account_state(login).margin > 0
    closed = server.order("close", position=position.ticket)
    assert list(platform.positions([login])) == []
    ((_, bought, sold),) = platform.deals(*span(platform), logins=[login])
    assert (bought.kind, bought.entry, sold.entry) == (DealKind.SELL, DealEntry.IN, DealEntry.OUT)
    assert (sold.lots, sold.closed_lots) == (Lots("0.05"), Lots("0.05"))
    assert (sold.position, sold.position_price) == (position.ticket, position.open_price)
    assert (str(sold.price), str(sold.profit)) == (closed["price"], closed["profit"])
    everyone = [row.login for page in platform.positions() for row in page]
    assert login not in everyone


def test_the_history_of_an_account_adds_up_to_its_balance(
    server: Server, platform: TradingPlatform
) -> None:
    login = funded(platform, "sum", RAW)
    platform.change_balance(login, Money.of("25.00 USD"), BalanceKind.CREDIT, reference="sum/cr")
    for symbol, lots in (("EURUSD", "0.03"), ("USDJPY", "0.02"), ("XAUUSD", "0.01")):
        ticket = server.order("trade", login=login, symbol=symbol, side="buy", lots=lots)
        server.order("close", position=ticket["position"], lots="0.01")
    history = [deal for page in platform.deals(*span(platform), logins=[login]) for deal in page]
    moved = [deal for deal in history if deal.kind != DealKind.CREDIT]
    derived = sum(one.profit + one.swap + one.commission + one.fee for one in moved)
    assert platform.account_state(login).balance == derived
    tickets = [deal.ticket for deal in history]
    assert len(set(tickets)) == len(tickets) == 8
    assert {row.symbol for page in platform.positions([login]) for row in page} == {
        "EURUSD", "USDJPY",
    }  # fmt: skip


@pytest.mark.parametrize(
    "misdeed",
    ["drop_after_acting", "drop_before_acting", "slow", "half_reply", "wrong_length",
     "duplicate_reply", "forget_sessions"],
)  # fmt: skip
def test_whatever_the_line_does_money_moves_at_most_once(server: Server, misdeed: str) -> None:
    platform = server.connect(answer_timeout=0.5)
    login = funded(platform, misdeed)
    since = platform.server_time() - timedelta(minutes=1)
    server.misbehave(misdeed, server.kind.pays, seconds=1.5)
    money, ticket = Money.of("5.00 USD"), None
    try:
        ticket = platform.change_balance(login, money, BalanceKind.BALANCE, reference="saga/1")
    except Unknown:
        for _ in range(3):
            try:
                ticket = platform.find_balance_operation(login, "saga/1", since)
            except Retry:
                continue
            break
    found = platform.find_balance_operation(login, "saga/1", since)
    assert found == ticket
    moved = Decimal("1005.00") if found else Decimal("1000.00")
    assert platform.account_state(login).balance == moved
    platform.close()


def test_what_waits_in_a_servers_queue_happens_later_than_we_look_for_it(server: Server) -> None:
    """So nobody may send it again before `queue_seconds` are over."""
    platform = server.connect(answer_timeout=0.5, queue_limit=3)
    login = funded(platform, "queue")
    since = platform.server_time() - timedelta(minutes=1)
    server.misbehave("act_late", server.kind.pays, seconds=1.5)
    with pytest.raises(Unknown):
        platform.change_balance(
            login, Money.of("5.00 USD"), BalanceKind.BALANCE, reference="queue/1"
        )
    assert platform.find_balance_operation(login, "queue/1", since) is None
    assert platform.queue_seconds() == 3
    until = monotonic() + 15
    while platform.account_state(login).balance == 1000 and monotonic() < until:
        sleep(0.1)
    assert platform.find_balance_operation(login, "queue/1", since)
    assert platform.account_state(login).balance == Decimal("1005.00")
    platform.close()


def test_a_wrong_manager_password_is_refused(server: Server) -> None:
    platform = server.connect(password=SecretStr("Wrong1!x"))
    with pytest.raises(Refused):
        platform.logins()
    with pytest.raises(Refused):
        platform.server_time()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_moments_are_what_they_were_whatever_the_season(kind: Kind, tmp_path: Path) -> None:
    with running(kind, tmp_path) as server:
        for moment in ("2026-03-20T10:00:00+00:00", "2026-07-01T10:00:00+00:00"):
            server.order("clock", at=moment)
            platform = server.connect()
            login = funded(platform, moment[:10])
            at = datetime.fromisoformat(moment)
            assert (platform.server_time(), platform.account(login).registered_at) == (at, at)
            ((deal,),) = platform.deals(*span(platform), logins=[login])
            assert deal.at == at
            platform.close()
