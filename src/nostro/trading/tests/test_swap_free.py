"""Trading without swaps: asked for by clients, decided by a rule, and what nights of it cost."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from nostro.core import approvals
from nostro.core.acts import Act, clock_at, now
from nostro.core.approvals import Need, agree_to_proposal
from nostro.core.doors import call
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit import Money
from nostro.kit.problems import Forbidden, NotFound, Problem
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.messages.models import Message
from nostro.people.models import Client
from nostro.rules.models import Decision
from nostro.trading import operations as trading
from nostro.trading import queries, reactions, sync
from nostro.trading.models import Platform, SwapFreeRequest, TradingAccount
from nostro.trading.operations.swaps import AskedAlready, OwnWish
from nostro.trading.ports import PLATFORMS
from nostro.trading.queries import swaps
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import paid_in, recorded
from tests import make

pytestmark = pytest.mark.django_db
Status = SwapFreeRequest.Status
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def ada(platform: Platform) -> Client:
    return make.client("SC", country="DE")


@pytest.fixture
def amina(platform: Platform) -> Client:
    """From where the rule gives it at once."""
    return make.client("SC", country="AE")


def account_of(client: Client) -> TradingAccount:
    drain()
    rows = TradingAccount.objects.select_related("group", "client", "entity", "platform")
    return rows.get(client=client)


def ask(client: Client, account: TradingAccount, days: int = 30) -> SwapFreeRequest:
    return trading.ask_swap_free(make.act_of(client), account, days=days, reason="My faith")


def there(account: TradingAccount) -> str:
    return PLATFORMS.take(account.platform.slug).account(account.login or 0).group


def test_where_the_rule_gives_it_at_once_it_is_given_with_an_end(amina: Client) -> None:
    account = account_of(amina)
    wish = ask(amina, account)
    drain()
    account.refresh_from_db()
    assert wish.status == Status.GIVEN
    assert account.group is not None and account.group.swap_free
    assert there(account).endswith("-SF")
    assert account.swap_free_until == wish.asked_at + 30 * DAY
    assert Decision.objects.get(pk=wish.decision or 0).rows == ["custom"]
    given = Record.objects.get(name="trading.SwapFreeGiven")
    assert (given.subject_id, given.data["days"]) == (account.pk, 30)
    assert Message.objects.filter(client=amina, template="swap_free_given").count() == 1
    with pytest.raises(WrongState):
        ask(amina, account)


def test_others_wait_for_a_person_and_never_for_the_one_who_asked(ada: Client) -> None:
    account = account_of(ada)
    wish = ask(ada, account)
    assert (wish.status, account.swap_free_until) == (Status.ASKED, None)
    with pytest.raises(AskedAlready):
        ask(ada, account)
    colleague = make.act_of(make.staff("trading.*"))
    trading.approve_swap_free(colleague, wish, days=10)
    drain()
    account.refresh_from_db()
    assert (wish.status, wish.days) == (Status.GIVEN, 10)
    assert account.group is not None and account.group.swap_free
    with pytest.raises(WrongState):
        trading.refuse_swap_free(colleague, wish, reason="Too late")

    with clock_at(now() + 11 * DAY):
        reactions.end_expired_swap_free(Act.system())
        own = trading.ask_swap_free(colleague, account_of(ada), days=10)
        with pytest.raises(OwnWish):
            trading.approve_swap_free(colleague, own)
        assert own.status == Status.ASKED


def test_a_wish_that_others_agreed_to_is_still_of_who_proposed_it(
    amina: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client of this country is given it at once: what a colleague asks for waits."""
    account = account_of(amina)
    maker, second = (make.staff("trading.*") for _ in range(2))
    asks = [lambda act, wanted, *_: Need(1 if wanted == trading.ask_swap_free else 0)]
    monkeypatch.setattr(approvals, "ASK", asks)
    proposal = call(make.act_of(maker), trading.ask_swap_free, account, {"days": 10})
    agree_to_proposal(make.act_of(second), proposal)

    wish = SwapFreeRequest.objects.get()
    assert (wish.status, wish.asked_by) == (Status.ASKED, maker.pk)
    with pytest.raises(OwnWish):
        trading.approve_swap_free(make.act_of(maker), wish)
    trading.approve_swap_free(make.act_of(second), wish)
    assert wish.status == Status.GIVEN


def test_a_refusal_is_told_with_its_reason_and_one_may_be_taken_back(ada: Client) -> None:
    account = account_of(ada)
    wish = ask(ada, account)
    colleague = make.act_of(make.staff("trading.*"))
    with pytest.raises(Problem):
        trading.refuse_swap_free(colleague, wish, reason=" ")
    trading.refuse_swap_free(colleague, wish, reason="Write to us first.")
    drain()
    assert Message.objects.filter(client=ada, template="swap_free_refused").count() == 1
    page = make.browser(ada).get(f"/room/accounts/{account.pk}/").content.decode()
    assert "Write to us first." in page
    other = ask(ada, account)
    with pytest.raises(NotFound):
        call(make.act_of(make.client("SC")), trading.cancel_swap_free, other, {})
    trading.cancel_swap_free(make.act_of(ada), other)
    with pytest.raises(WrongState):
        trading.approve_swap_free(colleague, other)
    account.refresh_from_db()
    assert account.swap_free_until is None


