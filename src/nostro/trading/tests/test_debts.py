"""Accounts below zero: what the rules write off, what is left to people, and how they decide."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings

from nostro.core.acts import Act, clock_at, now
from nostro.core.approvals import agree_to_proposal
from nostro.core.guard import acting_as_system
from nostro.core.jobs import drain
from nostro.core.models import Proposal, Record
from nostro.core.states import WrongState
from nostro.kit import Lots, Money
from nostro.ledger import chart
from nostro.ledger.models import Entry
from nostro.ledger.operations import ReasonNeeded
from nostro.ledger.operations.by_hand import NotAgreed
from nostro.ledger.queries import balance, verify
from nostro.people.models import Client
from nostro.rules.models import Decision
from nostro.trading import operations as trading
from nostro.trading import queries, reactions, sync
from nostro.trading.models import BalanceBreak, Credit, TradingAccount
from nostro.trading.operations.breaks import Difference
from nostro.trading.ports import PLATFORMS, AccountState, BalanceKind, DealKind
from nostro.trading.queries.debts import credit_kept_with_debts
from nostro.trading.tests import make as trading_make
from nostro.trading.tests.make import lost, paid_in, recorded
from tests import make

if TYPE_CHECKING:
    from nostro.trading.tests.conftest import Server

pytestmark = pytest.mark.django_db
PAGE = "/staff/trading/accounts/?view=below-zero"


def booked_by_a_dealer(account: TradingAccount, amount: str) -> None:
    PLATFORMS.take(account.platform.slug).change_balance(
        account.login or 0, Money.of(amount), BalanceKind.CORRECTION,
        reference=f"dealer{now():%f}",
        check_margin=False,
    )  # fmt: skip


def read(account: TradingAccount) -> None:
    sync.sync_once(Act.system(), account.platform)
    account.refresh_from_db()


def looked_at(account: TradingAccount, times: int = 1) -> None:
    for _ in range(times):
        reactions.correct_negatives(Act.system())
        drain()
        read(account)


def told() -> dict[str, str]:
    """What the rule was told the last time."""
    found: dict[str, str] = (
        Decision.objects.filter(version__point="trading.negative_balance").latest("pk").inputs
    )
    return found


@pytest.fixture
def far(act: Act) -> TradingAccount:
    """An account without a server behind it: what is read there is said by the test."""
    return trading_make.account(make.client("SC"), trading_make.platform())


def moved(account: TradingAccount, ticket: int, amount: str, kind: DealKind) -> None:
    one = trading_make.deal(
        ticket, account.login or 0, kind=kind, profit=Decimal(amount), lots=Lots(0),
    )  # fmt: skip
    trading.record_deals(Act.system(), account.platform, deals=[one])


def shown(account: TradingAccount, balance: str) -> None:
    """The platform shows this balance, and nothing open."""
    held, zero = Decimal(balance), Decimal(0)
    state = AccountState(
        login=account.login or 0, balance=held, credit=zero, equity=held, margin=zero,
        free_margin=held, floating=zero, margin_level=zero, raw={},
    )  # fmt: skip
    trading.read_accounts(Act.system(), account.platform, states=[state])
    account.refresh_from_db()


def test_what_a_dealer_mistyped_is_paid_by_nobody(far: TradingAccount) -> None:
    moved(far, 1, "100.00", DealKind.BALANCE)
    moved(far, 2, "-1000.00", DealKind.BALANCE)
    shown(far, "-900.00")

    for days in range(3):
        with clock_at(now() + timedelta(days=days)):
            reactions.correct_negatives(Act.system())
            drain()

    assert (recorded("NegativeFound"), recorded("PlatformMoneyBooked")) == (1, 0)
    assert told()["cause"] == "money"
    assert queries.left_to_people(Act.system()) == {far.pk: "900.00"}

    moved(far, 3, "1000.00", DealKind.BALANCE)
    shown(far, "100.00")
    reactions.correct_negatives(Act.system())
    assert recorded("NegativeFound") == 1
    assert not queries.left_to_people(Act.system())
    assert not balance(chart.house_nbp(), "USD")


def test_a_debt_whose_deals_are_not_read_yet_waits_for_them(far: TradingAccount) -> None:
    moved(far, 1, "100.00", DealKind.BALANCE)
    shown(far, "-50.00")
    records = Record.objects.count()

    reactions.correct_negatives(Act.system())
    with pytest.raises(WrongState, match="still being read"):
        trading.correct_negative(Act.system(), far)

    assert Record.objects.count() == records
    moved(far, 2, "-150.00", DealKind.SELL)
    reactions.correct_negatives(Act.system())
    assert told()["cause"] == "trading"


def test_a_loss_after_a_withdrawal_is_a_loss(account: TradingAccount, server: "Server") -> None:
    paid_in(account, "300")
    booked_by_a_dealer(account, "-200.00 USD")
    lost(account, server)

    looked_at(account)

    assert account.balance == 0
    assert told()["cause"] == "trading"


def test_more_than_the_rules_pay_is_left_to_a_person(
    account: TradingAccount, server: "Server"
) -> None:
    lost(account, server, 10_001)
    looked_at(account, 2)
    assert round(account.balance) == -10_001
    assert (recorded("NegativeFound"), recorded("PlatformMoneyBooked")) == (1, 0)


def test_a_debt_is_left_alone_while_credit_carries_the_account(
    account: TradingAccount, server: "Server"
) -> None:
    lent(account, "400.00 USD")
    lost(account, server)
    assert account.equity > 0
    looked_at(account)
    assert round(account.balance) == -120
    assert recorded("PlatformMoneyBooked") == 0
    assert Credit.objects.get().status == Credit.Status.GIVEN


def test_a_debt_that_no_deal_explains_is_left_to_whoever_looks_at_the_break(
    far: TradingAccount,
) -> None:
    shown(far, "-50.00")
    found = Difference(far.pk, BalanceBreak.Kind.BALANCE, Decimal(-50), Decimal(0), "unknown")
    trading.note_differences(Act.system(), far.platform, found=[found])

    reactions.correct_negatives(Act.system())
    drain()

    assert told()["cause"] == "unknown"
    assert queries.left_to_people(Act.system()) == {far.pk: "50.00"}
    assert recorded("PlatformMoneyBooked") == 0


def lent(account: TradingAccount, money: str) -> Credit:
    made = trading.give_credit(
        Act.system(), account, money=Money.of(money), days=30, reason="A loyal client."
    )
    drain()
    return made


def on_it(account: TradingAccount) -> Money:
    there = chart.client_credit(account.client_id, account.platform.slug, account.login or 0)
    return balance(there, "USD")


def test_balance_and_credit_are_set_to_zero_in_one_entry(
    account: TradingAccount, server: "Server"
) -> None:
    credit = lent(account, "100.00 USD")
    lost(account, server)
    owed = -account.balance_money
    assert account.equity < 0

    looked_at(account, 2)

    assert not account.balance and not account.credit
    entry = Entry.objects.get(text__startswith="Negative balance written off")
    legs = {(one.source.path, one.target.path): one.units for one in entry.transfers.all()}
    account_path = f"client/{account.client_id}/trading/{account.platform.slug}/{account.login}"
    assert legs == {
        ("house/nbp", account_path): owed.minor,
        (f"{account_path}/credit", "house/bonus"): 10_000,
    }
    credit.refresh_from_db()
    assert credit.status == Credit.Status.ENDED
    assert not on_it(account)
    assert balance(chart.house_nbp(), "USD") == -owed
    assert not balance(chart.house_bonus(), "USD")
    assert verify() == []


def test_credit_that_the_platform_keeps_is_seen_and_asked_for_until_it_is_gone(
    account: TradingAccount, server: "Server", settings: LazySettings
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    lent(account, "100.00 USD")
    lost(account, server)
    server.misbehave("drop_after_acting", "TRADE_BALANCE")
    reactions.correct_negatives(Act.system())
    drain()
    position = server.trade(account.login or 0, lots="0.1")  # needs some of what is lent
    for minutes in (5, 10):
        with clock_at(now() + timedelta(minutes=minutes)):
            drain()
    read(account)
    assert not account.balance and account.credit == 100
    assert recorded("PlatformMoneyRefused") == 1
    assert not on_it(account)
    kept = BalanceBreak.Kind.KEPT
    looked_over(account)
    assert not BalanceBreak.objects.filter(kind=kept).exists(), "it may be on its way"
    with clock_at(now() + timedelta(minutes=20)):
        looked_over(account)
    seen = BalanceBreak.objects.get(kind=kept)
    assert (seen.shown, seen.derived) == (Decimal(100), Decimal(0))
    assert seen.status == BalanceBreak.Status.OPEN
    assert "the ledger has 0.00 USD of it" in seen.cause
    page = make.browser(make.staff("*")).get(f"/staff/trading/breaks/{seen.pk}/")
    assert "The ledger has of it" in page.text

    entry = account.position_set.get().price_open
    server.close(position, price=f"{entry:.5f}")
    read(account)
    for days in (20, 21):  # however long it takes
        with clock_at(now() + timedelta(days=days)):
            reactions.take_credit_with_debts(Act.system())
    read(account)
    assert not list(credit_kept_with_debts())
    with clock_at(now() + timedelta(days=21)):
        looked_over(account)
    seen.refresh_from_db()
    assert seen.status == BalanceBreak.Status.HEALED
    assert not account.balance and not account.credit
    assert recorded("PlatformMoneyBooked") == 1
    assert verify() == []


def looked_over(account: TradingAccount) -> None:
    sync.recheck(Act.system(), account.platform, since=sync.EARLIEST)


def test_credit_that_is_lent_and_taken_back_as_asked_is_no_break(
    account: TradingAccount, server: "Server"
) -> None:
    credit = lent(account, "100.00 USD")
    read(account)
    for step in (lambda: None, lambda: trading.take_back_credit(Act.system(), credit, reason="x")):
        step()
        drain()
        read(account)
        with clock_at(now() + timedelta(minutes=20)):
            looked_over(account)
    assert not BalanceBreak.objects.filter(kind=BalanceBreak.Kind.KEPT).exists()
    assert not list(credit_kept_with_debts())


def test_credit_that_a_dealer_takes_away_entirely_is_seen(account: TradingAccount) -> None:
    lent(account, "100.00 USD")
    PLATFORMS.take(account.platform.slug).change_balance(
        account.login or 0, Money.of("-100.00 USD"), BalanceKind.CREDIT, reference="dealer",
        check_margin=False,
    )  # fmt: skip
    read(account)
    looked_over(account)
    found = BalanceBreak.objects.get(kind=BalanceBreak.Kind.LENT)
    assert (found.shown, found.derived) == (Decimal(0), Decimal(100))


def professional(account: TradingAccount, server: "Server") -> None:
    with acting_as_system("a test's client is a professional"):
        Client.objects.filter(pk=account.client_id).update(category="professional")
    lost(account, server, 900)
    looked_at(account)


def test_what_is_left_to_a_person_waits_in_a_queue_and_is_written_off_by_two(
    account: TradingAccount, server: "Server"
) -> None:
    professional(account, server)
    maker, other = (make.staff("trading.*", "core.*") for _ in range(2))
    browser = make.browser(maker)
    assert str(account.login) in browser.get(PAGE).text
    assert "Accounts below zero" in browser.get("/staff/").text
    assert "Write off" in browser.get(f"/staff/trading/accounts/{account.pk}/").text

    reason = "He has left the country, and a court costs more."
    proposal = trading.propose_write_off(make.act_of(maker), account, reason=reason)
    assert account.balance == -900 and recorded("WriteOffAsked") == 0
    agree_to_proposal(make.act_of(other), proposal)
    drain()
    read(account)

    assert account.balance == 0
    assert balance(chart.house_nbp(), "USD") == Money.of("-900.00 USD")
    assert Record.objects.get(name="trading.WriteOffAsked").data["reason"] == reason
    assert not queries.left_to_people(Act.system())
    assert str(account.login) not in browser.get(PAGE).text


def test_a_write_off_that_does_not_fit_changes_nothing(
    account: TradingAccount, server: "Server"
) -> None:
    maker, other = (make.staff("trading.*", "core.*") for _ in range(2))
    with pytest.raises(WrongState, match="not below zero"):
        trading.propose_write_off(make.act_of(maker), account, reason="x")
    professional(account, server)
    with pytest.raises(ReasonNeeded):
        trading.propose_write_off(make.act_of(maker), account, reason="  ")
    with pytest.raises(NotAgreed):
        trading.write_off_debt(
            make.act_of(maker), account, money=Money.of("900.00 USD"), reason="x"
        )
    assert not Proposal.objects.exists()

    proposal = trading.propose_write_off(make.act_of(maker), account, reason="Too old.")
    booked_by_a_dealer(account, "100.00 USD")
    read(account)
    with pytest.raises(WrongState, match="another amount"):
        agree_to_proposal(make.act_of(other), proposal)
    drain()
    read(account)
    assert (account.balance, recorded("WriteOffAsked")) == (Decimal(-800), 0)
