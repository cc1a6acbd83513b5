"""Writes the bank's ISO 20022 answers: pain.002.001.10, camt.053.001.08 and camt.054.001.08."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from lxml import etree

from simulators.bank.books import Books
from simulators.bank.initiation import Initiation

_URN = "urn:iso:std:iso:20022:tech:xsd:"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Node:
    """An element that grows: `node.add("Amt", "1.00", Ccy="EUR")`."""

    def __init__(self, element: etree._Element) -> None:
        self._element = element

    def add(self, name: str, text: str | None = None, **attributes: str) -> "Node":
        """A child of the same namespace; the answer is the child."""
        child = etree.SubElement(
            self._element, etree.QName(etree.QName(self._element).namespace, name), attributes
        )
        child.text = text
        return Node(child)

    def path(self, names: str, text: str | None = None) -> "Node":
        """Nested children: `path("Id/IBAN", "DE...")`."""
        place = self
        *outer, last = names.split("/")
        for name in outer:
            place = place.add(name)
        return place.add(last, text)

    def xml(self) -> bytes:
        return etree.tostring(
            self._element, xml_declaration=True, encoding="UTF-8", pretty_print=True
        )


def _document(message: str) -> Node:
    urn = _URN + message
    names: dict[Any, str] = {None: urn}
    return Node(etree.Element(etree.QName(urn, "Document"), nsmap=names))


def status_report(books: Books, message_id: str) -> bytes:
    """How far every transaction of a message has come (pain.002)."""
    rows = books.store.rows("SELECT * FROM payments WHERE message = ? ORDER BY seq", message_id)
    message = books.store.row("SELECT * FROM messages WHERE id = ?", message_id)
    document, report = _report(books)
    group = _original(report, message_id)
    if message is not None:
        group.add("OrgnlCreDtTm", _moment(datetime.fromisoformat(message["at"])))
        group.add("OrgnlNbOfTxs", str(message["count"]))
        group.add("OrgnlCtrlSum", message["sum"])
    group.add("GrpSts", _together({row["status"] for row in rows}))
    batches: dict[str, list[sqlite3.Row]] = {}
    for row in rows:
        batches.setdefault(row["batch"], []).append(row)
    for batch_id, lines in batches.items():
        batch = report.add("OrgnlPmtInfAndSts")
        batch.add("OrgnlPmtInfId", batch_id)
        batch.add("PmtInfSts", _together({row["status"] for row in lines}))
        for row in lines:
            _status(batch.add("TxInfAndSts"), row)
    return document.xml()


def refusal(books: Books, initiation: Initiation, reason: str, note: str) -> bytes:
    """The whole message refused, none of it carried out (pain.002)."""
    document, report = _report(books)
    group = _original(report, initiation.message_id)
    group.add("GrpSts", "RJCT")
    _reason(group, reason, note)
    return document.xml()


def statement(books: Books, account: sqlite3.Row, first: date, last: date) -> bytes:
    """The account from the first day to the last, with balances that add up (camt.053)."""
    document = _document("camt.053.001.08")
    root = document.add("BkToCstmrStmt")
    _head(books, root)
    entries = books.entries(account["iban"], first, last)
    opening = books.balance(account["iban"], before=first)
    closing = sum((Decimal(row["signed"]) for row in entries), opening)
    if wrong := books.faults.take("wrong_statement_sum"):
        closing += Decimal(str(wrong.options.get("by", "1.00")))
    stmt = _period(books, root.add("Stmt"), account, first, last)
    currency = account["currency"]
    _balance(stmt, "OPBD", opening, currency, first)
    _balance(stmt, "CLBD", closing, currency, last)
    summary = stmt.add("TxsSummry")
    amounts = [Decimal(row["signed"]) for row in entries]
    _count(summary.add("TtlCdtNtries"), [amount for amount in amounts if amount > 0])
    _count(summary.add("TtlDbtNtries"), [-amount for amount in amounts if amount < 0])
    for row in entries:
        _entry(stmt, row, currency)
    return document.xml()


def notification(books: Books, account: sqlite3.Row, first: date, last: date) -> bytes:
    """Every credit and debit of those days, one by one (camt.054)."""
    document = _document("camt.054.001.08")
    root = document.add("BkToCstmrDbtCdtNtfctn")
    _head(books, root)
    told = _period(books, root.add("Ntfctn"), account, first, last)
    for row in books.entries(account["iban"], first, last):
        _entry(told, row, account["currency"])
    return document.xml()


def _report(books: Books) -> tuple[Node, Node]:
    document = _document("pain.002.001.10")
    report = document.add("CstmrPmtStsRpt")
    head = _head(books, report)
    head.path("DbtrAgt/FinInstnId/BICFI", books.config.bic)
    return document, report


def _head(books: Books, place: Node) -> Node:
    head = place.add("GrpHdr")
    head.add("MsgId", books.ids.new("BANK", 20, _LETTERS))
    head.add("CreDtTm", _moment(books.clock.now()))
    return head


def _original(report: Node, message_id: str) -> Node:
    group = report.add("OrgnlGrpInfAndSts")
    group.add("OrgnlMsgId", message_id)
    group.add("OrgnlMsgNmId", "pain.001.001.09")
    return group


def _status(line: Node, row: sqlite3.Row) -> None:
    line.add("StsId", row["reference"])
    if row["instruction"]:
        line.add("OrgnlInstrId", row["instruction"])
    line.add("OrgnlEndToEndId", row["end_to_end"])
    line.add("TxSts", row["status"])
    if row["reason"]:
        _reason(line, row["reason"], row["note"])
    else:
        line.add("AcctSvcrRef", row["reference"])
    original = line.add("OrgnlTxRef")
    original.add("Amt").add("InstdAmt", row["amount"], Ccy=row["currency"])
    original.path("CdtrAcct/Id/IBAN", row["creditor_iban"])


def _reason(place: Node, reason: str, note: str) -> None:
    information = place.add("StsRsnInf")
    information.path("Rsn/Cd", reason)
    if note:
        information.add("AddtlInf", note[:105])


def _together(statuses: set[str]) -> str:
    """One status for many: PART where some were rejected and some were not."""
    if "RJCT" in statuses:
        return "RJCT" if len(statuses) == 1 else "PART"
    return "ACSC" if statuses == {"ACSC"} else "ACSP"


def _period(books: Books, place: Node, account: sqlite3.Row, first: date, last: date) -> Node:
    """The parts that a statement and a notification begin with."""
    now = books.clock.now()
    ends = min(max(now, _start(first)), datetime.combine(last, time.max, UTC))
    place.add("Id", f"{account['iban'][-10:]}{first:%Y%m%d}{last:%Y%m%d}")
    place.add("ElctrncSeqNb", str(last.toordinal()))
    place.add("CreDtTm", _moment(now))
    period = place.add("FrToDt")
    period.add("FrDtTm", _moment(_start(first)))
    period.add("ToDtTm", _moment(ends))
    owned = place.add("Acct")
    owned.path("Id/IBAN", account["iban"])
    owned.add("Ccy", account["currency"])
    owned.path("Ownr/Nm", account["owner"])
    owned.path("Svcr/FinInstnId/BICFI", books.config.bic)
    return place


def _balance(place: Node, code: str, amount: Decimal, currency: str, on: date) -> None:
    balance = place.add("Bal")
    balance.path("Tp/CdOrPrtry/Cd", code)
    balance.add("Amt", str(abs(amount)), Ccy=currency)
    balance.add("CdtDbtInd", "DBIT" if amount < 0 else "CRDT")
    balance.path("Dt/Dt", on.isoformat())


def _count(place: Node, amounts: Sequence[Decimal]) -> None:
    place.add("NbOfNtries", str(len(amounts)))
    place.add("Sum", str(sum(amounts, Decimal(0))))


def _entry(place: Node, row: sqlite3.Row, currency: str) -> None:
    signed = Decimal(row["signed"])
    direction = "DBIT" if signed < 0 else "CRDT"
    entry = place.add("Ntry")
    entry.add("NtryRef", str(row["seq"]))
    entry.add("Amt", str(abs(signed)), Ccy=currency)
    entry.add("CdtDbtInd", direction)
    entry.path("Sts/Cd", "BOOK")
    entry.path("BookgDt/Dt", row["booked_at"][:10])
    entry.path("ValDt/Dt", row["value_date"])
    entry.add("AcctSvcrRef", row["reference"])
    domain, family, subfamily = row["code"].split("/")
    code = entry.path("BkTxCd/Domn")
    code.add("Cd", domain)
    kind = code.add("Fmly")
    kind.add("Cd", family)
    kind.add("SubFmlyCd", subfamily)
    _details(entry.path("NtryDtls/TxDtls"), row, currency)


def _details(line: Node, row: sqlite3.Row, currency: str) -> None:
    signed = Decimal(row["signed"])
    references = line.add("Refs")
    if row["message"]:
        references.add("MsgId", row["message"])
    references.add("AcctSvcrRef", row["reference"])
    references.add("EndToEndId", row["end_to_end"] or "NOTPROVIDED")
    line.add("Amt", str(abs(signed)), Ccy=currency)
    line.add("CdtDbtInd", "DBIT" if signed < 0 else "CRDT")
    if row["party"] or row["party_iban"]:
        # A returned payment keeps its parties: the creditor is still who it was meant for.
        meant_for = signed < 0 or bool(row["return_reason"])
        parties = line.add("RltdPties")
        side = "Cdtr" if meant_for else "Dbtr"
        if row["party"]:
            parties.path(f"{side}/Pty/Nm", row["party"])
        if row["party_iban"]:
            parties.path(f"{side}Acct/Id/IBAN", row["party_iban"])
    if row["remittance"]:
        line.path("RmtInf/Ustrd", row["remittance"])
    if row["return_reason"]:
        line.path("RtrInf/Rsn/Cd", row["return_reason"])


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
