"""Reads pain.002: what a bank says about a payment file, whatever version it writes.

Source: ISO 20022 CustomerPaymentStatusReport; the states by the external code sets
ExternalPaymentTransactionStatus1Code and ExternalPaymentGroupStatus1Code.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from lxml import etree

from nostro.payments.ports import TransferState, TransferStatus

DUPLICATE = frozenset({"DU01", "AM05"})
_SETTLED = frozenset({"ACSC", "ACCC", "ACWC"})
_PENDING = frozenset({"RCVD", "PDNG", "ACTC", "ACCP", "ACSP", "ACFC", "ACWP", "PATC"})


@dataclass(frozen=True)
class Line:
    """One transaction's status, with the amount and creditor where the bank repeats them."""

    status: TransferStatus
    amount: Decimal | None
    creditor_iban: str


@dataclass(frozen=True)
class Report:
    """A whole report. `code` and `reason` are the file's own, "" where it has none."""

    message_id: str
    state: TransferState
    code: str
    reason: str
    lines: dict[str, Line]

    @property
    def duplicate(self) -> bool:
        """The bank took a file of this message id before and refuses to take it again."""
        return self.state is TransferState.REJECTED and self.code in DUPLICATE and not self.lines

    def statuses(self, ids: Iterable[str]) -> dict[str, TransferStatus]:
        """One status for each; what the report leaves out has the status of the file."""
        return {
            name: self.lines[name].status
            if name in self.lines
            else TransferStatus(name, self.state, self.code, self.reason)
            for name in ids
        }


def read(body: bytes) -> Report:
    """ValueError where the body is no status report."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not XML: {error}") from error
    group = _first(root, "OrgnlGrpInfAndSts")
    if group is None:
        raise ValueError("no OrgnlGrpInfAndSts")
    code, reason = _reason(group)
    file_status = _text(group, "GrpSts")
    lines: dict[str, Line] = {}
    for batch in _each(root, "OrgnlPmtInfAndSts"):
        batch_status = _text(batch, "PmtInfSts") or file_status
        batch_reason = _reason(batch)
        for element in _each(batch, "TxInfAndSts"):
            line = _line(element, batch_status, batch_reason)
            lines[line.status.end_to_end_id] = line
    return Report(_text(group, "OrgnlMsgId"), _state(file_status), code, reason, lines)


def _line(element: etree._Element, batch_status: str, batch_reason: tuple[str, str]) -> Line:
    code, reason = _reason(element)
    if not code and not _text(element, "TxSts"):
        code, reason = batch_reason
    status = TransferStatus(
        end_to_end_id=_text(element, "OrgnlEndToEndId"),
        state=_state(_text(element, "TxSts") or batch_status),
        code=code,
        reason=reason,
        bank_reference=_text(element, "AcctSvcrRef"),
    )
    amount = _text(element, "OrgnlTxRef/Amt/InstdAmt")
    try:
        exact = Decimal(amount) if amount else None
    except InvalidOperation as error:
        raise ValueError(f"{amount!r} is not an amount") from error
    return Line(status, exact, _text(element, "OrgnlTxRef/CdtrAcct/Id/IBAN"))


def _state(code: str) -> TransferState:
    if code in _SETTLED:
        return TransferState.SETTLED
    if code in _PENDING:
        return TransferState.PENDING
    return TransferState.REJECTED if code in ("RJCT", "CANC") else TransferState.UNKNOWN


def _reason(place: etree._Element) -> tuple[str, str]:
    code = _text(place, "StsRsnInf/Rsn/Cd") or _text(place, "StsRsnInf/Rsn/Prtry")
    return code, _text(place, "StsRsnInf/AddtlInf")


def _each(place: etree._Element, name: str) -> list[etree._Element]:
    """Descendants by name in any namespace: banks answer in several versions."""
    return list(place.iter(f"{{*}}{name}"))


def _first(place: etree._Element, name: str) -> etree._Element | None:
    found = _each(place, name)
    return found[0] if found else None


def _text(place: etree._Element, path: str) -> str:
    wild = "/".join(f"{{*}}{name}" for name in path.split("/"))
    return (place.findtext(wild) or "").strip()
