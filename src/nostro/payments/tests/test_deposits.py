"""Deposits with a real PSP behind them: webhooks in any order, any number, or never."""

import hashlib
import hmac
import json
import time

import httpx
import pytest
from django.test import Client as Browser

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import drain
from nostro.core.models import Record
from nostro.kit import Money
from nostro.ledger import chart
from nostro.ledger.queries import balance, verify
from nostro.ledger.tests.make import held
from nostro.payments import reactions
from nostro.payments.models import Deposit, Method, Notice, Provider, SavedCard
from nostro.payments.operations import (
    forget_card,
    send_back_held_deposit,
    settle_held_deposit,
    start_deposit,
)
from nostro.payments.queries import payment_reference
from nostro.payments.tests import make
from nostro.payments.tests.conftest import SECRET, World, until
from nostro.people.models import Client
from tests import make as house

pytestmark = pytest.mark.django_db(transaction=True)
SOFT, HARD, DISPUTED = "4000000000009995", "4000000000000002", "4000000000000259"


def arrived(count: int) -> None:
    until(lambda: Notice.objects.count() >= count, f"{count} notices")
    drain()


def usd(text: str) -> Money:
    return Money.of(f"{text} USD")


def times_settled() -> int:
    return Record.objects.filter(name="payments.DepositSettled").count()


def test_a_card_deposit_is_opened_paid_and_settled_once(world: World) -> None:
    ada = make.client()
    deposit = make.started(ada)
    drain()
    deposit.refresh_from_db()
    assert deposit.hosted_url.startswith(world.psp.url)

    world.pays(deposit)
    arrived(2)

    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.SETTLED
    assert deposit.paid_with == "Visa •••• 4242"
    assert make.wallet(ada) == usd("500.00")
    assert times_settled() == 1, "two events say the same"
    assert all(one.key == f"{deposit.key}:1" for one in Notice.objects.all())
    assert verify() == []


@pytest.mark.parametrize("fault", ["duplicate_webhook", "reorder_webhooks"])
def test_repeated_and_reordered_messages_settle_once(world: World, fault: str) -> None:
    ada = make.client()
    deposit = make.started(ada)
    drain()
    world.psp.control("misbehave", what=fault, times=2)
    world.pays(deposit)
    arrived(2)
    reactions.ask_about_open_deposits(Act.system())
    drain()
    assert (make.wallet(ada), times_settled()) == (usd("500.00"), 1)
    assert verify() == []


def test_a_lost_message_is_made_up_for_by_asking(world: World) -> None:
    ada = make.client()
    deposit = make.started(ada)
    drain()
    world.psp.control("misbehave", what="lose_webhook", times=2)
    world.pays(deposit)
    with clock_at(now().replace(year=now().year + 1)):
        reactions.ask_about_open_deposits(Act.system())
    assert times_settled() == 0, "too long ago to be asked about"

    deposit.refresh_from_db()
    with clock_at(deposit.started_at.replace(microsecond=0) + reactions.LYING):
        reactions.ask_about_open_deposits(Act.system())
    assert (make.wallet(ada), times_settled()) == (usd("500.00"), 1)


def test_a_hard_decline_fails_and_a_late_success_is_still_credited_once(world: World) -> None:
    ada = make.client()
    deposit = make.started(ada)
    drain()
    world.pays(deposit, HARD)
    arrived(1)
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.FAILED
    assert make.wallet(ada) == usd("0.00")

    world.pays(deposit)
    arrived(3)
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.SETTLED
    assert (make.wallet(ada), times_settled()) == (usd("500.00"), 1)
    assert verify() == []


def test_a_soft_decline_leaves_the_page_open(world: World) -> None:
    deposit = make.started(make.client())
    drain()
    world.pays(deposit, SOFT)
    arrived(1)
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.STARTED


def test_another_amount_waits_for_a_person_who_credits_what_came(world: World) -> None:
    ada = make.client()
    deposit = make.started(ada)
    drain()
    world.psp.control("misbehave", what="wrong_amount", amount=45000)
    world.pays(deposit)
    arrived(2)
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.HELD
    assert deposit.received_money == usd("450.00")
    assert make.wallet(ada) == usd("0.00")

    clerk = house.staff("payments.*")
    settle_held_deposit(house.act_of(clerk), deposit, note="The client typed it wrong")
    assert make.wallet(ada) == usd("450.00")
    assert verify() == []


