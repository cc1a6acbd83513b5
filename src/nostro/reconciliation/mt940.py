"""Reads SWIFT MT940 statements and MT942 interim reports, in the dialects banks really write.

Tolerant in form (envelopes, missing trailers, odd wrapping, impossible dates), strict in sums.
"""

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from nostro.kit.money import Currency, Money
from nostro.reconciliation.narrative import Narrative, read_narrative
from nostro.reconciliation.statement import (
    Balances,
    Line,
    Statement,
    Unreadable,
    money_of,
    prove,
    reference,
)

TAG = re.compile(r"^:(\d\d[A-Z]?|NS):")
BALANCE = re.compile(r"(?P<mark>[CD])(?P<date>\d{6})(?P<currency>[A-Z]{3})(?P<amount>[\d.,]+)")
TOTAL = re.compile(r"(?P<count>\d{1,5})(?P<currency>[A-Z]{3})(?P<amount>[\d.,]+)")
MOVEMENT = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?\s?"
    r"(?P<mark>R[CD]|E[CD]|[CD])(?P<funds>[A-Z])?\s?"
    r"(?P<amount>\d[\d.,]*)\s*"
    r"(?P<kind>[A-Z][A-Z0-9 ]{3})?"
    r"(?P<rest>.*)",
)
PADDED = re.compile(r"(\S{1,16}) {2,}(\S.*)")
"""A reference padded to its sixteen places, and the name that some banks put right behind it."""
POINTERS = {"KREF+", "EREF", "EREF+", "PREF", "MARF"}
"""Not a reference: it says where in the text the reference is."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufeff]")
END_OF_MESSAGE = ("-", "-}")


def read_mt940(data: bytes) -> list[Statement]:
    """Every statement of a file, in its order."""
    drafts = [draft for draft in _drafts(_fields(_decoded(data))) if draft.says_something]
    if not drafts:
        raise Unreadable("This file holds no MT940 or MT942 statement.")
    return [_finished(draft) for draft in drafts]


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _fields(text: str) -> Iterator[tuple[str, list[str]]]:
    """Tags with their lines. A message's end is a tag of its own, so that it closes the field."""
    tag, lines = "", list[str]()
    for raw in CONTROL.sub("", text).splitlines():
        line = re.sub(r"^(\{\d:[^{}]*\})*\{4:(?=:)", "", raw)
        found = TAG.match(line)
        ends = line.rstrip() == END_OF_MESSAGE[0] or line.startswith(END_OF_MESSAGE[1])
        if found or ends:
            if tag:
                yield tag, lines
            tag, lines = (found[1], [line[found.end() :]]) if found else ("", [])
        elif tag:
            lines.append(line)
    if tag:
        yield tag, lines


@dataclass(slots=True)
class _Movement:
    """A :61: and the :86: or :NS: lines that follow it."""

    lines: list[str]
    about: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Draft:
    """One message as it is being read."""

    reference: str = ""
    account: str = ""
    opening: str = ""
    closing: str = ""
    floor: str = ""
    totals: list[tuple[str, str]] = field(default_factory=list)
    movements: list[_Movement] = field(default_factory=list)

    @property
    def says_something(self) -> bool:
        return bool(self.opening or self.closing or self.movements or self.totals)


def _drafts(fields: Iterator[tuple[str, list[str]]]) -> Iterator[_Draft]:
    draft, after_lines = _Draft(), False
    for tag, lines in fields:
        first = lines[0].strip()
        match tag:
            case "20":
                yield draft
                draft, after_lines = _Draft(reference=first), False
            case "25" | "25P":
                draft.account = first
            case "60F" | "60M":
                draft.opening = first
            case "62F" | "62M":
                draft.closing, after_lines = first, True
            case "34F":
                draft.floor = draft.floor or first
            case "90C" | "90D":
                draft.totals.append((tag, first))
                after_lines = True
            case "61":
                draft.movements.append(_Movement(lines))
                after_lines = False
            case "86" | "NS" if draft.movements and not after_lines:
                draft.movements[-1].about += lines
    yield draft


