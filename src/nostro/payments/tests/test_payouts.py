"""Withdrawals with a real PSP and a real bank behind them: refunds, wires, doubts, returns."""

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.core.states import WrongState
from nostro.kit import Money
from nostro.kit.problems import Problem
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.payments import reactions
from nostro.payments.models import Deposit, Leg, Withdrawal
from nostro.payments.operations import (
    approve_withdrawal,
    leg_paid,
    leg_returned,
    look_into_withdrawal,
    request_withdrawal,
    settle_deposit,
)
from nostro.payments.tests import make
from nostro.payments.tests.conftest import World, until
from nostro.people.models import Client

pytestmark = pytest.mark.django_db(transaction=True)
GOES, PENDS, COMES_BACK = "4242424242424242", "4000000000007726", "4000000000005126"


def usd(text: str) -> Money:
    return Money.of(f"{text} USD")


def paid_in(world: World, who: Client, amount: str = "500.00 USD", card: str = GOES) -> Deposit:
    deposit = make.started(who, amount)
    drain()
    world.pays(deposit, card)
    with clock_at(now() + reactions.LYING):
        reactions.ask_about_open_deposits(Act.system())
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.SETTLED
    drain()
    return deposit


def later() -> None:
    """What waits for patience is due; and the clock takes up what lies."""
    with clock_at(now() + reactions.LYING * 2):
        drain()
        reactions.take_up_what_lies(Act.system())
        drain()


def sent_at_bank(world: World) -> int:
    return len(world.bank.state()["payments"])


def records(name: str) -> int:
    return Record.objects.filter(name=f"payments.{name}").count()


def test_a_small_one_is_refunded_to_the_card_by_the_rule_alone(world: World) -> None:
    ada = make.client()
    deposit = paid_in(world, ada)
    made = request_withdrawal(Act.system(), ada, money=usd("300.00"))
    drain()
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.PAID
    assert (make.wallet(ada), make.held(ada)) == (usd("200.00"), usd("0.00"))
    deposit.refresh_from_db()
    assert deposit.refunded == 300
    assert verify() == []


def test_what_is_more_than_the_card_goes_to_the_bank_in_the_same_request(world: World) -> None:
    ada = make.client()
    paid_in(world, ada)
    wire = make.started(ada, "700.00 USD", method="bank")
    settle_deposit(Act.system(), wire, received=usd("700.00"))
    bank = make.bank_account(ada)
    made = request_withdrawal(Act.system(), ada, money=usd("900.00"), destination=bank)
    approve_withdrawal(make.clerk(), made)
    drain()
    card, rest = made.legs.order_by("number")
    assert (card.status, rest.status) == (Leg.Status.PAID, Leg.Status.SENT)
    assert (card.money, rest.money) == (usd("500.00"), usd("400.00"))
    assert sent_at_bank(world) == 1
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.SENT

    leg_paid(Act.system(), made, number=rest.number)
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.PAID
    with pytest.raises(WrongState):
        leg_paid(Act.system(), made, number=rest.number)
    assert make.wallet(ada) == usd("300.00")
    assert verify() == []


@pytest.mark.parametrize("amount", ["300.00"])
def test_a_lost_answer_to_a_refund_refunds_once(world: World, amount: str) -> None:
    ada = make.client()
    paid_in(world, ada)
    world.psp.control("misbehave", what="drop_after_acting")
    made = request_withdrawal(Act.system(), ada, money=usd(amount))
    drain()
    assert make.held(ada) == usd(amount), "in doubt: still held"
    later()
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.PAID
    assert world.psp.state()["objects"]["refund"] == 1
    assert records("WithdrawalSent") == 1
    assert verify() == []


def test_a_lost_answer_to_a_wire_pays_once(world: World) -> None:
    ada = make.client()
    wire = make.started(ada, "700.00 USD", method="bank")
    settle_deposit(Act.system(), wire, received=usd("700.00"))
    made = request_withdrawal(
        Act.system(), ada, money=usd("400.00"), destination=make.bank_account(ada)
    )
    world.bank.control("misbehave", what="drop_after_acting")
    approve_withdrawal(make.clerk(), made)
    drain()
    assert make.held(ada) == usd("400.00")
    later()
    later()
    assert sent_at_bank(world) == 1
    assert records("WithdrawalSent") == 1
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.SENT
    assert balance(chart.bank_in_transit(), "USD") == usd("400.00")
    assert verify() == []


