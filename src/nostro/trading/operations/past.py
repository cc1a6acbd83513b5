"""The past of a platform: begun when it is connected, stopped and resumed by people, read once."""

from datetime import datetime, timedelta

from django.db import connection

from nostro.core.acts import Act
from nostro.core.operations import operation
from nostro.core.states import WrongState
from nostro.kit.problems import Problem
from nostro.kit.words import whole
from nostro.trading.events import BackfillBegun, BackfillDone, BackfillResumed, BackfillStopped
from nostro.trading.models import Backfill, Platform
from nostro.trading.operations.deals import remember

FIRST_STRIDE = timedelta(days=30)
SMOOTH = 3
"""The newest stride counts for a third of the rate and the pace that are shown."""

OPENED = """
UPDATE trading_deal AS c SET opened_at = o.at,
  price_open = coalesce(nullif(c.price_open, 0), o.price)
  FROM trading_deal o
 WHERE o.platform_id = %s AND o.at >= %s AND o.at <= %s AND o.entry = 'in' AND o.position <> 0
   AND c.platform_id = o.platform_id AND c.position = o.position AND c.entry <> 'in'
   AND c.opened_at IS NULL AND c.at >= %s
"""


@operation(internal=True, lock=False)
def begin_backfill(act: Act, platform: Platform, *, since: datetime, until: datetime) -> Backfill:
    """Leave the past of a new platform for the background: what is new is read from `until` on."""
    made = Backfill.objects.create(
        platform=platform, status=Backfill.Status.RUNNING, since=since, until=until, reached=since,
        stride=FIRST_STRIDE, begun_at=act.at, worked_at=act.at,
    )  # fmt: skip
    remember(platform, until)
    act.record(BackfillBegun(platform.pk, since, until), about=platform)
    return made


@operation(internal=True, reading=True, lock=False)
def note_backfill(
    act: Act, platform: Platform, *, reached: datetime, stride: timedelta, deals: int,
    seconds: float, first: datetime | None = None,
) -> None:  # fmt: skip
    """Write down how far the past is read, and how fast it went.

    What was read of the present and ends a trade of the past learns when that was opened.
    """
    row = Backfill.objects.select_for_update().get(platform=platform)
    passed = (reached - row.reached).total_seconds()
    spent = max(seconds, 0.001)
    if deals:  # years without a deal pass in no time, and say nothing of those that come
        row.rate = _smooth(row.rate, deals / spent)
        row.pace = _smooth(row.pace, passed / spent)
    if passed > 0:
        with connection.cursor() as cursor:
            now_on = row.until - timedelta(hours=1)
            cursor.execute(OPENED, [platform.pk, row.reached, reached, now_on])
    row.reached, row.stride, row.worked_at = max(reached, row.reached), stride, act.at
    row.deals += deals
    row.first_deal_at = row.first_deal_at or first
    row.save(
        update_fields=[
            "rate", "pace", "reached", "stride", "worked_at", "deals", "first_deal_at",
        ]
    )  # fmt: skip


def _smooth(before: int, now: float) -> int:
    return round(now if not before else before + (now - before) / SMOOTH)


@operation(internal=True, lock=False)
def end_backfill(act: Act, platform: Platform) -> Backfill:
    """The whole past is read."""
    row = Backfill.objects.select_for_update().get(platform=platform)
    row.move_to(Backfill.Status.DONE)
    act.record(BackfillDone(platform.pk, row.deals), about=platform)
    return row


def _of(platform: Platform) -> Backfill:
    row = Backfill.objects.select_for_update().filter(platform=platform).first()
    if row is None:
        raise WrongState(f"{platform} has no past that is read in the background.")
    return row


@operation(title="Stop reading the past", verb="Stop the past", icon="player-pause")
def stop_backfill(act: Act, platform: Platform, *, reason: str) -> Platform:
    """Leave the platform's past where it stands. What is new is read as before."""
    if not reason.strip():
        raise Problem("Say why.", field="reason")
    _of(platform).move_to(Backfill.Status.STOPPED)
    act.record(BackfillStopped(platform.pk, whole(reason)), about=platform)
    return platform


@operation(title="Go on with the past", verb="Go on", icon="player-play")
def resume_backfill(act: Act, platform: Platform) -> Platform:
    """Read the platform's past on from where it was left."""
    row = _of(platform)
    if row.status != Backfill.Status.STOPPED:
        raise WrongState(f"The past of {platform} is {row.status_label.lower()}.")
    row.move_to(Backfill.Status.RUNNING, pace=0, rate=0)
    act.record(BackfillResumed(platform.pk), about=platform)
    return platform
