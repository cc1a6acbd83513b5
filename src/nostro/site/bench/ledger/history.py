"""A long history in minutes: entries and transfers written in sets, balanced by arithmetic.

Wallets take a euro from a provider and give half of one back, in turn, so every running balance
follows from its number. The proof of the ledger holds over all of it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

ACT = "00000000-0000-7000-8000-000000000000"
CHUNK = 1_000_000

OPENED = """
INSERT INTO ledger_account (path, title, asset_id, of_clients, overdraft, hot, client_id, opened_at)
SELECT CASE WHEN n = 0 THEN 'provider/bench/clearing' ELSE 'client/' || n || '/wallet' END,
       'Bench', 'EUR', true, n = 0, n = 0, nullif(n, 0), now()
  FROM generate_series(0, %(wallets)s) AS n;
INSERT INTO ledger_balance (account_id, debits, credits, overdraft, seq)
SELECT id, 0, 0, overdraft, 0 FROM ledger_account WHERE path LIKE 'client/%%'
    OR path = 'provider/bench/clearing'
"""

ENTRIES = """
INSERT INTO ledger_entry (id, kind, text, recorded_at, effective_at, value_date, act, key, payload)
SELECT i, 'bench', 'History', w.at, w.at, w.at::date, %(act)s, 'history/' || i, md5(i::text)
  FROM generate_series(%(first)s::bigint, %(last)s) AS i,
       LATERAL (SELECT '2026-01-01'::timestamptz + i * interval '2 seconds' AS at) w
"""

# The n-th leg of a wallet brings 100 where n is odd and takes 50 where it is even.
TRANSFERS = """
INSERT INTO ledger_transfer (id, entry_id, leg, source_id, target_id, asset_id, units, source_seq,
                             source_balance, target_seq, target_balance)
SELECT i, i, 0, CASE WHEN odd THEN %(hot)s ELSE w END, CASE WHEN odd THEN w ELSE %(hot)s END, 'EUR',
       CASE WHEN odd THEN 100 ELSE 50 END, CASE WHEN odd THEN i ELSE n END,
       CASE WHEN odd THEN NULL ELSE stands END, CASE WHEN odd THEN n ELSE i END,
       CASE WHEN odd THEN stands END
  FROM (SELECT i, %(wallet)s + (i - 1) %% %(wallets)s AS w, (i - 1) / %(wallets)s + 1 AS n,
               ((i - 1) / %(wallets)s) %% 2 = 0 AS odd,
               ((i - 1) / %(wallets)s + 1 + 1) / 2 * 100
                 - ((i - 1) / %(wallets)s + 1) / 2 * 50 AS stands
          FROM generate_series(%(first)s::bigint, %(last)s) AS i) x
"""

DERIVED = """
TRUNCATE ledger_day, ledger_tail;
WITH legs AS (
  SELECT source_id AS account, entry_id, units AS d, 0 AS c FROM ledger_transfer
   UNION ALL SELECT target_id, entry_id, 0, units FROM ledger_transfer)
INSERT INTO ledger_day (account_id, value_date, recorded_on, debits, credits)
SELECT account, e.value_date, (e.recorded_at AT TIME ZONE 'UTC')::date, sum(d), sum(c)
  FROM legs JOIN ledger_entry e ON e.id = legs.entry_id GROUP BY 1, 2, 3;
UPDATE ledger_balance b SET debits = x.d, credits = x.c, seq = x.n, day = '0001-01-01',
       day_debits = 0, day_credits = 0
  FROM (SELECT account, sum(d) AS d, sum(c) AS c, count(*) AS n FROM (
          SELECT source_id AS account, units AS d, 0 AS c FROM ledger_transfer
           UNION ALL SELECT target_id, 0, units FROM ledger_transfer) x GROUP BY 1) x
 WHERE b.account_id = x.account
"""


@dataclass(frozen=True)
class Grown:
    rows: int
    seconds: float


class History:
    """Wallets with numbers one after another, and one hot account."""

    def __init__(self, wallets: int) -> None:
        self.wallets, self.last = wallets, 0
        with _silent() as cursor:
            cursor.execute(OPENED, {"wallets": wallets})
            cursor.execute("SELECT id FROM ledger_account WHERE path = 'provider/bench/clearing'")
            self.hot = cursor.fetchone()[0]
            cursor.execute("SELECT id FROM ledger_account WHERE path = 'client/1/wallet'")
            self.wallet = cursor.fetchone()[0]

    def grow(self, to: int) -> Grown:
        """Start over with so many transfers: what was posted in between is dropped."""
        start = time.monotonic()
        with _silent() as cursor, _without_indexes(cursor):
            cursor.execute("TRUNCATE ledger_transfer, ledger_hold, ledger_entry CASCADE")
            for first in range(1, to + 1, CHUNK):
                given = {
                    "first": first, "last": min(first + CHUNK - 1, to), "act": ACT,
                    "hot": self.hot, "wallet": self.wallet, "wallets": self.wallets,
                }  # fmt: skip
                cursor.execute(ENTRIES, given)
                cursor.execute(TRANSFERS, given)
            for table in ("entry", "transfer"):
                cursor.execute(f"SELECT setval('ledger_{table}_id_seq', %s)", [to])
            cursor.execute(DERIVED)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE ledger_entry, ledger_transfer, ledger_balance")
            cursor.execute("VACUUM ANALYZE ledger_day, ledger_tail, ledger_account")
            cursor.execute("CHECKPOINT")
        return Grown(to, time.monotonic() - start)

    def transfers(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM ledger_transfer")
            return int(cursor.fetchone()[0])

    def bytes(self) -> int:
        """Tables and indexes of all that a transfer leaves behind."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sum(pg_total_relation_size(one)) FROM unnest(ARRAY["
                "'ledger_entry', 'ledger_transfer', 'ledger_day']::regclass[]) one"
            )
            return int(cursor.fetchone()[0])


@contextmanager
def _silent() -> Iterator[Any]:
    """Triggers are silent: these rows come by no operation, and the proof is what vouches."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'")
        yield cursor
        cursor.execute("RESET session_replication_role; RESET work_mem")


@contextmanager
def _without_indexes(cursor: Any) -> Iterator[None]:
    """Indexes that no constraint needs are made once at the end."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('ledger_entry',"
        " 'ledger_transfer') AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    for _, made in found:
        cursor.execute(made)
