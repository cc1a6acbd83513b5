"""How a platform is followed: its past, and how many deals came how late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from nostro.core.queries import one_of
from nostro.trading.events import DealsRecorded
from nostro.trading.models import Backfill, Deal, Platform, Sending, SyncCursor, TradingAccount


def backfill_of(platform: Platform) -> Backfill | None:
    """How far the past of a platform is read, where it was connected with one."""
    return Backfill.objects.filter(platform=platform).first()


def open_past(platform: Platform) -> Backfill | None:
    """The past that is being read."""
    return Backfill.objects.filter(platform=platform, status=Backfill.Status.RUNNING).first()


def tried_at(platform: Platform, reference: str) -> datetime | None:
    """When the platform was asked for something last, if it ever was."""
    rows = Sending.objects.filter(platform=platform, reference=reference)
    return rows.values_list("tried_at", flat=True).first()


def whole_history(platform: Platform) -> bool:
    """Whether we have every deal of a platform, so that balances can be derived from them."""
    return not Backfill.objects.filter(platform=platform).exclude(status="done").exists()


def kept_tickets(platform: Platform, tickets: Sequence[int]) -> set[int]:
    """Which of so many deals are kept already."""
    if not tickets:
        return set()
    there = Deal.objects.filter(platform=platform, ticket__in=one_of(tickets))
    return set(there.values_list("ticket", flat=True))


def read_to(platform: Platform) -> datetime | None:
    """Up to which moment a platform's deals have been read."""
    rows = SyncCursor.objects.filter(platform=platform)
    return rows.values_list("read_to", flat=True).first()


def has_orphans(platform: Platform) -> bool:
    """Whether deals of accounts of ours are not known to be theirs."""
    ours = TradingAccount.objects.filter(platform=platform, login__isnull=False)
    orphans = Deal.objects.filter(platform=platform, account=None)
    return orphans.filter(login__in=ours.values("login")).exists()


@dataclass(frozen=True)
class Stretch:
    """Some time of a platform, from `at`: deals read, milliseconds of lag at worst, and seconds
    that its clock was ahead. Nothing where nothing was noted.
    """

    at: datetime
    deals: int
    lag_ms: int | None = None
    offset: int | None = None


READ = """
SELECT date_bin(%(step)s, at, %(from)s), sum((data->>'count')::int)
  FROM core_record
 WHERE subject_type = 'trading.platform' AND subject_id = %(platform)s AND name = %(name)s
   AND at >= %(from)s AND at < %(until)s
 GROUP BY 1
"""
NOTED = """
SELECT date_bin(%(step)s, at, %(from)s), max(lag_ms),
       (array_agg(clock_offset_seconds ORDER BY at DESC))[1]
  FROM trading_platformpoint
 WHERE platform_id = %(platform)s AND at >= %(from)s AND at < %(until)s
 GROUP BY 1
"""


def throughput(platform: Platform, now: datetime, *, step: timedelta, steps: int) -> list[Stretch]:
    """The last `steps` stretches of a platform, the one that runs now among them, oldest first.

    From the batches that were recorded and the quarters that were noted: two statements, whatever
    the number of deals.
    """
    seconds = int(step.total_seconds())
    ends = datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds + seconds, UTC)
    begins = ends - step * steps
    given: dict[str, Any] = {
        "step": step, "from": begins, "until": ends, "platform": platform.pk,
        "name": DealsRecorded.name,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(READ, given)
        deals = dict(cursor.fetchall())
        cursor.execute(NOTED, given)
        noted = {at: (lag, offset) for at, lag, offset in cursor.fetchall()}
    return [
        Stretch(at, int(deals.get(at, 0)), *noted.get(at, (None, None)))
        for at in (begins + step * number for number in range(steps))
    ]
