from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree
from pydantic import SecretStr

from nostro.kit import Refused, Retry, Unknown
from nostro.payments.adapters.conftest import Simulator
from nostro.payments.adapters.iso20022 import Iso20022Bank
from nostro.payments.adapters.iso20022.tests.conftest import (
    CLIENT,
    EURO_ACCOUNT,
    settings,
    transfer,
)
from nostro.payments.ports import Bank, CreditTransfer, TransferState

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def balance(simulator: Simulator) -> str:
    return str(simulator.state()["accounts"][0]["balance"])


@pytest.fixture(autouse=True)
def noon(simulator: Simulator) -> None:
    simulator.control("clock", at=NOW.isoformat())


def test_the_adapter_stands_on_its_port(bank: Iso20022Bank) -> None:
    port: Bank = bank
    assert port.payments_status("never sent") is None


def test_transfers_in_two_currencies_are_paid_from_their_accounts(
    simulator: Simulator, bank: Iso20022Bank
) -> None:
    sent = [transfer("W1"), transfer("W2", "40.00 USD"), transfer("W3", "9.99 EUR")]
    statuses = bank.send_payments(sent, key="1:1", at=NOW)

    assert {name: status.state for name, status in statuses.items()} == dict.fromkeys(
        ("W1", "W2", "W3"), TransferState.SETTLED
    )
    assert all(status.bank_reference for status in statuses.values())
    assert [account["balance"] for account in simulator.state()["accounts"]] == ["890.01", "460.00"]


def test_the_bank_rejects_one_and_pays_the_other(simulator: Simulator, bank: Iso20022Bank) -> None:
    sent = [
        transfer("BAD", to="FR1520041010050500013M02606"),
        transfer("NOBODY", to="GB13BUKB60161331926819"),
        transfer("MUCH", "5000.00 EUR"),
        transfer("GOOD", "10.00 EUR"),
    ]
    statuses = bank.send_payments(sent, key="1:1", at=NOW)

    assert {name: (status.state, status.code) for name, status in statuses.items()} == {
        "BAD": (TransferState.REJECTED, "AC03"),
        "NOBODY": (TransferState.REJECTED, "AC03"),
        "MUCH": (TransferState.REJECTED, "AM04"),
        "GOOD": (TransferState.SETTLED, ""),
    }
    assert statuses["MUCH"].reason == "Insufficient funds."
    assert balance(simulator) == "990.00"


def test_an_account_the_bank_does_not_hold_is_rejected(bank: Iso20022Bank) -> None:
    stranger = replace(transfer("W1"), from_iban=CLIENT)
    statuses = bank.send_payments([stranger], key="1:1", at=NOW)
    assert (statuses["W1"].state, statuses["W1"].code) == (TransferState.REJECTED, "AC02")


def test_the_same_file_twice_pays_once_and_answers_the_same(
    simulator: Simulator, bank: Iso20022Bank
) -> None:
    first = bank.send_payments([transfer("W1")], key="1:1", at=NOW)
    assert bank.send_payments([transfer("W1")], key="1:1", at=NOW) == first
    assert balance(simulator) == "900.00"


@pytest.mark.parametrize("other", [transfer("W2"), transfer("W1", "1.00 EUR")])
def test_a_key_that_carried_other_transfers_is_refused(
    simulator: Simulator, bank: Iso20022Bank, other: CreditTransfer
) -> None:
    bank.send_payments([transfer("W1")], key="1:1", at=NOW)
    with pytest.raises(Refused) as refused:
        bank.send_payments([other], key="1:1", at=NOW)
    assert refused.value.code == "key"
    assert balance(simulator) == "900.00"


def test_after_a_dropped_connection_the_key_tells_what_was_done(
    simulator: Simulator, bank: Iso20022Bank
) -> None:
    simulator.misbehave("drop_after_acting")
    with pytest.raises(Unknown):
        bank.send_payments([transfer("W1")], key="1:1", at=NOW)
    asked = bank.payments_status("1:1")

    assert asked is not None
    assert asked["W1"].state is TransferState.SETTLED
    assert bank.send_payments([transfer("W1")], key="1:1", at=NOW) == asked
    assert balance(simulator) == "900.00"