def test_held_money_that_is_not_taken_goes_back_to_the_card_once(world: World) -> None:
    ada = make.client()
    deposit = make.started(ada)
    drain()
    world.psp.control("misbehave", what="wrong_amount", amount=45000)
    world.pays(deposit)
    arrived(2)
    deposit.refresh_from_db()
    world.psp.control("misbehave", what="drop_after_acting")
    send_back_held_deposit(Act.system(), deposit, reason="Not the client's card")
    drain()
    with clock_at(now() + reactions.LYING):
        drain()
    assert world.psp.state()["objects"]["refund"] == 1
    assert make.wallet(ada) == usd("0.00")
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.FAILED


def test_a_chargeback_takes_the_wallet_first_and_the_rest_is_owed(world: World) -> None:
    ada = make.client()
    deposit = make.started(ada)
    drain()
    world.pays(deposit)
    arrived(2)
    deposit.refresh_from_db()
    world.psp.control("dispute", payment_intent=deposit.payment_reference, reason="fraudulent")
    arrived(3)
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.CHARGED_BACK
    assert make.wallet(ada) == usd("0.00")
    assert verify() == []


def test_a_chargeback_leaves_what_is_held_and_the_rest_is_owed(world: World) -> None:
    ada = make.client()
    deposit = make.started(ada)
    drain()
    world.pays(deposit)
    arrived(2)
    deposit.refresh_from_db()
    held(ada.pk, 0, "60.00 USD")
    free = make.wallet(ada) - usd("60.00")
    world.psp.control("dispute", payment_intent=deposit.payment_reference, reason="fraudulent")
    arrived(3)
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.CHARGED_BACK
    assert make.wallet(ada) == usd("60.00")
    assert balance(chart.client_debt(ada.pk), "USD") == free - deposit.money
    assert verify() == []


def test_an_answer_lost_after_the_page_was_opened_opens_no_second_page(world: World) -> None:
    world.psp.control("misbehave", what="drop_after_acting")
    deposit = make.started(make.client())
    drain()
    assert Deposit.objects.get(pk=deposit.pk).reference == ""
    with clock_at(now() + reactions.LYING):
        drain()
    assert len(world.sessions()) == 1
    assert Deposit.objects.get(pk=deposit.pk).reference == world.sessions()[0]["id"]


def test_a_crash_between_the_page_and_its_record_is_taken_up_by_the_clock(world: World) -> None:
    deposit = make.started(make.client())
    with clock_at(now() + reactions.LYING * 2):
        reactions.take_up_what_lies(Act.system())
        reactions.take_up_what_lies(Act.system())
    assert len(world.sessions()) == 1
    drain()
    assert len(world.sessions()) == 1
    assert Record.objects.filter(name="payments.DepositOpened").count() == 1
    assert Deposit.objects.get(pk=deposit.pk).reference == world.sessions()[0]["id"]


# ── The door itself ──


def knock(browser: Browser, body: bytes, signature: str, slug: str = "cardwell") -> int:
    answer = browser.post(
        f"/hooks/in/{slug}", body, content_type="application/json",
        headers={"Stripe-Signature": signature},
    )  # fmt: skip
    return answer.status_code


def signed(body: bytes, secret: str = SECRET) -> str:
    at = int(time.time())
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


def paid_event(deposit: Deposit, event_id: str = "evt_1") -> bytes:
    session = {
        "id": deposit.reference, "url": None, "status": "complete", "payment_status": "paid",
        "currency": "usd", "amount_total": 50000, "expires_at": 1,
        "client_reference_id": f"{deposit.key}:1", "payment_intent": "pi_made_up",
    }  # fmt: skip
    told = {"id": event_id, "object": "event", "type": "checkout.session.completed", "created": 1}
    return json.dumps({**told, "data": {"object": session}}).encode()


def test_a_wrong_signature_is_refused_counted_and_changes_nothing(
    world: World, client: Browser
) -> None:
    deposit = make.started(make.client())
    drain()
    deposit.refresh_from_db()
    body = paid_event(deposit)
    for signature in (signed(body, "whsec_other"), "", "t=1,v1=00", "nonsense"):
        assert knock(client, body, signature) == 400
    assert not Notice.objects.exists()
    assert Provider.objects.get(slug="cardwell").notices_refused == 4
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.STARTED


