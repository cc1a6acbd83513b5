import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from lxml import etree

from simulators.bank.iban import valid
from simulators.web.launch import CHECKOUT, Running

OURS = "GB33BUKB20201555555555"
SECOND = "GB85BUKB20201512345678"
CLIENT = "FR1420041010050500013M02606"
CLOSED = "DE89370400440532013000"
PAIN = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


def start(home: Path, **more: object) -> Running:
    accounts = [
        {"iban": OURS, "currency": "EUR", "owner": "Demo Markets Ltd", "balance": "1000.00"},
        {"iban": SECOND, "currency": "EUR", "owner": "Demo Clients", "balance": "-5.00"},
    ]
    home.mkdir(exist_ok=True)
    config = home / "config.json"
    config.write_text(json.dumps({"accounts": accounts, "closed_ibans": [CLOSED], **more}))
    return Running("bank", home, "--secret-key", "s", "--config", str(config))


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Running]:
    running = start(tmp_path / "bank")
    running.control("clock", at="2027-03-01T12:00:00+00:00")
    yield running
    assert running.stop() == 0


def schema(name: str) -> etree.XMLSchema:
    shared = os.environ.get("NOSTRO_SHARED_DATA") or CHECKOUT.parent / "shared" / "data"
    path = Path(shared) / "xsd" / "iso20022" / f"{name}.xsd"
    if not path.is_file():
        pytest.skip("The ISO 20022 schemas are not here; set NOSTRO_SHARED_DATA.")
    return etree.XMLSchema(etree.parse(path))


def order(message: str, *lines: tuple[str, str, str], claimed: str = "") -> bytes:
    """A payment file: (EndToEndId, amount, creditor's IBAN) for each transaction."""
    total = claimed or str(sum(Decimal(amount) for _, amount, _ in lines))
    inside = "".join(
        f"<CdtTrfTxInf><PmtId><EndToEndId>{name}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="EUR">{amount}</InstdAmt></Amt><Cdtr><Nm>Ada</Nm></Cdtr>'
        f"<CdtrAcct><Id><IBAN>{iban}</IBAN></Id></CdtrAcct>"
        f"<RmtInf><Ustrd>Withdrawal {name}</Ustrd></RmtInf></CdtTrfTxInf>"
        for name, amount, iban in lines
    )
    return (
        f'<Document xmlns="{PAIN}"><CstmrCdtTrfInitn><GrpHdr><MsgId>{message}</MsgId>'
        f"<CreDtTm>2027-03-01T12:00:00Z</CreDtTm><NbOfTxs>{len(lines)}</NbOfTxs>"
        f"<CtrlSum>{total}</CtrlSum><InitgPty><Nm>Us</Nm></InitgPty></GrpHdr><PmtInf>"
        "<PmtInfId>B1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2027-03-01</Dt></ReqdExctnDt>"
        f"<Dbtr><Nm>Us</Nm></Dbtr><DbtrAcct><Id><IBAN>{OURS}</IBAN></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId><BICFI>BUKBGB22</BICFI></FinInstnId></DbtrAgt>{inside}</PmtInf>"
        "</CstmrCdtTrfInitn></Document>"
    ).encode()


def pay(bank: Running, body: bytes) -> etree._Element:
    reply = httpx.post(f"{bank.url}/payments", content=body, auth=("x", "s"), trust_env=False)
    return etree.fromstring(reply.raise_for_status().content)


def ask(bank: Running, path: str, **query: str) -> etree._Element:
    headers = {"Authorization": "Bearer s"}
    reply = httpx.get(f"{bank.url}/{path}", params=query, headers=headers, trust_env=False)
    return etree.fromstring(reply.raise_for_status().content)


def texts(place: etree._Element, name: str) -> list[str]:
    return [element.text or "" for element in place.iter(f"{{*}}{name}")]


def march(bank: Running, path: str, account: str = OURS) -> etree._Element:
    return ask(bank, path, account=account, **{"from": "2027-03-01", "to": "2027-03-31"})


def balances(statement: etree._Element) -> list[Decimal]:
    """Opening and closing, and what the entries make of the opening."""
    found = []
    for place in (*statement.iter("{*}Bal"), *statement.iter("{*}Ntry")):
        amount = Decimal(place.findtext("{*}Amt") or "")
        found.append(-amount if place.findtext("{*}CdtDbtInd") == "DBIT" else amount)
    opening, closing, *entries = found
    return [opening, closing, sum(entries, opening)]


def test_what_the_bank_writes_is_valid(bank: Running) -> None:
    report = pay(bank, order("M1", ("E1", "10.00", CLIENT), ("E2", "9999.00", CLIENT)))
    again = pay(bank, order("M1", ("E1", "10.00", CLIENT)))
    for document in (report, again, ask(bank, "payments", message_id="M1")):
        schema("pain.002.001.10").assertValid(document)
    pay(bank, order("M2", ("E3", "1.00", CLOSED), ("E4", "2.00", SECOND)))
    credit = {"amount": "7.50", "currency": "EUR", "iban": CLIENT, "debtor_name": "Ada"}
    bank.control("receive", **credit, remittance="DEP 1001", value_date="2027-03-02")
    bank.control("clock", at="2027-03-02T12:00:00+00:00")
    for account in (OURS, SECOND):
        schema("camt.053.001.08").assertValid(march(bank, "statements", account))


def test_a_notification_has_the_entries_of_the_statement(bank: Running) -> None:
    pay(bank, order("M1", ("E1", "10.00", CLIENT)))
    bank.control("receive", amount="7.50", currency="EUR", debtor_name="Ada", remittance="DEP")
    told, written = march(bank, "notifications"), march(bank, "statements")
    assert etree.QName(told).namespace == "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
    for name in ("NtryRef", "Amt", "CdtDbtInd", "AcctSvcrRef", "EndToEndId", "Ustrd", "BookgDt"):
        entries = [texts(entry, name) for entry in written.iter("{*}Ntry")]
        assert [texts(entry, name) for entry in told.iter("{*}Ntry")] == entries


