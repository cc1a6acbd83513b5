"""What stands on every account: now, as it was known at a moment, or as it counted by a day.

Days are added up, so the chart of a year costs as many rows as it has days and accounts. Only a
look at one legal entity reads legs, because an account belongs to no entity; its entries do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from django.db import connection

from nostro.core.acts import Act
from nostro.core.queries import query
from nostro.kit.money import Money
from nostro.ledger.models import LedgerAccount
from nostro.ledger.queries.limits import Limits, is_shared, limits_of


@dataclass(frozen=True)
class Moment:
    """When a balance is asked for: now, as it had been recorded by a time, or as it counts by the
    end of that time's day, with every fact that came late.
    """

    at: datetime | None = None
    clock: Literal["recorded", "effective"] = "recorded"


@dataclass(frozen=True)
class Line:
    """One line of the chart in one currency. `accounts` are folded into it, `id` is the only one.

    Amounts are owed to whom the account belongs: above zero is owed, below is had. `owed` is what
    of it clients could ask back, account by account, so that nobody's debt pays for another.
    """

    path: str
    title: str
    asset: str
    debits: Money
    credits: Money
    accounts: int
    clients: int
    id: int
    of_clients: bool
    owed: Money

    @property
    def balance(self) -> Money:
        return self.credits - self.debits


@dataclass(frozen=True)
class Sums:
    """What one account took and gave, as far as somebody sees it."""

    debits: Money
    credits: Money

    @property
    def balance(self) -> Money:
        return self.credits - self.debits


NO_ENTITY = 0
"""The entries that belong to no legal entity: revaluations, and what the firm does as a whole."""
NOW = "SELECT account_id AS account, debits AS d, credits AS c FROM ledger_standing"
COUNTED = """
  SELECT account_id AS account, sum(debits) AS d, sum(credits) AS c FROM ledger_days
   WHERE value_date <= %s GROUP BY 1"""
KNOWN = """
  SELECT account, sum(d) AS d, sum(c) AS c FROM (
    SELECT account_id AS account, debits AS d, credits AS c FROM ledger_days WHERE recorded_on < %s
    UNION ALL SELECT t.source_id, t.units, 0 FROM ledger_entry e
      JOIN ledger_transfer t ON t.entry_id = e.id WHERE e.recorded_at >= %s AND e.recorded_at <= %s
    UNION ALL SELECT t.target_id, 0, t.units FROM ledger_entry e
      JOIN ledger_transfer t ON t.entry_id = e.id WHERE e.recorded_at >= %s AND e.recorded_at <= %s
  ) AS sums GROUP BY 1"""
LEGS = """
  SELECT account, sum(d) AS d, sum(c) AS c FROM (
    SELECT t.source_id AS account, t.units AS d, 0 AS c FROM ledger_transfer t
      JOIN ledger_entry e ON e.id = t.entry_id WHERE {which}
    UNION ALL SELECT t.target_id, 0, t.units FROM ledger_transfer t
      JOIN ledger_entry e ON e.id = t.entry_id WHERE {which}) AS legs GROUP BY account"""
LEGS_OF = """
  SELECT account, sum(d), sum(c) FROM (
    SELECT t.source_id AS account, t.units AS d, 0 AS c FROM ledger_transfer t
      JOIN ledger_entry e ON e.id = t.entry_id
     WHERE t.source_id = ANY(%(accounts)s) AND e.entity_id = ANY(%(entities)s)
    UNION ALL SELECT t.target_id, 0, t.units FROM ledger_transfer t
      JOIN ledger_entry e ON e.id = t.entry_id
     WHERE t.target_id = ANY(%(accounts)s) AND e.entity_id = ANY(%(entities)s)) AS legs
   GROUP BY account"""
OWED = """coalesce(sum(greatest(s.c - s.d, 0)) FILTER (WHERE a.of_clients
  AND a.path !~ '^(provider|bank)/|/(bonus|credit)$'), 0)"""
"""Credit and bonuses are never paid out; what stands at providers and banks is had, not owed."""
FOLDED = """CASE WHEN a.client_id IS NOT NULL THEN 'client'
  WHEN a.partner_id IS NOT NULL THEN 'partner' ELSE a.path END"""


@query
def chart_of_accounts(
    act: Act, moment: Moment = Moment(), *, client_id: int | None = None, whole: bool = False,
    entity_id: int | None = None,
) -> list[Line]:  # fmt: skip
    """What stands on every account: clients and partners folded into one line each, unless
    one client's accounts or the `whole` chart are asked for; of one legal entity's entries
    (`NO_ENTITY` for none's) or of all. One statement.
    """
    limits = limits_of(act)
    sums, values = _sums(limits, moment, entity_id)
    node = "a.path" if whole or client_id is not None else FOLDED
    own = "a.client_id = %s" if client_id is not None else "true"
    values += [client_id] if client_id is not None else []
    if limits.clients is not None:
        own += " AND a.client_id = ANY(%s)"
        clients = limits.clients
        values.append([pk for (pk,) in clients.values_list("pk")] if clients else [])
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH sums AS ({sums}) SELECT {node} AS node, min(a.title), a.asset_id, sum(s.d),"  # noqa: S608
            " sum(s.c), count(*), count(DISTINCT a.client_id), min(a.id), bool_and(a.of_clients),"
            f" {OWED} FROM ledger_account a"
            f" JOIN sums s ON s.account = a.id WHERE {own} GROUP BY 1, 3 ORDER BY 1, 3",
            values,
        )
        return [
            Line(
                path, title, asset, Money.from_minor(int(debits), asset),
                Money.from_minor(int(credits), asset), count, owners, id, of_clients,
                Money.from_minor(int(owed), asset),
            )
            for path, title, asset, debits, credits, count, owners, id, of_clients, owed
            in cursor.fetchall()
        ]  # fmt: skip


def sums_seen(act: Act, accounts: Iterable[LedgerAccount]) -> dict[int, Sums]:
    """Account → what it took and gave: a shared one by the entries of the asker's entities alone,
    as its statement is. Two statements at most.
    """
    rows, entities = list(accounts), limits_of(act).entities
    shared = [one.pk for one in rows if entities is not None and is_shared(one)]
    whole = [one.pk for one in rows if one.pk not in set(shared)]
    found: list[tuple[int, Decimal, Decimal]] = []
    with connection.cursor() as cursor:
        if whole:
            cursor.execute(f"{NOW} WHERE account_id = ANY(%s)", [whole])
            found += cursor.fetchall()
        if shared:
            cursor.execute(LEGS_OF, {"accounts": shared, "entities": entities})
            found += cursor.fetchall()
    sums = {pk: (int(debits), int(credits)) for pk, debits, credits in found}
    return {
        one.pk: Sums(*(Money.from_minor(units, one.asset_id) for units in sums.get(one.pk, (0, 0))))
        for one in rows
    }


def _sums(limits: Limits, moment: Moment, entity_id: int | None) -> tuple[str, list[Any]]:
    """What each account has taken and given."""
    at = moment.at.astimezone(UTC) if moment.at else None
    if limits.entities is not None or entity_id is not None:
        return _of_entity(limits, at, moment.clock, entity_id)
    if at is None:
        return NOW, []
    if moment.clock == "effective":
        return COUNTED, [at.date()]
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return KNOWN, [at.date(), midnight, at, midnight, at]


def _of_entity(
    limits: Limits, at: datetime | None, clock: str, entity_id: int | None
) -> tuple[str, list[Any]]:
    which = ["true"]
    values: list[Any] = []
    if at is not None and clock == "effective":
        which.append("e.value_date <= %s")
        values.append(at.date())
    elif at is not None:
        which.append("e.recorded_at <= %s")
        values.append(at)
    if entity_id == NO_ENTITY:
        which.append("e.entity_id IS NULL")
    elif entity_id is not None:
        which.append("e.entity_id = %s")
        values.append(entity_id)
    if limits.entities is not None:
        which.append("e.entity_id = ANY(%s)")
        values.append(limits.entities)
    return LEGS.format(which=" AND ".join(which)), values * 2
