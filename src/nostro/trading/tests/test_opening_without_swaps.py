"""Trading without swaps from the opening on, and what becomes of it where an account moves."""

from datetime import timedelta
from typing import Any

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.messages.models import Message
from nostro.people.models import Client
from nostro.rules import operations as rules
from nostro.rules.models import Decision
from nostro.trading import operations as trading
from nostro.trading import queries, reactions
from nostro.trading.decisions import PROVISION, SWAP_FREE
from nostro.trading.foresight import type_changes
from nostro.trading.models import Platform, SwapFreeRequest, TradingAccount
from nostro.trading.operations.accounts import NotOffered
from nostro.trading.operations.lifecycle import SwapFreeEnds
from nostro.trading.operations.opening import NoSwapsOffered
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.conftest import Server
from nostro.trading.tests.make import group_at, recorded, there
from tests import make

pytestmark = pytest.mark.django_db
Status, Wish = TradingAccount.Status, SwapFreeRequest.Status
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _one_factor(settings: object) -> None:
    settings.NOSTRO_REQUIRE_MFA = False  # type: ignore[attr-defined]


@pytest.fixture
def amina(platform: Platform) -> Client:
    """From where the rule gives it at once."""
    made = make.client("SC", country="AE")
    drain()
    return made


@pytest.fixture
def free(amina: Client) -> TradingAccount:
    """Her account, without swaps for 60 days."""
    account = amina.trading_accounts.get()
    trading.ask_swap_free(make.act_of(amina), account, days=60)
    return as_it_is(account)


def as_it_is(account: TradingAccount) -> TradingAccount:
    drain()
    rows = TradingAccount.objects.select_related("group", "client", "entity", "platform")
    return rows.get(pk=account.pk)


def opened(client: Client, **more: Any) -> TradingAccount:
    given = {"account_type": "standard", "currency": "USD", "swap_free": True, **more}
    return as_it_is(trading.request_account(make.act_of(client), client, **given))


def ruled(point: str, **cells: dict[str, str]) -> None:
    """Rows of a table as another two people have them: row → cells."""
    author, other = make.act_of(make.staff("rules.*")), make.act_of(make.staff("rules.*"))
    draft = rules.draft_version(author, point=point)
    for row, fields in cells.items():
        for field, cell in fields.items():
            rules.edit_cell(author, draft, row=row.replace("_", "-"), field=field, cell=cell)
    rules.submit_version(author, draft, reason="For a test.")
    rules.activate_version(other, draft)


# ── Opening ──


def test_an_account_is_opened_without_swaps_where_the_rules_give_it_at_once(amina: Client) -> None:
    account = opened(amina)
    assert there(account) == r"real\SC-USD-Standard-SF"
    assert account.group is not None and account.group.swap_free
    assert account.swap_free_until is not None and account.opened_at is not None
    assert account.swap_free_until.date() == (account.requested_at + 180 * DAY).date()
    assert account.swap_free_since == account.opened_at
    assert Decision.objects.get(pk=account.decision or 0).inputs["swap_free"] is True
    assert SwapFreeRequest.objects.get().status == Wish.GIVEN
    assert Message.objects.filter(client=amina, template="swap_free_given").count() == 1
    with clock_at(now() + 181 * DAY):
        reactions.end_expired_swap_free(Act.system())
        assert there(as_it_is(account)) == r"real\SC-USD-Standard"


def test_elsewhere_a_person_looks_and_it_is_opened_with_swaps_meanwhile(
    platform: Platform,
) -> None:
    ada = make.client("SC", country="DE")
    drain()
    account = trading.request_account(
        make.act_of(ada), ada, account_type="standard", currency="USD", swap_free=True
    )
    wish, colleague = SwapFreeRequest.objects.get(), make.act_of(make.staff("trading.*"))
    assert wish.status == Wish.ASKED
    with pytest.raises(WrongState, match="opening"):
        trading.approve_swap_free(colleague, wish)
    account = as_it_is(account)
    assert (there(account), account.swap_free_until) == (r"real\SC-USD-Standard", None)
    trading.approve_swap_free(colleague, SwapFreeRequest.objects.get())
    assert there(as_it_is(account)) == r"real\SC-USD-Standard-SF"


def test_where_it_is_not_offered_nothing_is_opened(amina: Client) -> None:
    records, count = Record.objects.count(), TradingAccount.objects.count()
    with pytest.raises(NoSwapsOffered, match="Raw accounts pay the market's own swaps"):
        opened(amina, account_type="raw")
    assert (Record.objects.count(), TradingAccount.objects.count()) == (records, count)
    assert not SwapFreeRequest.objects.exists()


def test_without_a_group_beside_it_a_person_opens_it(platform: Platform) -> None:
    client = make.client("SC", country="AE", currency="GBP")
    drain()
    group = trading_make.group(platform, currency="GBP")
    path = f'"{group.path}"'
    ruled(PROVISION.name, sc_usd_standard_all={"group": path, "currency": '"GBP"'})
    account = opened(client, currency="GBP")
    assert account.status == Status.REQUESTED
    assert "no swap-free group beside" in account.reason
    assert SwapFreeRequest.objects.get().status == Wish.ASKED
    other = trading.add_group(
        Act.system(), platform, path=r"real\SC-GBP-Islamic", entity=group.entity, currency="GBP",
        account_type="standard", swap_free=True,
    )  # fmt: skip
    trading.approve_account(Act.system(), account, group=other, leverage=100)
    account.refresh_from_db()
    assert account.swap_free_until is not None
    assert SwapFreeRequest.objects.get().status == Wish.GIVEN


