"""A night without swaps, asked for late: what its rollover found open, whatever came after."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act, clock_at
from nostro.core.models import Record
from nostro.kit import Lots
from nostro.trading import operations as trading
from nostro.trading import ports
from nostro.trading.models import Platform, TradingAccount
from nostro.trading.ports import DealEntry, DealKind
from nostro.trading.queries.swaps import held_overnight
from nostro.trading.tests import make as trading_make
from tests import make

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 6, 2)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=UTC)


@pytest.fixture
def account(act: Act) -> TradingAccount:
    """Without swaps from the first of June."""
    on = trading_make.platform()
    held = trading_make.account(make.client("SC"), on)
    free = trading.add_group(
        Act.system(), on, path=r"real\SC-USD-Standard-SF", entity=held.entity, currency="USD",
        account_type="standard", swap_free=True,
    )  # fmt: skip
    with clock_at(at(1, 8)):
        return trading.group_set(Act.system(), held, group=free)


def dealt(account: TradingAccount, *deals: ports.Deal) -> None:
    trading.record_deals(Act.system(), account.platform, deals=deals)


def into(account: TradingAccount, ticket: int, when: datetime, lots: str) -> ports.Deal:
    return trading_make.deal(ticket, account.login or 0, at=when, lots=Lots(lots))


def out_of(
    account: TradingAccount, ticket: int, position: int, when: datetime, lots: str
) -> ports.Deal:
    return trading_make.deal(
        ticket, account.login or 0, at=when, lots=Lots(lots), closed_lots=Lots(lots),
        position=position, kind=DealKind.SELL, entry=DealEntry.OUT,
    )  # fmt: skip


def stands(account: TradingAccount, when: datetime, *found: tuple[int, datetime, str]) -> None:
    """All that is open at a moment, as it was read then."""
    positions = [
        ports.Position(
            ticket=ticket, login=account.login or 0, symbol="EURUSD", side=ports.Side.BUY,
            lots=Lots(lots), contract_size=Decimal(100_000), open_price=Decimal("1.1"),
            current_price=Decimal("1.1"), profit=Decimal(0), swap=Decimal(0),
            profit_rate=Decimal(1), opened_at=opened, comment="", raw={},
        )
        for ticket, opened, lots in found
    ]  # fmt: skip
    with clock_at(when):
        trading.record_positions(Act.system(), account.platform, positions=positions)


def found(platform: Platform, night: date) -> list[tuple[str, int]]:
    """Lots and nights of each trade."""
    return [
        (f"{one.lots.normalize():f}", one.nights)
        for own in held_overnight(platform, night)
        for one in own
    ]


def test_it_is_of_the_lots_that_the_rollover_found(account: TradingAccount) -> None:
    """One trade closed since, of another a half, and one opened since."""
    dealt(
        account,
        into(account, 1, at(1, 9), "2"), into(account, 2, at(2, 9), "1"),
        out_of(account, 3, 1, at(3, 9), "2"), out_of(account, 4, 2, at(3, 10), "0.5"),
        into(account, 5, at(3, 11), "0.3"),
    )  # fmt: skip
    stands(account, at(3, 12), (2, at(2, 9), "0.5"), (5, at(3, 11), "0.3"))
    assert found(account.platform, TUESDAY) == [("2", 2), ("1", 1)]
    assert found(account.platform, date(2026, 6, 3)) == [("0.5", 2), ("0.3", 1)]
    assert found(account.platform, date(2026, 5, 31)) == []


def test_a_deal_read_before_its_trade_was_looked_at_again_counts_once(
    account: TradingAccount,
) -> None:
    dealt(account, into(account, 1, at(1, 9), "2"))
    stands(account, at(3, 8), (1, at(1, 9), "2"))
    dealt(account, out_of(account, 2, 1, at(3, 9), "2"))
    assert found(account.platform, TUESDAY) == [("2", 2)]


def test_an_account_that_pays_swaps_again_since_is_asked_for_the_nights_it_did_not(
    account: TradingAccount,
) -> None:
    dealt(account, into(account, 1, at(1, 9), "2"))
    stands(account, at(3, 12), (1, at(1, 9), "2"))
    with_swaps = trading_make.group(account.platform)
    with clock_at(at(4, 8)):
        trading.group_set(Act.system(), account, group=with_swaps)
    account.refresh_from_db()
    assert account.swap_free_since is None
    assert found(account.platform, date(2026, 6, 3)) == [("2", 3)]
    assert found(account.platform, date(2026, 6, 4)) == []


def test_a_trade_whose_opening_was_never_read_is_named_and_not_charged(
    account: TradingAccount,
) -> None:
    """It was closed since, and opened before our deals begin."""
    dealt(
        account, out_of(account, 2, 1, at(3, 9), "2"), into(account, 3, at(1, 9), "1"),
        out_of(account, 4, 3, at(3, 9), "1"), into(account, 5, at(3, 10), "0.4"),
    )  # fmt: skip
    stands(account, at(3, 12), (5, at(3, 10), "0.4"))
    assert found(account.platform, TUESDAY) == [("1", 2)]
    for night, unread in ((TUESDAY, 1), (date(2026, 6, 3), 0)):
        trading.count_night(Act.system(), account.platform, night=night, accounts=1)
        said = Record.objects.filter(
            name="trading.NightLeftUncharged", data__night=night.isoformat()
        )
        assert [row.data["trades"] for row in said] == [1] * unread


def test_many_accounts_take_no_statement_more(account: TradingAccount) -> None:
    stands(account, at(3, 12), *((ticket, at(1, 9), "1") for ticket in range(1, 40)))
    with CaptureQueriesContext(connection) as asked:
        assert len(found(account.platform, TUESDAY)) == 39
    assert len(asked) == 2, "the trades, and whose they are"
