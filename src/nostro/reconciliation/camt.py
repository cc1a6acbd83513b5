"""Reads ISO 20022 cash management: camt.052 reports, camt.053 statements, camt.054 notices.

Versions 01 to 13 differ in a few places only, so names are read without their namespace and both
old and new places are looked in. Wrappers around the document do not matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation

from lxml import etree

from nostro.kit.money import Currency, Money
from nostro.reconciliation.statement import (
    Balances,
    Line,
    Statement,
    Unreadable,
    money_of,
    prove,
    reference,
)

BODIES = ("Stmt", "Rpt", "Ntfctn")
OPENING = ("OPBD", "PRCD")
CLOSING = ("CLBD",)
INTERIM = "ITBD"


def read_camt(data: bytes) -> list[Statement]:
    """Every statement, report or notice of a file, in its order."""
    statements = [_statement(body) for body in _bodies(_parsed(data))]
    if not statements:
        raise Unreadable("This XML holds no camt.052, camt.053 or camt.054 message.")
    return statements


def _parsed(data: bytes) -> etree._Element:
    """The document with bare names. Nothing outside of it is ever opened or expanded."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(f"This is not well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("A statement with a document type is refused: it could hide entities.")
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = etree.QName(element).localname
    return root


def _bodies(root: etree._Element) -> Iterator[etree._Element]:
    yield from root.iter(*BODIES)


def _statement(body: etree._Element) -> Statement:
    faults: list[str] = []
    booked: list[Line] = []
    pending: list[Line] = []
    entries = list(body.iterfind("Ntry"))
    fallback = _date(body, "CreDtTm", "FrToDt/ToDtTm")
    for number, entry in enumerate(entries, start=1):
        lines, fault = _entry_lines(entry, number, fallback)
        faults += [fault] if fault else []
        is_booked = (_text(entry, "Sts/Cd", "Sts") or "BOOK") == "BOOK"
        (booked if is_booked else pending).extend(lines)
    faults += _wrong_totals(body, entries)
    balances = _balances(body)
    account = _text(body, "Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id", "Acct/Id/BBAN")
    return prove(
        account,
        _currency(body, balances, booked + pending),
        balances,
        booked,
        faults=faults,
        statement_reference=_text(body, "Id"),
        pending=pending,
    )


def _currency(body: etree._Element, balances: Balances, lines: Sequence[Line]) -> Currency:
    if stated := _text(body, "Acct/Ccy"):
        return Currency(stated)
    for money in (balances.opening, balances.closing, *(line.money for line in lines)):
        if money is not None:
            return money.currency
    raise Unreadable("The statement names no currency.")


def _balances(body: etree._Element) -> Balances:
    """Opening and closing. A page of a long statement opens or closes with an interim balance."""
    found: dict[str, list[etree._Element]] = {}
    for balance in body.iterfind("Bal"):
        code = _text(balance, "Tp/CdOrPrtry/Cd", "Tp/Cd", "Tp/CdOrPrtry/Prtry")
        found.setdefault(code, []).append(balance)
    interim = found.get(INTERIM, [])
    opening = next((found[code][0] for code in OPENING if code in found), None)
    closing = next((found[code][-1] for code in CLOSING if code in found), None)
    if opening is None and interim and (closing is not None or len(interim) > 1):
        opening = interim.pop(0)
    if closing is None and interim:
        closing = interim.pop()
    return Balances(
        None if opening is None else _money(opening),
        None if closing is None else _money(closing),
        None if closing is None else _date(closing, "Dt/Dt", "Dt/DtTm", "Dt"),
    )


def _wrong_totals(body: etree._Element, entries: Sequence[etree._Element]) -> list[str]:
    """The statement's own summary, which counts pending entries too."""
    wrong = []
    signed = [(_amount(entry), _is_debit(entry)) for entry in entries]
    for name, debits in (("TtlNtries", None), ("TtlCdtNtries", False), ("TtlDbtNtries", True)):
        amounts = [amount for amount, debit in signed if debits is None or debit == debits]
        count = _text(body, f"TxsSummry/{name}/NbOfNtries")
        if count and count.isdigit() and int(count) != len(amounts):
            wrong.append(f"Its summary counts {count} entries where there are {len(amounts)}.")
        total = _text(body, f"TxsSummry/{name}/Sum")
        if total and _decimal(total) != sum(amounts, Decimal(0)):
            wrong.append(f"Its summary sums to {total} where entries sum to {sum(amounts)}.")
    return wrong


