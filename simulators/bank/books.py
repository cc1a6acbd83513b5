"""The bank's books: accounts, the payments it was asked to make, and every booked entry.

Amounts are kept as decimal text. An account's balance is what it opened with and its entries.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulators.bank import iban
from simulators.bank.initiation import Initiation, Instruction
from simulators.web.clock import Clock
from simulators.web.faults import Faults
from simulators.web.http import BadRequest
from simulators.web.store import Ids, Store

FAULTS = frozenset({"reject", "return_later", "wrong_statement_sum"})
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    iban TEXT PRIMARY KEY, currency TEXT NOT NULL, owner TEXT NOT NULL, opened_with TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, count INTEGER NOT NULL, sum TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    message TEXT NOT NULL, batch TEXT NOT NULL, instruction TEXT NOT NULL,
    end_to_end TEXT NOT NULL, debtor TEXT NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL,
    creditor TEXT NOT NULL, creditor_iban TEXT NOT NULL, remittance TEXT NOT NULL,
    due TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL,
    reference TEXT NOT NULL, return_due TEXT, return_reason TEXT);
CREATE INDEX IF NOT EXISTS payments_by_status ON payments (status, due);
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL, reference TEXT NOT NULL UNIQUE, signed TEXT NOT NULL,
    booked_at TEXT NOT NULL, value_date TEXT NOT NULL, code TEXT NOT NULL,
    end_to_end TEXT NOT NULL, message TEXT NOT NULL, party TEXT NOT NULL,
    party_iban TEXT NOT NULL, remittance TEXT NOT NULL, return_reason TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entries_by_day ON entries (account, booked_at, seq);
"""


@dataclass(frozen=True)
class Config:
    """What the bank is set up with; see the README for the JSON."""

    name: str
    bic: str
    accounts: Sequence[dict[str, str]]
    closed_ibans: frozenset[str]
    delay: float

    @classmethod
    def read(cls, path: Path) -> "Config":
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for account in found["accounts"]:
            if not iban.valid(account["iban"]):
                raise SystemExit(f"{account['iban']} is not a valid IBAN.")
        return cls(
            name=found.get("name", "Simulated Bank"),
            bic=found.get("bic", "SIMUGB2L"),
            accounts=found["accounts"],
            closed_ibans=frozenset(found.get("closed_ibans", ())),
            delay=float(found.get("delay", 0)),
        )