def test_a_statement_adds_up_and_continues_where_the_last_one_ended(bank: Running) -> None:
    pay(bank, order("M1", ("E1", "300.10", CLIENT), ("E2", "0.02", SECOND)))
    first = ask(bank, "statements", account=OURS)
    bank.control("clock", at="2027-03-02T09:00:00+00:00")
    bank.control("receive", amount="7.50", currency="EUR", account=OURS)
    second = ask(bank, "statements", account=OURS)
    other = march(bank, "statements", SECOND)

    assert balances(first) == [Decimal("1000.00"), Decimal("699.88"), Decimal("699.88")]
    assert balances(second) == [Decimal("699.88"), Decimal("707.38"), Decimal("707.38")]
    assert balances(other) == [Decimal("-5.00"), Decimal("-4.98"), Decimal("-4.98")]
    assert texts(other, "EndToEndId") == ["E2"]


def test_a_statement_can_be_made_wrong(bank: Running) -> None:
    bank.control("misbehave", what="wrong_statement_sum", by="0.01")
    opening, closing, exact = balances(ask(bank, "statements", account=OURS))
    assert (closing - exact, opening) == (Decimal("0.01"), Decimal("1000.00"))
    _, closing, exact = balances(ask(bank, "statements", account=OURS))
    assert closing == exact


def test_a_message_id_is_taken_once(bank: Running) -> None:
    body = order("M1", ("E1", "10.00", CLIENT))
    assert texts(pay(bank, body), "TxSts") == ["ACSC"]
    refused = pay(bank, body)
    assert (texts(refused, "GrpSts"), texts(refused, "Cd")) == (["RJCT"], ["DU01"])
    assert bank.state()["accounts"][0]["balance"] == "990.00"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (order("M1", ("E1", "10.00", CLIENT), claimed="11.00"), "AM10"),
        (order("M1", ("E1", "1.00", CLIENT), ("E1", "2.00", CLIENT)), "AM05"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_whole(
    bank: Running, body: bytes, code: str
) -> None:
    refused = pay(bank, body)
    assert (texts(refused, "GrpSts"), texts(refused, "Cd")) == (["RJCT"], [code])
    assert bank.state()["payments"] == []


@pytest.mark.parametrize("body", [b"", b"<a/>", order("", ("E1", "1.00", CLIENT)), order("M1")])
def test_what_is_no_payment_file_is_a_bad_request(bank: Running, body: bytes) -> None:
    url, auth = f"{bank.url}/payments", ("x", "s")
    assert httpx.post(url, content=body, auth=auth, trust_env=False).status_code == 400


def test_a_payment_to_a_closed_account_comes_back_with_its_end_to_end_id(bank: Running) -> None:
    pay(bank, order("M1", ("E1", "40.00", CLOSED)))
    gone = bank.state()["accounts"][0]["balance"]
    bank.control("clock", at="2027-03-01T12:00:01+00:00")
    told = march(bank, "notifications")

    assert (gone, bank.state()["accounts"][0]["balance"]) == ("960.00", "1000.00")
    assert texts(told, "EndToEndId") == ["E1", "E1"]
    returned = list(told.iter("{*}Ntry"))[1]
    assert texts(returned, "Cd")[-1] == "AC04"
    assert texts(returned, "SubFmlyCd") == ["RRTN"]


def test_the_next_payment_can_be_rejected_or_returned(bank: Running) -> None:
    bank.control("misbehave", what="reject", reason="RR04")
    bank.control("misbehave", what="return_later", seconds=60, reason="AC06")
    report = pay(bank, order("M1", ("E1", "1.00", CLIENT), ("E2", "2.00", CLIENT)))
    bank.control("clock", at="2027-03-01T12:01:00+00:00")

    assert texts(report, "TxSts") == ["RJCT", "ACSC"]
    assert "RR04" in texts(report, "Cd")
    assert texts(report, "GrpSts") == ["PART"]
    assert "AC06" in texts(march(bank, "notifications"), "Cd")


def test_a_delay_holds_payments_back_by_the_clock_and_survives_a_restart(tmp_path: Path) -> None:
    running = start(tmp_path, delay=3600)
    running.control("clock", at="2027-03-01T12:00:00+00:00")
    waiting = pay(running, order("M1", ("E1", "600.00", CLIENT), ("E2", "600.00", CLIENT)))
    assert running.stop() == 0
    running = start(tmp_path, delay=3600)
    before = running.state()["accounts"][0]
    running.control("clock", at="2027-03-01T13:00:00+00:00")
    after = running.state()["accounts"][0]
    done = ask(running, "payments", message_id="M1")
    assert running.stop() == 0

    assert texts(waiting, "TxSts") == ["ACSP", "RJCT"]
    assert (before["balance"], before["available"]) == ("1000.00", "400.00")
    assert (after["balance"], after["available"]) == ("400.00", "400.00")
    assert texts(done, "TxSts") == ["ACSC", "RJCT"]


def test_nobody_gets_in_without_the_secret(bank: Running) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic !"}):
        url = f"{bank.url}/statements?account={OURS}"
        assert httpx.get(url, headers=headers, trust_env=False).status_code == 401


@pytest.mark.parametrize(
    ("iban", "good"),
    [(OURS, True), (CLIENT, True), ("GB34BUKB20201555555555", False), ("x", False), ("", False)],
)
def test_check_digits_tell_a_good_iban(iban: str, good: bool) -> None:
    assert valid(iban) is good
