from datetime import timedelta

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit.money import Money
from nostro.kit.problems import NotFound, Problem
from nostro.ledger import chart
from nostro.ledger.operations import NotEnoughMoney
from nostro.ledger.queries import balance, verify
from nostro.payments.allocation import NoWayOut
from nostro.payments.models import Withdrawal
from nostro.payments.operations import (
    add_destination,
    approve_withdrawal,
    cancel_withdrawal,
    refuse_withdrawal,
    request_withdrawal,
)
from nostro.payments.operations.approvals import ApprovedAlready, OwnRequest
from nostro.payments.operations.destinations import BadDestination
from nostro.people.models import Client
from nostro.people.operations import set_risk
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
    with pytest.raises((NotEnoughMoney, NoWayOut)):
        request_withdrawal(Act.system(), ada, money=Money.of("5.00 GBP"))
    assert not Withdrawal.objects.exists()


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
    assert OwnRequest is not None


def test_refusing_gives_back_what_was_held_exactly_once(ada: Client) -> None:
    made = request_withdrawal(Act.system(), ada, money=usd("12000.00"))
    refuse_withdrawal(Act.system(), made, reason="The card is not in your name")
    with pytest.raises(WrongState):
        refuse_withdrawal(Act.system(), made, reason="again")
    with pytest.raises(WrongState):
        cancel_withdrawal(Act.system(), made)
    assert (wallet(ada), held(ada)) == (usd("20000.00"), usd("0.00"))


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
