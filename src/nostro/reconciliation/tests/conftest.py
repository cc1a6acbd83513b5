"""A bank that runs, an account of ours there, and a client with money to move."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import run_reaction
from nostro.core.models import Record
from nostro.kit.money import Money
from nostro.payments.models import Deposit, Method, Withdrawal
from nostro.payments.operations import (
    add_destination,
    approve_withdrawal,
    request_withdrawal,
    set_provider,
    start_deposit,
)
from nostro.people.models import Client
from nostro.people.operations import set_risk
from nostro.reconciliation.models import BankAccount, StatementFile
from nostro.reconciliation.operations import add_bank_account
from nostro.reconciliation.reactions import fetch_statement
from simulators.web.launch import Running
from tests import make

OURS = "GB33BUKB20201555555555"
ADAS = "FR1420041010050500013M02606"


@dataclass
class House:
    """Our account, its bank, and what tests do with them."""

    bank: Running
    account: BankAccount

    def read(self) -> StatementFile | None:
        """What the schedule does every five minutes."""
        self.account.refresh_from_db()
        return fetch_statement(Act.system(), self.account)

    def receive(self, amount: str, **about: str) -> None:
        """Somebody pays into our account."""
        self.bank.control("receive", amount=amount, currency="EUR", account=OURS, **about)

    def pay_out(self, client: Client, amount: str) -> Withdrawal:
        """A withdrawal by bank, approved and sent."""
        destination = client.destinations.get()
        money = Money.of(f"{amount} EUR")
        withdrawal = request_withdrawal(Act.system(), client, money=money, destination=destination)
        while withdrawal.status in (Withdrawal.Status.APPROVAL, Withdrawal.Status.SECOND):
            approve_withdrawal(make.act_of(make.staff("payments.*")), withdrawal)
        approved = Record.objects.filter(name="payments.WithdrawalApproved").latest("pk")
        run_reaction("payments.send_money", approved.pk)
        withdrawal.refresh_from_db()
        return withdrawal

    def announce(self, client: Client, amount: str) -> Deposit:
        """A client says that a wire is coming."""
        wire = Method.objects.get(slug="bank")
        return start_deposit(Act.system(), client, money=Money.of(f"{amount} EUR"), method=wire)


@pytest.fixture
def stood() -> str:
    """What was on our account before the ledger began."""
    return "250000.00"


@pytest.fixture
def running_bank(tmp_path: Path, stood: str) -> Iterator[Running]:
    accounts = [{"iban": OURS, "currency": "EUR", "owner": "Meridian", "balance": stood}]
    config = tmp_path / "bank.json"
    config.write_text(json.dumps({"accounts": accounts}))
    bank = Running(
        "bank", tmp_path / "bank", "--secret-key", "bank-secret", "--config", str(config)
    )
    yield bank
    assert bank.stop() == 0


@pytest.fixture
def house(act: Act, running_bank: Running) -> House:
    make.methods()
    settings = {
        "url": running_bank.url, "token": "bank-secret", "debtor_name": "Meridian",
        "debtor_bic": "BUKBGB22",
    }  # fmt: skip
    set_provider(
        act, slug="aegean", name="Aegean Bank", kind="iso20022", method_slugs=["bank"],
        settings=settings, accounts={"EUR": OURS},
    )  # fmt: skip
    account = add_bank_account(
        act, provider="aegean", name="Aegean", iban=OURS, currency="EUR", entity=make.entity("CY")
    )
    return House(running_bank, account)


@pytest.fixture
def ada(house: House) -> Client:
    """A client whose card deposit is too old to be refunded: she is paid by bank."""
    with clock_at(now() - timedelta(days=400)):
        client = make.client("CY", currency="EUR")
        set_risk(Act.system(), client, risk="low", score=12)
        make.funded(client, "5000.00 EUR")
        add_destination(Act.system(), client, iban=ADAS, holder="Ada Lovelace")
    return client
