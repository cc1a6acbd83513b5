"""A PSP that runs, and a shop that speaks to its API."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.web.launch import Running

KEYS = ("--secret-key", "sk_test_x", "--webhook-secret", "whsec_x")


@dataclass
class Shop:
    """A merchant's view of the API."""

    psp: Running
    secret: str = "sk_test_x"

    def post(self, path: str, key: str = "", **form: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.secret}"}
        if key:
            headers["Idempotency-Key"] = key
        return httpx.post(self.psp.url + path, data=form, headers=headers, trust_env=False)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.secret}"}
        reply = httpx.get(self.psp.url + path, params=query, headers=headers, trust_env=False)
        found: dict[str, Any] = reply.raise_for_status().json()
        return found

    def session(self, amount: int = 1000, key: str = "", **more: str) -> httpx.Response:
        form = {
            "mode": "payment",
            "success_url": "https://shop.example/done?id={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.example/cancelled",
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "eur",
            "line_items[0][price_data][unit_amount]": str(amount),
            "line_items[0][price_data][product_data][name]": "Deposit <1>",
        }
        return self.post("/v1/checkout/sessions", key, **form | more)

    def sells(self, amount: int = 1000, card: str = "4242424242424242") -> dict[str, Any]:
        """The payment intent of a session that was paid with that card."""
        session = self.session(amount).json()["id"]
        found: dict[str, Any] = self.psp.control("pay", session=session, card=card)
        intent: dict[str, Any] = found["payment_intent"]
        return intent


@pytest.fixture
def psp(tmp_path: Path) -> Iterator[Running]:
    running = Running("psp", tmp_path / "psp", *KEYS)
    yield running
    assert running.stop() == 0


@pytest.fixture
def shop(psp: Running) -> Shop:
    return Shop(psp)
