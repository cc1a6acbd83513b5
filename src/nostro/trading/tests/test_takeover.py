"""Accounts that stood on a platform before: compared with our clients, agreed to, taken over."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from nostro.core.acts import Act, now
from nostro.core.approvals import OwnProposal, agree_to_proposal
from nostro.core.doors import call
from nostro.core.files import Upload
from nostro.core.jobs import drain
from nostro.core.models import Proposal
from nostro.kit import Money
from nostro.kit.csv_files import BadFile
from nostro.ledger import chart
from nostro.ledger.models import Entry
from nostro.ledger.queries import balance, verify
from nostro.people import operations as people
from nostro.people.models import Client
from nostro.trading import operations as trading
from nostro.trading import queries, sync
from nostro.trading.models import (
    BalanceBreak,
    Group,
    Platform,
    TakenDeal,
    Takeover,
    TradingAccount,
)
from nostro.trading.operations.takeovers import NothingToTakeOver, PastUnread
from nostro.trading.ports import PLATFORMS, AccountChange, AccountRequest, BalanceKind, Right
from nostro.trading.queries.takeovers import takeover_figures, takeover_rows
from nostro.trading.tests.make import recorded
from tests import make

if TYPE_CHECKING:
    from nostro.people.models import Staff
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db
UK = r"real\UK-GBP-Standard"


@pytest.fixture
def holder(platform: Platform) -> Client:
    """A client of the offshore firm who has no account here yet."""
    return newcomer("ada@example.com")


@pytest.fixture
def two(platform: Platform) -> "Iterator[tuple[Staff, Staff]]":
    """Who prepares takeovers, and who agrees to them."""
    yield make.staff("trading.*", "people.*", "core.*"), make.staff("trading.*", "core.*")


def newcomer(email: str, code: str = "SC") -> Client:
    """An active client who has not asked for an account."""
    made = people.register_client(
        Act.system(), entity=make.entity(code), brand=make.brand(code), email=email,
        password="correct horse battery", first_name="Ada", last_name="Lovelace", country="CY",
        account_type="",
    )  # fmt: skip
    people.activate_client(Act.system(), made, reason="made by a test")
    return made


def offshore(platform: Platform) -> str:
    """The path of the platform's group for the offshore firm's standard accounts."""
    rows = Group.objects.filter(
        platform=platform, entity__code="SC", currency="USD", account_type="standard",
        practice=False, swap_free=False,
    )  # fmt: skip
    return rows.order_by("pk")[0].path


def stands(platform: Platform, money: str = "", **more: Any) -> int:
    """An account that somebody opened on the platform, and nobody here knows; its login."""
    given: dict[str, Any] = {
        "group": offshore(platform), "leverage": 100, "name": "Ada Lovelace",
        "password": "Main-pass1", "investor_password": "Look-only1", **more,
    }  # fmt: skip
    line = PLATFORMS.take(platform.slug)
    login = line.open_account(AccountRequest(**given), key=f"old{Decimal(len(line.logins()))}")
    if money:
        line.change_balance(login, Money.of(money), BalanceKind.BALANCE, reference=f"old-{login}")
    return login


def file(*lines: str) -> Upload:
    return Upload("logins.csv", ("login,client\n" + "\n".join(lines) + "\n").encode(), "text/csv")


def compared(platform: Platform, *lines: str, by: Act | None = None) -> Takeover:
    """Read and compared; the platform's past is read before."""
    sync.sync_once(Act.system(), platform)
    act = by or Act.system()
    made = trading.read_takeover(act, platform=platform, file=file(*lines) if lines else None)
    drain()
    made.refresh_from_db()
    return made


def carried_out(takeover: Takeover) -> Takeover:
    trading.start_takeover(Act.system(), takeover)
    drain()
    takeover.refresh_from_db()
    return takeover


