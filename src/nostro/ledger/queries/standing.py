"""What stood on accounts by either clock, and statements of any account, page by page.

Days are added up; only the day of the moment itself is read leg by leg.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from django.db import connection, transaction

from nostro.core.acts import Act
from nostro.core.queries import find, query
from nostro.kit.money import Money
from nostro.kit.problems import Problem
from nostro.ledger.models import LedgerAccount
from nostro.ledger.queries.chart import NO_ENTITY
from nostro.ledger.queries.limits import Limits, is_shared, limits_of
from nostro.ledger.queries.proof import one_moment

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

LEGS = """
SELECT t.entry_id, t.seq, t.units, t.balance, t.other_id, o.path, e.kind, e.text, e.recorded_at,
       e.effective_at, e.value_date
  FROM (
    (SELECT t.entry_id, t.source_seq AS seq, -t.units AS units, t.source_balance AS balance,
            t.target_id AS other_id FROM ledger_transfer t {within}
      WHERE t.source_id = %(account)s AND t.source_seq < %(before)s {which}
      ORDER BY t.source_seq DESC LIMIT %(most)s)
    UNION ALL
    (SELECT t.entry_id, t.target_seq, t.units, t.target_balance, t.source_id
       FROM ledger_transfer t {within}
      WHERE t.target_id = %(account)s AND t.target_seq < %(before)s {which}
      ORDER BY t.target_seq DESC LIMIT %(most)s)
    ORDER BY seq DESC LIMIT %(most)s) t
  JOIN ledger_entry e ON e.id = t.entry_id JOIN ledger_account o ON o.id = t.other_id
 ORDER BY t.seq DESC
"""
ENTRY = "JOIN ledger_entry e ON e.id = t.entry_id"
STATEMENT = LEGS.format(within="", which="")
PASSED = """
SELECT coalesce(sum(units), 0) FROM (
  SELECT -t.units AS units FROM ledger_transfer t {within}
   WHERE t.source_id = %(account)s AND t.source_seq >= %(before)s {which}
  UNION ALL SELECT t.units FROM ledger_transfer t {within}
   WHERE t.target_id = %(account)s AND t.target_seq >= %(before)s {which}) AS legs
"""
EDGES = """
SELECT coalesce(sum(c - d) FILTER (WHERE day < %(since)s), 0),
       coalesce(sum(c) FILTER (WHERE day >= %(since)s), 0),
       coalesce(sum(d) FILTER (WHERE day >= %(since)s), 0)
  FROM ({days}) AS days WHERE day <= %(until)s
"""
BY_DAY = """
SELECT {day} AS day, debits AS d, credits AS c FROM ledger_days WHERE account_id = %(account)s"""
BY_LEG = """
SELECT {day} AS day, CASE WHEN t.source_id = %(account)s THEN t.units ELSE 0 END AS d,
       CASE WHEN t.target_id = %(account)s THEN t.units ELSE 0 END AS c
  FROM ledger_entry e JOIN ledger_transfer t ON t.entry_id = e.id
 WHERE (t.source_id = %(account)s OR t.target_id = %(account)s) {which}"""
UP_TO_A_MOMENT = (
    BY_DAY.format(day="recorded_on")
    + " AND recorded_on < %(until)s UNION ALL "
    + BY_LEG.format(
        day="%(until)s::date",
        which="AND e.recorded_at >= %(midnight)s AND e.recorded_at <= %(moment)s",
    )
)
"""Whole days as they were added up, and of the last one what was recorded by the moment."""
DAY_OF = {
    "recorded": ("recorded_on", "(e.recorded_at AT TIME ZONE 'UTC')::date"),
    "effective": ("value_date", "e.value_date"),
}
"""The day that a clock goes by, in sums of days and in entries."""
FIRST, LAST_DAY = date(1, 1, 1), date(9999, 12, 30)
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


@dataclass(frozen=True)
class Days:
    """Days of one clock, both included: of recording, whose order running balances follow, or those
    that entries count for. Recording may end at a `moment` of the last day. `entity_id` keeps the
    entries of one legal entity, or with `NO_ENTITY` those of none.
    """

    since: date | None = None
    until: date | None = None
    moment: datetime | None = None
    clock: Literal["recorded", "effective"] = "recorded"
    entity_id: int | None = None

    @property
    def last(self) -> date | None:
        return self.moment.astimezone(UTC).date() if self.moment else self.until


@dataclass(frozen=True)
class AccountStatement:
    """An account over some days: what stood on it, what came and went, what stands, and a page of
    its legs, newest first, each with what stood after it.
    """

    account: LedgerAccount
    opening: Money
    came: Money
    went: Money
    rows: list[StatementRow]
    before: int | None

    @property
    def closing(self) -> Money:
        return self.opening + self.came - self.went

    @property
    def carried(self) -> Money:
        """What stood before the oldest leg of this page."""
        return _after(self.rows[-1]) - self.rows[-1].money if self.rows else self.opening


def _after(row: StatementRow) -> Money:
    if row.balance is None:
        raise TypeError("A statement's rows have their balances.")
    return row.balance


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
    act: Act, account_id: int, *, before: int | None = None, most: int = 50, days: Days = Days()
) -> Statement:
    """A page of an account's legs, newest first, however long its history is."""
    account = find(act, LedgerAccount, account_id)
    return _page(account, limits_of(act), days, before, most)