def test_a_licence_that_does_not_offer_it_refuses_with_a_sentence(act: Act) -> None:
    on, grace = trading_make.platform(), make.client("UK", country="AE")
    trading_make.group(on, "UK", "GBP")
    account = trading_make.account(grace, on, currency="GBP")
    wish = ask(grace, account)
    said = "We do not offer accounts without swaps here."
    assert (wish.status, wish.answer) == (Status.REFUSED, said)
    assert queries.swap_free_days(account) == 0
    page = make.browser(grace).get(f"/room/accounts/{account.pk}/").content.decode()
    assert "Ask to trade without swaps" not in page


@pytest.mark.parametrize("days", [0, -3, 181, 5000])
def test_nothing_impossible_is_asked_for(amina: Client, days: int) -> None:
    account, before = account_of(amina), Record.objects.count()
    with pytest.raises(Problem):
        ask(amina, account, days)
    assert not SwapFreeRequest.objects.exists()
    assert Record.objects.count() == before


def test_a_client_asks_in_the_room_and_staff_decide_in_a_queue(ada: Client) -> None:
    account, room = account_of(ada), make.browser(ada)
    page = room.get(f"/room/accounts/{account.pk}/").content.decode()
    assert "Ask to trade without swaps" in page
    assert "7 nights free, then 5 USD" in page
    room.post(f"/room/accounts/{account.pk}/swap-free/", {"days": "30", "reason": "My faith"})
    wish = SwapFreeRequest.objects.get()
    assert "You asked for 30 days" in room.get(f"/room/accounts/{account.pk}/").content.decode()
    desk = make.browser(make.staff("*"))
    assert "My faith" in desk.get("/staff/trading/swap-free/").content.decode()
    shown = desk.get(f"/staff/trading/swap-free/{wish.pk}/").content.decode()
    assert "Everybody else is asked why" in shown
    stranger = make.browser(make.client("SC"))
    assert stranger.post(f"/room/accounts/swap-free/{wish.pk}/cancel/").status_code == 404
    assert stranger.post(f"/room/accounts/{account.pk}/swap-free/").status_code == 404
    room.post(f"/room/accounts/swap-free/{wish.pk}/cancel/")
    wish.refresh_from_db()
    assert wish.status == Status.CANCELLED
    assert room.get(f"/room/accounts/{account.pk}/swap-free/").status_code == 404


# ── Nights ──


def test_a_night_begins_at_the_rollover() -> None:
    for summer_or_winter in ((6, 20), (12, 21)):
        month, hour = summer_or_winter
        at = datetime(2026, month, 1, hour, 59, tzinfo=UTC)  # a minute to five in New York
        assert swaps.nights(at, at + timedelta(minutes=1)) == 1
        assert swaps.nights(at + timedelta(minutes=2), at + DAY) == 0
        assert swaps.nights(at, at + 7 * DAY) == 7


def test_the_night_in_which_clocks_change_counts_once() -> None:
    for month, day in ((3, 7), (10, 31)):
        before = datetime(2026, month, day, 12, tzinfo=UTC)
        assert [swaps.nights(before, before + days * DAY) for days in range(4)] == [0, 1, 2, 3]


@pytest.mark.parametrize(("month", "charged"), [(6, [1, 1]), (12, [0, 1])])
def test_a_night_is_asked_for_within_the_hour_summer_and_winter(
    held: TradingAccount, month: int, charged: list[int]
) -> None:
    found = []
    for hour in (21, 22):
        with clock_at(datetime(2027, month, 15, hour, 40, tzinfo=UTC)):
            looked_at(held.platform)
            reactions.charge_nights(Act.system(door="schedule"))
            found.append(recorded("SwapFreeFeeAsked"))
    assert found == charged


def looked_at(platform: Platform) -> None:
    """Nothing has moved there."""
    trading.record_market(Act.system(), platform)


def nightly(days: int, begun: datetime) -> None:
    with clock_at((begun + days * DAY).replace(hour=22, minute=40)):
        for platform in queries.platforms(Act.system()):
            looked_at(platform)
        reactions.charge_nights(Act.system(door="schedule"))
        drain()


@pytest.fixture
def held(amina: Client, platform: Platform, server: Server) -> TradingAccount:
    """Without swaps since today, and with one lot of a major pair open."""
    account = account_of(amina)
    paid_in(account, "5000.00")
    ask(amina, account, 180)
    drain()
    server.trade(account.login or 0, lots="1")
    sync.sync_once(Act.system(), platform)
    account.refresh_from_db()
    return account