def said(takeover: Takeover) -> list[tuple[int | None, str, str]]:
    rows = takeover.rows.order_by("number")
    return [(one.login, one.status, one.said) for one in rows]


def figures() -> dict[int, tuple[Any, ...]]:
    """Login → what the ledger holds, what the platform shows, breaks, whether all agrees."""
    rows: Any = takeover_figures(Act.system())
    found = rows.values_list("login", "held", "shown", "breaks", "agrees")
    return {login or 0: tuple(rest) for login, *rest in found}


def cash(account: TradingAccount) -> Money:
    place = chart.client_trading(account.client_id, account.platform.slug, account.login or 0)
    return balance(place, account.currency)


def test_an_account_becomes_its_clients_with_its_past_and_its_balance(
    platform: Platform, holder: Client, server: "Server"
) -> None:
    login = stands(platform, "900.00 USD")
    server.close(server.trade(login, lots="0.1"))
    position = server.trade(login, lots="0.2")
    takeover = compared(platform, f"{login},{holder.number}")
    row = takeover.rows.get()
    assert (takeover.status, row.status, row.said) == ("ready", "planned", "")
    assert (row.client, row.currency, row.ratio) == (holder, "USD", "1:100")
    assert row.group == offshore(platform)
    assert (row.positions, row.named) == (1, "")
    assert not TradingAccount.objects.exists()

    carried_out(takeover)

    account = TradingAccount.objects.get()
    assert (takeover.status, account.login, account.client) == ("done", login, holder)
    assert (account.status, account.leverage) == ("open", 100)
    assert account.group is not None and account.group.path == offshore(platform)
    assert account.deal_set.count() == 4
    shown, _ = PLATFORMS.take(platform.slug).standings([login])[login]
    assert cash(account) == account.money(shown)
    assert account.position_set.get().ticket == position
    entry = Entry.objects.get(kind="opening")
    assert entry.entity_id == holder.entity_id
    assert not Entry.objects.filter(kind="trading").exists()
    assert PLATFORMS.take(platform.slug).logins().count(login) == 1
    assert verify() == []


def test_no_break_is_found_after_it_and_what_is_traded_next_is_booked(
    platform: Platform, holder: Client, server: "Server"
) -> None:
    login = stands(platform, "900.00 USD")
    PLATFORMS.take(platform.slug).change_balance(
        login, Money.of("50.00 USD"), BalanceKind.CREDIT, reference="old-credit"
    )
    position = server.trade(login, lots="0.1")
    carried_out(compared(platform, f"{login},ADA@example.com"))

    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0
    server.close(position)
    sync.sync_once(Act.system(), platform)
    assert sync.recheck(Act.system(), platform, since=sync.EARLIEST) == 0

    account = TradingAccount.objects.get()
    lent = chart.client_credit(account.client_id, platform.slug, login)
    assert balance(lent, "USD") == Money.of("50.00 USD")
    assert Entry.objects.filter(kind="trading").count() == 1
    assert not BalanceBreak.objects.exists()
    assert {one.against for one in TakenDeal.objects.all()} == {"opening"}
    (held, shown, breaks, agrees) = figures()[login]
    assert (held, breaks, agrees) == (shown, 0, True)


def test_what_differs_after_it_stands_in_the_report_of_the_parallel_run(
    platform: Platform, holder: Client
) -> None:
    login = stands(platform, "900.00 USD")
    carried_out(compared(platform, f"{login},{holder.number}"))
    PLATFORMS.take(platform.slug).change_balance(
        login, Money.of("75.00 USD"), BalanceKind.BALANCE, reference="a dealer"
    )
    sync.sync_once(Act.system(), platform)
    sync.recheck(Act.system(), platform, since=sync.EARLIEST)

    assert figures() == {login: (900, 975, 1, False)}


