"""Leverage as clients wish for it: at once within the cap, by people above it, never above the
licence.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings

from nostro.core.acts import Act, clock_at, now
from nostro.core.doors import call
from nostro.core.guard import acting_as_system
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.messages.models import Message
from nostro.people.models import Client
from nostro.rules.models import Decision
from nostro.trading import operations as trading
from nostro.trading import queries, reactions, sync
from nostro.trading.models import LeverageRequest, Platform, TradingAccount
from nostro.trading.operations.accounts import NotYet, StillInUse, TooMuchLeverage
from nostro.trading.operations.wishes import LeverageAskedAlready, OwnLeverageWish
from nostro.trading.ports import PLATFORMS
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import paid_in, recorded
from tests import make

pytestmark = pytest.mark.django_db
Status = LeverageRequest.Status
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def raw(platform: Platform) -> TradingAccount:
    """An account with raw spreads: the house allows it 200, and the licence 500."""
    return opened(make.client("SC", country="DE"), platform)


def opened(client: Client, platform: Platform, kind: str = "raw") -> TradingAccount:
    drain()
    made = trading.request_account(
        make.act_of(client), client, account_type=kind, currency="USD", platform=platform
    )
    drain()
    made.refresh_from_db()
    assert (made.leverage, made.status) == (200, TradingAccount.Status.OPEN)
    return made


def colleague() -> Act:
    return make.act_of(make.staff("trading.*"))


def ask(account: TradingAccount, leverage: int) -> LeverageRequest:
    wanted = trading.ask_leverage(
        make.act_of(account.client), account, leverage=leverage, reason="I hedge elsewhere."
    )
    drain()
    wanted.refresh_from_db()
    account.refresh_from_db()
    return wanted


def there(account: TradingAccount) -> int:
    return PLATFORMS.take(account.platform.slug).account(account.login or 0).leverage


def test_within_the_cap_it_is_set_at_once(raw: TradingAccount) -> None:
    wish = ask(raw, 100)
    assert (wish.status, raw.leverage, there(raw)) == (Status.GIVEN, 100, 100)
    assert Decision.objects.get(pk=wish.decision or 0).rows == ["within"]
    assert raw.leverage_given is None
    assert not Message.objects.filter(template__startswith="leverage").exists()


def test_above_the_cap_a_person_gives_it_with_a_reason_and_an_end(raw: TradingAccount) -> None:
    wish = ask(raw, 400)
    assert (wish.status, wish.cap, wish.days, raw.leverage) == (Status.ASKED, 200, 90, 200)
    assert wish.due_at == wish.asked_at + DAY
    with pytest.raises(LeverageAskedAlready):
        ask(raw, 300)

    trading.approve_leverage(colleague(), wish, reason="He keeps twice the margin.", days=30)
    assert wish.status == Status.SENT
    drain()
    wish.refresh_from_db()
    raw.refresh_from_db()
    assert (wish.status, raw.leverage, there(raw)) == (Status.GIVEN, 400, 400)
    given = Record.objects.get(name="trading.LeverageGiven")
    assert (given.data["cap"], given.data["reason"]) == (200, "He keeps twice the margin.")
    assert Message.objects.filter(client=raw.client, template="leverage_given").count() == 1

    reactions.follow_equity(Act.system())
    assert recorded("LeverageFallNoticed") == 0
    assert queries.leverage_cap(raw) == 400
    for days in (31, 33):
        with clock_at(now() + days * DAY):
            reactions.follow_equity(Act.system())
            drain()
    raw.refresh_from_db()
    assert (recorded("LeverageFallNoticed"), raw.leverage, there(raw)) == (1, 200, 200)


def test_a_person_may_give_less_and_end_it_before_its_time(raw: TradingAccount) -> None:
    wish = ask(raw, 500)
    trading.approve_leverage(colleague(), wish, reason="That is enough.", leverage=300)
    drain()
    raw.refresh_from_db()
    assert (wish.leverage, raw.leverage, queries.leverage_cap(raw)) == (300, 300, 300)
    with pytest.raises(Problem, match="Say why"):
        trading.end_given_leverage(colleague(), raw, reason=" ")
    trading.end_given_leverage(colleague(), raw, reason="The markets are nervous.")
    assert queries.leverage_cap(raw) == 200
    with pytest.raises(WrongState):
        trading.end_given_leverage(colleague(), raw, reason="Again")


def test_the_licence_always_wins_over_the_rules_and_over_people(platform: Platform) -> None:
    trading_make.group(platform, "CY", "EUR")
    client = make.client("CY", currency="EUR")
    account = trading_make.account(client, platform, currency="EUR")
    wish = trading.ask_leverage(make.act_of(client), account, leverage=50)
    said = f"1:30 is the most that the licence of {account.entity} allows you."
    assert (wish.status, wish.answer, wish.decision) == (Status.REFUSED, said, None)
    with pytest.raises(WrongState):
        trading.approve_leverage(colleague(), wish, reason="He is a friend.")
    drain()
    assert Message.objects.filter(client=client, template="leverage_refused").count() == 1
    assert (recorded("LeverageAsked"), recorded("LeverageGiven")) == (0, 0)


def test_a_wish_from_before_the_licence_fell_is_not_given(raw: TradingAccount) -> None:
    wish = ask(raw, 400)
    with acting_as_system("a test's client moves to Japan"):
        Client.objects.filter(pk=raw.client_id).update(country="JP")
    act = colleague()
    records = Record.objects.count()
    wish = LeverageRequest.objects.get(pk=wish.pk)
    with pytest.raises(TooMuchLeverage, match="licence allows 1:1 to 1:25"):
        trading.approve_leverage(act, wish, reason="He is a friend.")
    wish.refresh_from_db()
    assert (wish.status, Record.objects.count()) == (Status.ASKED, records)


def test_the_rule_refuses_and_the_client_reads_why(
    raw: TradingAccount, server: Server, platform: Platform
) -> None:
    paid_in(raw, "120.00")
    server.trade(raw.login or 0, lots="0.2")
    sync.sync_once(Act.system(), platform)
    raw.refresh_from_db()
    assert raw.margin_level is not None and raw.margin_level < 150
    wish = ask(raw, 400)
    assert (wish.status, raw.leverage) == (Status.REFUSED, 200)
    assert "little free margin" in wish.answer
    page = make.browser(raw.client).get(f"/room/accounts/{raw.pk}/").content.decode()
    assert "We did not give you 1:400: Your open trades leave little free margin." in page


def test_who_is_at_high_risk_gets_no_exception(raw: TradingAccount) -> None:
    with acting_as_system("a test's client is at high risk"):
        Client.objects.filter(pk=raw.client_id).update(risk="high")
    wish = trading.ask_leverage(
        Act.system(), TradingAccount.objects.get(pk=raw.pk), leverage=300, reason=""
    )
    assert (wish.status, wish.answer[:27]) == (Status.REFUSED, "We give no more leverage th")


def test_what_a_platform_refuses_is_refused_and_nothing_stays_given(platform: Platform) -> None:
    """The server does not know this login."""
    trading_make.group(platform, kind="raw")
    unknown = trading_make.account(make.client("SC"), platform, account_type="raw")
    wish = ask(unknown, 400)
    trading.approve_leverage(colleague(), wish, reason="He keeps twice the margin.")
    drain()
    wish.refresh_from_db()
    unknown.refresh_from_db()
    assert (wish.status, unknown.leverage, unknown.leverage_given) == (Status.REFUSED, 200, None)
    assert wish.answer.startswith("The platform refused it:")
    assert queries.leverage_cap(unknown) == 200
    assert Message.objects.filter(template="leverage_refused").count() == 1


def test_who_asked_never_gives_it_and_a_client_never_decides(raw: TradingAccount) -> None:
    maker = colleague()
    wish = trading.ask_leverage(maker, raw, leverage=400)
    assert (wish.status, wish.asked_by) == (Status.ASKED, maker.actor.id)
    with pytest.raises(OwnLeverageWish):
        trading.approve_leverage(maker, wish, reason="Mine")
    for wanted in (trading.approve_leverage, trading.refuse_leverage):
        with pytest.raises(Forbidden):
            call(make.act_of(raw.client), wanted, wish, {"reason": "Mine"})
    with pytest.raises(Forbidden):
        call(make.act_of(raw.client), trading.change_leverage, raw, {"leverage": 100})
    wish.refresh_from_db()
    assert wish.status == Status.ASKED


def test_a_refusal_needs_a_reason_and_a_wish_can_be_taken_back(raw: TradingAccount) -> None:
    wish = ask(raw, 400)
    with pytest.raises(Problem, match="told the reason"):
        trading.refuse_leverage(colleague(), wish, reason=" ")
    trading.refuse_leverage(colleague(), wish, reason="Trade a month first.")
    other = ask(raw, 300)
    with pytest.raises(NotFound):
        call(make.act_of(make.client("SC")), trading.cancel_leverage, other, {})
    trading.cancel_leverage(make.act_of(raw.client), other)
    for wanted in (trading.approve_leverage, trading.refuse_leverage):
        with pytest.raises(WrongState):
            wanted(colleague(), other, reason="Too late")
    assert other.status == Status.CANCELLED
    assert recorded("LeverageAsked") == 0


@pytest.mark.parametrize(
    ("leverage", "problem"),
    [(0, TooMuchLeverage), (-5, TooMuchLeverage), (1001, TooMuchLeverage), (200, Problem)],
)
def test_what_makes_no_sense_is_not_asked_for(
    raw: TradingAccount, leverage: int, problem: type[Problem]
) -> None:
    records = Record.objects.count()
    with pytest.raises(problem):
        trading.ask_leverage(make.act_of(raw.client), raw, leverage=leverage)
    assert (LeverageRequest.objects.count(), Record.objects.count()) == (0, records)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"days": 0}, Problem), ({"days": 91}, Problem), ({"leverage": 401}, TooMuchLeverage),
        ({"leverage": 0}, Problem), ({"leverage": 200}, Problem), ({"reason": "  "}, Problem),
    ],
)  # fmt: skip
def test_what_cannot_be_given_changes_nothing(
    raw: TradingAccount, given: dict[str, object], problem: type[Problem]
) -> None:
    wish, act = ask(raw, 400), colleague()
    records = Record.objects.count()
    with pytest.raises(problem):
        trading.approve_leverage(act, wish, **{"reason": "x", **given})  # type: ignore[arg-type]
    wish.refresh_from_db()
    raw.refresh_from_db()
    assert (wish.status, wish.leverage, raw.leverage_given) == (Status.ASKED, 400, None)
    assert Record.objects.count() == records


def test_open_trades_and_standing_count_here_too(
    raw: TradingAccount, server: Server, platform: Platform
) -> None:
    paid_in(raw, "5000.00")
    server.trade(raw.login or 0, lots="0.1")
    sync.sync_once(Act.system(), platform)
    raw.refresh_from_db()
    with pytest.raises(StillInUse):
        trading.ask_leverage(make.act_of(raw.client), raw, leverage=50)
    wish = ask(raw, 400)
    with acting_as_system("a test's client is restricted"):
        Client.objects.filter(pk=raw.client_id).update(status="restricted")
    with pytest.raises(NotYet):
        trading.approve_leverage(
            colleague(), LeverageRequest.objects.get(pk=wish.pk), reason="He asked."
        )
    trading.restrict_account(Act.system(), raw, reason="Volatile", how="read_only")
    with pytest.raises(WrongState):
        trading.approve_leverage(
            colleague(), LeverageRequest.objects.get(pk=wish.pk), reason="He asked."
        )
    assert recorded("LeverageGiven") == 0


def test_it_stays_with_a_move_to_another_group_but_not_with_another_type(
    raw: TradingAccount, platform: Platform
) -> None:
    trading.approve_leverage(colleague(), ask(raw, 400), reason="He keeps twice the margin.")
    drain()
    raw.refresh_from_db()
    assert queries.leverage_cap(raw) == 400
    assert queries.leverage_cap(raw, "standard") == 500
    with acting_as_system("a test's account is of another type"):
        TradingAccount.objects.filter(pk=raw.pk).update(equity=Decimal(60_000))
    raw.refresh_from_db()
    assert (queries.leverage_cap(raw), queries.leverage_cap(raw, "standard")) == (400, 200)


def test_a_client_asks_in_the_room_and_staff_decide_in_a_queue(
    raw: TradingAccount, server: Server, platform: Platform
) -> None:
    paid_in(raw, "5000.00")
    server.trade(raw.login or 0, lots="0.1")
    sync.sync_once(Act.system(), platform)
    room, at = make.browser(raw.client), f"/room/accounts/{raw.pk}/"
    page = room.get(at).content.decode()
    assert "1:300, we look at it first" in page
    assert "1:1000" not in page
    room.post(f"{at}leverage/", {"leverage": "400", "reason": "I hedge elsewhere."})
    wish = LeverageRequest.objects.get()
    assert "You asked for 1:400" in room.get(at).content.decode()

    desk = make.browser(make.staff("*"))
    assert "I hedge elsewhere." in desk.get("/staff/trading/leverage/").content.decode()
    assert "Leverage wishes" in desk.get("/staff/").content.decode()
    shown = desk.get(f"/staff/trading/leverage/{wish.pk}/").content.decode()
    for said in ("Margin level", "Now, 1:200", "Then, 1:400", "Looked at again each quarter"):
        assert said in shown
    assert desk.get(f"/staff/trading/accounts/{raw.pk}/").status_code == 200
    stranger = make.browser(make.client("SC"))
    for path in (f"leverage/{wish.pk}/cancel/", f"{raw.pk}/leverage/"):
        assert stranger.post(f"/room/accounts/{path}").status_code == 404
        assert room.get(f"/room/accounts/{path}").status_code == 404
    room.post(f"/room/accounts/leverage/{wish.pk}/cancel/")
    wish.refresh_from_db()
    assert wish.status == Status.CANCELLED


def test_what_was_given_above_the_rules_does_not_go_along_into_another_type(
    platform: Platform, settings: LazySettings
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    raw = opened(make.client("SC", country="DE"), platform)
    trading.approve_leverage(colleague(), ask(raw, 400), reason="Known for years.", days=90)
    drain()
    raw.refresh_from_db()
    assert raw.leverage_given == 400

    trading.change_account_type(make.act_of(raw.client), raw, account_type="standard")
    drain()

    raw.refresh_from_db()
    assert raw.account_type == "standard"
    assert raw.leverage_given is None


def test_a_wish_ends_where_the_account_came_to_its_leverage_in_another_way(
    platform: Platform,
) -> None:
    account = opened(make.client("SC", country="DE"), platform)
    wish = ask(account, 400)
    trading.approve_leverage(colleague(), wish, reason="Known for years.", days=90)
    account.refresh_from_db()
    assert account.group is not None
    trading.group_set(Act.system(), account, group=account.group, leverage=400)
    drain()
    wish.refresh_from_db()
    assert wish.status == LeverageRequest.Status.GIVEN
