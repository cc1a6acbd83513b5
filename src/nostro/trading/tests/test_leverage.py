"""Leverage by what is traded and by equity: the licence's caps, notices, and open trades."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.doors import call
from nostro.core.guard import acting_as_system
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.messages.models import Message
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.rules import operations as rules
from nostro.rules.deciding import POINTS, compiled, table_of
from nostro.rules.engine import compile_table, evaluate
from nostro.rules.models import Decision, Version
from nostro.rules.points import mutations
from nostro.trading import operations as trading
from nostro.trading import queries, reactions, sync
from nostro.trading.decisions import (
    BAND,
    CLASS_LEVERAGE,
    LEVERAGE,
    BandAsked,
    ClassLeverageAsked,
    Row,
)
from nostro.trading.instruments import leverage_class_of
from nostro.trading.models import Instrument, Platform, TradingAccount
from nostro.trading.ports import PLATFORMS
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import paid_in, recorded
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


def rich(account: TradingAccount, platform: Platform, amount: str) -> None:
    """Equity as the platform shows it."""
    paid_in(account, amount)
    sync.sync_once(Act.system(), platform)
    account.refresh_from_db()


def an_hour(later: timedelta = timedelta(0)) -> None:
    with clock_at(now() + later):
        reactions.follow_equity(Act.system(door="schedule"))
        drain()


def there(account: TradingAccount) -> int:
    return PLATFORMS.take(account.platform.slug).account(account.login or 0).leverage


@pytest.mark.parametrize(
    ("code", "asset_class", "base", "quote", "traded"),
    [
        ("EURUSD", "fx_major", "EUR", "USD", "fx_major"),
        ("EURGBP", "fx_minor", "EUR", "GBP", "fx_major"),
        ("AUDUSD", "fx_major", "AUD", "USD", "fx_minor"),
        ("XAUUSD", "metal", "XAU", "USD", "gold"),
        ("XAUEUR", "metal", "XAU", "EUR", "gold"),
        ("XAGUSD", "metal", "XAG", "USD", "commodity"),
        ("WTI", "energy", "WTI", "USD", "commodity"),
        ("DE40", "index", "DE40", "EUR", "index_major"),
        ("HK50", "index", "HK50", "HKD", "index"),
        ("AAPL", "share", "AAPL", "USD", "share"),
        ("BTCUSD", "crypto", "BTC", "USD", "crypto"),
    ],
)
def test_instruments_are_told_apart_as_the_regulators_do(
    code: str, asset_class: str, base: str, quote: str, traded: str
) -> None:
    assert leverage_class_of(code, asset_class, base, quote) == traded


def test_an_unknown_class_is_no_guess() -> None:
    with pytest.raises(ValueError, match="asset class"):
        leverage_class_of("X", "weather", "X", "USD")


@pytest.mark.parametrize(
    ("code", "category", "caps"),
    [
        ("CY", "retail", [30, 20, 20, 20, 10, 10, 5, 2]),
        ("UK", "retail", [30, 20, 20, 20, 10, 10, 5, 0]),
        ("CY", "professional", [100, 100, 100, 100, 100, 100, 20, 10]),
        ("SC", "retail", [500, 500, 500, 500, 500, 500, 20, 50]),
    ],
)
def test_the_caps_of_a_licence_stand_on_the_account(
    act: Act, code: str, category: str, caps: list[int]
) -> None:
    client, on = make.client(code), trading_make.platform()
    currency = {"CY": "EUR", "UK": "GBP", "SC": "USD"}[code]
    trading_make.group(on, code, currency)
    with acting_as_system("categories are given by nobody yet"):
        Client.objects.filter(pk=client.pk).update(category=category)
    client.refresh_from_db()
    account = trading_make.account(client, on, currency=currency)
    found = queries.class_caps(account)
    assert [one.most for one in found] == caps
    account.leverage = 10
    assert max(one.here for one in queries.class_caps(account)) == 10
    assert ("Not offered" in [one.here_said for one in found]) is (code == "UK")


@pytest.mark.parametrize(
    ("point", "example"),
    [
        (
            CLASS_LEVERAGE,
            ClassLeverageAsked(entity="CY", country="DE", category="retail", traded="gold"),
        ),
        (
            BAND,
            BandAsked(
                entity="SC", category="retail", leverage=Decimal(500), cap=Decimal(200),
                open_trades=True, margin_level=Decimal(900), noticed_hours=Decimal(30),
            ),
        ),
    ],
)  # fmt: skip
def test_a_broken_question_is_answered_with_caution(act: Act, point: Any, example: Any) -> None:
    version = Version.objects.filter(point=point.name).first()
    if version is None:
        from nostro.rules.deciding import BUILT_IN
        from nostro.rules.engine import compile_table

        ready = compile_table(POINTS[point.name], BUILT_IN[point.name])
    else:
        ready, _ = compiled(version.pk, version.fingerprint)
    for spoilt in mutations(point, example):
        assert evaluate(point, ready, spoilt.inputs).cautious, spoilt


def test_no_table_of_the_house_gives_more_than_the_licence(account: TradingAccount) -> None:
    """A retail client stays within the licence's caps, whatever the other table says."""
    account.entity = make.entity("CY")
    assert queries.capped(Decimal(400), None, queries.ceilings()(account)) == 30


