import httpx
import pytest

from nostro.kit import Money, Refused, Retry, Unknown
from nostro.payments.adapters.conftest import Simulator
from nostro.payments.adapters.stripe import Stripe, objects
from nostro.payments.adapters.stripe.amounts import from_stripe, to_stripe
from nostro.payments.adapters.stripe.tests.conftest import Client, settings
from nostro.payments.ports import DepositState, PaymentProvider


def test_the_adapter_stands_on_its_port(stripe: Stripe) -> None:
    provider: PaymentProvider = stripe
    assert provider.balance().available == ()


def test_a_deposit_is_open_until_the_client_pays_and_then_has_the_exact_money(
    stripe: Stripe, client: Client
) -> None:
    page = client.opens("120.50 EUR", "7:1")
    before = stripe.deposit_status(page.reference)
    client.pays(page)
    after = stripe.deposit_status(page.reference)

    assert (before.state, before.money, before.payment) == (
        DepositState.OPEN,
        Money.of("0 EUR"),
        "",
    )
    assert (after.state, after.money, after.key) == (
        DepositState.SUCCEEDED,
        Money.of("120.50 EUR"),
        "7:1",
    )
    assert after.payment.startswith("pi_")


@pytest.mark.parametrize(
    ("card", "name"),
    [
        ("4242 4242 4242 4242", "Visa •••• 4242"),
        ("5555 5555 5555 4444", "Mastercard •••• 4444"),
        ("4000 0000 0000 0002", ""),
    ],
)
def test_a_card_that_paid_is_named_by_its_brand_and_last_four_digits(
    stripe: Stripe, client: Client, card: str, name: str
) -> None:
    assert stripe.deposit_status(client.deposits("50.00 USD", card=card)).instrument == name


@pytest.mark.parametrize(
    ("brand", "last4", "name"),
    [
        ("amex", "0005", "American Express •••• 0005"),
        ("moon", "0005", "Card •••• 0005"),
        ("visa", "4242424242424242", ""),
        ("visa", None, ""),
    ],
)
def test_nothing_longer_than_four_digits_is_ever_taken_for_a_card(
    brand: str, last4: str | None, name: str
) -> None:
    assert objects.Card.model_validate({"brand": brand, "last4": last4}).name == name


@pytest.mark.parametrize(
    ("card", "state", "code"),
    [
        ("4000 0000 0000 0002", DepositState.DECLINED_HARD, "generic_decline"),
        ("4100 0000 0000 0019", DepositState.DECLINED_HARD, "fraudulent"),
        ("4000 0000 0000 9995", DepositState.DECLINED_SOFT, "insufficient_funds"),
    ],
)
def test_a_decline_is_soft_or_hard_and_says_why(
    stripe: Stripe, client: Client, card: str, state: DepositState, code: str
) -> None:
    reference = client.deposits("50.00 USD", card=card)
    status = stripe.deposit_status(reference)

    assert (status.state, status.code) == (state, code)
    assert status.reason.startswith("Your card")
    assert status.money == Money.of("0 USD")


