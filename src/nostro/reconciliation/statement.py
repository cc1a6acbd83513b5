"""A bank statement, whatever format it came in, and whether it proves itself.

Integrity comes first: opening + lines = closing, and every total the file carries agrees. A
statement that does not prove itself is kept with its reason; its lines are never matched silently.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from nostro.kit.money import Currency, Money
from nostro.kit.problems import Problem

ABSENT = {"", "NOTPROVIDED", "NONREF", "NOREF", "NONE"}
"""What banks write where there is no reference."""


class Unreadable(Problem):
    """A file that is not the statement it is said to be."""


def reference(text: str | None) -> str:
    """A reference as it stands, or nothing where the bank says that there is none."""
    plain = " ".join((text or "").split())
    return "" if plain.upper().replace(" ", "") in ABSENT else plain


def key_of(text: str) -> str:
    """A reference as it is compared: banks change case, spaces and punctuation."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


@dataclass(frozen=True, slots=True)
class Line:
    """One movement. Money in is positive.

    `content_hash` is the same whenever the same line is read again, in this file or another; equal
    lines of one statement are told apart by their order. `entry` names the batch a part came from.
    """

    booked_date: date
    value_date: date
    money: Money
    end_to_end_id: str = ""
    bank_reference: str = ""
    other_references: tuple[str, ...] = ()
    remittance: str = ""
    counterparty: str = ""
    iban: str = ""
    entry: str = ""
    content_hash: str = field(default="", compare=False)

    @property
    def keys(self) -> frozenset[str]:
        """Every reference, as it is compared."""
        every = (self.end_to_end_id, self.bank_reference, *self.other_references)
        return frozenset(key for key in map(key_of, every) if key)

    def content(self) -> str:
        return "\x1f".join(
            [
                self.booked_date.isoformat(),
                self.value_date.isoformat(),
                str(self.money.minor),
                self.money.currency,
                self.end_to_end_id,
                self.bank_reference,
                *self.other_references,
                self.remittance,
                self.counterparty,
                self.iban,
            ]
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """One account over one period. `pending` lines are announced and not part of the balance."""

    account: str
    currency: Currency
    opening: Money | None
    closing: Money | None
    lines: tuple[Line, ...]
    proves: bool
    reason: str
    statement_reference: str = ""
    closing_date: date | None = None
    pending: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Balances:
    """What a reader found around the lines."""

    opening: Money | None = None
    closing: Money | None = None
    closing_date: date | None = None


def prove(
    account: str,
    currency: Currency,
    balances: Balances,
    lines: Iterable[Line],
    *,
    faults: Sequence[str] = (),
    statement_reference: str = "",
    pending: Iterable[Line] = (),
) -> Statement:
    """The statement with its proof. `faults` are what the reader itself found not to agree."""
    hashed = _hashed(account, tuple(lines))
    reason = " ".join([*faults, *_unbalanced(currency, balances, hashed)])
    return Statement(
        account,
        currency,
        balances.opening,
        balances.closing,
        hashed,
        not reason,
        reason or "Opening and lines make the closing balance.",
        statement_reference,
        balances.closing_date,
        _hashed(account, tuple(pending)),
    )


def _unbalanced(currency: Currency, balances: Balances, lines: Sequence[Line]) -> list[str]:
    opening, closing = balances.opening, balances.closing
    everything = [line.money for line in lines]
    everything += [money for money in (opening, closing) if money is not None]
    foreign = sorted({money.currency for money in everything} - {currency})
    if foreign:
        return [f"The account is in {currency}, but there are amounts in {', '.join(foreign)}."]
    if opening is None or closing is None:
        missing = " and no ".join(
            name for name, money in (("opening", opening), ("closing", closing)) if money is None
        )
        return [f"It carries no {missing} balance, so its lines prove nothing."]
    total = sum((line.money for line in lines), Money.zero(currency))
    if opening + total == closing:
        return []
    off = closing - opening - total
    return [f"Opening {opening} and lines {total} do not make {closing}: {off} is missing."]


def _hashed(account: str, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    seen: Counter[str] = Counter()
    hashed = []
    for line in lines:
        content = f"{key_of(account)}\x1f{line.content()}"
        digest = hashlib.sha256(f"{content}\x1f{seen[content]}".encode()).hexdigest()
        seen[content] += 1
        hashed.append(replace(line, content_hash=digest))
    return tuple(hashed)


def money_of(amount: Decimal, currency: str, *, debit: bool) -> Money:
    """Signed money; what a currency cannot pay is refused with the file's fault named."""
    try:
        return Money(-amount if debit else amount, Currency(currency))
    except Problem as problem:
        raise Unreadable(f"An amount cannot be read: {problem}") from problem
