import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from nostro.kit import Money, Refused
from nostro.payments.adapters.conftest import Door, Simulator
from nostro.payments.adapters.stripe import Stripe
from nostro.payments.adapters.stripe.tests.conftest import SECRET, Client, settings
from nostro.payments.ports import EventKind, ProviderEvent

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def arriving(stripe: Stripe, door: Door, count: int) -> list[ProviderEvent]:
    found = []
    for _ in range(count):
        headers, body = door.next()
        found.append(stripe.verify_webhook(headers, body, datetime.now(UTC)))
    return found


def signed(body: bytes, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    seconds = int(at.timestamp())
    mac = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={seconds},v0=ignored,v1={mac}"}


def payout_event() -> bytes:
    payout = {
        "id": "po_1",
        "amount": 100,
        "currency": "eur",
        "arrival_date": 1,
        "created": 1,
        "status": "paid",
    }
    event = {"id": "evt_1", "object": "event", "type": "payout.paid", "created": 1}
    return json.dumps({**event, "data": {"object": payout}}).encode()


@pytest.fixture
def offline() -> Stripe:
    return Stripe(settings("http://127.0.0.1:9"))


def test_a_deposit_is_told_with_our_key_and_the_money(
    stripe: Stripe, client: Client, door: Door
) -> None:
    reference = client.deposits("75.00 EUR", "7:2")
    events = arriving(stripe, door, 2)

    assert [event.kind for event in events] == [EventKind.DEPOSIT_SUCCEEDED] * 2
    assert {event.key for event in events} == {"7:2"}
    assert {event.money for event in events} == {Money.of("75.00 EUR")}
    assert len({event.payment for event in events}) == 1
    assert events[1].reference == reference


def test_a_decline_is_told_with_its_code(stripe: Stripe, client: Client, door: Door) -> None:
    client.deposits("75.00 EUR", "7:2", card="4000000000009995")
    (event,) = arriving(stripe, door, 1)
    assert event.kind is EventKind.DEPOSIT_DECLINED
    assert (event.key, event.reason) == ("7:2", "insufficient_funds")


def test_a_late_decline_is_told_after_a_pending_deposit(
    psp: Simulator, stripe: Stripe, client: Client, door: Door
) -> None:
    psp.misbehave("decline_late", seconds=0)
    client.deposits("75.00 EUR")
    kinds = [event.kind for event in arriving(stripe, door, 4)]
    assert kinds == [EventKind.DEPOSIT_PENDING] * 2 + [EventKind.DEPOSIT_DECLINED] * 2


def test_refunds_disputes_and_payouts_are_told(
    psp: Simulator, stripe: Stripe, client: Client, door: Door
) -> None:
    reference = client.deposits("75.00 EUR")
    refund = stripe.refund(reference, Money.of("5.00 EUR"), key="8:1")
    psp.control("dispute", payment_intent=refund.payment)
    client.deposits("100.00 EUR", "2:1")
    psp.control("payout")
    events = arriving(stripe, door, 8)
    told = [(event.vendor_type, event.kind, event.money) for event in events]

    assert told[2:5] == [
        ("charge.refunded", EventKind.OTHER, None),
        ("refund.updated", EventKind.REFUND_SUCCEEDED, Money.of("5.00 EUR")),
        ("charge.dispute.created", EventKind.DISPUTE_OPENED, Money.of("70.00 EUR")),
    ]
    assert events[3].key == "8:1"
    assert events[4].payment == refund.payment
    # 75 − 2.18 fee − 5 refund − 70 dispute − 15 dispute fee, and 100 − 2.90 fee.
    assert told[7] == ("payout.paid", EventKind.PAYOUT_PAID, Money.of("79.92 EUR"))


def test_a_wrong_signature_is_refused_and_the_event_can_still_be_fetched(
    psp: Simulator, stripe: Stripe, client: Client, door: Door
) -> None:
    psp.misbehave("wrong_signature", times=2)
    client.deposits("75.00 EUR", "7:3")
    headers, body = door.next()
    with pytest.raises(Refused) as refused:
        stripe.verify_webhook(headers, body, datetime.now(UTC))
    assert refused.value.code == "bad-signature"
    fetched = stripe.events(since=datetime.now(UTC) - timedelta(hours=1))
    assert {event.key for event in fetched} == {"7:3"}


def test_a_duplicate_has_the_same_id(
    psp: Simulator, stripe: Stripe, client: Client, door: Door
) -> None:
    psp.misbehave("duplicate_webhook", times=2)
    client.deposits("75.00 EUR")
    ids = [event.id for event in arriving(stripe, door, 4)]
    assert ids[0] == ids[1] != ids[2] == ids[3]


def test_events_may_come_in_the_wrong_order(
    psp: Simulator, stripe: Stripe, client: Client, door: Door
) -> None:
    psp.misbehave("reorder_webhooks")
    client.deposits("75.00 EUR")
    types = [event.vendor_type for event in arriving(stripe, door, 2)]
    assert types == ["checkout.session.completed", "payment_intent.succeeded"]


def test_a_lost_webhook_is_among_the_events(
    psp: Simulator, stripe: Stripe, client: Client, door: Door
) -> None:
    psp.misbehave("lose_webhook")
    client.deposits("75.00 EUR")
    (told,) = arriving(stripe, door, 1)
    fetched = stripe.events(since=datetime.now(UTC) - timedelta(hours=1))
    assert [event.vendor_type for event in fetched] == [
        "payment_intent.succeeded",
        told.vendor_type,
    ]


def test_a_late_webhook_is_overtaken(
    psp: Simulator, stripe: Stripe, client: Client, door: Door
) -> None:
    psp.misbehave("late_webhook", seconds=0.5)
    client.deposits("75.00 EUR")
    types = [event.vendor_type for event in arriving(stripe, door, 2)]
    assert types == ["checkout.session.completed", "payment_intent.succeeded"]


def test_a_webhook_that_is_not_taken_comes_again(
    stripe: Stripe, client: Client, door: Door
) -> None:
    door.answers.put(503)
    client.deposits("75.00 EUR", card="4000000000000002")
    first, again = arriving(stripe, door, 2)
    assert first == again


def test_a_signature_is_good_for_five_minutes(offline: Stripe) -> None:
    body = payout_event()
    for age in (-300, 0, 300):
        event = offline.verify_webhook(signed(body), body, NOW + timedelta(seconds=age))
        assert event.money == Money.of("1.00 EUR")
    for age in (-301, 301):
        with pytest.raises(Refused) as refused:
            offline.verify_webhook(signed(body), body, NOW + timedelta(seconds=age))
        assert refused.value.code == "stale-signature"


def test_one_changed_byte_breaks_the_signature(offline: Stripe) -> None:
    body = payout_event()
    with pytest.raises(Refused) as refused:
        offline.verify_webhook(signed(body), body.replace(b"100", b"900"), NOW)
    assert refused.value.code == "bad-signature"


@pytest.mark.parametrize(
    "header", ["", "t=1", "v1=abc", "t=x,v1=abc", "t=1,t=2,v1=abc", "t=²,v1=ü", "nonsense"]
)
def test_a_malformed_signature_is_refused(offline: Stripe, header: str) -> None:
    with pytest.raises(Refused) as refused:
        offline.verify_webhook({"stripe-signature": header}, payout_event(), NOW)
    assert refused.value.code == "bad-signature"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"object": "event"}'])
def test_a_body_that_is_no_event_is_refused_even_when_signed(offline: Stripe, body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        offline.verify_webhook(signed(body), body, NOW)
    assert refused.value.code == "bad-body"


def test_the_previous_secret_is_taken_while_it_is_being_replaced() -> None:
    now = settings("http://127.0.0.1:9")
    body = payout_event()
    rolling = now.model_copy(
        update={"webhook_secret": now.secret_key, "previous_webhook_secret": now.webhook_secret}
    )
    event = Stripe(rolling).verify_webhook(signed(body), body, NOW)
    assert event.kind is EventKind.PAYOUT_PAID