def test_orphans_of_both_sides_are_named(platform: Platform, holder: Client) -> None:
    login, other = stands(platform), stands(platform)
    takeover = compared(platform, f"{login},{holder.number}", f"99887766,{holder.number}")

    assert said(takeover) == [
        (login, "planned", ""),
        (99887766, "refused", f"There is no such login on {platform}."),
        (other, "left", "It stands on the platform, and in no line of the file."),
    ]


def test_whatever_keeps_an_account_from_being_taken_over_is_said(
    platform: Platform, holder: Client, server: "Server"
) -> None:
    make.client("SC", email="bob@example.com")
    drain()
    owned = TradingAccount.objects.get().login
    british = stands(platform, group=UK)
    strange = stands(platform, group=r"real\UK-GBP-Standard")
    plain = stands(platform)
    trader = newcomer("eve@example.com", "UK")

    takeover = compared(
        platform, f"{owned},{holder.number}", f"{british},{holder.number}",
        f"{strange},eve@example.com", f"{plain},nobody@example.com",
        "seven,C-1", ",C-1", f"{plain},C-1",
    )  # fmt: skip

    bob = Client.objects.get(email="bob@example.com")
    assert said(takeover) == [
        (owned, "refused", f"It is the account of {bob} already."),
        (british, "refused", f"Its group is one of {make.entity('UK')}, and {holder} is a client "
         f"of {make.entity('SC')}."),
        (strange, "planned", ""),
        (plain, "refused", "There is no such client, or none you may see."),
        (None, "refused", "“seven” is no login."),
        (None, "refused", "The login is missing."),
        (None, "refused", "This login stands on line 5 already."),
    ]  # fmt: skip
    assert takeover.rows.get(login=strange).client == trader
    assert not recorded("AccountTakenOver")


def test_without_a_file_the_platform_says_whose_its_logins_are(
    platform: Platform, holder: Client
) -> None:
    by_number = stands(platform, client_code=holder.number)
    by_email = stands(platform, email="Ada@Example.com")
    unsure = stands(platform, client_code=holder.number, email="eve@example.com")
    nobodys = stands(platform, client_code="4711")

    takeover = compared(platform)

    rows = {one.login: one for one in takeover.rows.all()}
    assert (rows[by_number].status, rows[by_email].status) == ("planned", "planned")
    assert (rows[by_number].client, rows[by_email].client) == (holder, holder)
    assert (rows[unsure].status, rows[nobodys].status) == ("left", "left")
    assert "another e-mail address" in rows[unsure].said
    carried_out(takeover)
    assert {one.login for one in TradingAccount.objects.all()} == {by_number, by_email}


def test_it_takes_a_second_person_who_did_not_prepare_it(
    platform: Platform, holder: Client, two: "tuple[Staff, Staff]"
) -> None:
    maker, other = two
    login = stands(platform, "900.00 USD")
    takeover = compared(platform, f"{login},{holder.number}", by=make.act_of(maker))

    proposal = call(make.act_of(maker), trading.start_takeover, takeover, {})

    assert isinstance(proposal, Proposal)
    with pytest.raises(OwnProposal):
        agree_to_proposal(make.act_of(maker), proposal)
    drain()
    assert not TradingAccount.objects.exists()
    agree_to_proposal(make.act_of(other), proposal)
    drain()
    assert TradingAccount.objects.get().login == login


def test_the_same_file_again_takes_nothing_over_twice(platform: Platform, holder: Client) -> None:
    login = stands(platform, "900.00 USD")
    carried_out(compared(platform, f"{login},{holder.number}"))
    entries = Entry.objects.count()

    again = compared(platform, f"{login},{holder.number}")

    assert said(again) == [(login, "refused", f"It is the account of {holder} already.")]
    with pytest.raises(NothingToTakeOver):
        trading.start_takeover(Act.system(), again)
    assert (TradingAccount.objects.count(), Entry.objects.count()) == (1, entries)