def _finished(draft: _Draft) -> Statement:
    opening, _ = _balance(draft.opening)
    closing, closing_date = _balance(draft.closing)
    currency = _currency(draft, closing if opening is None else opening)
    lines = [_line(movement, currency) for movement in draft.movements]
    account = re.sub(rf"(?<=\d)\s*{currency}$", "", draft.account)
    return prove(
        account,
        currency,
        Balances(opening, closing, closing_date),
        lines,
        faults=_wrong_totals(draft.totals, lines),
        statement_reference=draft.reference,
    )


def _currency(draft: _Draft, balance: Money | None) -> Currency:
    if balance is not None:
        return balance.currency
    totals = [found["currency"] for _, text in draft.totals if (found := TOTAL.match(text))]
    floor = re.match(r"[A-Z]{3}", draft.floor)
    suffix = re.search(r"(?<=\d)\s*([A-Z]{3})$", draft.account)
    named = [floor[0]] if floor else totals or ([suffix[1]] if suffix else [])
    if not named:
        raise Unreadable(f"Statement {draft.reference or '(unnamed)'} names no currency.")
    return Currency(named[0])


def _balance(text: str) -> tuple[Money | None, date | None]:
    if not text:
        return None, None
    found = BALANCE.match(text)
    if found is None:
        raise Unreadable(f"{text!r} is not a balance.")
    amount = _decimal(found["amount"])
    money = money_of(amount, found["currency"], debit=found["mark"] == "D")
    return money, _date(found["date"])


def _wrong_totals(totals: Sequence[tuple[str, str]], lines: Sequence[Line]) -> list[str]:
    """The counts and sums of an interim report (:90D: and :90C:)."""
    wrong = []
    for tag, text in totals:
        found = TOTAL.match(text)
        if found is None:
            wrong.append(f"Its total {text!r} cannot be read.")
            continue
        debit = tag == "90D"
        amounts = [line.money for line in lines if (line.money.amount < 0) == debit]
        total = sum((abs(money.amount) for money in amounts), Decimal(0))
        if int(found["count"]) != len(amounts) or _decimal(found["amount"]) != total:
            side = "debits" if debit else "credits"
            wrong.append(
                f"It announces {int(found['count'])} {side} of {found['amount']} in all "
                f"and has {len(amounts)} of {total}."
            )
    return wrong


def _line(movement: _Movement, currency: Currency) -> Line:
    text = movement.lines[0]
    found = MOVEMENT.match(text)
    if found is None:
        raise Unreadable(f"{text!r} is not a movement.")
    value = _date(found["value"])
    own, _, bank = found["rest"].partition("//")
    padded = PADDED.match(own)
    own, name = padded.groups() if padded else (own, "")
    supplement = " ".join(" ".join(movement.lines[1:]).split())
    about = read_narrative(movement.about)
    others = ["" if own.strip() in POINTERS else reference(own), *about.other_references]
    debit = found["mark"] in ("D", "RC", "ED")
    return Line(
        _entry_date(found["entry"], value),
        value,
        money_of(_decimal(found["amount"]), currency, debit=debit),
        end_to_end_id=about.end_to_end_id,
        bank_reference=reference(bank),
        other_references=tuple(dict.fromkeys(one for one in others if one)),
        remittance=_remittance(about, supplement),
        counterparty=about.counterparty or " ".join(name.split()),
        iban=about.iban,
    )


def _remittance(about: Narrative, supplement: str) -> str:
    return " ".join(one for one in (about.remittance, supplement) if one)


def _decimal(text: str) -> Decimal:
    """`1.234,5`, `1234,` and `1234.5`: a comma is the decimal sign wherever there is one."""
    plain = text.replace(".", "").replace(",", ".") if "," in text else text
    if plain.count(".") > 1:
        raise Unreadable(f"{text!r} is not an amount.")
    return Decimal(plain)


def _date(text: str) -> date:
    """`YYMMDD`. A day past its month's end (30 February, as interest counts) is the last one."""
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    year += 1900 if year >= 80 else 2000
    return _day(year, month, day, text)


def _day(year: int, month: int, day: int, text: str) -> date:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise Unreadable(f"{text!r} is not a date.")
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _entry_date(text: str | None, value: date) -> date:
    """`MMDD` in the year that brings it nearest to the value date."""
    if not text:
        return value
    years = (value.year - 1, value.year, value.year + 1)
    days = [_day(year, int(text[:2]), int(text[2:]), text) for year in years]
    return min(days, key=lambda day: abs(day - value))