def test_a_pending_refund_is_paid_when_the_provider_says_so(world: World) -> None:
    ada = make.client()
    paid_in(world, ada, card=PENDS)
    made = request_withdrawal(Act.system(), ada, money=usd("300.00"))
    drain()
    made.refresh_from_db()
    assert made.status in (Withdrawal.Status.SENT, Withdrawal.Status.PAID)

    def paid() -> bool:
        drain()
        made.refresh_from_db()
        return made.status == Withdrawal.Status.PAID

    until(paid, "the refund is paid")
    assert records("WithdrawalPaid") == 1


def test_a_refund_that_comes_back_is_held_until_somebody_decides(world: World) -> None:
    ada = make.client()
    deposit = paid_in(world, ada, card=COMES_BACK)
    made = request_withdrawal(Act.system(), ada, money=usd("300.00"))
    drain()

    def returned() -> bool:
        drain()
        made.refresh_from_db()
        return made.status == Withdrawal.Status.RETURNED

    until(returned, "the refund comes back")
    assert (make.wallet(ada), make.held(ada)) == (usd("200.00"), usd("300.00"))
    deposit.refresh_from_db()
    assert deposit.refunded == 0

    look_into_withdrawal(Act.system(), made, then="give_back")
    drain()
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.REFUSED
    assert (make.wallet(ada), make.held(ada)) == (usd("500.00"), usd("0.00"))
    with pytest.raises(WrongState):
        look_into_withdrawal(Act.system(), made)
    assert verify() == []


def stuck(world: World, who: Client) -> Withdrawal:
    """A wire that the bank rejects."""
    wire = make.started(who, "700.00 USD", method="bank")
    settle_deposit(Act.system(), wire, received=usd("700.00"))
    made = request_withdrawal(
        Act.system(), who, money=usd("400.00"), destination=make.bank_account(who)
    )
    world.bank.control("misbehave", what="reject", reason="MS03")
    approve_withdrawal(make.clerk(), made)
    drain()
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.STUCK
    return made


def test_a_rejected_wire_waits_and_its_money_returns_once_the_bank_proves_it(world: World) -> None:
    ada = make.client()
    made = stuck(world, ada)
    assert make.held(ada) == usd("400.00")
    look_into_withdrawal(Act.system(), made, then="give_back")
    drain()
    made.refresh_from_db()
    assert made.status == Withdrawal.Status.REFUSED
    assert (make.wallet(ada), make.held(ada)) == (usd("700.00"), usd("0.00"))
    assert records("LegGivenBack") == 1
    assert verify() == []


def test_a_rejected_wire_can_be_sent_again_under_a_new_name(world: World) -> None:
    ada = make.client()
    made = stuck(world, ada)
    before = made.legs.get().key
    look_into_withdrawal(Act.system(), made, then="send_again")
    drain()
    made.refresh_from_db()
    leg = made.legs.get()
    assert (made.status, leg.status) == (Withdrawal.Status.SENT, Leg.Status.SENT)
    assert leg.key != before
    assert (make.wallet(ada), make.held(ada)) == (usd("300.00"), usd("0.00"))
    assert verify() == []


def test_a_wire_that_the_bank_sends_back_can_go_to_the_wallet(world: World) -> None:
    ada = make.client()
    wire = make.started(ada, "700.00 USD", method="bank")
    settle_deposit(Act.system(), wire, received=usd("700.00"))
    made = request_withdrawal(
        Act.system(), ada, money=usd("400.00"), destination=make.bank_account(ada)
    )
    approve_withdrawal(make.clerk(), made)
    drain()
    made.refresh_from_db()
    leg_returned(Act.system(), made, number=0, reason="AC04: the account is closed")
    look_into_withdrawal(Act.system(), made, then="give_back")
    drain()
    assert (make.wallet(ada), make.held(ada)) == (usd("700.00"), usd("0.00"))
    assert balance(chart.bank_in_transit(), "USD") == usd("0.00")
    assert verify() == []


def test_nothing_is_looked_into_that_is_in_no_doubt(world: World) -> None:
    ada = make.client()
    paid_in(world, ada)
    made = request_withdrawal(Act.system(), ada, money=usd("300.00"))
    with pytest.raises(Problem):
        look_into_withdrawal(Act.system(), made)
    assert records("WithdrawalLookedInto") == 0