def test_an_answer_that_takes_too_long_is_unknown(simulator: Simulator) -> None:
    impatient = Iso20022Bank(settings(simulator.url, timeout_seconds=1))
    simulator.misbehave("slow", seconds=3)
    with pytest.raises(Unknown):
        impatient.send_payments([transfer("W1")], key="1:1", at=NOW)
    assert balance(simulator) == "900.00"


def test_a_server_error_is_unknown_after_an_act_and_retry_after_a_question(
    simulator: Simulator, bank: Iso20022Bank
) -> None:
    simulator.misbehave("server_error")
    with pytest.raises(Unknown):
        bank.send_payments([transfer("W1")], key="1:1", at=NOW)
    simulator.misbehave("server_error")
    with pytest.raises(Retry):
        bank.payments_status("1:1")
    assert bank.payments_status("1:1") is None
    assert balance(simulator) == "1000.00"


def test_a_duplicate_whose_status_cannot_be_learnt_stays_unknown(
    simulator: Simulator, bank: Iso20022Bank
) -> None:
    bank.send_payments([transfer("W1")], key="1:1", at=NOW)
    simulator.misbehave("server_error", method="GET")
    with pytest.raises(Unknown):
        bank.send_payments([transfer("W1")], key="1:1", at=NOW)


def test_nobody_listening_is_a_retry(simulator: Simulator, bank: Iso20022Bank) -> None:
    simulator.process.terminate()
    simulator.process.wait(10)
    with pytest.raises(Retry):
        bank.send_payments([transfer("W1")], key="1:1", at=NOW)


def test_a_rate_limit_is_a_retry_and_a_wrong_password_is_refused(simulator: Simulator) -> None:
    good = settings(simulator.url).model_copy(update={"user_name": "demo"})
    simulator.misbehave("rate_limit")
    with pytest.raises(Retry):
        Iso20022Bank(good).send_payments([transfer("W1")], key="1:1", at=NOW)
    assert Iso20022Bank(good).payments_status("1:1") is None
    wrong = good.model_copy(update={"token": SecretStr("guess")})
    with pytest.raises(Refused) as refused:
        Iso20022Bank(wrong).send_payments([transfer("W1")], key="1:1", at=NOW)
    assert refused.value.code == "401"


def test_a_payment_for_a_later_day_waits_and_its_money_is_promised(
    simulator: Simulator, bank: Iso20022Bank
) -> None:
    tomorrow = datetime(2027, 3, 2, 8, tzinfo=UTC)
    waiting = bank.send_payments([transfer("W1", "700.00 EUR")], key="1:1", at=tomorrow)
    beyond = bank.send_payments([transfer("W2", "400.00 EUR")], key="2:1", at=NOW)
    simulator.control("clock", at=tomorrow.isoformat())
    done = bank.payments_status("1:1")

    assert waiting["W1"].state is TransferState.PENDING
    assert beyond["W2"].code == "AM04"
    assert done is not None
    assert done["W1"].state is TransferState.SETTLED
    assert balance(simulator) == "300.00"


@pytest.mark.parametrize(
    "bad",
    [
        transfer("lower case"),
        transfer("X" * 36),
        transfer("W1", "0.00 EUR"),
        transfer("W1", "5 USDT"),
        transfer("W1", to="not an iban"),
    ],
)
def test_what_no_bank_could_carry_is_refused_before_it_is_sent(
    simulator: Simulator, bank: Iso20022Bank, bad: CreditTransfer
) -> None:
    with pytest.raises(Refused):
        bank.send_payments([transfer("GOOD"), bad], key="1:1", at=NOW)
    assert simulator.state()["payments"] == []


def test_a_statement_for_an_account_the_bank_does_not_hold_is_refused(bank: Iso20022Bank) -> None:
    with pytest.raises(Refused):
        bank.statements(CLIENT, NOW.date(), NOW.date())


def test_statements_and_notifications_come_as_the_bank_wrote_them(
    simulator: Simulator, bank: Iso20022Bank
) -> None:
    bank.send_payments([transfer("W1")], key="1:1", at=NOW)
    written = bank.statements(EURO_ACCOUNT, NOW.date(), NOW.date())
    told = bank.notifications(EURO_ACCOUNT, NOW.date(), NOW.date())
    for document in (written, told):
        assert etree.fromstring(document).findtext(".//{*}EndToEndId") == "W1"
