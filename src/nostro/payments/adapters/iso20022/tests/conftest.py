"""A bank that runs, and the adapter that speaks to it."""

import json
from pathlib import Path

import pytest
from pydantic import HttpUrl, SecretStr

from nostro.kit import Money
from nostro.payments.adapters.conftest import Simulator, Start
from nostro.payments.adapters.iso20022 import Iso20022Bank, Iso20022Settings
from nostro.payments.ports import CreditTransfer

EURO_ACCOUNT = "GB33BUKB20201555555555"
DOLLAR_ACCOUNT = "GB85BUKB20201512345678"
CLIENT = "FR1420041010050500013M02606"
CLOSED = "DE89370400440532013000"


def settings(url: str, timeout_seconds: int = 30) -> Iso20022Settings:
    return Iso20022Settings(
        url=HttpUrl(url),
        token=SecretStr("bank-secret"),
        debtor_name="Demo Markets Ltd",
        debtor_bic="BUKBGB22",
        timeout_seconds=timeout_seconds,
    )


def transfer(name: str, money: str = "100.00 EUR", to: str = CLIENT) -> CreditTransfer:
    exact = Money.of(money)
    return CreditTransfer(
        end_to_end_id=name,
        money=exact,
        from_iban=DOLLAR_ACCOUNT if exact.currency == "USD" else EURO_ACCOUNT,
        creditor_name="Ada Łukasiewicz",
        creditor_iban=to,
        remittance=f"Withdrawal {name}",
    )


@pytest.fixture
def simulator(start: Start, tmp_path: Path) -> Simulator:
    accounts = [
        {"iban": EURO_ACCOUNT, "currency": "EUR", "owner": "Demo Markets", "balance": "1000.00"},
        {"iban": DOLLAR_ACCOUNT, "currency": "USD", "owner": "Demo Markets", "balance": "500.00"},
    ]
    config = tmp_path / "bank.json"
    config.write_text(json.dumps({"accounts": accounts, "closed_ibans": [CLOSED]}))
    return start("bank", "--secret-key", "bank-secret", "--config", str(config))


@pytest.fixture
def bank(simulator: Simulator) -> Iso20022Bank:
    return Iso20022Bank(settings(simulator.url))
