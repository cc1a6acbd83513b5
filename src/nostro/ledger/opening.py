"""A file of opening balances, read with distrust: every fault named by its line and column.

The file is CSV in UTF-8, parted by commas, with a line of headings. A balance is written as the
chart shows it: above zero is owed to whom the account belongs, below zero they owe us.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from nostro.kit.csv_files import BadFile as BadFile
from nostro.kit.csv_files import Format
from nostro.kit.money import LARGEST, Money
from nostro.ledger.chart import Account, account_at

COLUMNS = {
    "account": "Its path in the chart of accounts: client/20418/wallet, bank/CY17…, house/fees.",
    "currency": "A currency or coin that the ledger keeps: EUR, USD, BTC.",
    "balance": "What stood there, in plain figures: 1250.40. Owed to us is below zero: -12.00.",
    "reference": "Its number in the system it comes from, if it had one. No names: at most 40 "
    "letters, figures and - _ . / #",
}
NEEDED = ("account", "currency", "balance")
TEMPLATE = ",".join(COLUMNS) + "\r\n"
MOST_LINES = 100_000
FORMAT = Format(tuple(COLUMNS), NEEDED, most_lines=MOST_LINES)
LONGEST_CELL = 200
FIGURES = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")
REFERENCE = re.compile(r"[A-Za-z0-9][\w./#-]{0,39}", re.ASCII)

Kind = Literal["form", "orphan", "duplicate", "amount"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell: the line of the file, the column, and what to do about it."""

    line: int
    column: str
    says: str
    kind: Kind
    value: str = ""


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """A line without a fault of its own."""

    number: int
    account: Account
    money: Money
    reference: str = ""


@dataclass
class Reading:
    """A file as it was read: the lines that are right, and every fault of the others."""

    count: int = 0
    lines: list[OpeningLine] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Total:
    """What a file says of one currency: lines, what is owed, what is had, and the rest."""

    lines: int
    owed: Money
    had: Money

    @property
    def net(self) -> Money:
        return self.owed + self.had


def read(content: bytes, scales: Mapping[str, int]) -> Reading:
    """Read a file; `scales` are the decimal places of the currencies that the ledger keeps.

    Raises `BadFile` for what is no such file; what is wrong in a line is a fault of that line.
    """
    found = Reading()
    seen: dict[tuple[str, str], int] = {}
    for number, cells in FORMAT.lines(content):
        found.count += 1
        faults = list(_form(number, cells))
        account, currency = account_at(cells["account"]), cells["currency"]
        if not faults:
            faults = [*_place(number, cells, account, scales), *_amount(number, cells, scales)]
        key = (cells["account"], currency)
        if not faults and key in seen:
            said = f"This account and currency stand on line {seen[key]} already."
            faults = [Fault(number, "account", said, "duplicate", cells["account"])]
        if faults or account is None:
            found.faults += faults
            continue
        seen[key] = number
        money = Money.of(f"{cells['balance']} {currency}")
        if money.amount < 0 and not account.overdraft:
            said = "This account cannot stand below zero. What a client owes stands on …/debt."
            found.faults.append(Fault(number, "balance", said, "amount", cells["balance"]))
            continue
        found.lines.append(OpeningLine(number, account, money, cells["reference"]))
    return found


def totals(lines: list[OpeningLine]) -> dict[str, Total]:
    """By currency, in the order of its code."""
    found: dict[str, Total] = {}
    for code in sorted({str(one.money.currency) for one in lines}):
        own = [one.money for one in lines if one.money.currency == code]
        zero = Money.zero(code)
        owed = sum((one for one in own if one.amount > 0), zero)
        had = sum((one for one in own if one.amount < 0), zero)
        found[code] = Total(len(own), owed, had)
    return found


def _form(number: int, cells: Mapping[str, str]) -> Iterator[Fault]:
    if cells["#"]:
        said = f"This line has {cells['#']} cells, and the headings have more or fewer."
        yield Fault(number, "account", said, "form", cells["account"][:60])
        return
    for name in COLUMNS:
        value = cells[name]
        if name in NEEDED and not value:
            yield Fault(number, name, "This is needed.", "form")
        elif len(value) > LONGEST_CELL:
            yield Fault(number, name, "This is too long.", "form", value[:60])
    if cells["reference"] and not REFERENCE.fullmatch(cells["reference"]):
        said = "A reference is a number of the other system: letters, figures and - _ . / #"
        yield Fault(number, "reference", said, "form", cells["reference"][:60])


def _place(
    number: int, cells: Mapping[str, str], account: Account | None, scales: Mapping[str, int]
) -> Iterator[Fault]:
    path, currency = cells["account"], cells["currency"]
    if path == "house/opening":
        said = "This account is the other side of every line. Leave it out."
        yield Fault(number, "account", said, "orphan", path)
    elif account is None:
        said = "There is no such account in the chart of accounts."
        yield Fault(number, "account", said, "orphan", path[:60])
    if currency not in scales:
        said = "The ledger does not keep this currency. Add the asset first, or mend the code."
        yield Fault(number, "currency", said, "orphan", currency[:60])
    elif path.startswith("fx_position/") and path != f"fx_position/{currency}":
        yield Fault(number, "currency", "A position is kept in its own currency.", "form", currency)


def _amount(number: int, cells: Mapping[str, str], scales: Mapping[str, int]) -> Iterator[Fault]:
    text, currency = cells["balance"], cells["currency"]
    said = ""
    if not FIGURES.fullmatch(text):
        said = "This is no amount. Write figures and a point, like 1250.40."
    elif not Decimal(text):
        said = "Nothing stands there. Leave the line out."
    elif abs(Decimal(text)) > LARGEST:
        said = "This is larger than any amount we can hold."
    elif len(text.partition(".")[2].rstrip("0")) > scales.get(currency, 60):
        said = f"This is finer than {currency} is paid in ({scales[currency]} decimal places)."
    if said:
        yield Fault(number, "balance", said, "amount", text[:60])