def _entry_lines(
    entry: etree._Element, number: int, fallback: date | None
) -> tuple[list[Line], str]:
    """An entry as its parts, where they sum to it; else as one line, with what is wrong."""
    money = _money(entry)
    value = _date(entry, "ValDt/Dt", "ValDt/DtTm")
    booked = _date(entry, "BookgDt/Dt", "BookgDt/DtTm") or value or fallback
    if booked is None:
        raise Unreadable(f"Entry {number} has no date.")
    whole = Line(
        booked,
        value or booked,
        money,
        bank_reference=reference(_text(entry, "AcctSvcrRef")),
        other_references=_references(entry, "NtryRef", "NtryDtls/Btch/PmtInfId", "Btch/PmtInfId"),
        remittance=_text(entry, "AddtlNtryInf"),
    )
    details = list(entry.iter("TxDtls"))
    if not details:
        return [whole], ""
    if len(details) == 1:
        return [_detailed(whole, details[0], money)], ""
    name = whole.bank_reference or reference(_text(entry, "NtryRef")) or str(number)
    parts = [_part_money(detail, money) for detail in details]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return [replace(whole, entry=name)], ""
    lines = [
        replace(_detailed(whole, detail, part), entry=name)
        for detail, part in zip(details, known, strict=True)
    ]
    rest = money - sum(known, Money.zero(money.currency))
    if rest and abs(rest) == _charges(entry, money.currency):
        lines.append(replace(whole, money=rest, entry=name, remittance="Charges"))
        rest = Money.zero(money.currency)
    if rest:
        return [replace(whole, entry=name)], f"The parts of entry {name} miss it by {rest}."
    return lines, _wrong_batch(entry, len(parts), name)


def _wrong_batch(entry: etree._Element, parts: int, name: str) -> str:
    counts = [_text(one, "NbOfTxs") for one in entry.iter("Btch")]
    stated = sum(int(count) for count in counts if count.isdigit())
    if stated and stated != parts:
        return f"Entry {name} announces {stated} parts and has {parts}."
    return ""


def _part_money(detail: etree._Element, whole: Money) -> Money | None:
    """A part's money in the account's currency, with the entry's sign unless it states its own."""
    amount_paths = ("AmtDtls/TxAmt/Amt", "Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt")
    stated = _text(detail, "CdtDbtInd")
    debit = stated == "DBIT" if stated else whole.amount < 0
    for path in amount_paths:
        element = detail.find(path)
        if element is not None and element.get("Ccy", whole.currency) == whole.currency:
            return money_of(_decimal(element.text or ""), whole.currency, debit=debit)
    return None


def _charges(entry: etree._Element, currency: str) -> Money:
    charges = Money.zero(currency)
    for one in entry.iterfind("Chrgs"):
        nodes = one.findall("Rcrd/Amt") or one.findall("TtlChrgsAndTaxAmt") or one.findall("Amt")
        for node in nodes:
            if node.get("Ccy", currency) == currency:
                charges += money_of(_decimal(node.text or ""), currency, debit=False)
    return charges


def _detailed(whole: Line, detail: etree._Element, money: Money) -> Line:
    """The entry's line with what one of its transactions says of it."""
    party = "Cdtr" if money.amount < 0 else "Dbtr"
    names = [f"RltdPties/{role}/{path}" for role in (party, f"Ultmt{party}") for path in
             ("Nm", "Pty/Nm")]  # fmt: skip
    account = f"RltdPties/{party}Acct/Id"
    remitted = [_squeezed(node.text) for node in detail.iterfind("RmtInf/Ustrd")]
    own_reference = reference(_text(detail, "Refs/AcctSvcrRef"))
    others = _references(
        detail, "Refs/InstrId", "Refs/TxId", "Refs/UETR", "Refs/PmtInfId", "Refs/ClrSysRef",
        "Refs/ChqNb", "Refs/Prtry/Ref", "Refs/MsgId",
        "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/CdtrRefInf/CdtrRef",
    )  # fmt: skip
    if own_reference and own_reference != whole.bank_reference:
        others = (*others, *(one for one in [whole.bank_reference] if one))
    return replace(
        whole,
        money=money,
        end_to_end_id=reference(_text(detail, "Refs/EndToEndId")),
        bank_reference=own_reference or whole.bank_reference,
        other_references=tuple(dict.fromkeys((*others, *whole.other_references))),
        remittance=" ".join(one for one in remitted if one)
        or _text(detail, "AddtlTxInf")
        or whole.remittance,
        counterparty=_text(detail, *names),
        iban=_text(detail, f"{account}/IBAN", f"{account}/Othr/Id", f"{account}/BBAN"),
    )


def _references(element: etree._Element, *paths: str) -> tuple[str, ...]:
    found = (reference(node.text) for path in paths for node in element.iterfind(path))
    return tuple(one for one in found if one)


def _squeezed(text: str | None) -> str:
    return " ".join((text or "").split())


def _text(element: etree._Element, *paths: str) -> str:
    """The first of these places that holds text."""
    for path in paths:
        if text := _squeezed(element.findtext(path)):
            return text
    return ""


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation as error:
        raise Unreadable(f"{text!r} is not an amount.") from error


def _amount(element: etree._Element) -> Decimal:
    return _decimal(_text(element, "Amt"))


def _is_debit(element: etree._Element) -> bool:
    return _text(element, "CdtDbtInd") == "DBIT"


def _money(element: etree._Element) -> Money:
    """An amount with its own currency and sign."""
    amount = element.find("Amt")
    currency = "" if amount is None else amount.get("Ccy", "")
    return money_of(_amount(element), currency, debit=_is_debit(element))


def _date(element: etree._Element, *paths: str) -> date | None:
    """A date as the bank wrote it, in its own time zone."""
    text = _text(element, *paths)
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError as error:
        raise Unreadable(f"{text!r} is not a date.") from error