def test_a_client_ticks_it_in_the_room(amina: Client) -> None:
    room = make.browser(amina)
    assert "Without swaps" in room.get("/room/accounts/open/").content.decode()
    room.post("/room/accounts/open/", {"kind": "standard/USD", "swap_free": "on"})
    made = as_it_is(amina.trading_accounts.order_by("pk").last())  # type: ignore[arg-type]
    assert made.group is not None and made.group.swap_free
    british = make.client("UK", currency="GBP", country="GB")
    page = make.browser(british).get("/room/accounts/open/").content.decode()
    assert "Without swaps" not in page
    answer = room.post("/room/accounts/open/", {"kind": "raw/USD", "swap_free": "on"})
    assert answer.status_code == 422
    assert "Ask for one that pays swaps" in answer.content.decode()


# ── Another type ──


def test_a_type_that_pays_swaps_ends_it_only_if_that_is_agreed_to(
    free: TradingAccount, amina: Client
) -> None:
    records = Record.objects.count()
    with pytest.raises(SwapFreeEnds, match="Raw accounts pay swaps here"):
        trading.change_account_type(make.act_of(amina), free, account_type="raw")
    drain()
    assert Record.objects.count() == records
    assert there(free) == r"real\SC-USD-Standard-SF"
    room = make.browser(amina)
    page = room.get(f"/room/accounts/{free.pk}/").content.decode()
    assert "Trading without swaps may end" in page

    room.post(f"/room/accounts/{free.pk}/type/", {"account_type": "raw", "end_swap_free": "on"})
    after = as_it_is(free)
    assert (there(after), after.swap_free_until) == (r"real\SC-USD-Raw", None)
    assert recorded("SwapFreeEnded") == 1
    assert Message.objects.filter(client=amina, template="swap_free_ended").count() == 1


def test_a_type_that_has_it_keeps_it_with_its_end(free: TradingAccount, platform: Platform) -> None:
    group = trading.add_group(
        Act.system(), platform, path=r"real\SC-USD-Raw-Islamic", entity=free.entity, currency="USD",
        account_type="raw", swap_free=True,
    )  # fmt: skip
    ruled(SWAP_FREE.name, raw={"allowed": "true", "days": "30"})
    trading.change_account_type(make.act_of(free.client), free, account_type="raw")
    asked = Record.objects.filter(name="trading.GroupAsked").latest("pk")
    assert asked.data["group_id"] == group.pk
    assert Decision.objects.filter(point=PROVISION.name).latest("pk").inputs["swap_free"] is True
    assert (recorded("SwapFreeEnded"), free.swap_free_until is not None) == (0, True)


@pytest.mark.parametrize(
    "wrong", [{"book": '"a"'}, {"platform": '"mt5-elsewhere"'}, {"leverage": "0"}],
    ids=["book", "platform", "leverage"],
)  # fmt: skip
def test_what_the_rule_wants_of_a_type_is_what_it_gets(
    amina: Client, platform: Platform, wrong: dict[str, str]
) -> None:
    account = as_it_is(amina.trading_accounts.get())
    ruled(PROVISION.name, sc_usd_raw_all=wrong)
    records = Record.objects.count()
    foreseen = type_changes(Act.system(), [account], {"account_type": "raw"})
    with pytest.raises(NotOffered) as refusal:
        trading.change_account_type(Act.system(), account, account_type="raw")
    assert foreseen == {account.pk: refusal.value.sentence}
    assert Record.objects.count() == records


def test_in_the_book_that_the_rule_wants_it_is_changed(amina: Client, platform: Platform) -> None:
    account = as_it_is(amina.trading_accounts.get())
    trading.set_book(Act.system(), group_at(platform, "SC-USD-Raw"), book="a")
    ruled(PROVISION.name, sc_usd_raw_all={"book": '"a"'})
    trading.change_account_type(make.act_of(amina), account, account_type="raw")
    assert there(as_it_is(account)) == r"real\SC-USD-Raw"


def test_what_is_foreseen_of_swaps_is_what_is_then_said(free: TradingAccount) -> None:
    said = type_changes(Act.system(), [free], {"account_type": "raw"})
    with pytest.raises(SwapFreeEnds) as refusal:
        trading.change_account_type(Act.system(), free, account_type="raw")
    assert said == {free.pk: refusal.value.sentence}
    agreed = {"account_type": "raw", "end_swap_free": True}
    assert type_changes(Act.system(), [free], agreed) == {}


# ── Other moves ──


def test_a_move_that_ends_it_or_begins_it_says_so(free: TradingAccount, platform: Platform) -> None:
    group, beside = group_at(platform, "SC-USD-Standard"), free.group
    assert beside is not None
    trading.move_account(Act.system(), free, group=group, reason="By mistake")
    after = as_it_is(free)
    assert (recorded("SwapFreeEnded"), after.swap_free_until) == (1, None)
    trading.move_account(Act.system(), after, group=beside, reason="Back again")
    after = as_it_is(after)
    assert there(after) == beside.path
    assert after.swap_free_until is not None, "it has an end again"
    with pytest.raises(Problem, match="Say why"):
        trading.move_account(Act.system(), after, group=group, reason=" ")


def test_it_goes_along_to_another_platform(
    free: TradingAccount, server: Server, platform: Platform
) -> None:
    second = trading_make.platform(server.settings, slug="mt5-two")
    drain()
    heir = trading.migrate_account(
        Act.system(), free, group=group_at(second, "SC-USD-Standard-SF"), reason="New platform"
    )
    assert heir.swap_free_until == free.swap_free_until
    heir = as_it_is(heir)
    assert (heir.status, heir.swap_free_since) == (Status.OPEN, heir.opened_at)
    assert recorded("SwapFreeEnded") == 0
    assert queries.swap_free_days(heir) == 0
