"""Figures follow the log: each refresh adds up what the feed has gained, in sets, once.

The cursor moves in the transaction that writes the sums, so no event counts twice and none is
missed; and as nothing else feeds the sums, they can be thrown away and built again.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from nostro.core.acts import Act, now
from nostro.core.operations import operation
from nostro.reports.events import FiguresRebuilt
from nostro.reports.queries.measures import (
    DEPOSITS,
    EARNED,
    REACHED,
    RETURNED,
    TURNAROUNDS,
    WITHDRAWALS,
)
from nostro.trading.rates import usd_rates

NAME = "figures"
BATCH = 100_000

FRESH = """
CREATE TEMP TABLE reports_fresh ON COMMIT DROP AS
SELECT * FROM core_record r WHERE (xid, id) > (%(xid)s, %(id)s)
   AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
 ORDER BY xid, id LIMIT %(limit)s
"""

REGISTERED = """
INSERT INTO reports_milestones (client_id, entity_id, registered_at)
SELECT client_id, coalesce(entity_id, 0), min(at) FROM reports_fresh
 WHERE name = 'people.ClientRegistered' AND client_id IS NOT NULL GROUP BY 1, 2
ON CONFLICT (client_id) DO NOTHING
"""

REACHED_FIRST = """
UPDATE reports_milestones m SET {column} = least(m.{column}, f.at)
  FROM (SELECT client_id, min(at) AS at FROM reports_fresh
         WHERE name = %(name)s GROUP BY 1) f
 WHERE m.client_id = f.client_id
"""

# A deal whose account became known later counts by that event alone, whenever either is added up;
# what an account did before it was taken over counts nowhere.
DEALS = """
CREATE TEMP TABLE reports_deals ON COMMIT DROP AS
WITH adopted AS MATERIALIZED (
  SELECT x.id::bigint AS id
    FROM core_record r CROSS JOIN LATERAL jsonb_array_elements_text(r.data->'deal_ids') AS x(id)
   WHERE r.name = 'trading.DealsAdopted'
     AND r.at >= (SELECT min(at) FROM reports_fresh) - interval '1 day'
)
SELECT d.account_id, d.instrument_id, d.lots, d.at, a.client_id, a.entity_id
  FROM reports_fresh r CROSS JOIN LATERAL jsonb_array_elements_text(r.data->'deal_ids') AS x(id)
  JOIN trading_deal d ON d.id = x.id::bigint JOIN trading_tradingaccount a ON a.id = d.account_id
 WHERE (r.name = 'trading.DealsAdopted' OR (r.name = 'trading.DealsRecorded'
        AND NOT EXISTS (SELECT FROM adopted o WHERE o.id = d.id)))
   AND d.action IN ('buy', 'sell') AND NOT a.practice
   AND (a.taken_over_at IS NULL OR d.at >= a.taken_over_at)
"""

TRADED = """
UPDATE reports_milestones m SET traded_at = least(m.traded_at, f.at)
  FROM (SELECT client_id, min(at) AS at FROM reports_deals GROUP BY 1) f
 WHERE m.client_id = f.client_id
"""

ADD = """
INSERT INTO reports_hour AS h (measure, entity_id, about, starts_at, count, amount) {rows}
ON CONFLICT (measure, starts_at, entity_id, about)
DO UPDATE SET count = h.count + excluded.count, amount = h.amount + excluded.amount
"""

MONEY = """
SELECT %(measure)s, coalesce(entity_id, 0), data->'money'->>'currency', date_trunc('hour', at),
       sum(way), sum(way * (data->'money'->>'amount')::numeric
                     * coalesce((%(rates)s::jsonb->>(data->'money'->>'currency'))::numeric, 1))
  FROM (SELECT *, CASE WHEN name = %(undone)s THEN -1 ELSE 1 END AS way FROM reports_fresh) f
 WHERE name IN (%(name)s, %(undone)s) GROUP BY 2, 3, 4
"""

VOLUME = """
SELECT 'volume', d.entity_id, coalesce(i.code, ''), date_trunc('hour', d.at), count(*), sum(d.lots)
  FROM reports_deals d LEFT JOIN trading_instrument i ON i.id = d.instrument_id GROUP BY 2, 3, 4
