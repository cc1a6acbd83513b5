"""Figures against a brute-force sum, alerts with their two levels, and who sees what."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, Literal

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record
from nostro.core.queries import find
from nostro.core.states import WrongState
from nostro.exposure import queries
from nostro.exposure.models import Alert, Limit, Reading
from nostro.exposure.operations import (
    BadLimit,
    acknowledge_alert,
    keep_reading,
    remove_limit,
    set_limit,
)
from nostro.exposure.reactions import watch_limits
from nostro.exposure.tests.make import Market, market
from nostro.kit.problems import NotFound, Problem
from nostro.trading import operations as trading
from nostro.trading.models import Group, PlatformSymbol, Position
from nostro.trading.operations import set_book
from nostro.trading.rates import usd_rates
from nostro.trading.tests import make as on_trading
from tests import make

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")


@pytest.fixture
def markets(act: Act) -> Market:
    return market()


def by_hand(code: str) -> tuple[Decimal, Decimal]:
    """Net and floating result of one instrument in USD, position by position."""
    net = floating = Decimal(0)
    for one in Position.objects.filter(instrument__code=code):
        price = PlatformSymbol.objects.get(platform=one.platform, name=one.symbol)
        assert price.bid is not None
        assert price.ask is not None
        assert one.instrument is not None
        fx = usd_rates()[one.instrument.quote]
        units = one.side * one.lots * one.contract_size
        net += units * (price.bid + price.ask) / 2 * fx
        floating += units * ((price.bid if one.side > 0 else price.ask) - one.price_open) * fx
    return net, floating


def test_figures_are_the_brute_force_sum_of_positions(act: Act, markets: Market) -> None:
    random = Random(7)
    accounts = [markets.account(make.client("SC")) for _ in range(3)]
    for _ in range(60):
        name, price = random.choice(
            [("EURUSD", "1.07"), ("USDJPY", "150.2"), ("XAUUSD", "2390"), ("EURUSD.m", "1.09")]
        )
        lots = str(Decimal(random.randint(1, 900)) / 100)
        markets.hold(random.choice(accounts), name, random.choice([1, -1]), lots, price)

    seen = queries.exposure(act)

    assert {row.code for row in seen.rows} == {"EURUSD", "USDJPY", "XAUUSD"}, "EURUSD.m is EURUSD"
    assert seen.positions == 60
    for row in seen.rows:
        net, floating = by_hand(row.code)
        assert abs(row.net - net) < CENT
        assert abs(row.floating - floating) < CENT
        held = Position.objects.filter(instrument__code=row.code)
        assert row.net_lots == sum(one.side * one.lots for one in held)
    exact = {one.code: one.usd for one in queries.exact_nets()}
    for row in seen.rows:
        assert abs(exact[row.code] - row.net) <= CENT


def test_currencies_are_the_legs_of_the_instruments(act: Act, markets: Market) -> None:
    account = markets.account(make.client("SC"))
    markets.hold(account, "EURUSD", 1, "2.00", "1.08")
    markets.hold(account, "USDJPY", 1, "1.00", "150")
    legs = dict(queries.exposure(act).currencies)
    euro, yen = by_hand("EURUSD")[0], by_hand("USDJPY")[0]
    assert abs(legs["EUR"] - euro) < CENT
    assert abs(legs["JPY"] + yen) < CENT
    assert abs(legs["USD"] - (yen - euro)) < CENT
    assert sum(legs.values()) == 0


def test_a_tick_moves_the_result_and_a_shock_changes_nothing(act: Act, markets: Market) -> None:
    account = markets.account(make.client("SC"))
    markets.hold(account, "XAUUSD", -1, "10.00", "2400.40")
    assert queries.exposure(act).house_result == 0
    markets.quote("XAUUSD", "2410.00", "2410.40")
    assert queries.exposure(act).house_result == Decimal("10000.00")

    ((row, change),) = queries.what_if(act, moves={"": -0.05})

    assert row.code == "XAUUSD"
    assert abs(change - Decimal("-120520.00")) < CENT, "5 % of 10 lots at the ask"
    assert queries.exposure(act).house_result == Decimal("10000.00")


def test_a_group_that_changes_its_book_takes_its_risk_along(act: Act, markets: Market) -> None:
    account = markets.account(make.client("SC"))
    markets.hold(account, "XAUUSD", 1, "10.00", "2400")
    set_book(Act.system(), Group.objects.get(path=str(account.group)), book="a")
    markets.fresh()
    assert queries.exposure(act, book="b").rows == []
    (row,) = queries.exposure(act, book="a").rows
    assert row.open == 0
    assert queries.exposure(act, book="both").passed_on == 100


def test_clients_behind_a_net_share_it(act: Act, markets: Market) -> None:
    ada, eve = make.client("SC"), make.client("SC")
    markets.hold(markets.account(ada), "XAUUSD", 1, "9.00", "2400")
    markets.hold(markets.account(eve), "XAUUSD", 1, "1.00", "2400")
    largest, other = queries.behind(act, code="XAUUSD")
    assert (largest.client, largest.share) == (ada, Decimal(90))
    assert (other.client, other.share) == (eve, Decimal(10))
    drilled = queries.positions_behind(act, code="XAUUSD")
    assert [one.account.client for one in drilled] == [ada, eve]


def test_an_alert_is_raised_at_one_level_and_cleared_only_below_another(
    act: Act, markets: Market
) -> None:
    account = markets.account(make.client("SC"))
    set_limit(act, kind="instrument", code="XAUUSD", amount=Decimal(2_400_000), reason="test")
    markets.hold(account, "XAUUSD", 1, "9.90", "2400")
    watch_limits(Act.system())
    assert not Alert.objects.exists(), "99 % is below the entry level"

    markets.hold(account, "XAUUSD", 1, "0.20", "2400")
    watch_limits(Act.system())
    alert = Alert.objects.get()
    assert (alert.key, alert.status) == ("b/instrument/XAUUSD", Alert.Status.OPEN)
    before = Record.objects.count()
    watch_limits(Act.system())
    assert Record.objects.count() == before, "it is not said again each minute"

    later = now() + timedelta(minutes=30)
    markets.hold(account, "XAUUSD", -1, "0.60", "2400")
    with clock_at(later):
        watch_limits(Act.system())
    alert.refresh_from_db()
    assert alert.status == Alert.Status.OPEN, "95 % is not below the exit level"

    markets.hold(account, "XAUUSD", -1, "2.00", "2400")
    watch_limits(Act.system())
    alert.refresh_from_db()
    assert alert.status == Alert.Status.OPEN, "not before its shortest time"
    with clock_at(later):
        watch_limits(Act.system())
    alert.refresh_from_db()
    assert alert.status == Alert.Status.CLEARED

    markets.hold(account, "XAUUSD", 1, "5.00", "2400")
    watch_limits(Act.system())
    assert Alert.objects.count() == 2, "another time is another alert"


def test_an_alert_of_positions_that_are_gone_ends(act: Act, markets: Market) -> None:
    account = markets.account(make.client("SC"))
    set_limit(act, kind="instrument", code="XAUUSD", amount=Decimal(1000), reason="test")
    markets.hold(account, "XAUUSD", 1, "1.00", "2400")
    watch_limits(Act.system())
    markets.close_all()
    with clock_at(now() + timedelta(hours=1)):
        watch_limits(Act.system())
    assert Alert.objects.get().status == Alert.Status.CLEARED


def test_the_rule_holds_where_nobody_set_a_limit(act: Act, markets: Market) -> None:
    account = markets.account(make.client("SC"))
    for _ in range(3):
        markets.hold(account, "XAUUSD", 1, "8.00", "2400")
    watch_limits(Act.system())
    (alert,) = Alert.objects.filter(kind="instrument")
    assert alert.limit == 5_000_000
    assert alert.decision
    assert "metal" in alert.why
    limit = set_limit(
        Act.system(), kind="instrument", code="XAUUSD", amount=Decimal(9_000_000), reason="hedged"
    )
    with clock_at(now() + timedelta(minutes=9)):
        watch_limits(Act.system())
    alert.refresh_from_db()
    assert alert.status == Alert.Status.CLEARED
    remove_limit(Act.system(), limit)
    watch_limits(Act.system())
    assert Alert.objects.exclude(status=Alert.Status.CLEARED).count() == 1


def test_an_alert_is_taken_once_with_a_word(act: Act, markets: Market) -> None:
    account = markets.account(make.client("SC"))
    set_limit(act, kind="instrument", code="XAUUSD", amount=Decimal(1000), reason="test")
    markets.hold(account, "XAUUSD", 1, "1.00", "2400")
    watch_limits(Act.system())
    alert = Alert.objects.get()
    dealer = make.staff("exposure.*")
    with pytest.raises(Problem):
        acknowledge_alert(make.act_of(dealer), alert, note=" ")
    acknowledge_alert(make.act_of(dealer), alert, note="Selling one lot")
    with pytest.raises(WrongState):
        acknowledge_alert(make.act_of(dealer), alert, note="again")
    alert.refresh_from_db()
    assert (alert.owner, alert.note) == (dealer, "Selling one lot")


@pytest.mark.parametrize(
    ("kind", "code", "amount", "reason"),
    [
        ("instrument", "NOSUCH", "100", "x"), ("instrument", "", "100", "x"),
        ("currency", "n0t", "100", "x"), ("instrument", "XAUUSD", "0", "x"),
        ("instrument", "XAUUSD", "-5", "x"), ("instrument", "XAUUSD", "NaN", "x"),
        ("instrument", "XAUUSD", "1e20", "x"), ("instrument", "XAUUSD", "5", "  "),
    ],
)  # fmt: skip
def test_bad_limits_change_nothing(
    markets: Market,
    kind: Literal["instrument", "currency"],
    code: str,
    amount: str,
    reason: str,
) -> None:
    before = Record.objects.count()
    with pytest.raises((BadLimit, Problem)):
        set_limit(
            Act.system(),
            kind=kind,
            code=code,
            amount=Decimal(amount),
            reason=reason,
        )
    assert not Limit.objects.exists()
    assert Record.objects.count() == before


def test_another_entity_sees_nothing(act: Act, markets: Market) -> None:
    account = markets.account(make.client("SC"))
    set_limit(act, kind="instrument", code="XAUUSD", amount=Decimal(1000), reason="test")
    markets.hold(account, "XAUUSD", 1, "1.00", "2400")
    watch_limits(Act.system())
    keep_reading(Act.system())
    theirs = make.act_of(make.staff("exposure.*", "trading.*", "people.*", entities=["UK"]))
    ours = make.act_of(make.staff("exposure.*", "trading.*", "people.*", entities=["SC"]))

    seen = queries.exposure(theirs)
    assert (seen.rows, seen.positions, seen.currencies) == ([], 0, [])
    assert queries.behind(theirs, code="XAUUSD") == []
    assert queries.what_if(theirs, moves={"": 0.1}) == []
    assert not queries.positions_behind(theirs, code="XAUUSD").exists()
    assert all(not nets for _, nets in queries.readings_today(theirs))
    assert not queries.alerts(theirs).exists()
    with pytest.raises(NotFound):
        find(theirs, Alert, Alert.objects.get().pk)
    assert len(queries.exposure(ours).rows) == 1
    assert not queries.alerts(ours).exists(), "the house's figure is not one entity's to see"


def test_who_sees_only_own_clients_sees_only_their_risk(act: Act, markets: Market) -> None:
    austria, cyprus = make.client("SC", country="AT"), make.client("SC", country="CY")
    markets.hold(markets.account(austria), "XAUUSD", 1, "1.00", "2400")
    markets.hold(markets.account(cyprus), "XAUUSD", 1, "3.00", "2400")
    person = make.staff("exposure.*", "trading.*", "people.*")
    person.countries = ["AT"]
    from nostro.core.guard import acting_as_system

    with acting_as_system("a test"):
        person.save()
    (row,) = queries.exposure(make.act_of(person)).rows
    assert row.long_lots == 1


def test_a_symbol_without_a_price_is_said_to_be_left_out(act: Act, markets: Market) -> None:
    account = markets.account(make.client("SC"))
    markets.hold(account, "XAUUSD", 1, "2.00", "2400")
    from nostro.core.guard import acting_as_system

    with acting_as_system("a test"):
        PlatformSymbol.objects.filter(name="XAUUSD").update(bid=None, ask=None)
    markets.fresh()
    (row,) = queries.exposure(act).rows
    assert (row.net, row.unpriced_lots) == (Decimal(0), Decimal(2))


def test_a_reading_is_kept_for_the_day(act: Act, markets: Market) -> None:
    markets.hold(markets.account(make.client("SC")), "XAUUSD", 1, "2.00", "2400")
    keep_reading(act)
    assert Reading.objects.get().positions == 1
    ((_, nets),) = queries.readings_today(Act.system())
    assert nets["XAUUSD"] == Decimal("480040.00")


def test_what_the_platform_corrects_of_a_trade_of_today_counts_today(
    act: Act, markets: Market
) -> None:
    account = markets.account(make.client("SC"))
    closed = on_trading.deal(1, account.login or 0, profit=Decimal(10), at=now())
    ids = trading.record_deals(act, markets.platform, deals=[closed])
    assert queries.result_today(act, book="both") == -10

    trading.correct_deals(
        Act.system(), markets.platform, changes=[(ids[0], replace(closed, profit=Decimal(25)))]
    )
    assert queries.result_today(act, book="both") == -25

    trading.correct_deals(Act.system(), markets.platform, changes=[(ids[0], None)])
    assert queries.result_today(act, book="both") == 0


def test_a_net_is_split_by_partner_country_and_group(act: Act, markets: Market) -> None:
    ada, eve = make.client("SC", country="AT"), make.client("SC", country="DE")
    kay = make.client("SC", country="DE")
    markets.hold(markets.account(ada), "XAUUSD", 1, "9.00", "2400")
    markets.hold(markets.account(eve), "XAUUSD", 1, "3.00", "2400")
    markets.hold(markets.account(kay), "XAUUSD", -1, "2.00", "2400")
    markets.fresh()
    whole = queries.exposure(act).rows[0]

    first, second = queries.split(act, code="XAUUSD", by="country")
    assert (first.key, first.clients) == ("AT", 1)
    assert (first.net_lots, first.share) == (Decimal(9), Decimal(90))
    assert (second.key, second.clients) == ("DE", 2)
    assert (second.net_lots, second.share) == (Decimal(1), Decimal(10))
    assert abs(first.net + second.net - whole.net) < 1
    (alone,) = queries.split(act, code="XAUUSD", by="partner")
    assert (alone.key, alone.clients, alone.share) == (None, 3, Decimal(100))
    groups = queries.split(act, code="XAUUSD", by="group")
    assert sum(one.net_lots for one in groups) == 10
    with pytest.raises(NotFound, match="split by partner, country, group"):
        queries.split(act, code="XAUUSD", by="shoe")


def test_a_split_is_one_statement_beside_the_live_book_and_keeps_to_what_may_be_seen(
    act: Act, markets: Market, django_assert_num_queries: Any
) -> None:
    for _ in range(4):
        markets.hold(markets.account(make.client("SC")), "XAUUSD", 1, "1.00", "2400")
    markets.fresh()
    with django_assert_num_queries(1):
        queries.split(act, code="XAUUSD", by="country")
    make.entity("UK")
    theirs = make.act_of(make.staff("exposure.*", "people.*", entities=["UK"]))
    assert queries.split(theirs, code="XAUUSD", by="country") == []
