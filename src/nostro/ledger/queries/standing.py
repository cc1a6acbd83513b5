"""What stood on accounts by either clock, and statements of any account, page by page.

Days are added up; only the day of the moment itself is read leg by leg.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nostro.core.acts import Act
from nostro.core.queries import find, query
from nostro.kit.money import Money
from nostro.ledger.models import LedgerAccount

Balances = dict[str, dict[str, Money]]

BY_VALUE_DATE = """
SELECT a.path, a.asset_id, coalesce(sum(d.credits - d.debits), 0) FROM ledger_account a
  LEFT JOIN LATERAL (
    SELECT debits, credits FROM ledger_day WHERE account_id = a.id AND value_date <= %(day)s
     UNION ALL SELECT day_debits, day_credits FROM ledger_balance
                WHERE account_id = a.id AND day <= %(day)s
     UNION ALL SELECT debits, credits FROM ledger_tail
                WHERE account_id = a.id AND value_date <= %(day)s) d ON true
 WHERE a.path = ANY (%(paths)s) GROUP BY 1, 2 ORDER BY 1, 2
"""

KNOWN_AT = """
SELECT a.path, a.asset_id, coalesce(sum(d.units), 0) FROM ledger_account a
  LEFT JOIN LATERAL (
    SELECT credits - debits AS units FROM ledger_day
     WHERE account_id = a.id AND recorded_on < %(day)s
     UNION ALL SELECT day_credits - day_debits FROM ledger_balance
                WHERE account_id = a.id AND day < %(day)s
     UNION ALL SELECT credits - debits FROM ledger_tail
                WHERE account_id = a.id AND recorded_on < %(day)s) d ON true
 WHERE a.path = ANY (%(paths)s) GROUP BY 1, 2
 UNION ALL
SELECT a.path, a.asset_id, sum(CASE WHEN t.target_id = a.id THEN t.units ELSE -t.units END)
  FROM ledger_entry e JOIN ledger_transfer t ON t.entry_id = e.id
  JOIN ledger_account a ON a.id IN (t.source_id, t.target_id)
 WHERE e.recorded_at >= %(midnight)s AND e.recorded_at <= %(at)s AND a.path = ANY (%(paths)s)
 GROUP BY 1, 2
"""

STATEMENT = """
SELECT t.entry_id, t.seq, t.units, t.balance, t.other_id, o.path, e.kind, e.text, e.recorded_at,
       e.effective_at, e.value_date
  FROM (
    (SELECT entry_id, source_seq AS seq, -units AS units, source_balance AS balance,
            target_id AS other_id FROM ledger_transfer
      WHERE source_id = %(account)s AND source_seq < %(before)s
      ORDER BY source_seq DESC LIMIT %(most)s)
    UNION ALL
    (SELECT entry_id, target_seq, units, target_balance, source_id FROM ledger_transfer
      WHERE target_id = %(account)s AND target_seq < %(before)s
      ORDER BY target_seq DESC LIMIT %(most)s)
    ORDER BY seq DESC LIMIT %(most)s) t
  JOIN ledger_entry e ON e.id = t.entry_id JOIN ledger_account o ON o.id = t.other_id
 ORDER BY t.seq DESC
"""
LAST = 2**63 - 1


@dataclass(frozen=True)
class StatementRow:
    """One leg as its account sees it. `balance` stands after it; a hot account keeps none."""

    entry_id: int
    seq: int
    money: Money
    balance: Money | None
    other_id: int
    other: str
    kind: str
    text: str
    recorded_at: datetime
    effective_at: datetime
    value_date: date


@dataclass(frozen=True)
class Statement:
    """A page of an account's legs, newest first; `before` asks for the page after it."""

    rows: list[StatementRow]
    before: int | None


def _summed(sql: str, values: dict[str, Any]) -> Balances:
    found: Balances = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for path, asset, units in cursor.fetchall():
            money = Money.from_minor(int(units), asset)
            own = found.setdefault(path, {})
            own[asset] = own[asset] + money if asset in own else money
    return found


def balances_by_value_date(paths: Iterable[str], day: date) -> Balances:
    """path → currency → what stood at the end of a value date, late facts included."""
    return _summed(BY_VALUE_DATE, {"paths": list(paths), "day": day})


def balances_known_at(paths: Iterable[str], at: datetime) -> Balances:
    """path → currency → what had been recorded by a moment."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    values = {"paths": list(paths), "day": at.date(), "midnight": midnight, "at": at}
    return _summed(KNOWN_AT, values)


@query(open_to=("client", "partner"))
def statement_of(
    act: Act, account_id: int, *, before: int | None = None, most: int = 50
) -> Statement:
    """A page of an account's legs, newest first, however long its history is."""
    account = find(act, LedgerAccount, account_id)
    asset = account.asset_id
    values = {"account": account.pk, "before": before or LAST, "most": min(most, 500)}
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, values)
        rows = [
            StatementRow(
                entry, seq, Money.from_minor(int(units), asset),
                None if stands is None else Money.from_minor(int(stands), asset), *rest,
            )
            for entry, seq, units, stands, *rest in cursor.fetchall()
        ]  # fmt: skip
    return Statement(rows, rows[-1].seq if len(rows) == values["most"] else None)