class Books:
    """Everything the bank knows, and the only place that changes it."""

    def __init__(self, home: Path, config: Config, *, seed: int) -> None:
        self.store = Store(home / "bank.sqlite3", SCHEMA)
        self.clock = Clock(self.store)
        self.ids = Ids(self.store, seed)
        self.faults = Faults(FAULTS)
        self.config = config
        for account in config.accounts:
            self.store.write(
                "INSERT OR IGNORE INTO accounts VALUES (?, ?, ?, ?)",
                account["iban"],
                account["currency"],
                account["owner"],
                str(Decimal(account.get("balance", "0"))),
            )

    def account(self, number: str) -> sqlite3.Row | None:
        return self.store.row("SELECT * FROM accounts WHERE iban = ?", number)

    def entries(self, number: str, first: date, last: date) -> list[sqlite3.Row]:
        """What was booked on the account from the first day to the last, both included (UTC)."""
        return self.store.rows(
            "SELECT * FROM entries WHERE account = ? AND booked_at >= ? AND booked_at < ?"
            " ORDER BY booked_at, seq",
            number,
            first.isoformat(),
            (last + timedelta(days=1)).isoformat(),
        )

    def balance(self, number: str, *, before: date | None = None) -> Decimal:
        """The booked balance, now or as a day begins."""
        account = self.account(number)
        if account is None:
            raise BadRequest(f"There is no account {number}.")
        limit = "9999" if before is None else before.isoformat()
        rows = self.store.rows(
            "SELECT signed FROM entries WHERE account = ? AND booked_at < ?", number, limit
        )
        return sum((Decimal(row["signed"]) for row in rows), Decimal(account["opened_with"]))

    def available(self, number: str) -> Decimal:
        """The balance without what is promised to payments that wait."""
        rows = self.store.rows(
            "SELECT amount FROM payments WHERE debtor = ? AND status = 'ACSP'", number
        )
        return self.balance(number) - sum((Decimal(row["amount"]) for row in rows), Decimal(0))

    def known(self, message_id: str) -> bool:
        return self.store.row("SELECT 1 FROM messages WHERE id = ?", message_id) is not None

    def take(self, initiation: Initiation) -> None:
        """Accept or reject each transaction of a new message; what is due runs at once."""
        now = self.clock.now()
        total = sum((line.amount for line in initiation.instructions), Decimal(0))
        with self.store.transaction():
            self.store.write(
                "INSERT INTO messages VALUES (?, ?, ?, ?)",
                initiation.message_id,
                now.isoformat(),
                len(initiation.instructions),
                str(total),
            )
            for line in initiation.instructions:
                self._take(initiation.message_id, line, now)
            self.work()

    def _take(self, message_id: str, line: Instruction, now: datetime) -> None:
        reason, note = self._objection(line)
        day = datetime.fromisoformat(line.on).replace(tzinfo=UTC)
        due = max(now + timedelta(seconds=self.config.delay), day)
        back = None if reason else self.faults.take("return_later")
        closed = line.creditor_iban in self.config.closed_ibans
        wait = timedelta(seconds=back.seconds if back else 1)
        why = str(back.options.get("reason", "AC04")) if back else "AC04"
        self.store.write(
            "INSERT INTO payments (message, batch, instruction, end_to_end, debtor, amount,"
            " currency, creditor, creditor_iban, remittance, due, status, reason, note, reference,"
            " return_due, return_reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            message_id,
            line.batch_id,
            line.instruction_id,
            line.end_to_end_id,
            line.debtor_iban,
            str(line.amount),
            line.currency,
            line.creditor_name,
            line.creditor_iban,
            line.remittance,
            due.isoformat(),
            "RJCT" if reason else "ACSP",
            reason,
            note,
            self.ids.new("BK", 14, _CAPITALS),
            (due + wait).isoformat() if back or closed else None,
            why,
        )

    def _objection(self, line: Instruction) -> tuple[str, str]:
        """ISO 20022 external status reason and a sentence, both empty where there is none."""
        account = self.account(line.debtor_iban)
        if fault := self.faults.take("reject"):
            return str(fault.options.get("reason", "MS03")), "Refused by the bank."
        if account is None:
            return "AC02", "The debtor account is not held here."
        if account["currency"] != line.currency:
            return "AM03", f"The debtor account is in {account['currency']}."
        if not iban.valid(line.creditor_iban):
            return "AC03", "The creditor's IBAN is not valid."
        ours = {iban.bank(row["iban"]) for row in self.store.rows("SELECT iban FROM accounts")}
        closed = line.creditor_iban in self.config.closed_ibans
        here = iban.bank(line.creditor_iban) in ours and not closed
        if here and self.account(line.creditor_iban) is None:
            return "AC03", "There is no such account at this bank."
        if self.available(line.debtor_iban) < line.amount:
            return "AM04", "Insufficient funds."
        return "", ""

    def work(self) -> None:
        """Carry out what is due, and bring back what bounced."""
        now = self.clock.now().isoformat()
        with self.store.transaction():
            sql = "SELECT * FROM payments WHERE status = 'ACSP' AND due <= ? ORDER BY due, seq"
            for row in self.store.rows(sql, now):
                self._carry_out(row)
            sql = "SELECT * FROM payments WHERE status = 'ACSC' AND return_due <= ? ORDER BY seq"
            for row in self.store.rows(sql, now):
                self._bring_back(row)

    def _carry_out(self, row: sqlite3.Row) -> None:
        self.store.write("UPDATE payments SET status = 'ACSC' WHERE seq = ?", row["seq"])
        amount = Decimal(row["amount"])
        self.book(
            row["debtor"],
            -amount,
            "PMNT/ICDT/ESCT",
            reference=row["reference"],
            end_to_end=row["end_to_end"],
            message=row["message"],
            party=row["creditor"],
            party_iban=row["creditor_iban"],
            remittance=row["remittance"],
        )
        other = self.account(row["creditor_iban"])
        if other is not None and other["currency"] == row["currency"]:
            payer = self.account(row["debtor"])
            self.book(
                other["iban"],
                amount,
                "PMNT/RCDT/ESCT",
                end_to_end=row["end_to_end"],
                party=payer["owner"] if payer else "",
                party_iban=row["debtor"],
                remittance=row["remittance"],
            )

    def _bring_back(self, row: sqlite3.Row) -> None:
        self.store.write("UPDATE payments SET return_due = NULL WHERE seq = ?", row["seq"])
        self.book(
            row["debtor"],
            Decimal(row["amount"]),
            "PMNT/ICDT/RRTN",
            end_to_end=row["end_to_end"],
            message=row["message"],
            party=row["creditor"],
            party_iban=row["creditor_iban"],
            remittance=row["remittance"],
            return_reason=row["return_reason"],
        )

    def book(
        self,
        account: str,
        signed: Decimal,
        code: str,
        *,
        reference: str = "",
        end_to_end: str = "",
        message: str = "",
        party: str = "",
        party_iban: str = "",
        remittance: str = "",
        return_reason: str = "",
        value_date: str = "",
    ) -> str:
        """Book an entry now: above zero is a credit. The answer is the bank's reference."""
        now = self.clock.now()
        reference = reference or self.ids.new("BK", 14, _CAPITALS)
        self.store.write(
            "INSERT INTO entries (account, reference, signed, booked_at, value_date, code,"
            " end_to_end, message, party, party_iban, remittance, return_reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            account,
            reference,
            str(signed),
            now.isoformat(),
            value_date or now.date().isoformat(),
            code,
            end_to_end,
            message,
            party,
            party_iban,
            remittance,
            return_reason,
        )
        return reference
