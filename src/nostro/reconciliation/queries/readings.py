"""A statement's bytes as one reading of one account: its lines, and whether it proves itself."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.reconciliation.camt import read_camt
from nostro.reconciliation.models import BankAccount, StatementFile, StatementLine
from nostro.reconciliation.mt940 import read_mt940
from nostro.reconciliation.statement import Line, Statement, Unreadable, key_of

LARGEST = 20 * 1024 * 1024


class AnotherAccount(Problem):
    """The file is about accounts that are not this one."""


@dataclass(frozen=True)
class Reading:
    """What a file says of one account, over all its pages."""

    reference: str
    opening: Money | None
    closing: Money | None
    closing_date: date | None
    lines: tuple[Line, ...]
    proves: bool
    reason: str

    @property
    def substance(self) -> str:
        """The same for two files that say the same, whenever they were written."""
        said = [self.opening, self.closing, self.closing_date, self.proves]
        body = "\x1f".join([*map(str, said), *(line.content_hash for line in self.lines)])
        return hashlib.sha256(body.encode()).hexdigest()


def reading(account: BankAccount, content: bytes) -> Reading:
    """Read and prove a file. Raises `Unreadable` and `AnotherAccount`; believes nothing else."""
    if not content.strip():
        raise Unreadable("The file is empty.", field="raw")
    if len(content) > LARGEST:
        raise Unreadable("No statement is that large. Split the file.", field="raw")
    is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    found = read_camt(content) if is_xml else read_mt940(content)
    own = [one for one in found if _is_of(account, one)]
    if not own:
        named = ", ".join(sorted({f"{one.account} {one.currency}" for one in found}))
        raise AnotherAccount(f"This file is about {named or 'no account'}.", field="raw")
    first, last = own[0], own[-1]
    faults = [one.reason for one in own if not one.proves] + _gaps(own)
    return Reading(
        first.statement_reference, first.opening, last.closing, last.closing_date,
        tuple(line for one in own for line in one.lines), not faults,
        " ".join(faults) or first.reason,
    )  # fmt: skip


def _is_of(account: BankAccount, statement: Statement) -> bool:
    same = key_of(statement.account).startswith(key_of(account.iban))
    return same and statement.currency == account.currency


def _gaps(pages: Sequence[Statement]) -> list[str]:
    return [
        f"A page opens with {after.opening} where the one before closes with {before.closing}."
        for before, after in pairwise(pages)
        if before.closing != after.opening
    ]


def said_before(account: BankAccount, content: bytes) -> bool:
    """Whether a file says nothing that another one has not said."""
    said = reading(account, content).substance
    return StatementFile.objects.filter(account=account, substance=said).exists()


def as_line(row: StatementLine) -> Line:
    """A kept line, as matching reads it."""
    return Line(
        row.booked_date, row.value_date, row.money, row.end_to_end_id, row.bank_reference,
        tuple(row.other_references), row.remittance, row.counterparty, row.iban, row.entry,
        row.content_hash,
    )  # fmt: skip
