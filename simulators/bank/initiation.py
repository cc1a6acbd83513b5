"""Reads pain.001.001.09: the payments a customer asks the bank to make."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from lxml import etree

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_N = {"p": NAMESPACE}


class BadFile(Exception):
    """Not a pain.001.001.09 that anyone could carry out."""


@dataclass(frozen=True)
class Instruction:
    """One credit transfer. `on` is the requested execution date, ISO 8601."""

    batch_id: str
    instruction_id: str
    end_to_end_id: str
    debtor_iban: str
    amount: Decimal
    currency: str
    creditor_name: str
    creditor_iban: str
    remittance: str
    on: str


@dataclass(frozen=True)
class Initiation:
    """A whole file with what its header claims about it."""

    message_id: str
    claimed_count: int
    claimed_sum: Decimal | None
    instructions: tuple[Instruction, ...]


def read(body: bytes) -> Initiation:
    """Raises BadFile where something needed is missing or malformed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise BadFile(f"Not XML: {error}") from error
    if root.tag != f"{{{NAMESPACE}}}Document":
        raise BadFile(f"The document is not in {NAMESPACE}.")
    head = root.find("p:CstmrCdtTrfInitn/p:GrpHdr", _N)
    if head is None:
        raise BadFile("GrpHdr is missing.")
    count, total = _text(head, "p:NbOfTxs"), _text(head, "p:CtrlSum", required=False)
    found = []
    for batch in root.findall("p:CstmrCdtTrfInitn/p:PmtInf", _N):
        if _text(batch, "p:PmtMtd") != "TRF":
            raise BadFile("PmtMtd must be TRF.")
        found += [_instruction(batch, line) for line in batch.findall("p:CdtTrfTxInf", _N)]
    if not found:
        raise BadFile("The file carries no transaction.")
    if not count.isdecimal():
        raise BadFile("NbOfTxs is not a number.")
    return Initiation(
        message_id=_text(head, "p:MsgId"),
        claimed_count=int(count),
        claimed_sum=_amount(total) if total else None,
        instructions=tuple(found),
    )


def _instruction(batch: etree._Element, line: etree._Element) -> Instruction:
    instructed = line.find("p:Amt/p:InstdAmt", _N)
    if instructed is None:
        raise BadFile("Amt/InstdAmt is missing.")
    amount = _amount(instructed.text or "")
    if amount <= 0:
        raise BadFile("An amount is above zero.")
    return Instruction(
        batch_id=_text(batch, "p:PmtInfId"),
        instruction_id=_text(line, "p:PmtId/p:InstrId", required=False),
        end_to_end_id=_text(line, "p:PmtId/p:EndToEndId"),
        debtor_iban=_text(batch, "p:DbtrAcct/p:Id/p:IBAN"),
        amount=amount,
        currency=instructed.get("Ccy", ""),
        creditor_name=_text(line, "p:Cdtr/p:Nm"),
        creditor_iban=_text(line, "p:CdtrAcct/p:Id/p:IBAN"),
        remittance=_text(line, "p:RmtInf/p:Ustrd", required=False),
        on=_day(_text(batch, "p:ReqdExctnDt/p:Dt")),
    )


def _text(place: etree._Element, path: str, *, required: bool = True) -> str:
    text = (place.findtext(path, namespaces=_N) or "").strip()
    if required and not text:
        raise BadFile(f"{path.replace('p:', '')} is missing.")
    return text


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BadFile(f"{text!r} is not a date.") from error


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text.strip())
    except InvalidOperation as error:
        raise BadFile(f"{text!r} is not an amount.") from error
    if not amount.is_finite():
        raise BadFile(f"{text!r} is not an amount.")
    return amount
