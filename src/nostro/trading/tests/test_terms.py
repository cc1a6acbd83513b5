"""Group, leverage and rights that a dealer changes on the platform by hand."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.trading import operations as trading
from nostro.trading.models import BalanceBreak, Platform, TradingAccount
from nostro.trading.operations.accounts import TooMuchLeverage
from nostro.trading.operations.terms import TermsApart
from nostro.trading.ports import PLATFORMS, AccountChange, PlatformAccount, Right
from nostro.trading.sync.terms import EVERY, REST, Terms
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import recorded
from nostro.trading.tests.test_pages import browser_of
from tests import make

pytestmark = pytest.mark.django_db
Kind, Status = BalanceBreak.Kind, TradingAccount.Status


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def account(platform: Platform) -> TradingAccount:
    ada = make.client("SC")
    drain()
    return TradingAccount.objects.get(client=ada, status=Status.OPEN)


def by_hand(account: TradingAccount, **change: object) -> None:
    """As a dealer does it, in the platform's own terminal."""
    change_ = AccountChange(**change)  # type: ignore[arg-type]
    PLATFORMS.take(account.platform.slug).change_account(account.login or 0, change_)


def on_platform(account: TradingAccount) -> PlatformAccount:
    return PLATFORMS.take(account.platform.slug).account(account.login or 0)


def looked(platform: Platform, times: int = 2) -> list[BalanceBreak]:
    """The breaks that stand after some looks, an hour after whatever we did."""
    terms = Terms(platform)
    with clock_at(now() + timedelta(hours=1)):
        for _ in range(times):
            terms.look(Act.system())
    return list(BalanceBreak.objects.filter(healed_at=None).order_by("kind"))


def test_what_is_the_same_here_and_there_is_no_break(
    platform: Platform, account: TradingAccount
) -> None:
    assert looked(platform) == []
    assert Terms(platform).look(Act.system()) == REST


def test_a_dealer_s_change_is_a_break_with_its_cause_and_stands_once(
    platform: Platform, account: TradingAccount
) -> None:
    was = account.ratio
    by_hand(account, leverage=7, trading=Right.NONE, group=r"real\SC-USD-Raw")

    assert looked(platform, times=1) == []  # seen once is not sure yet
    group, leverage, rights = looked(platform)

    assert (leverage.kind, leverage.here, leverage.there) == (Kind.LEVERAGE, was, "1:7")
    assert leverage.cause == (
        f"The leverage is 1:7 on the platform and {was} here. Nobody here changed it there."
    )
    assert (group.kind, group.there) == (Kind.GROUP, r"real\SC-USD-Raw")
    assert rights.cause.startswith("The account may not trade on the platform, and here it")
    assert len(looked(platform)) == recorded("TermsDiffered") == 3
    browser = browser_of(make.staff("*"))
    assert "1:7 there" in browser.get(f"/staff/trading/accounts/{account.pk}/").text
    page = browser.get(f"/staff/trading/breaks/{leverage.pk}/").text
    assert "Take it" in page or "Take the platform" in page


def test_a_break_heals_by_itself_and_another_value_is_another_break(
    platform: Platform, account: TradingAccount
) -> None:
    here = account.leverage
    by_hand(account, leverage=7)
    (first,) = looked(platform)
    by_hand(account, leverage=9)
    (second,) = looked(platform)
    by_hand(account, leverage=here)

    assert (first.pk, second.there) != (second.pk, "1:7")
    assert looked(platform) == []
    assert recorded("BreakHealed") == 2


def test_our_own_change_on_its_way_is_no_break(platform: Platform, account: TradingAccount) -> None:
    terms = Terms(platform)
    trading.change_leverage(Act.system(), account, leverage=3)
    trading.restrict_account(Act.system(), account, reason="Looked into.", how="disabled")
    by_hand(account, leverage=3)  # the platform has done it, and its answer is not here yet

    assert [terms.look(Act.system()) for _ in range(3)] == [EVERY] * 3
    assert not BalanceBreak.objects.exists()

    drain()
    with clock_at(now() + timedelta(hours=1)):
        terms.look(Act.system())
        assert terms.look(Act.system()) == REST
    assert not BalanceBreak.objects.exists()


def test_rights_that_a_dealer_turns_back_are_a_break_minutes_after_we_set_them(
    platform: Platform, account: TradingAccount
) -> None:
    trading.restrict_account(Act.system(), account, reason="Looked into.", how="disabled")
    drain()
    terms = Terms(platform)
    by_hand(account, enabled=True, trading=Right.FULL)
    terms.look(Act.system())
    terms.look(Act.system())
    assert not BalanceBreak.objects.exists(), "the platform may not show yet what it has done"
    with clock_at(now() + timedelta(minutes=3)):
        terms.look(Act.system())
    assert BalanceBreak.objects.get().kind == Kind.RIGHTS


