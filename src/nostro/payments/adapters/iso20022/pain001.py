"""Writes pain.001: the file that asks a bank to pay.

Source: ISO 20022 CustomerCreditTransferInitiation V09 and V03, and the EPC's SEPA character set,
which every bank reads. Written here and not with a SEPA library, because brokers pay in more
currencies than the euro.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from anyascii import anyascii
from lxml import etree

from nostro.kit import Refused
from nostro.payments.adapters.iso20022.settings import Iso20022Settings, PainVersion
from nostro.payments.ports import CreditTransfer

LONGEST_NAME = 70
LONGEST_REMITTANCE = 140


def message_id(key: str) -> str:
    """The message id of a key: 35 of A–Z and 2–7, always the same for the same key."""
    digest = hashlib.sha256(key.encode()).digest()
    return "NST" + base64.b32encode(digest).decode()[:32]


def write(
    settings: Iso20022Settings, transfers: Sequence[CreditTransfer], *, key: str, at: datetime
) -> bytes:
    """The file, with one batch per account that pays and currency. Refused where it cannot be."""
    _check(transfers)
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{settings.pain_version}"
    names: dict[Any, str] = {None: namespace}
    document = etree.Element(etree.QName(namespace, "Document"), nsmap=names)
    root = _add(document, "CstmrCdtTrfInitn")
    identifier = message_id(key)
    head = _add(root, "GrpHdr")
    _add(head, "MsgId", identifier)
    _add(head, "CreDtTm", at.astimezone(UTC).isoformat(timespec="seconds"))
    _totals(head, transfers)
    _add(head, "InitgPty/Nm", latin(settings.debtor_name)[:LONGEST_NAME])
    batches: dict[tuple[str, str], list[CreditTransfer]] = {}
    for transfer in transfers:
        batches.setdefault((transfer.from_iban, transfer.money.currency), []).append(transfer)
    for number, batch in enumerate(batches.values(), start=1):
        _batch(root, settings, batch, name=f"{identifier[:31]}{number:04}", at=at)
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def latin(text: str) -> str:
    """The text in the EPC's character set: other scripts by their sound, other signs as a dot."""
    plain = re.sub(r"[^A-Za-z0-9/\-?:().,'+ ]", ".", anyascii(text))
    return " ".join(plain.split())


def _batch(
    root: etree._Element,
    settings: Iso20022Settings,
    batch: Sequence[CreditTransfer],
    *,
    name: str,
    at: datetime,
) -> None:
    modern = settings.pain_version is PainVersion.V09
    bic = "BICFI" if modern else "BIC"
    place = _add(root, "PmtInf")
    _add(place, "PmtInfId", name)
    _add(place, "PmtMtd", "TRF")
    _totals(place, batch)
    day = at.astimezone(UTC).date().isoformat()
    _add(place, "ReqdExctnDt/Dt" if modern else "ReqdExctnDt", day)
    _add(place, "Dbtr/Nm", latin(settings.debtor_name)[:LONGEST_NAME])
    _add(place, "DbtrAcct/Id/IBAN", batch[0].from_iban)
    _add(place, f"DbtrAgt/FinInstnId/{bic}", settings.debtor_bic)
    _add(place, "ChrgBr", "SLEV" if batch[0].money.currency == "EUR" else "SHAR")
    for transfer in batch:
        line = _add(place, "CdtTrfTxInf")
        _add(line, "PmtId/EndToEndId", transfer.end_to_end_id)
        amount = _add(line, "Amt/InstdAmt", str(transfer.money.amount))
        amount.set("Ccy", transfer.money.currency)
        if transfer.creditor_bic:
            _add(line, f"CdtrAgt/FinInstnId/{bic}", transfer.creditor_bic)
        _add(line, "Cdtr/Nm", latin(transfer.creditor_name)[:LONGEST_NAME])
        _add(line, "CdtrAcct/Id/IBAN", transfer.creditor_iban)
        if transfer.remittance:
            _add(line, "RmtInf/Ustrd", latin(transfer.remittance))


def _check(transfers: Sequence[CreditTransfer]) -> None:
    if not transfers:
        raise Refused("There is nothing to pay.", code="empty")
    ids = [transfer.end_to_end_id for transfer in transfers]
    if len(set(ids)) != len(ids):
        raise Refused("Two transfers have the same EndToEndId.", code="AM05")
    for transfer in transfers:
        name = transfer.end_to_end_id
        if not re.fullmatch(r"[A-Z0-9]{1,35}", name):
            raise Refused(f"{name!r} is not 1 to 35 of A-Z and 0-9.", code="end-to-end-id")
        if transfer.money.amount <= 0:
            raise Refused(f"{name} is not above zero.", code="AM01")
        if len(transfer.money.currency) != 3:
            raise Refused(f"No bank pays {transfer.money.currency}.", code="AM03")
        for iban in (transfer.from_iban, transfer.creditor_iban):
            if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", iban):
                raise Refused(f"{name}: {iban!r} is not an IBAN.", code="AC01")
        bic = transfer.creditor_bic
        if bic and not re.fullmatch(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", bic):
            raise Refused(f"{name}: {bic!r} is not a BIC.", code="RC01")
        if not latin(transfer.creditor_name):
            raise Refused(f"{name}: the creditor has no name.", code="BE08")
        if len(latin(transfer.remittance)) > LONGEST_REMITTANCE:
            raise Refused(f"{name}: the remittance is too long.", code="remittance")


def _totals(place: etree._Element, transfers: Iterable[CreditTransfer]) -> None:
    amounts = [transfer.money.amount for transfer in transfers]
    _add(place, "NbOfTxs", str(len(amounts)))
    _add(place, "CtrlSum", str(sum(amounts, Decimal(0))))


def _add(place: etree._Element, path: str, text: str | None = None) -> etree._Element:
    """Nested children by their names; the answer is the innermost."""
    namespace = etree.QName(place).namespace
    for name in path.split("/"):
        place = etree.SubElement(place, etree.QName(namespace, name))
    place.text = text
    return place
