"""The proof of the ledger: every invariant over every row, read in one pass over the legs.

A chain of running balances is proved without sorting it. Each leg says what stood before and after
it, at which place; what stands after one place stands before the next, so both are hashed and
cancel out, all but the first and the last (64 bits: a wrong one is missed once in 10^19).
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction


@dataclass(frozen=True)
class Flaw:
    """An invariant that does not hold, and how much it is off."""

    invariant: str
    detail: str
    account_id: int | None = None
    entry_id: int | None = None


OF_BALANCES = {
    "Debits equal credits in every asset": """
        SELECT a.asset_id AS of, sum(s.debits) AS debits, sum(s.credits) AS credits
          FROM ledger_standing s
          JOIN ledger_account a ON a.id = s.account_id
         GROUP BY 1 HAVING sum(s.debits) <> sum(s.credits)""",
    "No kept account is below zero, holds counted": """
        SELECT account_id, credits - debits AS stands, pending_debits AS held FROM ledger_balance
         WHERE NOT overdraft AND credits - debits < pending_debits""",
    "Balances are as restricted as their accounts": """
        SELECT b.account_id, b.overdraft, b.closed FROM ledger_balance b
          JOIN ledger_account a ON a.id = b.account_id
         WHERE b.overdraft <> a.overdraft OR b.closed <> (a.closed_at IS NOT NULL)""",
    "Holds stand on their balances": """
        WITH open AS (SELECT h.* FROM ledger_hold h WHERE h.state = 'pending' AND NOT EXISTS
                       (SELECT 1 FROM ledger_hold e WHERE e.pending_id = h.id)),
        sums AS (SELECT account, sum(d) AS d, sum(c) AS c FROM (
                   SELECT source_id AS account, units AS d, 0 AS c FROM open
                   UNION ALL SELECT target_id, 0, units FROM open) x GROUP BY 1)
        SELECT b.account_id, b.pending_debits, b.pending_credits FROM ledger_balance b
          JOIN ledger_account a ON a.id = b.account_id
          LEFT JOIN sums ON sums.account = b.account_id
         WHERE b.pending_debits <> coalesce(sums.d, 0)
            OR b.pending_credits <> CASE WHEN a.hot THEN 0 ELSE coalesce(sums.c, 0) END""",
    "What was carried out of a hold is a transfer": """
        SELECT h.id AS hold, h.units FROM ledger_hold h
          LEFT JOIN ledger_transfer t ON t.entry_id = h.entry_id AND t.pending_id = h.pending_id
         WHERE h.state = 'post' AND t.units IS DISTINCT FROM h.units""",
    "Days add up to balances": """
        WITH days AS (SELECT account_id, sum(debits) AS d, sum(credits) AS c
                        FROM ledger_days GROUP BY 1)
        SELECT s.account_id, s.debits, s.credits FROM ledger_standing s
          LEFT JOIN days ON days.account_id = s.account_id
         WHERE s.debits <> coalesce(days.d, 0) OR s.credits <> coalesce(days.c, 0)""",
}
"""What is proved from balances, days and holds alone: never more rows than accounts and days."""

LEGS = """
WITH sides AS (
  SELECT source_id AS account, asset_id AS asset, sum(units) AS d, 0::numeric AS c,
         count(*) AS legs, max(source_seq) AS last,
         bit_xor(hash_numeric_extended(source_balance, source_seq)
                 # hash_numeric_extended(source_balance + units, source_seq - 1)) AS chain
    FROM ledger_transfer GROUP BY source_id, asset_id
  UNION ALL
  SELECT target_id, asset_id, 0, sum(units), count(*), max(target_seq),
         bit_xor(hash_numeric_extended(target_balance, target_seq)
                 # hash_numeric_extended(target_balance - units, target_seq - 1))
    FROM ledger_transfer GROUP BY target_id, asset_id
), legs AS (
  SELECT account, sum(d) AS d, sum(c) AS c, sum(legs) AS legs, max(last) AS last,
         bit_xor(chain) AS chain, min(asset) AS asset, max(asset) AS other
    FROM sides GROUP BY account
), tails AS (
  SELECT account_id, sum(legs) AS legs FROM ledger_tail GROUP BY 1
), known AS (
  SELECT s.account_id, a.hot, s.debits, s.credits, b.seq, coalesce(t.legs, 0) AS tail,
         coalesce(l.d, 0) AS d, coalesce(l.c, 0) AS c, coalesce(l.legs, 0) AS legs,
         coalesce(l.last, 0) AS last, coalesce(l.chain, 0) AS chain,
         a.asset_id, l.asset, l.other
    FROM ledger_standing s JOIN ledger_account a ON a.id = s.account_id
    JOIN ledger_balance b ON b.account_id = a.id
    LEFT JOIN legs l ON l.account = a.id LEFT JOIN tails t ON t.account_id = a.id
)
SELECT f.invariant, f.detail, k.account_id FROM known k, LATERAL (VALUES
  ('Every balance is the sum of its legs', k.debits <> k.d OR k.credits <> k.c,
   format('debits %s, of its legs %s; credits %s, of its legs %s',
          k.debits, k.d, k.credits, k.c)),
  ('Every transfer is in the asset of its accounts',
   k.asset <> k.asset_id OR k.other <> k.asset_id,
   format('%s to %s of an account in %s', k.asset, k.other, k.asset_id)),
  ('Sequences have no gaps', NOT k.hot AND (k.legs <> k.seq OR k.last <> k.seq),
   format('%s legs, numbered to %s', k.legs, k.last)),
  ('Running balances follow from each other',
   NOT k.hot AND NOT (k.legs = 0 AND k.seq = 0)
   AND k.chain <> (hash_numeric_extended(0, 0)
                   # hash_numeric_extended(k.credits - k.debits, k.seq)),
   format('to %s at leg %s', k.credits - k.debits, k.seq)),
  ('Checkpoint and tail count every leg', k.hot AND k.legs <> k.seq + k.tail,
   format('%s counted of %s', k.seq + k.tail, k.legs))
) f(invariant, wrong, detail) WHERE f.wrong
"""

OF_ENTRIES = """
WITH said AS (
  SELECT value_date, recorded_on, sum(debits) AS d, sum(credits) AS c FROM ledger_days GROUP BY 1, 2
), legs AS (
  SELECT e.value_date, (e.recorded_at AT TIME ZONE 'UTC')::date AS recorded_on,
         sum(t.units) AS units, count(*) FILTER (WHERE t.entry_id IS NULL) AS bare
    FROM ledger_entry e LEFT JOIN ledger_transfer t ON t.entry_id = e.id GROUP BY 1, 2
), held AS (
  SELECT e.value_date, (e.recorded_at AT TIME ZONE 'UTC')::date AS recorded_on,
         count(DISTINCT e.id) AS bare
    FROM ledger_hold h JOIN ledger_entry e ON e.id = h.entry_id
   WHERE NOT EXISTS (SELECT 1 FROM ledger_transfer t WHERE t.entry_id = e.id) GROUP BY 1, 2
)
SELECT value_date, recorded_on, d, c, units,
       d IS DISTINCT FROM units OR c IS DISTINCT FROM units AS differs,
       coalesce(legs.bare, 0) <> coalesce(held.bare, 0) AS empty
  FROM said FULL JOIN legs USING (value_date, recorded_on)
  LEFT JOIN held USING (value_date, recorded_on)
 WHERE d IS DISTINCT FROM units OR c IS DISTINCT FROM units
    OR coalesce(legs.bare, 0) <> coalesce(held.bare, 0)
"""
EMPTY = {
    "Every entry moves or holds something": """
        SELECT e.id AS entry_id FROM ledger_entry e
         WHERE NOT EXISTS (SELECT 1 FROM ledger_transfer t WHERE t.entry_id = e.id)
           AND NOT EXISTS (SELECT 1 FROM ledger_hold h WHERE h.entry_id = e.id)""",
}
"""Asked where a day has entries without a transfer that no hold explains."""
DAYS = "Days are the sum of their legs"
OVER_LEGS = (
    "Every balance is the sum of its legs",
    "Every transfer is in the asset of its accounts",
    "Sequences have no gaps",
    "Running balances follow from each other",
    "Checkpoint and tail count every leg",
)
INVARIANTS = (*OF_BALANCES, *OVER_LEGS, *EMPTY, DAYS)

SINCE = """
WITH firsts AS (
  SELECT account, min(seq) AS seq FROM (
    SELECT source_id AS account, source_seq AS seq
      FROM ledger_transfer WHERE entry_id > %(entry)s AND source_balance IS NOT NULL
    UNION ALL
    SELECT target_id, target_seq
      FROM ledger_transfer WHERE entry_id > %(entry)s AND target_balance IS NOT NULL) x GROUP BY 1
), events AS (
  SELECT f.account, t.source_seq AS seq, t.source_balance AS after, -t.units AS delta
    FROM firsts f JOIN ledger_transfer t ON t.source_id = f.account AND t.source_seq >= f.seq
  UNION ALL
  SELECT f.account, t.target_seq, t.target_balance, t.units
    FROM firsts f JOIN ledger_transfer t ON t.target_id = f.account AND t.target_seq >= f.seq
), chains AS (
  SELECT account, seq, after, delta, coalesce(lag(seq) OVER w, CASE WHEN seq = 1 THEN 0 END)
           AS earlier, coalesce(lag(after) OVER w, CASE WHEN seq = 1 THEN 0 END) AS before,
         lead(seq) OVER w AS next FROM events WINDOW w AS (PARTITION BY account ORDER BY seq)
)
SELECT 'Sequences have no gaps', format('leg %%s after %%s', seq, earlier), account
  FROM chains WHERE seq <> earlier + 1
 UNION ALL
SELECT 'Running balances follow from each other', format('at leg %%s', seq),
       account
  FROM chains WHERE after <> before + delta
 UNION ALL
SELECT 'Every balance is the sum of its legs', format('at leg %%s', b.seq), account
  FROM chains JOIN ledger_balance b ON b.account_id = account
 WHERE next IS NULL AND (b.seq <> chains.seq OR b.credits - b.debits <> after)
"""
"""Numbers of entries are drawn before accounts are locked, so at the cut a later place may have an
older number: each account is read from its first place above the cut on, whatever the numbers.
"""
FOR_PROOFS = """
SET LOCAL work_mem = '64MB'; SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0
"""
"""A proof reads everything: all cores are worth their start."""
SIDE_BY_SIDE = """
SET LOCAL enable_hashjoin = off; SET LOCAL max_parallel_workers_per_gather = 1
"""
AS_BEFORE = """
SET LOCAL enable_hashjoin TO DEFAULT; SET LOCAL max_parallel_workers_per_gather TO DEFAULT
"""
"""Entries and transfers both lie in the order in which they came: read side by side they need no
table of ten million entries in memory, which would be written out in parts and read again. Each
process reads all transfers then, so two are enough.
"""
OVERLAP = 10_000
"""Entries that are proved again: one that was written slowly may have come in below the newest."""
MOST = 20


def verify() -> list[Flaw]:
    """Prove the ledger: every invariant over every row, as of one moment. Empty means proved."""
    with transaction.atomic(), connection.cursor() as cursor:
        one_moment(cursor)
        cursor.execute(FOR_PROOFS)
        flaws = _flaws(cursor, OF_BALANCES) + _flaws_of_entries(cursor)
        cursor.execute(LEGS)
        return flaws + [Flaw(*row) for row in cursor.fetchmany(MOST)]


def _flaws_of_entries(cursor: Any) -> list[Flaw]:
    """One pass over entries and their legs: each day's sum, and whether an entry moves nothing."""
    cursor.execute(SIDE_BY_SIDE)
    cursor.execute(OF_ENTRIES)
    rows = cursor.fetchmany(MOST)
    cursor.execute(AS_BEFORE)
    found = [
        Flaw(DAYS, f"value date {value}, recorded on {on}, d {d}, c {c}, units {units}")
        for value, on, d, c, units, differs, _ in rows
        if differs
    ]
    return found + (_flaws(cursor, EMPTY) if any(empty for *_, empty in rows) else [])


def verify_since(entry: int) -> list[Flaw]:
    """Prove what has come after an entry, and that balances, days and holds agree."""
    with transaction.atomic(), connection.cursor() as cursor:
        one_moment(cursor)
        flaws = _flaws(cursor, OF_BALANCES)
        cursor.execute(SINCE, {"entry": max(0, entry - OVERLAP)})
        return flaws + [Flaw(*row) for row in cursor.fetchmany(MOST)]


def one_moment(cursor: Any) -> None:
    """All statements see the same rows, where the caller has not looked at any yet."""
    if not connection.needs_rollback and len(connection.savepoint_ids) == 0:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _flaws(cursor: Any, invariants: dict[str, str]) -> list[Flaw]:
    found: list[Flaw] = []
    for name, sql in invariants.items():
        cursor.execute(sql)
        columns = [one.name for one in cursor.description]
        for row in cursor.fetchmany(MOST):
            said = dict(zip(columns, row, strict=True))
            account, entry = said.pop("account_id", None), said.pop("entry_id", None)
            detail = ", ".join(f"{key.replace('_', ' ')} {one}" for key, one in said.items())
            found.append(Flaw(name, detail, account, entry))
    return found