def test_rights_that_the_platform_was_not_yet_asked_for_are_no_break_however_long(
    platform: Platform, account: TradingAccount
) -> None:
    terms = Terms(platform)
    trading.restrict_account(Act.system(), account, reason="Looked into.", how="disabled")
    with clock_at(now() + timedelta(hours=5)):
        for _ in range(3):
            terms.look(Act.system())
    assert not BalanceBreak.objects.exists()


def test_the_platform_s_value_is_taken(platform: Platform, account: TradingAccount) -> None:
    path = r"real\SC-USD-Raw"
    by_hand(account, leverage=7, trading=Right.NONE, group=path)
    act = make.act_of(make.staff("trading.*"))

    for one in looked(platform):
        trading.take_terms(act, one)

    account.refresh_from_db()
    assert (account.leverage, account.status) == (7, Status.READ_ONLY)
    assert account.group is not None and account.group.path == path
    drain()
    assert looked(platform) == []
    assert recorded("TermsTaken") == 3


def test_what_our_rules_forbid_is_not_taken(platform: Platform, account: TradingAccount) -> None:
    there = [("group", r"real\UK-GBP-Standard"), ("leverage", "1:5000")]
    found = [TermsApart(account.pk, kind, "as it is", said) for kind, said in there]
    trading.note_terms(Act.system(), platform, found=found)
    group, leverage = BalanceBreak.objects.order_by("kind")
    before = Record.objects.count()

    with pytest.raises(TooMuchLeverage):
        trading.take_terms(Act.system(), leverage)
    with pytest.raises(Problem, match="send ours again"):
        trading.take_terms(Act.system(), group)

    account.refresh_from_db()
    assert account.leverage != 5000
    assert Record.objects.count() == before


def test_ours_is_sent_again_and_the_break_heals(
    platform: Platform, account: TradingAccount
) -> None:
    here = on_platform(account)
    by_hand(account, leverage=7, enabled=False)

    for one in looked(platform):
        trading.send_terms(make.act_of(make.staff("trading.*")), one)
    drain()

    there = on_platform(account)
    assert (there.leverage, there.enabled, there.trading) == (here.leverage, True, Right.FULL)
    assert looked(platform) == []
    healed = BalanceBreak.objects.first()
    assert healed is not None
    with pytest.raises(WrongState):
        trading.send_terms(Act.system(), healed)


def test_a_refusal_of_ours_stands_on_the_break(platform: Platform) -> None:
    unknown = trading_make.account(make.client("SC"), platform)
    drain()
    trading.note_terms(
        Act.system(), platform,
        found=[TermsApart(unknown.pk, "leverage", "1:100", "1:7")],
    )  # fmt: skip
    trading.send_terms(Act.system(), BalanceBreak.objects.get())
    drain()

    assert "It refuses ours: " in BalanceBreak.objects.get().cause
    assert recorded("TermsRefused") == 1


def test_many_accounts_cost_as_many_statements_as_one(
    platform: Platform, account: TradingAccount
) -> None:
    def statements() -> int:
        terms = Terms(platform)
        with clock_at(now() + timedelta(hours=1)):
            terms.look(Act.system())
            with CaptureQueriesContext(connection) as asked:
                terms.look(Act.system())
        return len(asked)

    by_hand(account, leverage=7)
    one = statements()
    for _ in range(4):
        make.client("SC")
    drain()
    others = TradingAccount.objects.filter(status=Status.OPEN).exclude(pk=account.pk)
    for other in others:
        by_hand(other, leverage=7)

    assert len(others) == 4
    assert statements() == one
    assert BalanceBreak.objects.count() == 5


def test_a_closed_account_that_is_let_in_again_is_a_break(
    platform: Platform, account: TradingAccount
) -> None:
    trading.close_account(Act.system(), account, reason="Asked for.")
    drain()
    assert looked(platform) == []
    by_hand(account, enabled=True, trading=Right.FULL)

    (found,) = looked(platform)

    assert (found.kind, found.there) == (Kind.RIGHTS, "may trade")
    with pytest.raises(WrongState):
        trading.take_terms(Act.system(), found)


def test_taking_the_platform_s_rights_never_lifts_what_is_restricted_here(
    platform: Platform, account: TradingAccount
) -> None:
    trading.restrict_account(Act.system(), account, reason="Looked into.", how="disabled")
    drain()
    by_hand(account, enabled=True, trading=Right.NONE)
    (looks,) = looked(platform)
    colleague = make.staff("trading.take_terms")

    with pytest.raises(WrongState, match="lift that first, or send ours again"):
        trading.take_terms(make.act_of(colleague), looks)
    by_hand(account, enabled=True, trading=Right.FULL)
    (trades,) = [one for one in looked(platform) if one.there == "may trade"]
    with pytest.raises(WrongState, match="lift that first, or send ours again"):
        trading.take_terms(make.act_of(colleague), trades)

    account.refresh_from_db()
    assert (account.status, account.reason) == (Status.DISABLED, "Looked into.")
    assert recorded("TermsTaken") == recorded("RestrictionLifted") == 0