@pytest.mark.parametrize(
    ("country", "caps"),
    [
        ("AU", [30, 20, 20, 20, 10, 10, 5, 2]),
        ("JP", [25, 25, 20, 10, 10, 20, 5, 2]),
        ("TR", [10, 10, 10, 10, 10, 10, 10, 10]),
    ],
)
def test_where_a_client_lives_caps_what_they_are_given_and_what_they_may_ask_for(
    act: Act, country: str, caps: list[int]
) -> None:
    on, client = trading_make.platform(), make.client("SC", country=country)
    account = trading_make.account(client, on)
    assert [one.most for one in queries.class_caps(account)] == caps
    assert account.leverage == max(caps)
    records = Record.objects.count()
    with pytest.raises(Problem, match=f"1:1 to 1:{max(caps)} here"):
        trading.change_leverage(act, account, leverage=max(caps) + 1)
    account.refresh_from_db()
    assert (account.leverage, Record.objects.count()) == (max(caps), records)
    wish = trading.ask_leverage(make.act_of(client), account, leverage=max(caps) + 1)
    assert (wish.status, wish.answer[:7]) == ("refused", f"1:{max(caps)} is")


@pytest.mark.parametrize("country", ["AU", "JP", "TR"])
def test_the_lower_of_two_caps_holds_where_the_licence_has_its_own(act: Act, country: str) -> None:
    rule = queries.in_force(CLASS_LEVERAGE)

    def most(where: str, entity: str, traded: Any) -> Decimal:
        asked = ClassLeverageAsked(entity=entity, country=where, category="retail", traded=traded)
        return rule(asked).most

    for entity in ("CY", "UK"):
        for traded in queries.leverage.CLASS_NAMES:
            assert most(country, entity, traded) <= most("DE", entity, traded)


def test_the_house_s_table_of_leverage_may_ask_where_the_client_lives(
    account: TradingAccount, ada: Client
) -> None:
    people.change_details(Act.system(), ada, country="ZA")
    row: Row = ("za", {"country": '"ZA"'}, {"most": "50"}, "A house's own row.")
    rest: Row = ("rest", {}, {"most": "500"}, "Everybody else.")
    ready = compile_table(LEVERAGE, table_of(LEVERAGE, [row, rest]))
    account.client.refresh_from_db()
    asked = queries.leverage_asked(account)
    assert evaluate(LEVERAGE, ready, asked).output.most == 50
    assert evaluate(LEVERAGE, ready, asked.model_copy(update={"country": "DE"})).output.most == 500
    older = asked.model_dump(mode="json", exclude={"country"})
    assert LEVERAGE.thawed(older).country == ""


