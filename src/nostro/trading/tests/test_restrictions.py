"""Restrictions of accounts stand beside one another: none weakens or shortens another one, and each
ends by itself or by people.
"""

import html
import re
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection

from nostro.bulk.tests.make import prepared, verdicts
from nostro.core.acts import Act, clock_at, now
from nostro.core.guard import acting_as_system
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.problems import Forbidden, Problem
from nostro.kit.vendors import Refused
from nostro.trading import operations as trading
from nostro.trading import queries, sync
from nostro.trading.adapters.mt5 import Mt5
from nostro.trading.models import Platform, Restriction, TradingAccount
from nostro.trading.operations.accounts import StillInUse
from nostro.trading.ports import PLATFORMS, PasswordKind, PlatformAccount, Right
from nostro.trading.queries.restrictions import restrictions_over
from nostro.trading.reactions import lift_expired_restrictions
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import everything, many, paid_in, recorded
from tests import make

pytestmark = pytest.mark.django_db
Status = TradingAccount.Status
SYSTEM = Act.system


@pytest.fixture
def kept(act: Act) -> TradingAccount:
    """An account without a server behind it."""
    return trading_make.account(make.client("SC"), trading_make.platform())


def now_is(account: TradingAccount) -> tuple[str, str]:
    account.refresh_from_db()
    return account.status, account.reason


def there(account: TradingAccount) -> PlatformAccount:
    return PLATFORMS.take(account.platform.slug).account(account.login or 0)


def after(**more: float) -> None:
    with clock_at(now() + timedelta(**more)):
        lift_expired_restrictions(SYSTEM())


def test_a_stronger_and_longer_restriction_is_not_weakened(kept: TradingAccount) -> None:
    trading.restrict_account(SYSTEM(), kept, reason="Money laundering?", how="disabled")
    records = Record.objects.count()
    friday = now() + timedelta(days=3)

    with pytest.raises(WrongState, match="disabled already, until it is lifted: Money"):
        trading.restrict_account(SYSTEM(), kept, reason="Volatile", until=friday)

    assert now_is(kept) == (Status.DISABLED, "Money laundering?")
    assert (Record.objects.count(), Restriction.objects.count()) == (records, 1)
    after(days=4)
    assert now_is(kept) == (Status.DISABLED, "Money laundering?")


def test_a_stronger_restriction_that_ends_leaves_what_was_there_before_it(
    kept: TradingAccount,
) -> None:
    trading.restrict_account(SYSTEM(), kept, reason="Source of funds")
    until = now() + timedelta(days=1)
    trading.restrict_account(SYSTEM(), kept, reason="Signed in oddly", how="disabled", until=until)
    assert now_is(kept) == (Status.DISABLED, "Signed in oddly")
    assert kept.restricted_until == until

    after(days=2)

    assert now_is(kept) == (Status.CLOSE_ONLY, "Source of funds")
    assert kept.restricted_until is None
    last = Record.objects.filter(name="trading.AccountRestricted").latest("pk")
    assert (last.data["how"], last.data["reason"]) == ("close only", "Source of funds")
    trading.lift_restriction(SYSTEM(), kept)
    assert now_is(kept) == (Status.OPEN, "")


def test_a_longer_and_weaker_one_waits_beneath_a_shorter_and_stronger_one(
    kept: TradingAccount,
) -> None:
    day = now() + timedelta(days=1)
    trading.restrict_account(SYSTEM(), kept, reason="A day", how="disabled", until=day)
    trading.restrict_account(SYSTEM(), kept, reason="For long", how="read_only")
    assert now_is(kept) == (Status.DISABLED, "A day")
    after(days=2)
    assert now_is(kept) == (Status.READ_ONLY, "For long")


def test_a_restriction_that_was_made_longer_meanwhile_is_not_lifted(kept: TradingAccount) -> None:
    day = now() + timedelta(days=1)
    trading.restrict_account(SYSTEM(), kept, reason="A day", how="read_only", until=day)
    with clock_at(now() + timedelta(days=2)):
        (due,) = restrictions_over(now())
        trading.restrict_account(SYSTEM(), kept, reason="A week more", how="read_only")
        with pytest.raises(WrongState, match="is over"):
            trading.end_expired_restrictions(SYSTEM(), due)
    assert now_is(kept) == (Status.READ_ONLY, "A week more")


def test_an_account_that_slept_sleeps_again_after_its_restriction(kept: TradingAccount) -> None:
    trading_make.asleep(kept)
    until = now() + timedelta(days=1)
    trading.restrict_account(SYSTEM(), kept, reason="Looked into", how="close_only", until=until)
    assert now_is(kept)[0] == Status.CLOSE_ONLY
    with pytest.raises(WrongState):
        trading.reactivate_account(make.act_of(kept.client), kept)

    after(days=2)

    assert now_is(kept)[0] == Status.DORMANT
    assert (recorded("SleepResumed"), recorded("RestrictionLifted")) == (1, 0)
    trading.reactivate_account(make.act_of(kept.client), kept)
    trading.restrict_account(SYSTEM(), kept, reason="Again")
    trading.lift_restriction(SYSTEM(), kept)
    assert now_is(kept)[0] == Status.OPEN


def test_people_restrict_it_otherwise_where_they_may_lift_too(kept: TradingAccount) -> None:
    half = make.staff("trading.accounts", "trading.ease_restriction")
    whole = make.staff("trading.*")
    with pytest.raises(WrongState, match="Nobody has restricted"):
        trading.ease_restriction(make.act_of(whole), kept, reason="x")
    trading.restrict_account(SYSTEM(), kept, reason="Fraud?", how="disabled")
    with pytest.raises(Forbidden, match="lifting"):
        trading.ease_restriction(make.act_of(half), kept, reason="It was none")
    assert now_is(kept) == (Status.DISABLED, "Fraud?")

    trading.ease_restriction(make.act_of(whole), kept, reason="It was none", how="read_only")

    assert now_is(kept) == (Status.READ_ONLY, "It was none")
    assert [one.reason for one in queries.restrictions_of(kept)] == ["It was none"]