def test_a_failed_authentication_is_a_hard_decline(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    page = client.opens("50.00 USD")
    psp.control("pay", session=page.reference, card="4000002760003184", confirm=False)
    assert stripe.deposit_status(page.reference).state is DepositState.DECLINED_HARD


def test_a_decline_may_be_followed_by_a_success_on_the_same_page(
    stripe: Stripe, client: Client
) -> None:
    page = client.opens("50.00 USD")
    client.pays(page, "4000000000009995")
    declined = stripe.deposit_status(page.reference)
    client.pays(page)
    assert declined.state is DepositState.DECLINED_SOFT
    assert stripe.deposit_status(page.reference).state is DepositState.SUCCEEDED


def test_paying_the_same_page_twice_charges_once(stripe: Stripe, client: Client) -> None:
    page = client.opens("50.00 USD")
    client.pays(page)
    client.pays(page)
    assert stripe.balance().pending == (Money.of("48.55 USD"),)


def test_the_same_key_opens_the_same_page_and_other_inputs_are_refused(client: Client) -> None:
    first = client.opens("10.00 EUR", "3:1")
    assert client.opens("10.00 EUR", "3:1") == first
    with pytest.raises(Refused) as refused:
        client.opens("11.00 EUR", "3:1")
    assert refused.value.code == "idempotency_error"


def test_after_a_dropped_connection_the_same_key_finds_what_was_done(
    psp: Simulator, client: Client
) -> None:
    psp.misbehave("drop_after_acting")
    with pytest.raises(Unknown):
        client.opens("10.00 EUR", "4:1")
    made = psp.state()["sessions"]
    page = client.opens("10.00 EUR", "4:1")

    assert [page.reference] == [session["id"] for session in made]
    assert len(psp.state()["sessions"]) == 1


def test_an_answer_that_takes_too_long_is_unknown(psp: Simulator, client: Client) -> None:
    impatient = Client(psp, Stripe(settings(psp.url, timeout_seconds=1)))
    psp.misbehave("slow", seconds=3, method="POST")
    with pytest.raises(Unknown):
        impatient.opens("10.00 EUR", "5:1")
    assert len(psp.state()["sessions"]) == 1


def test_a_server_error_is_unknown_after_an_act_and_retry_after_a_question(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    psp.misbehave("server_error")
    with pytest.raises(Unknown):
        client.opens("10.00 EUR")
    psp.misbehave("server_error")
    with pytest.raises(Retry):
        stripe.balance()
    assert psp.state()["sessions"] == []


def test_a_rate_limit_is_a_retry_after_the_time_it_names(psp: Simulator, client: Client) -> None:
    psp.misbehave("rate_limit")
    with pytest.raises(Retry) as retry:
        client.opens("10.00 EUR")
    assert retry.value.after == 2
    assert psp.state()["sessions"] == []


def test_nobody_listening_is_a_retry(psp: Simulator, client: Client) -> None:
    psp.process.terminate()
    psp.process.wait(10)
    with pytest.raises(Retry):
        client.opens("10.00 EUR")


def test_a_wrong_secret_key_is_refused(psp: Simulator) -> None:
    other = settings(psp.url)
    wrong = Stripe(other.model_copy(update={"secret_key": other.webhook_secret}))
    with pytest.raises(Refused):
        wrong.balance()


@pytest.mark.parametrize("reference", ["cs_test_nothing", "pi_nothing", "../v1/balance", ""])
def test_what_stripe_does_not_know_is_refused(stripe: Stripe, reference: str) -> None:
    with pytest.raises(Refused) as refused:
        stripe.deposit_status(reference)
    assert refused.value.code == "resource_missing"


@pytest.mark.parametrize("key", ["", "x" * 201, "1:1\n", "schlüssel"])
def test_a_key_that_cannot_travel_is_refused_before_anything_is_sent(
    psp: Simulator, client: Client, key: str
) -> None:
    with pytest.raises(Refused):
        client.opens("10.00 EUR", key)
    assert psp.state()["sessions"] == []


def test_the_money_that_was_taken_is_reported_and_not_the_money_that_was_asked(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    psp.misbehave("wrong_amount", amount=9000)
    reference = client.deposits("100.00 EUR")
    assert stripe.deposit_status(reference).money == Money.of("90.00 EUR")


def test_a_payment_that_is_decided_late_is_pending_and_then_declined(
    psp: Simulator, stripe: Stripe, client: Client
) -> None:
    psp.control("clock", at="2027-03-01T10:00:00+00:00")
    psp.misbehave("decline_late", seconds=60)
    reference = client.deposits("100.00 EUR")
    pending = stripe.deposit_status(reference)
    psp.control("clock", at="2027-03-01T10:01:00+00:00")

    assert (pending.state, pending.money) == (DepositState.PENDING, Money.of("0 EUR"))
    assert stripe.deposit_status(reference).state is DepositState.DECLINED_HARD


def test_a_page_that_nobody_paid_expires(psp: Simulator, stripe: Stripe, client: Client) -> None:
    page = client.opens("100.00 EUR")
    psp.control("clock", at=page.expires_at.isoformat())
    assert stripe.deposit_status(page.reference).state is DepositState.EXPIRED
    assert httpx.get(page.url, trust_env=False).status_code == 410


@pytest.mark.parametrize(
    ("money", "units"),
    [("12.50 USD", 1250), ("1250 JPY", 1250), ("1250 ISK", 125000), ("1.250 KWD", 1250)],
)
def test_money_is_counted_as_stripe_counts_it(money: str, units: int) -> None:
    exact = Money.of(money)
    assert to_stripe(exact) == (units, exact.currency.lower())
    assert from_stripe(units, exact.currency.lower()) == exact


@pytest.mark.parametrize("money", ["1.251 KWD", "5 USDT"])
def test_money_that_stripe_cannot_charge_is_refused(money: str) -> None:
    with pytest.raises(Refused):
        to_stripe(Money.of(money))