def test_a_signed_lie_is_kept_and_the_provider_is_asked_instead(
    world: World, client: Browser
) -> None:
    ada = make.client()
    deposit = make.started(ada)
    drain()
    deposit.refresh_from_db()
    body = paid_event(deposit)
    assert knock(client, body, signed(body)) == 200
    assert knock(client, body, signed(body)) == 200
    drain()
    assert Notice.objects.count() == 1
    assert make.wallet(ada) == usd("0.00"), "nobody has paid at the provider"


def test_senseless_and_oversized_messages_are_refused(world: World, client: Browser) -> None:
    for body in (b"", b"{}", b"\xff\xfe", b"[]"):
        assert knock(client, body, signed(body)) == 400
    large = b"x" * (256 * 1024 + 1)
    assert knock(client, large, signed(large)) == 413
    assert knock(client, b"{}", signed(b"{}"), slug="nobody") == 404
    assert knock(client, b"{}", signed(b"{}"), slug="aegean") == 404
    assert client.get("/hooks/in/cardwell").status_code == 405
    assert not Notice.objects.exists()


def test_lies_are_limited_and_the_truth_from_the_same_address_is_still_heard(
    world: World, client: Browser
) -> None:
    deposit = make.started(make.client())
    drain()
    deposit.refresh_from_db()
    answers = [knock(client, b"{}", "wrong") for _ in range(40)]
    assert answers[0] == 400
    assert answers[-1] == 429
    assert Provider.objects.get(slug="cardwell").notices_refused < 40
    body = paid_event(deposit)
    assert knock(client, body, signed(body)) == 200


# ── Wires ──


def test_a_wire_has_the_clients_own_reference_and_asks_no_provider(world: World) -> None:
    ada = make.client()
    deposit = make.started(ada, "900.00 EUR", method="bank")
    drain()
    deposit.refresh_from_db()
    assert deposit.reference == payment_reference(ada.pk)
    assert deposit.status == Deposit.Status.STARTED
    with clock_at(now() + reactions.LYING * 2):
        reactions.ask_about_open_deposits(Act.system())
        reactions.take_up_what_lies(Act.system())
    deposit.refresh_from_db()
    assert deposit.status == Deposit.Status.STARTED
    assert Provider.objects.get(slug="aegean").trouble == ""


def test_one_wrong_digit_in_a_reference_is_noticed() -> None:
    for number in (1, 42, 204318, 990001):
        reference = payment_reference(number)
        digits, check = reference.removeprefix("NB-").split("-")
        assert int(digits + check) % 97 == 1
        assert len(reference) < 20
        for place, digit in enumerate(digits):
            for other in set("0123456789") - {digit}:
                typed = digits[:place] + other + digits[place + 1 :]
                assert int(typed + check) % 97 != 1


def test_a_card_saved_as_it_paid_pays_again_by_its_code_alone_until_it_is_forgotten(
    world: World,
) -> None:
    ada = make.client()
    first = make.started(ada)
    drain()
    first.refresh_from_db()
    world.psp.control("pay", session=first.reference, card="4242424242424242", save=True)
    arrived(3)
    card = SavedCard.objects.get()
    assert str(card) == "Visa •••• 4242"
    assert not any(card.token.split("/")[1] in str(one.body) for one in Notice.objects.all())

    method = Method.objects.get(slug="card")
    again = start_deposit(house.act_of(ada), ada, money=usd("80.00"), method=method, card=card)
    drain()
    again.refresh_from_db()
    page = httpx.get(again.hosted_url, trust_env=False).text
    assert "Visa •••• 4242" in page
    assert 'name="number"' not in page
    httpx.post(again.hosted_url, data={"saved": "yes", "code": "123"}, trust_env=False)
    arrived(5)
    assert make.wallet(ada) == usd("580.00")
    assert SavedCard.objects.count() == 1

    forget_card(house.act_of(ada), card)
    drain()
    card.refresh_from_db()
    assert card.token == ""
    assert 'name="number"' in httpx.get(again_page(ada), trust_env=False).text
    assert verify() == []


def again_page(who: Client) -> str:
    """The page of one more deposit, without a saved card."""
    deposit = make.started(who)
    drain()
    deposit.refresh_from_db()
    return deposit.hosted_url
