"""The adapter against the simulated server, a process of its own that speaks the real protocols."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from nostro.kit import Lots, Money, Refused, Retry, Unknown
from nostro.trading.adapters.mt4 import Mt4
from nostro.trading.adapters.mt4.tests.conftest import GROUP, Server, funded, request
from nostro.trading.adapters.mt4.tickets import CLOSING
from nostro.trading.ports import (
    AccountChange,
    BalanceKind,
    Deal,
    DealEntry,
    DealKind,
    PasswordKind,
    Right,
    Side,
    TradingPlatform,
)

HOUR = timedelta(hours=1)


def deals_of(mt4: Mt4, login: int) -> list[Deal]:
    now = mt4.server_time()
    return [deal for page in mt4.deals(now - HOUR, now + HOUR, logins=[login]) for deal in page]


def test_it_is_a_trading_platform(mt4: Mt4) -> None:
    platform: TradingPlatform = mt4
    assert platform.server_time() == datetime.fromisoformat("2026-06-01T08:00:00+00:00")


def test_an_account_is_opened_and_found_by_its_key(mt4: Mt4) -> None:
    login = mt4.open_account(request(), key="open/1")
    account = mt4.account(login)
    assert (account.group, account.name, account.leverage) == (GROUP, "Ada = Love|lace\\", 30)
    assert (account.enabled, account.trading, account.client_code) == (True, Right.FULL, "C-1")
    assert account.registered_at == mt4.server_time()
    assert mt4.find_account("open/1") == login
    assert mt4.find_account("open/1", group="CY-*") == login
    assert mt4.find_account("open/1", group="SC-USD-Raw") is None
    assert mt4.find_account("never used") is None


def test_an_account_opened_without_an_answer_is_found_and_not_opened_twice(
    server: Server, mt4: Mt4
) -> None:
    before = len(mt4.logins())
    server.misbehave("drop_after_acting", "CREATEACCOUNT")
    with pytest.raises(Unknown):
        mt4.open_account(request(), key="lost answer")
    assert mt4.find_account("lost answer", group=GROUP) is not None
    assert len(mt4.logins()) == before + 1


def test_money_that_moved_without_an_answer_is_found_by_its_reference(
    server: Server, mt4: Mt4
) -> None:
    login = funded(mt4, "lost")
    since = mt4.server_time() - timedelta(minutes=1)
    assert mt4.find_balance_operation(login, "W-17", since) is None
    server.misbehave("drop_after_acting", "CHANGEBALANCE")
    with pytest.raises(Unknown):
        mt4.change_balance(login, Money.of("-100.25 USD"), BalanceKind.BALANCE, reference="W-17")
    assert mt4.find_balance_operation(login, "W-17", since) is not None
    assert mt4.account_state(login).balance == Decimal("899.75")


def test_what_the_tables_have_not_heard_of_yet_is_asked_of_the_server(alone: Server) -> None:
    mt4 = alone.adapter()
    alone.order("replication", runs=False)
    since = mt4.server_time()
    alone.misbehave("drop_after_acting", "CREATEACCOUNT")
    with pytest.raises(Unknown):
        mt4.open_account(request(), key="late")
    login = mt4.find_account("late")
    assert login is not None
    assert mt4.accounts([login]) == []
    alone.misbehave("drop_after_acting", "CHANGEBALANCE")
    with pytest.raises(Unknown):
        mt4.change_balance(login, Money.of("5.00 USD"), BalanceKind.BALANCE, reference="late/1")
    found = mt4.find_balance_operation(login, "late/1", since)
    assert found is not None
    assert deals_of(mt4, login) == []
    assert mt4.account(login).balance == mt4.account_state(login).equity == Decimal("5.00")

    alone.order("replication", runs=True)

    assert [deal.ticket for deal in deals_of(mt4, login)] == [found]
    mt4.close()


def test_a_row_that_came_late_is_seen_in_the_window_it_was_written_in(alone: Server) -> None:
    mt4 = alone.adapter()
    login = funded(mt4, "slow")
    alone.order("replication", runs=False)
    ticket = alone.trade(login, lots="0.1")
    alone.order("advance", to="2026-06-01T10:00:00")
    now = mt4.server_time()
    minutes = timedelta(minutes=2)
    assert list(mt4.deals(now - minutes, now, logins=[login])) == []

    alone.order("replication", runs=True)

    ((deal,),) = mt4.deals(now - minutes, now, logins=[login])
    assert (deal.ticket, deal.entry, deal.at) == (ticket, DealEntry.IN, now - 2 * HOUR)
    mt4.close()


def test_a_question_without_an_answer_may_be_asked_again(server: Server, mt4: Mt4) -> None:
    login = funded(mt4, "question")
    server.misbehave("drop_after_acting", "SERVERTIME")
    with pytest.raises(Retry):
        mt4.server_time()
    assert mt4.account(login).balance == Decimal("1000.00")
    assert mt4.server_time()


def test_money_goes_in_and_out_with_a_ticket_each(mt4: Mt4) -> None:
    login = funded(mt4, "money")
    credit = Money.of("50.10 USD")
    ticket = mt4.change_balance(login, credit, BalanceKind.CREDIT, reference="bonus 1")
    state = mt4.account_state(login)
    assert (state.balance, state.credit) == (Decimal("1000.00"), Decimal("50.10"))
    assert state.equity == Decimal("1050.10")
    found = deals_of(mt4, login)
    assert [(deal.kind, deal.profit, deal.comment) for deal in found] == [
        (DealKind.BALANCE, Decimal("1000.00"), "money/fund"),
        (DealKind.CREDIT, Decimal("50.10"), "bonus 1"),
    ]
    assert found[1].ticket == ticket
    assert found[0].at == mt4.server_time()


def test_what_the_platform_refuses_changes_nothing(mt4: Mt4) -> None:
    login = funded(mt4, "refused")
    refusals = [
        (login, "-1000.01 USD", "too much"),
        (login, "10.00 EUR", "other currency"),
        (login, "0.00 USD", "nothing"),
        (login, "2000000000.00 USD", "absurd"),
        (login, "1.00 USD", "x" * 32),
        (login, "1.00 USD", "a & b"),
        (login, "1.00 USD", "Ω"),
        (99, "1.00 USD", "nobody"),
    ]
    for whose, money, reference in refusals:
        with pytest.raises(Refused) as refusal:
            mt4.change_balance(whose, Money.of(money), BalanceKind.BALANCE, reference=reference)
        assert refusal.value.reason.endswith(".")
    assert mt4.account_state(login).balance == Decimal("1000.00")
    assert len(deals_of(mt4, login)) == 1


def test_money_that_open_trades_need_is_not_taken_unless_one_insists(
    server: Server, mt4: Mt4
) -> None:
    login = funded(mt4, "margin")
    server.trade(login, lots="0.2")
    out = Money.of("-600.00 USD")
    with pytest.raises(Refused) as refusal:
        mt4.change_balance(login, out, BalanceKind.BALANCE, reference="margin/1")
    assert refusal.value.code == "134"
    mt4.change_balance(login, out, BalanceKind.BALANCE, reference="margin/1", check_margin=False)
    assert mt4.account_state(login).balance == Decimal("400.00")


def test_deals_come_in_pages_and_go_on_from_an_offset(mt4: Mt4) -> None:
    login = funded(mt4, "pages")
    for place in range(104):
        mt4.change_balance(
            login, Money.of("0.01 USD"), BalanceKind.CORRECTION, reference=f"page {place}"
        )
    now = mt4.server_time()
    span = (now - HOUR, now + HOUR)
    assert [len(page) for page in mt4.deals(*span, logins=[login])] == [100, 5]
    rest = [deal for page in mt4.deals(*span, logins=[login], offset=98) for deal in page]
    assert [deal.comment for deal in rest] == [f"page {place}" for place in range(97, 104)]
    other = funded(mt4, "after pages")
    both = [
        deal.login for page in mt4.deals(*span, logins=[login, other], offset=103) for deal in page
    ]
    assert both == [login, login, other]
    everyone = {deal.login for page in mt4.deals(*span) for deal in page}
    assert {login, other} <= everyone


def test_an_account_is_changed_without_touching_its_other_rights(mt4: Mt4) -> None:
    login = funded(mt4, "change")
    wanted = AccountChange("CY-USD-Raw", 10, trading=Right.CLOSE_ONLY, name="Ada & Łucja")
    changed = mt4.change_account(login, wanted)
    assert (changed.group, changed.leverage) == ("CY-USD-Raw", 10)
    assert (changed.enabled, changed.trading, changed.name) == (True, Right.NONE, "Ada + Lucja")
    there = mt4.account(login)
    assert (there.group, there.leverage, there.trading) == ("CY-USD-Raw", 10, Right.NONE)
    assert there.raw["ENABLE_CHANGE_PASS"] == "1"
    back = mt4.change_account(login, AccountChange(trading=Right.FULL))
    assert back.trading == Right.FULL
    with pytest.raises(Refused):
        mt4.change_account(login, AccountChange(group="CY-EUR-Raw"))


def test_passwords_are_set_and_checked(mt4: Mt4) -> None:
    login = funded(mt4, "password")
    assert mt4.check_password(login, "Passw0rd!", PasswordKind.MAIN)
    mt4.set_password(login, "N3w|pass=\\", PasswordKind.MAIN)
    assert mt4.check_password(login, "N3w|pass=\\", PasswordKind.MAIN)
    assert not mt4.check_password(login, "Passw0rd!", PasswordKind.MAIN)
    assert mt4.check_password(login, "Invest0r!", PasswordKind.INVESTOR)
    for bad in ("weak", "N3w&pass", "N3w\0pass"):
        with pytest.raises(Refused):
            mt4.set_password(login, bad, PasswordKind.MAIN)
    with pytest.raises(Refused):
        mt4.check_password(99, "Passw0rd!", PasswordKind.MAIN)


def test_many_accounts_are_read_and_missing_ones_left_out(mt4: Mt4) -> None:
    logins = [funded(mt4, "many 1"), funded(mt4, "many 2")]
    assert [account.login for account in mt4.accounts([*logins, 99])] == logins
    assert [state.login for state in mt4.account_states([*logins, 99])] == logins
    with pytest.raises(Refused):
        mt4.account(99)


def test_the_catalogue_is_what_the_server_shows_and_the_settings_add(mt4: Mt4) -> None:
    groups = {group.name: group for group in mt4.groups()}
    assert groups[GROUP].currency == "USD"
    assert groups[GROUP].stop_out == 50
    symbols = {symbol.name: symbol for symbol in mt4.symbols()}
    euro, gold, coin = (symbols[name] for name in ("EURUSD", "XAUUSD", "BTCUSD"))
    assert (euro.base, euro.profit_currency, euro.digits) == ("EUR", "USD", 5)
    assert euro.contract_size == 100_000
    assert euro.smallest == Decimal("0.01")
    assert gold.contract_size == 100
    assert gold.margin_currency == "XAU"
    assert coin.contract_size == 1
    assert coin.base == "BTC"
    assert "WTI" not in symbols


def test_ticks_are_those_newer_than_the_mark(mt4: Mt4) -> None:
    ticks, mark = mt4.ticks(["EURUSD", "XAUUSD"])
    assert {tick.symbol for tick in ticks} == {"EURUSD", "XAUUSD"}
    assert all(0 < tick.bid <= tick.ask for tick in ticks)
    again, mark = mt4.ticks(["EURUSD", "XAUUSD"], mark)
    assert {tick.symbol for tick in again} <= {"EURUSD", "XAUUSD"}
    assert mt4.ticks(["EURUSD", "XAUUSD"], mark) == ([], mark)


def test_a_trade_is_two_deals_and_a_position_between_them(server: Server, mt4: Mt4) -> None:
    login = funded(mt4, "trade", "SC-USD-Raw")
    ticket = server.trade(login, side="sell", lots="0.05")
    ((position,),) = mt4.positions([login])
    assert (position.symbol, position.side, position.lots) == ("EURUSD", Side.SELL, Lots("0.05"))
    assert (position.ticket, position.opened_at) == (ticket, mt4.server_time())
    state = mt4.account_state(login)
    assert state.margin > 0
    # The commission of an open trade is charged when it closes; the equity knows of it already.
    assert state.balance == Decimal("1000.00")
    assert state.floating == position.profit + position.swap - Decimal("0.18")

    closed = server.order("close", position=ticket)

    assert list(mt4.positions([login])) == []
    _, opening, closing = deals_of(mt4, login)
    assert (opening.ticket, closing.ticket) == (ticket, CLOSING + ticket)
    assert (opening.kind, opening.entry) == (DealKind.SELL, DealEntry.IN)
    assert (closing.kind, closing.entry) == (DealKind.BUY, DealEntry.OUT)
    assert opening.profit == opening.commission == 0
    assert (str(closing.profit), str(closing.commission)) == (closed["profit"], "-0.36")
    assert (closing.position, closing.position_price) == (ticket, opening.price)
    assert mt4.account_state(login).balance == Decimal("1000.00") + closing.profit - Decimal("0.36")


def test_a_ticket_closed_in_part_stays_one_position(server: Server, mt4: Mt4) -> None:
    login = funded(mt4, "parts", "SC-USD-Raw")
    first = server.trade(login, lots="0.10")
    (_, whole) = deals_of(mt4, login)
    second = server.order("close", position=first, lots="0.03")["rest"]
    third = server.order("close", position=second, lots="0.02")["rest"]
    ((position,),) = mt4.positions([login])
    assert (position.ticket, position.lots) == (first, Lots("0.05"))
    assert position.raw["TICKET"] == str(third)
    server.order("close", position=third)

    _, opening, *parts = deals_of(mt4, login)

    assert (opening.ticket, opening.lots) == (whole.ticket, whole.lots) == (first, Lots("0.10"))
    assert [part.ticket - CLOSING for part in parts] == [first, second, third]
    assert [str(part.lots) for part in parts] == ["0.03", "0.02", "0.05"]
    assert {part.position for part in parts} == {first}
    costs = sum(part.profit + part.commission for part in parts)
    assert mt4.account_state(login).balance == Decimal("1000.00") + costs


def test_what_robots_did_in_a_month_adds_up_to_every_balance(alone: Server) -> None:
    mt4 = alone.adapter()
    logins = [
        funded(mt4, f"robot {n}", group, "5000.00 USD")
        for n, group in enumerate((GROUP, "SC-USD-Raw", "CY-USD-Raw", "SC-USD-Standard"))
    ]
    alone.order("advance", to="2026-07-01T08:00:00")
    now = mt4.server_time()
    sums = dict.fromkeys(logins, Decimal(0))
    tickets = set()
    for page in mt4.deals(now - timedelta(days=40), now + HOUR):
        for deal in page:
            tickets.add(deal.ticket)
            sums[deal.login] += deal.profit + deal.swap + deal.commission + deal.fee
    assert len(tickets) > 40
    assert sums == {state.login: state.balance for state in mt4.account_states(logins)}
    floating = dict.fromkeys(logins, Decimal(0))
    for some in mt4.positions():
        for one in some:
            charged = Decimal(one.raw["COMMISSION"])
            floating[one.login] += one.profit + one.swap + charged
    assert floating == {state.login: state.floating for state in mt4.account_states(logins)}
    mt4.close()


@pytest.mark.parametrize(
    "misdeed",
    ["drop_after_acting", "drop_before_acting", "slow", "half_reply", "wrong_length",
     "duplicate_reply", "reorder", "forget_sessions"],
)  # fmt: skip
@pytest.mark.parametrize("kind", [BalanceKind.BALANCE, BalanceKind.CREDIT])
def test_whatever_the_line_does_money_moves_at_most_once(
    server: Server, misdeed: str, kind: BalanceKind
) -> None:
    mt4 = server.adapter(answer_timeout=0.5)
    login = funded(mt4, f"{misdeed}/{kind}")
    since = mt4.server_time() - timedelta(minutes=1)
    action = "CHANGECREDIT" if kind == BalanceKind.CREDIT else "CHANGEBALANCE"
    server.misbehave(misdeed, action, seconds=1.5)
    try:
        ticket: int | None = mt4.change_balance(
            login, Money.of("5.00 USD"), kind, reference="saga/1"
        )
    except Unknown:
        ticket = mt4.find_balance_operation(login, "saga/1", since)
    found = mt4.find_balance_operation(login, "saga/1", since)
    assert found == ticket
    state = mt4.account_state(login)
    assert state.equity == (Decimal("1005.00") if found else Decimal("1000.00"))
    assert len(deals_of(mt4, login)) == (2 if found else 1)
    mt4.close()


def test_a_wrong_secret_is_refused_and_a_wrong_mask_is_not_answered(server: Server) -> None:
    with pytest.raises(Refused) as refusal:
        server.adapter(secret=SecretStr("wrong")).server_time()
    assert refusal.value.code == "11"
    wrong = server.adapter(mask=SecretStr("Wrong!"), answer_timeout=0.5)
    with pytest.raises(Retry):
        wrong.server_time()
    with pytest.raises(Unknown):
        wrong.open_account(request(), key="hidden")
    assert server.adapter().find_account("hidden") is None


def test_the_servers_clock_is_read_by_its_daylight_rule(alone: Server) -> None:
    mt4 = alone.adapter()
    for moment in ("2026-03-20T10:00:00+00:00", "2026-07-01T10:00:00+00:00"):
        alone.order("clock", at=moment)
        login = mt4.open_account(request(), key=moment)
        assert mt4.server_time() == datetime.fromisoformat(moment)
        assert mt4.account(login).registered_at == datetime.fromisoformat(moment)
    american = alone.adapter(daylight_zone="America/New_York")
    alone.order("clock", at="2026-03-20T10:00:00+00:00")
    assert american.server_time() == datetime.fromisoformat("2026-03-20T09:00:00+00:00")
    # A server that changed its clock on another day is an hour off, and says so to everybody.
    alone.order("shift-clock", minutes=60)
    assert mt4.server_time() == datetime.fromisoformat("2026-03-20T11:00:00+00:00")
    assert american.server_time() == datetime.fromisoformat("2026-03-20T10:00:00+00:00")
    for one in (mt4, american):
        one.close()


def test_deals_of_the_hour_that_comes_twice_are_all_seen(alone: Server) -> None:
    alone.order("clock", at="2026-10-24T23:00:00+00:00")
    mt4 = alone.adapter()
    login = funded(mt4, "autumn")
    begins = datetime.fromisoformat("2026-10-25T00:00:00+00:00")
    for minutes in (30, 50, 70, 90, 130):
        alone.order("clock", at=(begins + timedelta(minutes=minutes)).isoformat())
        reference = f"after {minutes}"
        mt4.change_balance(login, Money.of("1.00 USD"), BalanceKind.BALANCE, reference=reference)
        now = begins + timedelta(minutes=minutes)
        span = (now - timedelta(minutes=2), now + timedelta(minutes=2))
        comments = {deal.comment for page in mt4.deals(*span, logins=[login]) for deal in page}
        assert reference in comments
        assert mt4.find_balance_operation(login, reference, now) is not None
    mt4.close()
