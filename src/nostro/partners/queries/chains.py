"""Who earns on a deal: the client's partner at its close, and everybody above them at that time.

Whole batches are looked up in one statement each, whatever their size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Min

from nostro.trading.models import Deal

CLOSING = ("out", "outby", "inout")
MOST_LEVELS = 12
"""Deeper than any plan pays; it also ends the walk."""

CHAINS = """
WITH RECURSIVE chain(deal_id, at, level, partner_id) AS (
  SELECT d.id, d.at, 1, l.partner_id
    FROM trading_deal d
    JOIN trading_tradingaccount a ON a.id = d.account_id AND NOT a.practice
    JOIN partners_clientlink l ON l.client_id = a.client_id
     AND l.starts_at <= d.at AND (l.ends_at IS NULL OR d.at < l.ends_at)
   WHERE d.id = ANY(%s)
  UNION ALL
  SELECT c.deal_id, c.at, c.level + 1, e.parent_id
    FROM chain c
    JOIN partners_edge e ON e.child_id = c.partner_id
     AND e.starts_at <= c.at AND (e.ends_at IS NULL OR c.at < e.ends_at)
   WHERE c.level < %s
)
SELECT c.deal_id, c.level, c.partner_id, p.status = 'active', asg.version_id
  FROM chain c
  JOIN partners_partner p ON p.id = c.partner_id
  LEFT JOIN LATERAL (
    SELECT version_id FROM partners_assignment
     WHERE partner_id = c.partner_id AND starts_at <= c.at
     ORDER BY starts_at DESC LIMIT 1) asg ON true
 ORDER BY c.deal_id, c.level
"""

ABOVE = """
WITH RECURSIVE up(partner_id, since, until) AS (
  SELECT %s::bigint, %s::timestamptz, 'infinity'::timestamptz
  UNION
  SELECT e.parent_id, greatest(up.since, e.starts_at),
         least(up.until, coalesce(e.ends_at, 'infinity'))
    FROM up JOIN partners_edge e ON e.child_id = up.partner_id
     AND e.starts_at < up.until AND coalesce(e.ends_at, 'infinity') > up.since
)
SELECT EXISTS (SELECT 1 FROM up WHERE partner_id = %s)
"""

BELOW = """
WITH RECURSIVE down(partner_id, level) AS (
  SELECT e.child_id, 1 FROM partners_edge e
   WHERE e.parent_id = %(top)s AND e.starts_at <= %(at)s
     AND (e.ends_at IS NULL OR %(at)s < e.ends_at)
  UNION
  SELECT e.child_id, d.level + 1 FROM down d
    JOIN partners_edge e ON e.parent_id = d.partner_id AND e.starts_at <= %(at)s
     AND (e.ends_at IS NULL OR %(at)s < e.ends_at)
   WHERE d.level < 50
)
SELECT partner_id, min(level) FROM down GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Place:
    """One partner's place above a deal, with the plan version in force at its close."""

    level: int
    partner_id: int
    earns: bool
    version_id: int | None


def chains(deal_ids: Sequence[int]) -> dict[int, list[Place]]:
    """Deal → the partners above it, the nearest first. Deals of nobody's clients are left out."""
    found: dict[int, list[Place]] = {}
    with connection.cursor() as cursor:
        cursor.execute(CHAINS, [list(deal_ids), MOST_LEVELS])
        for deal_id, *place in cursor.fetchall():
            found.setdefault(deal_id, []).append(Place(*place))
    return found


def accruable(deal_ids: Sequence[int]) -> list[int]:
    """Closing deals of partners' clients on which nothing has been accrued yet, oldest first."""
    closing = Deal.objects.filter(
        pk__in=deal_ids, entry__in=CLOSING, action__in=("buy", "sell"), account__isnull=False,
        accruals__isnull=True,
    )  # fmt: skip
    open_ids = list(closing.order_by("at", "ticket").values_list("pk", flat=True))
    known = chains(open_ids) if open_ids else {}
    return [pk for pk in open_ids if pk in known]


def worked_out(deal_ids: Sequence[int]) -> bool:
    """Whether lines were written on any of these deals."""
    return Deal.objects.filter(pk__in=deal_ids, accruals__isnull=False).exists()


def opening_deals(deals: Iterable[Deal]) -> dict[tuple[int, int], Deal]:
    """(platform, position) → the deal that opened the position, where we have read it."""
    positions = {(one.platform_id, one.position) for one in deals if one.position}
    opened = Deal.objects.filter(
        platform_id__in={platform for platform, _ in positions},
        position__in={position for _, position in positions},
        entry="in",
    )
    first = opened.values("platform_id", "position").annotate(first=Min("pk"))
    rows = Deal.objects.filter(pk__in=[one["first"] for one in first])
    return {(one.platform_id, one.position): one for one in rows}


def stands_above(partner_id: int, under: int, since: datetime) -> bool:
    """Whether `partner_id` is `under` itself or above it at any time from `since` on."""
    with connection.cursor() as cursor:
        cursor.execute(ABOVE, [under, since, partner_id])
        return bool(cursor.fetchone()[0])


def below(partner_id: int, at: datetime) -> dict[int, int]:
    """Partner → how many levels below, for everybody who stands under this one at a time."""
    with connection.cursor() as cursor:
        cursor.execute(BELOW, {"top": partner_id, "at": at})
        return dict(cursor.fetchall())
