"""The outside world beside the tests: a PSP, a bank and a trading server, each a real program."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import caches
from django.urls import get_resolver

from simulators.web.launch import Running

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

    from nostro.payments.models import Deposit

SECRET = "whsec_test"
EURO_ACCOUNT = "GB33BUKB20201555555555"
DOLLAR_ACCOUNT = "GB85BUKB20201512345678"
OWN_IBAN = "FR1420041010050500013M02606"


def until(true: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait for something outside to have happened."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"It never happened: {what}")


class World:
    """What stands around the house in a test."""

    def __init__(self, psp: Running, bank: Running) -> None:
        self.psp, self.bank = psp, bank

    def sessions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.psp.state()["sessions"]
        return found

    def pays(self, deposit: "Deposit", card: str = "4242424242424242") -> None:
        """The client pays on the provider's page."""
        deposit.refresh_from_db()
        self.psp.control("pay", session=deposit.reference, card=card)


@pytest.fixture
def world(live_server: "LiveServer", tmp_path: Path) -> Iterator[World]:
    """Card and bank are connected; the PSP's messages come in at our real door."""
    keys = ("--secret-key", "sk_test_x", "--webhook-secret", SECRET)
    hook = f"{live_server.url}/hooks/in/cardwell"
    psp = Running("psp", tmp_path / "psp", *keys, "--webhook-url", hook)
    accounts = [
        {"iban": EURO_ACCOUNT, "currency": "EUR", "owner": "Meridian", "balance": "90000.00"},
        {"iban": DOLLAR_ACCOUNT, "currency": "USD", "owner": "Meridian", "balance": "90000.00"},
    ]
    config = tmp_path / "bank.json"
    config.write_text(json.dumps({"accounts": accounts}))
    bank = Running(
        "bank", tmp_path / "bank", "--secret-key", "bank-secret", "--config", str(config)
    )
    connect(psp, bank)
    # The first request reads in every page of the house, longer than a PSP waits for an answer.
    assert get_resolver().url_patterns
    caches["memory"].clear()
    yield World(psp, bank)
    psp.stop()
    bank.stop()


def connect(psp: Running, bank: Running) -> None:
    """Methods and providers with what is behind them."""
    from nostro.core.acts import Act
    from nostro.payments.operations import set_provider
    from nostro.payments.tests import make

    make.methods()
    act = Act.system()
    set_provider(
        act, slug="cardwell", name="Cardwell", kind="stripe", method_slugs=["card"],
        refund_days=120,
        settings={
            "api_url": psp.url, "secret_key": "sk_test_x", "webhook_secret": SECRET,
            "timeout_seconds": 5,
        },
    )  # fmt: skip
    set_provider(
        act, slug="aegean", name="Aegean Bank", kind="iso20022", method_slugs=["bank"],
        accounts={"EUR": EURO_ACCOUNT, "USD": DOLLAR_ACCOUNT},
        settings={
            "url": bank.url, "token": "bank-secret", "debtor_name": "Meridian",
            "debtor_bic": "BUKBGB22", "timeout_seconds": 5,
        },
    )  # fmt: skip
