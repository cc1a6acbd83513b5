"""A platform's own record of its day, held against what our deals until then make of it."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.trading import ports
from nostro.trading.events import DaysCompared
from nostro.trading.models import DailyReport, Platform, SyncCursor
from nostro.trading.operations.breaks import Difference, note

COMPARE = """
WITH given AS (
  SELECT g.*, a.id AS account_id
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(
      login bigint, at timestamptz, balance numeric, credit numeric, equity numeric)
    JOIN trading_tradingaccount a ON a.platform_id = %(platform)s AND a.login = g.login
     AND NOT a.practice
), ours AS (
  SELECT g.account_id, g.at,
         coalesce(sum(m.moved) FILTER (WHERE d.action <> 'credit'), 0) AS derived,
         coalesce(sum(m.moved) FILTER (WHERE d.action = 'credit'), 0) AS derived_credit
    FROM given g
    LEFT JOIN trading_deal d ON d.account_id = g.account_id
     AND d.at < date_trunc('second', g.at) + interval '1 second'
    LEFT JOIN LATERAL (
      SELECT d.profit + d.swap + d.commission + d.fee + coalesce(
               (SELECT sum(c.delta) FROM trading_dealcorrection c WHERE c.deal_id = d.id), 0)
             AS moved) m ON true
   GROUP BY 1, 2
)
INSERT INTO trading_dailyreport (account_id, at, balance, credit, equity, derived, derived_credit,
  read_at)
SELECT account_id, at, balance, credit, equity, derived, derived_credit, %(now)s
  FROM given JOIN ours USING (account_id, at)
ON CONFLICT (account_id, at) DO NOTHING
RETURNING id, balance = derived AND credit = derived_credit
"""


@operation(internal=True, lock=False)
def compare_days(act: Act, platform: Platform, *, reports: Sequence[ports.DailyReport]) -> int:
    """Keep what the platform says of its days, each once, with what our deals make of them: one
    statement for all accounts. A difference becomes a break. Answers how many were opened.
    """
    rows = [
        {
            "login": one.login, "at": one.at.isoformat(), "balance": str(one.balance),
            "credit": str(one.credit), "equity": str(one.equity),
        }
        for one in reports
    ]  # fmt: skip
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"rows": json.dumps(rows), "platform": platform.pk, "now": act.at}
        cursor.execute(COMPARE, given)
        kept = cursor.fetchall()
    differ = [pk for pk, agrees in kept if not agrees]
    opened = _open_breaks(act, differ) if differ else 0
    newest = max((one.at for one in reports), default=None)
    if newest is not None:
        SyncCursor.objects.filter(platform=platform).update(days_to=newest)
    act.record(DaysCompared(platform.pk, len(kept), opened), about=platform)
    return opened


def _open_breaks(act: Act, ids: Sequence[int]) -> int:
    """One break an account, for its newest day; a difference that stands already is not doubled."""
    days = DailyReport.objects.filter(pk__in=ids)
    newest = {one.account_id: one for one in days.order_by("at")}
    found = {pk: _difference(day) for pk, day in newest.items()}
    noted = note(act, list(found.values()))
    for pk, day in newest.items():
        day.found = noted.breaks[pk, found[pk].kind]
    DailyReport.objects.bulk_update(newest.values(), ["found"])
    return noted.opened


def _difference(day: DailyReport) -> Difference:
    of_credit = day.balance == day.derived
    what = "credit" if of_credit else "balance"
    cause = (
        f"The platform's own report of {day.at:%-d %B %Y} has another {what} than its deals until "
        "then make."
    )
    shown, derived = (day.credit, day.derived_credit) if of_credit else (day.balance, day.derived)
    return Difference(day.account_id, what, shown, derived, cause)
