"""A PSP that runs, and the adapter that speaks to it."""

from dataclasses import dataclass

import pytest
from pydantic import HttpUrl, SecretStr

from nostro.kit import Money
from nostro.payments.adapters.conftest import Door, Simulator, Start
from nostro.payments.adapters.stripe import Stripe, StripeSettings
from nostro.payments.ports import HostedPage

SECRET = "whsec_test"


def settings(url: str, timeout_seconds: int = 20) -> StripeSettings:
    return StripeSettings(
        api_url=HttpUrl(url),
        secret_key=SecretStr("sk_test_x"),
        webhook_secret=SecretStr(SECRET),
        timeout_seconds=timeout_seconds,
    )


@pytest.fixture
def psp(start: Start, door: Door) -> Simulator:
    keys = ("--secret-key", "sk_test_x", "--webhook-secret", SECRET)
    return start("psp", *keys, "--webhook-url", door.url)


@pytest.fixture
def stripe(psp: Simulator) -> Stripe:
    return Stripe(settings(psp.url))


@dataclass
class Client:
    """A client of ours in front of a hosted page."""

    psp: Simulator
    stripe: Stripe

    def opens(self, money: str, key: str = "1:1", card: str = "") -> HostedPage:
        return self.stripe.start_deposit(
            Money.of(money),
            key=key,
            description="Deposit to account 1001",
            success_url="https://trader.example/done?session={CHECKOUT_SESSION_ID}",
            cancel_url="https://trader.example/cancelled",
            card=card,
        )

    def pays(self, page: HostedPage, card: str = "4242 4242 4242 4242") -> None:
        self.psp.control("pay", session=page.reference, card=card)

    def deposits(self, money: str, key: str = "1:1", card: str = "4242424242424242") -> str:
        page = self.opens(money, key)
        self.pays(page, card)
        return page.reference


@pytest.fixture
def client(psp: Simulator, stripe: Stripe) -> Client:
    return Client(psp, stripe)
