from datetime import timedelta

import pytest
from django.conf import LazySettings

from nostro.core import approvals
from nostro.core.acts import Act, clock_at, now
from nostro.core.approvals import Need, agree_to_proposal
from nostro.core.doors import call
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.kit.words import TooLong
from nostro.ledger import chart
from nostro.ledger.models import Entry, LedgerAccount
from nostro.ledger.operations import NotByHand, NotEnoughMoney, by_hand, hold_money
from nostro.ledger.queries import balance, verify
from nostro.ledger.tests.make import reversed_by_hand
from nostro.payments.allocation import NoWayOut
from nostro.payments.models import Method, Withdrawal
from nostro.payments.operations import (
    add_destination,
    approve_withdrawal,
    cancel_withdrawal,
    refuse_withdrawal,
    request_withdrawal,
    withdraw_for_client,
)
from nostro.payments.operations.approvals import ApprovedAlready, OwnRequest
from nostro.payments.operations.destinations import BadDestination
from nostro.payments.operations.withdrawals import NoSuchWallet
from nostro.payments.queries import withdrawable
from nostro.payments.queries.wallets import wallets_of
from nostro.payments.tests.make import bank_account
from nostro.people.models import Client
from nostro.people.operations import set_risk
from nostro.trading.tests import make as trading_make
from tests import make

pytestmark = pytest.mark.django_db
GOOD_IBAN = "DE89370400440532013000"


def usd(text: str) -> Money:
    return Money.of(f"{text} USD")


def wallet(client: Client) -> Money:
    return balance(chart.client_wallet(client.pk), "USD")


def held(client: Client) -> Money:
    return balance(chart.client_held(client.pk), "USD")


@pytest.fixture
def ada(act: Act) -> Client:
    """A client of some standing, at low risk, with money paid in by card."""
    with clock_at(now() - timedelta(days=60)):
        client = make.client("SC")
        set_risk(Act.system(), client, risk="low", score=12)
        make.funded(client, "20000.00 USD")
    return client


def test_money_asked_for_cannot_be_spent_twice(ada: Client) -> None:
    request_withdrawal(Act.system(), ada, money=usd("15000.00"))
    records = Record.objects.count()

    with pytest.raises(NotEnoughMoney):
        request_withdrawal(Act.system(), ada, money=usd("15000.00"))

    assert Withdrawal.objects.count() == 1
    assert Record.objects.count() == records
    assert (wallet(ada), held(ada)) == (usd("5000.00"), usd("15000.00"))
    assert verify() == []


@pytest.mark.parametrize("amount", ["-5.00", "0.00"])
def test_an_amount_that_is_none_is_refused_and_nothing_moves(ada: Client, amount: str) -> None:
    before = Record.objects.count()
    with pytest.raises(Problem):
        request_withdrawal(Act.system(), ada, money=usd(amount))
    assert Record.objects.count() == before
    assert wallet(ada) == usd("20000.00")


def test_a_currency_without_a_wallet_has_nothing_to_withdraw(ada: Client) -> None:
    with pytest.raises(NoSuchWallet, match="no GBP wallet"):
        request_withdrawal(Act.system(), ada, money=Money.of("5.00 GBP"))
    bank = add_destination(make.act_of(ada), ada, iban=GOOD_IBAN, holder=ada.name)
    with pytest.raises(NotEnoughMoney):
        request_withdrawal(Act.system(), ada, money=Money.of("5.00 GBP"), destination=bank)
    assert not Withdrawal.objects.exists()


def test_what_a_hold_sets_aside_is_not_said_to_be_withdrawable(ada: Client) -> None:
    row = LedgerAccount.objects.get(path=chart.client_wallet(ada.pk).path)
    target = LedgerAccount.objects.get(path__startswith="provider/", asset_id="USD")
    hold_money(Act.system(), row, money=usd("500.00"), to=target, reason="The bank asks")
    assert withdrawable(ada)["USD"] == usd("19500.00")
    (wallet_,) = wallets_of(ada)
    assert (wallet_.free, wallet_.held) == (usd("19500.00"), usd("500.00"))
    ((said, money),) = wallet_.reasons
    assert said.startswith("Set aside by us, H-")
    assert "bank" not in said  # why is for colleagues
    assert money == usd("500.00")


