"""Trades and positions that are asked for, beside the reports that go on coming."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from nostro.exposure.adapters.fix44 import Fix44
from nostro.exposure.adapters.fix44.tests.conftest import Keeper, Provider, now
from nostro.exposure.ports import DROP_COPIES, DropCopy, LpSide, Marks
from nostro.kit import Refused, Retry

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_the_adapter_stands_on_its_shelf_and_keeps_its_port(provider: Provider) -> None:
    copy: DropCopy = Fix44(provider.settings())

    assert DROP_COPIES.kinds()["fix44"] is type(provider.settings())
    assert copy.close(Marks(3, 4), clock=now) == Marks(3, 4)


def test_positions_add_up_what_stands(provider: Provider, keeper: Keeper) -> None:
    provider.order("clock", at=MONDAY.isoformat())
    provider.fill("EUR/USD", "buy", quantity="300000")
    provider.fill("EUR/USD", "sell", quantity="100000")
    corrected = provider.fill("XAU/USD", "sell", quantity="100")
    provider.order("correct", exec_id=corrected, quantity="90.5")
    provider.order("cancel", exec_id=provider.fill("USD/JPY"))
    keeper.until(6)

    answer = keeper.adapter.positions(keeper.marks, MONDAY.date(), clock=now)

    euro, gold = answer.items
    assert (euro.symbol, euro.currency, euro.account) == ("EUR/USD", "EUR", "NOSTRO-HEDGE")
    assert (euro.long, euro.short, euro.net) == (
        Decimal(300_000),
        Decimal(100_000),
        Decimal(200_000),
    )
    assert (gold.symbol, gold.net) == ("XAU/USD", Decimal("-90.5"))
    assert gold.price > 0 and not gold.is_final
    assert gold.business_date == date(2026, 1, 5)


def test_where_nothing_is_held_no_position_is_told(provider: Provider, keeper: Keeper) -> None:
    assert keeper.adapter.positions(keeper.marks, MONDAY.date(), clock=now).items == ()


def test_reports_that_come_while_we_ask_are_kept(provider: Provider, keeper: Keeper) -> None:
    names = [provider.fill(), provider.fill()]

    answer = keeper.adapter.positions(keeper.marks, now().date(), clock=now)
    keeper.kept += answer.batch.reports
    keeper.marks = answer.batch.marks
    keeper.until(2)

    assert keeper.exec_ids == names


def test_trades_that_stand_are_told_with_their_corrections(
    provider: Provider, keeper: Keeper
) -> None:
    provider.order("clock", at=MONDAY.isoformat())
    wrong = provider.fill("EUR/USD", "sell", price="1.1")
    right = provider.order("correct", exec_id=wrong, price="1.2")["exec_id"]
    provider.order("cancel", exec_id=provider.fill("USD/JPY"))
    provider.order("clock", at=(MONDAY + timedelta(hours=2)).isoformat())
    later = provider.fill("GBP/USD")
    keeper.until(5)

    def told(since: datetime, until: datetime) -> list[str]:
        answer = keeper.adapter.trades(keeper.marks, since, until, clock=now)
        keeper.marks = answer.batch.marks
        return [one.exec_id for one in answer.items]

    hour = timedelta(hours=1)
    assert told(MONDAY, MONDAY + 2 * hour) == [right, later]
    assert told(MONDAY - hour, MONDAY + hour) == [right]
    assert told(MONDAY - 2 * hour, MONDAY - hour) == []
    [trade] = keeper.adapter.trades(keeper.marks, MONDAY, MONDAY, clock=now).items
    assert (trade.side, trade.price, trade.at) == (LpSide.SELL, Decimal("1.2"), MONDAY)
    assert (trade.account, trade.currency, trade.cumulative) == ("NOSTRO-HEDGE", "EUR", None)


def test_what_was_lost_with_the_numbers_is_found_among_the_trades(
    provider: Provider, keeper: Keeper
) -> None:
    provider.order("clock", at=MONDAY.isoformat())
    keeper.marks = keeper.adapter.close(keeper.marks, clock=now)
    lost = provider.fill()
    provider.order("reset")

    batch = keeper.adapter.begin_anew(clock=now)
    answer = keeper.adapter.trades(batch.marks, MONDAY, MONDAY, clock=now)
    keeper.marks = answer.batch.marks

    assert batch.is_broken
    assert [one.exec_id for one in answer.items] == [lost]


def test_a_provider_that_wants_new_numbers_each_time_gets_them(provider: Provider) -> None:
    adapter = Fix44(provider.settings(reset_on_logon=True))
    first = adapter.receive(Marks(70, 80), clock=now, within=0.1)
    marks = adapter.close(first.marks, clock=now)
    name = provider.fill()
    second = adapter.receive(marks, clock=now, within=0.1)
    answer = adapter.trades(
        second.marks, now() - timedelta(days=1), now() + timedelta(days=1), clock=now
    )

    assert first.is_broken and first.marks == Marks(2, 2)
    assert second.is_broken and second.reports == ()
    assert [one.exec_id for one in answer.items] == [name]
    adapter.close(answer.batch.marks, clock=now)


def test_another_account_is_refused_with_the_provider_s_words(provider: Provider) -> None:
    adapter = Fix44(provider.settings(account="ANOTHER"))

    with pytest.raises(Refused, match="not yours") as refused:
        adapter.positions(Marks(), MONDAY.date(), clock=now)

    assert refused.value.code == "3"


def test_a_wrong_password_is_refused(provider: Provider) -> None:
    adapter = Fix44(provider.settings(password=SecretStr("open")))

    with pytest.raises(Refused, match="password is wrong") as refused:
        adapter.receive(Marks(), clock=now, within=1)

    assert refused.value.code == "logon"
    assert provider.state()["next_in"] == 1


def test_a_closed_port_is_asked_again_later(provider: Provider) -> None:
    settings = provider.settings()
    provider.stop()

    with pytest.raises(Retry, match="cannot be reached"):
        Fix44(settings).receive(Marks(), clock=now, within=1)

    provider.start()


def test_a_provider_without_a_certificate_is_not_spoken_to(provider: Provider) -> None:
    with pytest.raises(Retry):
        Fix44(provider.settings(encryption=True, connect_timeout=1)).receive(
            Marks(), clock=now, within=1
        )
