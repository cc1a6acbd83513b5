"""The whole ledger as one zip: a CSV a table, streamed as the database copies it out.

All tables are of one moment. What only a reader with a name needs is left out: texts of entries
and whatever somebody typed; people appear as numbers.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from django.db import connection, transaction

from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.kit.problems import Forbidden
from nostro.ledger.queries.limits import sees_all

EXACT = "round({units}::numeric(57, 18) / 10::numeric ^ a.scale, a.scale)"
"""Minor units as an amount, without a digit lost: 57 of them, 18 behind the point."""
TABLES = {
    "assets": "SELECT code, scale, kind FROM ledger_asset ORDER BY code",
    "accounts": """
        SELECT id, path, asset_id AS asset, of_clients, overdraft, hot, client_id, partner_id,
               opened_at, closed_at FROM ledger_account ORDER BY id""",
    "entries": """
        SELECT id, kind, entity_id, recorded_at, effective_at, value_date, act, decision,
               reverses_id AS reverses, scope, key, payload FROM ledger_entry ORDER BY id""",
    "transfers": """
        SELECT t.id, t.entry_id AS entry, t.leg, t.source_id AS source, t.target_id AS target,
               t.asset_id AS asset, t.units, AMOUNT AS amount, t.source_seq, t.source_balance,
               t.target_seq, t.target_balance, t.pending_id AS hold
          FROM ledger_transfer t JOIN ledger_asset a ON a.code = t.asset_id ORDER BY t.id""",
    "holds": """
        SELECT t.id, t.entry_id AS entry, t.state, t.pending_id AS hold, t.source_id AS source,
               t.target_id AS target, t.asset_id AS asset, t.units, AMOUNT AS amount,
               t.expires_at
          FROM ledger_hold t JOIN ledger_asset a ON a.code = t.asset_id ORDER BY t.id""",
    "days": """
        SELECT account_id AS account, value_date, recorded_on, sum(debits) AS debits,
               sum(credits) AS credits
          FROM ledger_days GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
    "periods": """
        SELECT id, entity_id, through, closed_at, reopened_at FROM ledger_period ORDER BY id""",
    "quotes": """
        SELECT id, source, sells_id AS sells, buys_id AS buys, mid, spread, client_id, quoted_at,
               expires_at FROM ledger_quote ORDER BY id""",
    "exchanges": """
        SELECT id, quote_id AS quote, entry_id AS entry, client_id, entity_id, given, got, earned
          FROM ledger_exchange ORDER BY id""",
    "revaluations": """
        SELECT id, day, asset_id AS asset, rates, positions, result, entry_id AS entry
          FROM ledger_revaluation ORDER BY id""",
    "openings": """
        SELECT id, status, sha256, entity_id, day, lines, posted_at
          FROM ledger_opening ORDER BY id""",
    "seals": "SELECT id, first, last, entries, sha256, at FROM ledger_seal ORDER BY id",
    "proofs": """
        SELECT id, at, entries, through, whole, jsonb_array_length(flaws) AS flaws
          FROM ledger_verification ORDER BY id""",
    "balances": """
        SELECT t.id AS account, t.path, t.asset_id AS asset, s.debits, s.credits,
               s.credits - s.debits AS units,
               BALANCE AS balance,
               s.pending_debits, s.pending_credits
          FROM ledger_standing s JOIN ledger_account t ON t.id = s.account_id
          JOIN ledger_asset a ON a.code = t.asset_id ORDER BY t.id""",
    "totals": """
        SELECT x.code AS asset, (SELECT count(*) FROM ledger_account WHERE asset_id = x.code)
                 AS accounts,
               (SELECT count(*) FROM ledger_transfer WHERE asset_id = x.code) AS transfers,
               (SELECT coalesce(sum(units), 0) FROM ledger_transfer WHERE asset_id = x.code)
                 AS moved,
               coalesce(sum(s.debits), 0) AS debits, coalesce(sum(s.credits), 0) AS credits
          FROM ledger_asset x LEFT JOIN ledger_account t ON t.asset_id = x.code
          LEFT JOIN ledger_standing s ON s.account_id = t.id GROUP BY 1 ORDER BY 1""",
}
WORDS = {
    "AMOUNT": EXACT.format(units="t.units"),
    "BALANCE": EXACT.format(units="(s.credits - s.debits)"),
}
README = """The whole ledger of one house, as of one moment.

Every table is CSV in UTF-8, parted by commas, with a line of headings; nothing is an empty cell.
Units are whole minor units of the asset; an amount is units / 10^scale, and scale stands in
assets.csv. A transfer takes `units` from `source` (its debit) and gives them to `target` (its
credit). A balance is credits - debits: above zero is owed to whom the account belongs. `seq` and
`balance` of each side stand only on accounts that keep their own. Adding up transfers.csv gives
balances.csv; debits and credits are equal in every row of totals.csv. manifest.json has the rows,
bytes and SHA-256 of every file. seals.csv has the digests that entries were sealed with; the
function `ledger_digest` says what they are made of.
"""


@dataclass(frozen=True)
class Written:
    """What was written: rows in all, the newest entry, and the SHA-256 of the zip."""

    rows: int
    through_entry_id: int
    sha256: str


class _Counted:
    """A file that is only written to, hashed and counted as it grows."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def write(self, piece: Any) -> int:
        self.digest.update(piece)
        self.size += len(piece)
        self.file.write(piece)
        return len(piece)

    def flush(self) -> None:
        self.file.flush()


@query
def whole_ledger(act: Act, file: IO[bytes]) -> Written:
    """Write every table of the ledger into a zip, as of one moment. For those who see all of it."""
    if not sees_all(act):
        raise Forbidden("An export is of the whole ledger, and your role sees a part of it.")
    out = _Counted(file)
    with _one_moment(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as book:  # type: ignore[call-overload]
        files = {f"{name}.csv": _copied(book, f"{name}.csv", sql) for name, sql in TABLES.items()}
        through = _through()
        said = {"at": act.at.isoformat(), "through_entry": through, "files": files}
        book.writestr("manifest.json", json.dumps(said, indent=1))
        book.writestr("README.txt", README)
    return Written(sum(one["rows"] for one in files.values()), through, out.digest.hexdigest())


@contextmanager
def _one_moment() -> Iterator[None]:
    """Every statement sees the same rows, where the caller has not looked at any yet."""
    fresh = not connection.in_atomic_block
    with transaction.atomic():
        if fresh:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _copied(book: zipfile.ZipFile, name: str, sql: str) -> dict[str, Any]:
    """One table, piece by piece as the database gives it."""
    for word, meaning in WORDS.items():
        sql = sql.replace(word, meaning)
    with book.open(name, "w", force_zip64=True) as member, connection.cursor() as cursor:
        out = _Counted(member)
        with cursor.cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv, HEADER true)") as pieces:
            for piece in pieces:
                out.write(piece)
        rows = cursor.cursor.rowcount
    return {"rows": rows, "bytes": out.size, "sha256": out.digest.hexdigest()}


def _through() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM ledger_entry")
        return int(cursor.fetchone()[0])