@pytest.mark.parametrize(
    ("page", "given"),
    [
        ("withdraw", {"amount": "5", "currency": "JPY"}),
        ("withdraw", {"amount": "5", "currency": "USD", "destination": "{bank}"}),
        ("transfer", {"amount": "5", "account": "{account}"}),
        ("transfer", {"amount": "5", "account": "none"}),
        ("deposit", {"amount": "50", "currency": "XXX", "method": "{method}"}),
    ],
)
def test_another_thing_is_never_taken_in_the_place_of_the_one_a_form_names(
    ada: Client, settings: LazySettings, page: str, given: dict[str, str]
) -> None:
    settings.NOSTRO_REQUIRE_MFA = False
    grace = make.client("SC")
    on = trading_make.platform()
    ids = {
        "bank": add_destination(make.act_of(grace), grace, iban=GOOD_IBAN, holder=grace.name).pk,
        "account": trading_make.account(grace, on).pk,
        "method": Method.objects.values_list("pk", flat=True).first(),
    }
    trading_make.account(ada, on)
    add_destination(make.act_of(ada), ada, iban=GOOD_IBAN, holder=ada.name)
    browser, before = make.browser(ada), Record.objects.count()
    named = {key: text.format(**ids) for key, text in given.items()}
    assert browser.post(f"/room/{page}/", named).status_code == 404
    assert Record.objects.count() == before
    assert wallet(ada) == usd("20000.00")


def test_a_small_one_to_a_known_card_is_approved_by_the_rule(ada: Client) -> None:
    made = request_withdrawal(Act.system(), ada, money=usd("300.00"))
    assert made.status == Withdrawal.Status.APPROVED
    assert made.people == 0
    assert "amount" in made.why


def test_a_large_one_takes_two_people_and_never_the_same_twice(ada: Client) -> None:
    made = request_withdrawal(make.act_of(ada), ada, money=usd("12000.00"))
    one, other = (make.staff("payments.*") for _ in range(2))

    approve_withdrawal(make.act_of(one), made)
    with pytest.raises(ApprovedAlready):
        approve_withdrawal(make.act_of(one), made)
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.SECOND
    approve_withdrawal(make.act_of(other), made)

    made.refresh_from_db()
    assert made.status == Withdrawal.Status.APPROVED
    with pytest.raises(WrongState):
        approve_withdrawal(make.act_of(make.staff("payments.*")), made)


def test_the_client_may_not_approve_and_nobody_may_cancel_for_another(ada: Client) -> None:
    made = request_withdrawal(make.act_of(ada), ada, money=usd("12000.00"))
    with pytest.raises(Problem):
        approve_withdrawal(make.act_of(ada), made)
    with pytest.raises(NotFound):
        cancel_withdrawal(make.act_of(make.client("SC")), made)
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.APPROVAL


@pytest.mark.parametrize("amount", ["300.00", "9000.00", "12000.00"])
def test_who_asked_in_a_clients_name_never_approves_it(ada: Client, amount: str) -> None:
    maker, others = make.staff("payments.*"), [make.staff("payments.*") for _ in range(2)]
    made = withdraw_for_client(
        make.act_of(maker), client=ada, money=usd(amount), note="By telephone"
    )
    assert made.status == Withdrawal.Status.APPROVAL  # however small it is
    assert (made.asked_by, made.note) == (maker.pk, "By telephone")
    before = Record.objects.count()
    with pytest.raises(OwnRequest):
        approve_withdrawal(make.act_of(maker), made)
    assert Record.objects.count() == before
    for other in others[: made.people]:
        approve_withdrawal(make.act_of(other), made)
    assert made.status == Withdrawal.Status.APPROVED


