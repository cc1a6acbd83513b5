"""Cards on file: kept where their owner says so, shown again by their token, forgotten for good."""

import httpx
import pytest
from lxml import html

from nostro.kit import Refused
from nostro.payments.adapters.conftest import Door, Simulator
from nostro.payments.adapters.stripe import Stripe
from nostro.payments.adapters.stripe.tests.conftest import Client
from nostro.payments.adapters.stripe.tests.test_webhooks import arriving
from nostro.payments.ports import CardOnFile, DepositState, HostedPage

VISA = "4242424242424242"


def keeps(psp: Simulator, stripe: Stripe, client: Client, key: str, number: str) -> CardOnFile:
    page = client.opens("50.00 USD", key)
    psp.control("pay", session=page.reference, card=number, save=True)
    card = stripe.deposit_status(page.reference).card
    assert card is not None
    return card


def fields(page: HostedPage) -> list[str | None]:
    shown = html.fromstring(httpx.get(page.url, trust_env=False).text)
    return [one.get("name") for one in shown.iter("input")]


def test_a_card_is_on_file_only_where_its_owner_said_so(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    reference = client.deposits("50.00 USD")
    assert stripe.deposit_status(reference).card is None
    card = keeps(psp, stripe, client, "2:1", VISA)
    assert card.name == "Visa •••• 4242"
    assert VISA not in repr(card)


def test_a_card_on_file_pays_by_its_code_alone(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    card = keeps(psp, stripe, client, "1:1", VISA)
    page = client.opens("70.00 USD", "2:1", card.token)
    assert fields(page) == ["saved", "code"]
    assert client.opens("70.00 USD", "2:1", card.token) == page
    httpx.post(page.url, data={"saved": "yes", "code": "123"}, trust_env=False)
    status = stripe.deposit_status(page.reference)
    assert status.state is DepositState.SUCCEEDED
    assert (status.instrument, status.card) == (card.name, card)


def test_the_same_card_has_the_same_fingerprint_and_each_keeping_its_own_token(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    first = keeps(psp, stripe, client, "1:1", VISA)
    again = keeps(psp, stripe, client, "2:1", VISA)
    other = keeps(psp, stripe, client, "3:1", "5555555555554444")
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert first.token != again.token
    assert fields(client.opens("10.00 USD", "4:1", first.token)) == ["saved", "code"]


def test_a_forgotten_card_is_asked_for_again_and_forgetting_twice_changes_nothing(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    card = keeps(psp, stripe, client, "1:1", VISA)
    stripe.forget_card(card.token)
    stripe.forget_card(card.token)
    assert "number" in fields(client.opens("10.00 USD", "2:1", card.token))


@pytest.mark.parametrize("token", ["cus_nobody/pm_nothing", "pm_1", "cus_x/../v1/balance"])
def test_a_token_that_is_none_is_refused(
    psp: Simulator, stripe: Stripe, client: Client, token: str
) -> None:
    with pytest.raises(Refused):
        client.opens("10.00 USD", "1:1", token)
    with pytest.raises(Refused):
        stripe.forget_card(token)
    assert psp.state()["sessions"] == []


def test_the_message_of_a_payment_is_kept_without_what_the_card_is_charged_by(
    psp: Simulator, stripe: Stripe, client: Client, door: Door
) -> None:
    card = keeps(psp, stripe, client, "1:1", VISA)
    told = arriving(stripe, door, 3)
    assert {"payment_method.attached", "payment_intent.succeeded"} < {
        event.vendor_type for event in told
    }
    for event in told:
        assert not any(part.encode() in event.raw for part in card.token.split("/"))