@query(open_to=("client", "partner"))
def account_statement(
    act: Act, account_id: int, *, days: Days = Days(), before: int | None = None, most: int = 50
) -> AccountStatement:
    """An account over some days, a page at a time: opening, legs with their balance, closing. By
    value date, or of one legal entity, a balance is the sum of the legs shown until there.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        one_moment(cursor)
        account = find(act, LedgerAccount, account_id)
        limits = limits_of(act)
        page = _page(account, limits, days, before, most)
        cursor.execute(*_edges(account, limits, days))
        opening, came, went = (
            Money.from_minor(int(units), account.asset_id) for units in cursor.fetchone()
        )
        stands = opening + came - went
        if before is not None:
            cursor.execute(*_asked(PASSED, account, limits, days, before))
            stands -= Money.from_minor(int(cursor.fetchone()[0]), account.asset_id)
    rows = []
    for row in page.rows:
        rows.append(replace(row, balance=stands))
        stands -= row.money
    return AccountStatement(account, opening, came, went, rows, page.before)


def whole_statement(
    act: Act, account_id: int, *, days: Days = Days(), most: int
) -> AccountStatement:
    """All legs of some days, oldest first, for a file. Refuses more than `most`."""
    found = account_statement(act, account_id, days=days, most=500)
    rows, before = found.rows, found.before
    while before is not None:
        if len(rows) >= most:
            raise TooLong(f"These days have more than {most:,} lines. Choose fewer days.")
        page = account_statement(act, account_id, days=days, before=before, most=500)
        rows, before = rows + page.rows, page.before
    return replace(found, rows=rows[::-1], before=None)


class TooLong(Problem):
    """More lines than one file should hold."""


def _whose(account: LedgerAccount, limits: Limits, days: Days) -> tuple[str, dict[str, Any]]:
    """Narrows entries to the legal entities that somebody sees on an account, and to one that was
    asked for. A client's own are all of one entity.
    """
    which, values = "", dict[str, Any]()
    if limits.entities is not None and is_shared(account):
        which += " AND e.entity_id = ANY (%(entities)s)"
        values["entities"] = limits.entities
    if days.entity_id == NO_ENTITY:
        which += " AND e.entity_id IS NULL"
    elif days.entity_id is not None:
        which += " AND e.entity_id = %(entity)s"
        values["entity"] = days.entity_id
    return which, values


def _edges(account: LedgerAccount, limits: Limits, days: Days) -> tuple[str, dict[str, Any]]:
    """What stood before the days, and what came and went in them."""
    which, values = _whose(account, limits, days)
    since, until = days.since or FIRST, days.last or LAST_DAY
    values |= {"account": account.pk, "since": since, "until": until}
    if days.moment is not None:
        values |= {"moment": days.moment, "midnight": datetime.combine(until, time(), UTC)}
    of_day, of_entry = DAY_OF[days.clock]
    if which:
        which += " AND e.recorded_at <= %(moment)s" if days.moment else ""
        inner = BY_LEG.format(day=of_entry, which=which)
    else:
        inner = UP_TO_A_MOMENT if days.moment else BY_DAY.format(day=of_day)
    return EDGES.format(days=inner), values


def _asked(
    sql: str, account: LedgerAccount, limits: Limits, days: Days, before: int | None
) -> tuple[str, dict[str, Any]]:
    """A statement over legs, narrowed to days and to the entities that somebody sees."""
    which, values = _whose(account, limits, days)
    values |= {"account": account.pk, "before": before or LAST}
    recorded = days.clock == "recorded"
    if days.since is not None:
        which += f" AND {'e.recorded_at' if recorded else 'e.value_date'} >= %(from)s"
        values["from"] = datetime.combine(days.since, time(), UTC) if recorded else days.since
    if days.moment is not None:
        which += " AND e.recorded_at <= %(moment)s"
        values["moment"] = days.moment
    elif days.until is not None and days.until < LAST_DAY:
        after = days.until + timedelta(days=1)
        which += f" AND {'e.recorded_at' if recorded else 'e.value_date'} < %(to)s"
        values["to"] = datetime.combine(after, time(), UTC) if recorded else after
    return sql.format(within=ENTRY if which else "", which=which), values


def _page(
    account: LedgerAccount, limits: Limits, days: Days, before: int | None, most: int
) -> Statement:
    sql, values = _asked(LEGS, account, limits, days, before)
    values["most"] = max(1, min(most, 500))
    asset = account.asset_id
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = [
            StatementRow(
                entry, seq, Money.from_minor(int(units), asset),
                None if stands is None else Money.from_minor(int(stands), asset), *rest,
            )
            for entry, seq, units, stands, *rest in cursor.fetchall()
        ]  # fmt: skip
    return Statement(rows, rows[-1].seq if len(rows) == values["most"] else None)
