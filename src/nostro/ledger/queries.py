"""What anyone can ask of the ledger: balances, statements, proof."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, models

from nostro.core.access import visible
from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.kit.money import Money
from nostro.ledger.chart import Account
from nostro.ledger.models import Entry, LedgerAccount, Transfer


@query(finds=LedgerAccount, open_to=("client", "partner"))
def accounts(act: Act) -> models.QuerySet[LedgerAccount]:
    """Accounts of the chart. Portal users see their own."""
    rows = LedgerAccount.objects.order_by("path", "asset")
    if act.actor.kind == "client":
        return rows.filter(client_id=act.actor.id)
    if act.actor.kind == "partner":
        return rows.filter(partner_id=act.actor.id)
    return rows


@query(finds=Entry)
def entries(act: Act) -> models.QuerySet[Entry]:
    """The journal, newest first."""
    return entries_seen(act)


def entries_seen(act: Act) -> models.QuerySet[Entry]:
    rows = Entry.objects.order_by("-effective_at", "-id")
    entities = act.actor.grants.scope.entities
    return rows if entities is None else rows.filter(entity_id__in=entities)


@query(finds=Transfer)
def transfers(act: Act) -> models.QuerySet[Transfer]:
    """Every leg of every entry the asker may see."""
    rows = Transfer.objects.select_related("entry", "source", "target").order_by("-id")
    return visible(act.actor, rows, client="entry__") if not _wide(act) else rows


def _wide(act: Act) -> bool:
    return act.actor.kind == "system" or act.actor.grants.scope.entities is None


def balances(paths: Iterable[str]) -> dict[str, dict[str, Money]]:
    """path → currency → balance (credits − debits), for accounts that exist. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.path, a.asset_id, s.credits - s.debits FROM ledger_account a"
            " JOIN ledger_standing s ON s.account_id = a.id WHERE a.path = ANY(%s)"
            " ORDER BY a.path, a.asset_id",
            [list(paths)],
        )
        found: dict[str, dict[str, Money]] = {}
        for path, asset, units in cursor.fetchall():
            found.setdefault(path, {})[asset] = Money.from_minor(int(units), asset)
    return found


def balance(account: Account, currency: str) -> Money:
    """What stands on one account; zero where nothing was ever posted."""
    return balances([account.path]).get(account.path, {}).get(currency, Money.zero(currency))


@dataclass(frozen=True)
class Flaw:
    """An invariant that does not hold, and how much it is off."""

    invariant: str
    detail: str


INVARIANTS = {
    "Debits equal credits in every asset": """
        SELECT a.asset_id, sum(s.debits) - sum(s.credits) FROM ledger_standing s
          JOIN ledger_account a ON a.id = s.account_id
         GROUP BY 1 HAVING sum(s.debits) <> sum(s.credits)""",
    "Every balance is the sum of its legs": """
        WITH legs AS (
          SELECT account, sum(d) AS d, sum(c) AS c FROM (
            SELECT source_id AS account, units AS d, 0 AS c FROM ledger_transfer
            UNION ALL SELECT target_id, 0, units FROM ledger_transfer) x GROUP BY 1)
        SELECT s.account_id, s.debits, s.credits FROM ledger_standing s
          LEFT JOIN legs ON legs.account = s.account_id
         WHERE s.debits <> coalesce(legs.d, 0) OR s.credits <> coalesce(legs.c, 0)""",
    "Sequences have no gaps": """
        WITH seqs AS (
          SELECT source_id AS account, source_seq AS seq FROM ledger_transfer
           WHERE source_seq IS NOT NULL
          UNION ALL SELECT target_id, target_seq FROM ledger_transfer
           WHERE target_seq IS NOT NULL)
        SELECT b.account_id, b.seq, count(q.seq), max(q.seq) FROM ledger_balance b
          JOIN ledger_account a ON a.id = b.account_id AND NOT a.hot
          LEFT JOIN seqs q ON q.account = b.account_id
         GROUP BY 1, 2 HAVING count(q.seq) <> b.seq OR coalesce(max(q.seq), 0) <> b.seq""",
    "No kept account is below zero": """
        SELECT account_id, credits - debits FROM ledger_balance
         WHERE NOT overdraft AND credits < debits""",
    "Every entry has a leg": """
        SELECT e.id FROM ledger_entry e
         WHERE NOT EXISTS (SELECT 1 FROM ledger_transfer t WHERE t.entry_id = e.id)""",
}


def verify() -> list[Flaw]:
    """Prove the ledger: every invariant over every row. Empty means proved."""
    flaws = []
    with connection.cursor() as cursor:
        for name, sql in INVARIANTS.items():
            cursor.execute(sql)
            flaws += [Flaw(name, ", ".join(map(str, row))) for row in cursor.fetchmany(20)]
    return flaws
