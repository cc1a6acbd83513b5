from datetime import UTC, date, datetime, timedelta

import pytest

from nostro.kit import Money, Refused, Unknown
from nostro.payments.adapters.conftest import Simulator
from nostro.payments.adapters.stripe import Stripe
from nostro.payments.adapters.stripe.tests.conftest import Client
from nostro.payments.ports import RefundState

MARCH = datetime(2027, 3, 1, tzinfo=UTC)


def test_a_refund_goes_up_to_what_was_paid_and_no_further(stripe: Stripe, client: Client) -> None:
    reference = client.deposits("100.00 EUR")
    first = stripe.refund(reference, Money.of("60.00 EUR"), key="9:1")
    with pytest.raises(Refused):
        stripe.refund(reference, Money.of("40.01 EUR"), key="9:2")
    second = stripe.refund(first.payment, Money.of("40.00 EUR"), key="9:3")

    assert (first.state, first.money) == (RefundState.SUCCEEDED, Money.of("60.00 EUR"))
    assert stripe.refund_status(second.reference) == second


def test_the_same_key_refunds_once(stripe: Stripe, client: Client) -> None:
    reference = client.deposits("100.00 EUR")
    first = stripe.refund(reference, Money.of("30.00 EUR"), key="9:1")
    assert stripe.refund(reference, Money.of("30.00 EUR"), key="9:1") == first
    assert stripe.balance().pending == (Money.of("67.10 EUR"),)


def test_an_unknown_refund_is_found_by_its_key_without_being_repeated(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    reference = client.deposits("100.00 EUR")
    assert stripe.find_refund(reference, key="9:1") is None
    psp.misbehave("drop_after_acting")
    with pytest.raises(Unknown):
        stripe.refund(reference, Money.of("30.00 EUR"), key="9:1")
    found = stripe.find_refund(reference, key="9:1")

    assert found is not None
    assert found.money == Money.of("30.00 EUR")
    assert stripe.find_refund(reference, key="9:2") is None
    assert psp.state()["objects"]["refund"] == 1


def test_a_refund_in_another_currency_is_refused_because_stripe_would_not_notice(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    reference = client.deposits("100.00 EUR")
    with pytest.raises(Refused) as refused:
        stripe.refund(reference, Money.of("30.00 USD"), key="9:1")
    assert refused.value.code == "currency"
    assert "refund" not in psp.state()["objects"]


def test_what_was_never_paid_cannot_be_refunded(stripe: Stripe, client: Client) -> None:
    page = client.opens("100.00 EUR")
    with pytest.raises(Refused) as refused:
        stripe.refund(page.reference, Money.of("1.00 EUR"), key="9:1")
    assert refused.value.code == "not-paid"


def test_a_refund_may_fail_later_and_the_money_comes_back(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    psp.control("clock", at=MARCH.isoformat())
    reference = client.deposits("100.00 EUR", card="4000000000005126")
    refund = stripe.refund(reference, Money.of("100.00 EUR"), key="9:1")
    psp.control("clock", at=(MARCH + timedelta(minutes=1)).isoformat())

    failed = stripe.refund_status(refund.reference)
    assert (failed.state, failed.reason) == (RefundState.FAILED, "expired_or_canceled_card")
    assert stripe.balance().pending == (Money.of("97.10 EUR"),)
    again = stripe.refund(reference, Money.of("100.00 EUR"), key="9:2")
    assert again.state is RefundState.SUCCEEDED


def test_a_pending_refund_succeeds_later(psp: Simulator, stripe: Stripe, client: Client) -> None:
    psp.control("clock", at=MARCH.isoformat())
    reference = client.deposits("100.00 EUR", card="4000000000007726")
    refund = stripe.refund(reference, Money.of("10.00 EUR"), key="9:1")
    psp.control("clock", at=(MARCH + timedelta(minutes=1)).isoformat())
    assert refund.state is RefundState.PENDING
    assert stripe.refund_status(refund.reference).state is RefundState.SUCCEEDED


def test_a_payout_is_the_sum_of_its_lines(psp: Simulator, stripe: Stripe, client: Client) -> None:
    psp.control("clock", at=(MARCH + timedelta(hours=9)).isoformat())
    reference = client.deposits("100.00 EUR", "1:1")
    client.deposits("33.33 EUR", "2:1")
    client.deposits("5000 JPY", "3:1")
    stripe.refund(reference, Money.of("20.00 EUR"), key="1:2")
    psp.control("clock", at=(MARCH + timedelta(days=1)).isoformat())

    payouts = stripe.payouts(since=MARCH, until=MARCH + timedelta(days=2))
    assert [payout.money for payout in payouts] == [Money.of("109.46 EUR"), Money.of("4855 JPY")]
    assert {payout.arrival_date for payout in payouts} == {date(2027, 3, 2)}
    lines = stripe.payout_lines(payouts[0].reference)
    assert [(line.kind, line.gross, line.fee) for line in lines] == [
        ("charge", Money.of("100.00 EUR"), Money.of("2.90 EUR")),
        ("charge", Money.of("33.33 EUR"), Money.of("0.97 EUR")),
        ("refund", Money.of("-20.00 EUR"), Money.of("0 EUR")),
    ]
    assert sum((line.net for line in lines), Money.zero("EUR")) == payouts[0].money
    assert all(line.net == line.gross - line.fee for line in lines)
    assert stripe.balance().available == ()


def test_long_lists_are_read_to_their_end(psp: Simulator, stripe: Stripe, client: Client) -> None:
    psp.control("clock", at=MARCH.isoformat())
    reference = client.deposits("500.00 EUR")
    for number in range(105):
        stripe.refund(reference, Money.of("1.00 EUR"), key=f"9:{number}")
    psp.control("payout")
    (payout,) = stripe.payouts(since=MARCH, until=MARCH + timedelta(days=1))
    assert len(stripe.payout_lines(payout.reference)) == 106
    assert stripe.find_refund(reference, key="9:0") is not None