def test_leverage_falls_a_day_after_the_client_was_told(
    account: TradingAccount, ada: Client, platform: Platform
) -> None:
    rich(account, platform, "60000.00")
    assert account.leverage == 500
    an_hour()
    an_hour(timedelta(hours=1))
    account.refresh_from_db()
    assert (account.leverage, recorded("LeverageFallNoticed")) == (500, 1)
    assert Message.objects.filter(client=ada, template="leverage_falls").count() == 1
    page = make.browser(ada).get(f"/room/accounts/{account.pk}/").content.decode()
    assert "leverage falls to 1:200" in page

    an_hour(timedelta(hours=25))
    account.refresh_from_db()
    assert (account.leverage, there(account), account.leverage_notice_at) == (200, 200, None)
    lowered = Record.objects.get(name="trading.LeverageLowered")
    decision = Decision.objects.get(pk=lowered.data["decision"])
    assert (decision.point, decision.rows) == ("trading.leverage_band", ["lower"])
    assert Decision.objects.filter(point="trading.leverage", subject_id=account.pk).exists()
    assert Message.objects.filter(client=ada, template="leverage_lowered").count() == 1
    an_hour(timedelta(hours=50))
    assert recorded("LeverageLowered") == 1


def told_of(account: TradingAccount, cap: int | None, equity: str) -> None:
    """The platform shows other equity, and an hour passes."""
    account.refresh_from_db()
    assert account.leverage_notice_cap == cap
    with acting_as_system("equity as the platform shows it"):
        TradingAccount.objects.filter(pk=account.pk).update(equity=Decimal(equity))


def test_equity_that_fell_back_calls_the_notice_off_and_the_client_is_told_anew(
    account: TradingAccount, platform: Platform
) -> None:
    rich(account, platform, "60000.00")
    an_hour()
    told_of(account, 200, "10000")
    an_hour(timedelta(hours=5))
    told_of(account, None, "60000")
    an_hour(timedelta(hours=30))
    told_of(account, 200, "60000")

    assert (account.leverage, recorded("LeverageFallCalledOff")) == (500, 1)
    assert (recorded("LeverageFallNoticed"), recorded("LeverageLowered")) == (2, 0)


def test_leverage_never_falls_further_than_the_client_was_told(
    account: TradingAccount, platform: Platform
) -> None:
    rich(account, platform, "60000.00")
    an_hour()
    told_of(account, 200, "600000")
    an_hour(timedelta(hours=25))
    told_of(account, 100, "600000")
    assert (account.leverage, recorded("LeverageFallNoticed")) == (500, 2)
    an_hour(timedelta(hours=50))
    account.refresh_from_db()
    assert account.leverage == 100


def test_a_licence_that_allows_nothing_any_more_stops_no_other_account(
    account: TradingAccount, platform: Platform
) -> None:
    rich(account, platform, "60000.00")
    author, other = make.act_of(make.staff("rules.*")), make.act_of(make.staff("rules.*"))
    draft = rules.draft_version(author, point=CLASS_LEVERAGE.name)
    for row in ("sc", "sc-crypto", "sc-share"):
        rules.edit_cell(author, draft, row=row, field="most", cell="0")
    rules.submit_version(author, draft, reason="Nothing is sold under it.")
    rules.activate_version(other, draft)
    assert queries.leverage_cap(account) == 0

    an_hour()

    account.refresh_from_db()
    assert (account.leverage, recorded("LeverageFallNoticed")) == (500, 0)
    with pytest.raises(WrongState, match="no leverage at all"):
        trading.settle_leverage(Act.system(), account)


def test_nobody_is_told_of_a_fall_that_is_on_its_way(
    account: TradingAccount, platform: Platform, server: Server
) -> None:
    rich(account, platform, "60000.00")
    an_hour()
    PLATFORMS.take(platform.slug).close()
    server.stop()
    an_hour(timedelta(hours=25))
    an_hour(timedelta(hours=27))
    account.refresh_from_db()
    assert (account.leverage, recorded("LeverageLowered")) == (500, 1)
    assert recorded("LeverageFallNoticed") == 1