def test_nights_are_free_first_and_then_cost_a_fee_once_each(
    held: TradingAccount, platform: Platform
) -> None:
    begun, before = now(), held.balance
    assert held.swap_free_since is not None
    skipped = swaps.nights(held.swap_free_since, begun.replace(hour=22, minute=40))
    for days in range(8 - skipped):
        nightly(days, begun)
    assert recorded("SwapFreeFeeAsked") == 0, "seven nights are free"
    for days in (8 - skipped, 8 - skipped, 9 - skipped):
        nightly(days, begun)
    assert recorded("SwapFreeFeeAsked") == 2
    fee = Record.objects.filter(name="trading.SwapFreeFeeAsked").latest("pk")
    assert fee.data["trades"] == 1
    assert Decision.objects.get(pk=fee.data["decisions"][0]).rows == ["pairs"]
    sync.sync_once(Act.system(), platform)
    held.refresh_from_db()
    assert held.balance == before - 10
    assert balance(chart.house_fees(), "USD") == Money.of("10.00 USD")
    assert verify() == []


def test_nights_that_nobody_was_here_for_are_asked_for_later_and_once_each(
    held: TradingAccount, platform: Platform
) -> None:
    begun = now()
    nightly(20, begun)
    assert recorded("SwapFreeFeeAsked") == 1
    nightly(23, begun)
    nightly(23, begun)
    asked = Record.objects.filter(name="trading.SwapFreeFeeAsked").order_by("pk")
    nights = [date.fromisoformat(one.data["night"]) for one in asked]
    assert nights == [nights[0] + count * DAY for count in range(4)]
    nightly(60, begun)
    assert recorded("SwapFreeFeeAsked") == 4 + 14, "what is older is forgotten"


def test_a_night_waits_until_its_platform_was_read_after_it_began(
    held: TradingAccount, platform: Platform
) -> None:
    """What was closed while it could not be read would be charged for as if it were open."""
    begun = now()
    nightly(20, begun)
    with clock_at((begun + 21 * DAY).replace(hour=22, minute=40)):
        reactions.charge_nights(Act.system(door="schedule"))
        assert recorded("SwapFreeFeeAsked") == 1
    with clock_at((begun + 22 * DAY).replace(hour=5)):
        looked_at(platform)
        reactions.charge_nights(Act.system(door="schedule"))
    assert recorded("SwapFreeFeeAsked") == 2


def test_nights_that_were_paid_for_in_swaps_never_count(
    ada: Client, platform: Platform, server: Server
) -> None:
    account, began = account_of(ada), now()
    paid_in(account, "5000.00")
    server.trade(account.login or 0, lots="1")
    sync.sync_once(Act.system(), platform)
    with_swaps = account.group
    assert with_swaps is not None
    without = queries.sibling(with_swaps, True)
    assert without is not None
    for days, group in ((20, without), (25, with_swaps), (40, without)):
        with clock_at(began + days * DAY):
            trading.move_account(Act.system(), account, group=group, reason="Asked for")
            drain()
        account.refresh_from_db()

    assert account.swap_free_since == began + 40 * DAY
    night = swaps.night_of(began + 43 * DAY)
    ((held,),) = swaps.held_overnight(platform, night)
    assert held.nights == 3


def test_a_fee_is_never_more_than_is_free_and_never_below_zero(held: TradingAccount) -> None:
    assert queries.swap_free_money(held, Decimal(10**9)) == held.free_money
    assert queries.swap_free_money(held, Decimal(-5)) == Money.zero("USD")
    held.balance = held.free_margin = Decimal("0.00")
    assert queries.swap_free_money(held, Decimal(5)) == Money.zero("USD")


def test_a_fee_whose_answer_is_lost_is_taken_once(
    held: TradingAccount, platform: Platform, server: Server
) -> None:
    begun, before = now(), held.balance
    server.misbehave("drop_after_acting", "TRADE_BALANCE")
    nightly(20, begun)
    for minutes in (45, 50, 55):
        with clock_at((begun + 20 * DAY).replace(hour=22, minute=minutes)):
            drain()
    sync.sync_once(Act.system(), platform)
    held.refresh_from_db()
    assert held.balance == before - 5


def test_an_account_with_swaps_costs_no_night(
    ada: Client, platform: Platform, server: Server
) -> None:
    account = account_of(ada)
    paid_in(account, "5000.00")
    server.trade(account.login or 0, lots="1")
    sync.sync_once(Act.system(), platform)
    nightly(30, now())
    assert recorded("SwapFreeFeeAsked") == 0
    with pytest.raises(WrongState):
        trading.charge_night(Act.system(), account, night=now().date())
    with pytest.raises(Forbidden):
        trading.charge_night(make.act_of(ada), account, night=now().date())