def test_a_bulk_change_says_of_each_account_what_restricts_it_already(
    settings: LazySettings,
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    many(3)
    first = everything()[0]
    trading.restrict_account(SYSTEM(), first, reason="Money laundering?", how="disabled")
    until = (now() + timedelta(days=3)).isoformat()
    change = prepared(
        make.act_of(make.staff("*")), "trading.restrict_account", everything(),
        reason="Volatile", how="close_only", until=until,
    )  # fmt: skip
    said = [words for _, words in verdicts(change)]
    assert "disabled already, until it is lifted: Money laundering?" in said[0]
    assert said[1:] == ["", ""]


def test_a_closed_account_is_restricted_by_nothing_any_more(kept: TradingAccount) -> None:
    trading.restrict_account(SYSTEM(), kept, reason="Looked into", how="read_only")
    trading.close_account(SYSTEM(), kept, reason="Asked for")
    assert queries.restrictions_of(kept) == []
    trading.reopen_account(SYSTEM(), kept, reason="A mistake")
    assert now_is(kept)[0] == Status.OPEN


# ── On the platform ──


def test_open_trades_are_not_left_behind_where_close_only_cannot_be_had(
    account: TradingAccount, server: Server
) -> None:
    paid_in(account, "5000")
    server.trade(account.login or 0)
    sync.sync_once(SYSTEM(), account.platform)
    records = Record.objects.count()
    with pytest.raises(StillInUse, match="cannot let an account close and no more"):
        trading.restrict_account(SYSTEM(), account, reason="Source of funds")
    assert (now_is(account)[0], Record.objects.count()) == (Status.OPEN, records)

    trading.restrict_account(SYSTEM(), account, reason="Source of funds", how="read_only")
    drain()
    assert there(account).trading == Right.NONE


@pytest.mark.parametrize(
    ("how", "said"),
    [("close_only", "a dealer has to"), ("read_only", "looks, and trades nothing")],
)
def test_the_page_says_what_a_restriction_means_on_its_platform(
    kept: TradingAccount, settings: LazySettings, how: Any, said: str
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    trading.restrict_account(SYSTEM(), kept, reason="Source of funds.", how=how)
    browser = make.browser(make.staff("trading.*", "people.*"))
    page = browser.get(f"/staff/trading/accounts/{kept.pk}/").content.decode()
    assert f"Source of funds. {'MT5' if how == 'close_only' else 'The client'}" in page
    assert said in page
    assert "Decided by people" in page
    assert "trading.ease_restriction" in page


# ── Passwords ──


@pytest.mark.parametrize(
    ("how", "offered"), [("close_only", True), ("read_only", True), ("disabled", False)]
)
def test_new_passwords_are_offered_where_they_are_given(
    kept: TradingAccount, how: Any, offered: bool
) -> None:
    trading.restrict_account(SYSTEM(), kept, reason="Looked into", how=how)
    owner = make.browser(kept.client)
    page = owner.get(f"/room/accounts/{kept.pk}/").content.decode()
    assert ("Ask for new passwords" in page) is offered
    if offered:
        trading.ask_passwords(make.act_of(kept.client), kept)
    else:
        with pytest.raises(Problem):
            trading.ask_passwords(make.act_of(kept.client), kept)
    assert recorded("PasswordsAsked") == int(offered)


class Stubborn(Mt5):
    """A server that takes no new read-only passwords."""

    def set_password(self, login: int, password: str, kind: PasswordKind) -> None:
        if kind == PasswordKind.INVESTOR:
            raise Refused("It was used before.")
        super().set_password(login, password, kind)


def test_a_new_main_password_is_handed_over_where_the_read_only_one_is_refused(
    account: TradingAccount, platform: Platform
) -> None:
    connection = PLATFORMS.take(platform.slug)
    connection.__class__ = Stubborn  # as this server is from now on
    trading.ask_passwords(make.act_of(account.client), account)
    drain()

    assert (recorded("PasswordsRefused"), recorded("LookingPasswordKept")) == (0, 1)
    secret = account.secrets.latest("pk")
    url = f"/room/accounts/credentials/{secret.pk}/{trading.token_of(secret)}/"
    page = make.browser(account.client).post(url).content.decode()
    assert "The one you have goes on." in page
    main = re.findall(r'data-copy="([^"]+)"', page)[1]
    assert PLATFORMS.take(platform.slug).check_password(
        account.login or 0, html.unescape(main), PasswordKind.MAIN
    )


def test_what_restricted_accounts_before_is_a_row_of_its_own_cause_after_the_upgrade(
    kept: TradingAccount,
) -> None:
    until = now() + timedelta(days=1)
    trading.restrict_account(SYSTEM(), kept, reason="Looked into", how="read_only", until=until)
    upgrade = import_module("nostro.trading.migrations.0019_restrictions")
    with acting_as_system("as an older version left it"), connection.cursor() as cursor:
        Restriction.objects.all().delete()
        Platform.objects.update(kind="ctrader")
        cursor.execute(upgrade.KNOWN)

    (row,) = queries.restrictions_of(kept)
    assert (row.cause, row.how, row.reason) == ("person", "read_only", "Looked into")
    assert row.until == until
    assert list(queries.rights_differ()) == [kept]
    after(days=2)
    assert now_is(kept)[0] == Status.OPEN