def test_what_was_refused_is_taken_over_once_it_is_mended(
    platform: Platform, holder: Client
) -> None:
    login, late = stands(platform, "10.00 USD"), stands(platform, "20.00 USD")
    takeover = carried_out(compared(platform, f"{login},{holder.number}", f"{late},M-1"))
    assert TradingAccount.objects.get().login == login
    joined = newcomer("late@example.com")
    people.set_external_number(Act.system(), joined, number="M-1")

    trading.compare_takeover(Act.system(), takeover)
    drain()
    takeover.refresh_from_db()
    carried_out(takeover)

    assert TradingAccount.objects.get(login=late).client == joined
    assert takeover.rows.filter(status="done").count() == 2


def test_what_an_account_may_do_there_it_may_do_here(platform: Platform, holder: Client) -> None:
    login = stands(platform)
    PLATFORMS.take(platform.slug).change_account(login, AccountChange(trading=Right.NONE))
    carried_out(compared(platform, f"{login},{holder.number}"))

    account = TradingAccount.objects.get()

    assert account.status == "read_only"
    assert [one.how for one in queries.restrictions_of(account)] == ["read_only"]


def test_a_balance_that_its_deals_do_not_make_is_refused(
    platform: Platform, holder: Client, server: "Server"
) -> None:
    login = stands(platform)
    ticket = PLATFORMS.take(platform.slug).change_balance(
        login, Money.of("900.00 USD"), BalanceKind.BALANCE, reference="old"
    )
    server.control("/delete-deal", ticket=ticket)
    takeover = compared(platform, f"{login},{holder.number}")

    assert said(takeover) == [
        (login, "refused", "The platform shows a balance of 900.00 USD, and its deals make "
         "0.00 USD. Have the balance checked there first."),
    ]  # fmt: skip


def test_half_a_past_is_not_taken_over(platform: Platform, holder: Client) -> None:
    login = stands(platform, "900.00 USD")
    trading.begin_backfill(Act.system(), platform, since=sync.EARLIEST, until=now())
    takeover = trading.read_takeover(
        Act.system(), platform=platform, file=file(f"{login},{holder.number}")
    )
    drain()
    takeover.refresh_from_db()
    assert takeover.rows.get().status == "planned"

    with pytest.raises(PastUnread):
        trading.start_takeover(Act.system(), takeover)
    assert takeover.rows.get().status == "planned"
    assert not TradingAccount.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"login;client\n1;2\n", "parted by commas"),
        (b"login\n1\n", "no column"),
        (b"login,client\n", "nothing below"),
        (b"login,client\n\xff\xfe,1\n", "UTF-8"),
        (b"login,client,name\n1,2,3\n", "in the format"),
    ],
)
def test_what_is_no_such_file_is_refused_before_anything(
    content: bytes, words: str, platform: Platform
) -> None:
    with pytest.raises(BadFile, match=words):
        trading.read_takeover(Act.system(), platform=platform, file=Upload("x.csv", content))
    assert not Takeover.objects.exists()
    assert not recorded("TakeoverRead")


def test_nobody_sees_whose_logins_clients_of_others_are(platform: Platform, holder: Client) -> None:
    login = stands(platform)
    british = make.staff("trading.*", "people.*", entities=["UK"])
    takeover = compared(platform, f"{login},{holder.number}", by=make.act_of(british))

    assert said(takeover)[0][2] == "There is no such client, or none you may see."
    other = compared(platform, f"{login},{holder.number}")
    assert not takeover_rows(make.act_of(british)).filter(takeover=other).exists()


def test_a_client_who_may_not_trade_is_restricted_there_at_once(platform: Platform) -> None:
    waiting = make.client("SC", active=False)
    login = stands(platform)

    carried_out(compared(platform, f"{login},{waiting.number}"))

    account = TradingAccount.objects.get()
    assert {one.cause for one in queries.restrictions_of(account)} == {"client"}
    assert PLATFORMS.take(platform.slug).account(login).trading == Right.NONE