"""

EARNINGS = """
SELECT 'earned', coalesce(e.entity_id, 0), a.partner_id::text, date_trunc('hour', r.at), count(*),
       sum(t.units / power(10::numeric, s.scale)
           * CASE WHEN a.id = t.target_id THEN 1 ELSE -1 END
           * coalesce((%(rates)s::jsonb->>t.asset_id)::numeric, 1))
  FROM (SELECT DISTINCT act_id, at FROM reports_fresh WHERE name = ANY(%(names)s)) r
  JOIN ledger_entry e ON e.act = r.act_id JOIN ledger_transfer t ON t.entry_id = e.id
  JOIN ledger_account a ON a.id IN (t.source_id, t.target_id) AND a.partner_id IS NOT NULL
  JOIN ledger_asset s ON s.code = t.asset_id GROUP BY 2, 3, 4
"""

WAITS = """
INSERT INTO reports_turnaround (kind, subject_id, entity_id, since)
SELECT %(kind)s, subject_id, coalesce(max(entity_id), 0), min(at) FROM reports_fresh
 WHERE name = %(opened)s AND subject_id IS NOT NULL
   AND coalesce((data->>'people')::int, 1) > 0 GROUP BY subject_id
ON CONFLICT (kind, subject_id) DO NOTHING
"""

DECIDED = """
UPDATE reports_turnaround t SET decided_at = f.at, staff_id = f.staff_id
  FROM (SELECT DISTINCT ON (subject_id) subject_id, at,
               CASE WHEN actor_kind = 'staff' THEN actor_id END AS staff_id
          FROM reports_fresh WHERE name = ANY(%(closed)s) ORDER BY subject_id, xid, id) f
 WHERE t.kind = %(kind)s AND t.subject_id = f.subject_id AND t.decided_at IS NULL
"""

ADVANCED = """
UPDATE reports_projection p SET xid = f.xid, record_id = f.id, records = p.records + n
  FROM (SELECT xid, id, count(*) OVER () AS n FROM reports_fresh
         ORDER BY xid DESC, id DESC LIMIT 1) f WHERE p.name = %(projection)s
"""


def refresh(*, batch: int = BATCH) -> int:
    """Add what the log has gained, at most `batch` events; how many there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('nostro.act', 'reports: figures', true)")
        found = _follow(cursor, batch)
        cursor.execute("SELECT set_config('nostro.act', '', true)")
    return found


def _follow(cursor: Any, batch: int) -> int:
    cursor.execute(
        "INSERT INTO reports_projection (name, xid, record_id, records) VALUES (%s, 0, 0, 0)"
        " ON CONFLICT DO NOTHING",
        [NAME],
    )
    # Whoever refreshes at the same time waits here, and then finds nothing left to add.
    cursor.execute(
        "SELECT xid, record_id FROM reports_projection WHERE name = %s FOR UPDATE", [NAME]
    )
    xid, record_id = cursor.fetchone()
    cursor.execute("DROP TABLE IF EXISTS pg_temp.reports_fresh, pg_temp.reports_deals")
    cursor.execute(FRESH, {"xid": xid, "id": record_id, "limit": batch})
    found = int(cursor.rowcount)
    cursor.execute("UPDATE reports_projection SET refreshed_at = %s WHERE name = %s", [now(), NAME])
    if found:
        _add_up(cursor)
        cursor.execute(ADVANCED, {"projection": NAME})
    return found


def _add_up(cursor: Any) -> None:
    cursor.execute(DEALS)
    cursor.execute(REGISTERED)
    for column, name in REACHED.items():
        cursor.execute(REACHED_FIRST.format(column=column), {"name": name})
    cursor.execute(TRADED)
    known: Mapping[str, Any] = {
        "rates": json.dumps({code: str(rate) for code, rate in usd_rates().items()})
    }
    for measure in (DEPOSITS, WITHDRAWALS, RETURNED):
        names = {"name": measure.events[0], "undone": measure.undone}
        cursor.execute(ADD.format(rows=MONEY), {"measure": measure.name, **names, **known})
    cursor.execute(ADD.format(rows=VOLUME))
    cursor.execute(ADD.format(rows=EARNINGS), {"names": list(EARNED.events), **known})
    for one in TURNAROUNDS.values():
        cursor.execute(WAITS, {"kind": one.kind, "opened": one.opened})
        cursor.execute(DECIDED, {"kind": one.kind, "closed": list(one.closed)})


@operation(title="Build figures again", icon="refresh", lock=False)
def rebuild_figures(act: Act) -> int:
    """Throw every figure away and add the whole log up again. The log itself is only read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM reports_projection WHERE name = %s FOR UPDATE", [NAME])
        for table in ("hour", "milestones", "turnaround", "projection"):
            cursor.execute(f"DELETE FROM reports_{table}")  # noqa: S608  four known tables
        records = 0
        while found := _follow(cursor, BATCH):
            records += found
    act.record(FiguresRebuilt(records), about=None)
    return records