def test_who_proposed_it_in_a_clients_name_never_approves_it_either(
    ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, second = make.staff("payments.*", "people.clients"), make.staff("payments.*")
    asks = [lambda act, wanted, *_: Need(1 if wanted == withdraw_for_client else 0)]
    monkeypatch.setattr(approvals, "ASK", asks)
    raw = {"client": ada.pk, "money": "300.00 USD", "note": "By telephone"}
    proposal = call(make.act_of(maker), withdraw_for_client, None, raw)
    agree_to_proposal(make.act_of(second), proposal)

    made = Withdrawal.objects.get()
    assert (made.asked_by, made.status) == (maker.pk, Withdrawal.Status.APPROVAL)
    before = Record.objects.count()
    with pytest.raises(OwnRequest):
        approve_withdrawal(make.act_of(maker), made)
    assert Record.objects.count() == before
    approve_withdrawal(make.act_of(second), made)
    assert made.status == Withdrawal.Status.APPROVED


def test_refusing_gives_back_what_was_held_exactly_once(ada: Client) -> None:
    made = request_withdrawal(Act.system(), ada, money=usd("12000.00"))
    refuse_withdrawal(Act.system(), made, reason="The card is not in your name")
    with pytest.raises(WrongState):
        refuse_withdrawal(Act.system(), made, reason="again")
    with pytest.raises(WrongState):
        cancel_withdrawal(Act.system(), made)
    assert (wallet(ada), held(ada)) == (usd("20000.00"), usd("0.00"))


def test_a_reason_longer_than_is_kept_refuses_nothing_and_is_not_cut(ada: Client) -> None:
    made = request_withdrawal(make.act_of(ada), ada, money=usd("12400.00"))
    before = (held(ada), Record.objects.count())
    with pytest.raises(TooLong) as refused:
        refuse_withdrawal(Act.system(), made, reason="Not in your name. " * 12)
    made.refresh_from_db()
    assert (refused.value.field, made.reason) == ("reason", "")
    assert made.status == Withdrawal.Status.APPROVAL
    assert (held(ada), Record.objects.count()) == before


def test_profit_needs_a_bank_account_in_the_clients_own_name(ada: Client) -> None:
    with clock_at(now() + timedelta(days=365)):
        with pytest.raises(NoWayOut):
            request_withdrawal(Act.system(), ada, money=usd("300.00"))
        with pytest.raises(BadDestination):
            add_destination(Act.system(), ada, iban=GOOD_IBAN, holder="Eve Adams")
        with pytest.raises(BadDestination):
            add_destination(Act.system(), ada, iban="DE00123", holder="Ada Lovelace")
        theirs = add_destination(Act.system(), ada, iban=GOOD_IBAN, holder="Lovelace Ada")
        made = request_withdrawal(Act.system(), ada, money=usd("300.00"), destination=theirs)
    (leg,) = made.legs.all()
    assert leg.destination == theirs
    assert made.status == Withdrawal.Status.APPROVAL, "a new destination is looked at"
    assert GOOD_IBAN not in theirs.sealed


def test_what_a_withdrawal_counts_on_is_not_reversed_by_hand(act: Act) -> None:
    """The money would be free for another withdrawal, and both would be paid."""
    client = make.client(currency="USD")
    make.funded(client, "900.00 USD")
    made = request_withdrawal(
        make.act_of(client), client, money=Money.of("900.00 USD"),
        destination=bank_account(client),
    )  # fmt: skip
    entry = Entry.objects.get(key=f"withdrawal/{made.pk}/hold")
    with pytest.raises(NotByHand, match="Cancel or refuse the withdrawal"):
        reversed_by_hand(entry)
    held = LedgerAccount.objects.get(path=chart.client_held(client.pk).path, asset="USD")
    assert by_hand(held)
    assert not balance(chart.client_wallet(client.pk), "USD")