def test_open_trades_that_need_the_margin_keep_leverage_until_they_are_closed(
    account: TradingAccount, platform: Platform, server: Server
) -> None:
    rich(account, platform, "60000.00")
    ticket = server.trade(account.login or 0, lots="80")
    sync.sync_once(Act.system(), platform)
    account.refresh_from_db()
    assert account.margin > 0
    an_hour()
    an_hour(timedelta(hours=25))
    an_hour(timedelta(hours=26))
    account.refresh_from_db()
    assert (account.leverage, recorded("LeverageFallPutOff")) == (500, 1)
    server.close(ticket)
    sync.sync_once(Act.system(), platform)
    an_hour(timedelta(hours=27))
    account.refresh_from_db()
    assert account.leverage == 200


def test_a_small_open_trade_does_not_keep_leverage(
    account: TradingAccount, platform: Platform, server: Server
) -> None:
    rich(account, platform, "60000.00")
    server.trade(account.login or 0, lots="0.1")
    sync.sync_once(Act.system(), platform)
    an_hour()
    an_hour(timedelta(hours=25))
    account.refresh_from_db()
    assert account.leverage == 200


def test_staff_let_an_account_keep_its_leverage_until_a_day(
    account: TradingAccount, platform: Platform, ada: Client
) -> None:
    rich(account, platform, "60000.00")
    dealer = make.act_of(make.staff("trading.*"))
    until = now() + timedelta(days=10)
    day = timedelta(days=1)
    wrong = ((now() - day, "Hedged"), (now() + 400 * day, "Hedged"), (until, " "))
    for when, why in wrong:
        with pytest.raises(Problem):
            trading.keep_leverage(dealer, account, until=when, reason=why)
    assert recorded("LeverageKept") == 0
    trading.keep_leverage(dealer, account, until=until, reason="Hedged with us elsewhere")
    an_hour()
    account.refresh_from_db()
    assert (queries.leverage_cap(account), recorded("LeverageFallNoticed")) == (500, 0)
    with clock_at(now() + timedelta(days=11)):
        assert queries.leverage_cap(account) == 200
    an_hour(timedelta(days=11))
    assert recorded("LeverageFallNoticed") == 1

    trading.end_kept_leverage(make.act_of(make.staff("trading.*")), account, reason="Hedge closed")
    assert queries.leverage_cap(account) == 200
    with pytest.raises(WrongState):
        trading.end_kept_leverage(make.act_of(make.staff("*")), account, reason="Again")
    with pytest.raises(Problem):
        call(make.act_of(ada), trading.keep_leverage, account,
             {"until": until.isoformat(), "reason": "Mine"})  # fmt: skip


def test_an_account_within_its_cap_is_left_alone(
    account: TradingAccount, platform: Platform
) -> None:
    before = Record.objects.filter(name__startswith="trading.Leverage").count()
    an_hour()
    assert Record.objects.filter(name__startswith="trading.Leverage").count() == before
    with pytest.raises(WrongState):
        trading.settle_leverage(Act.system(), account)


def test_staff_see_where_the_platform_holds_less_margin_than_the_licence_asks_for(
    account: TradingAccount, platform: Platform, server: Server
) -> None:
    rich(account, platform, "60000.00")
    server.trade(account.login or 0, lots="1")
    sync.sync_once(Act.system(), platform)
    account.refresh_from_db()
    with acting_as_system("the same trades under a stricter licence"):
        account.entity.code = "XX"
        account.entity.save()
    desk = make.browser(make.staff("trading.*", "people.clients"))
    page = desk.get(f"/staff/trading/accounts/{account.pk}/").content.decode()
    assert "Major currency pairs" in page
    assert "Less margin than the licence asks for" in page
    majors = queries.class_caps(TradingAccount.objects.get(pk=account.pk))[0]
    assert majors.most == 30
    assert majors.needed > account.margin
    assert Instrument.objects.filter(code="EURUSD").exists()
