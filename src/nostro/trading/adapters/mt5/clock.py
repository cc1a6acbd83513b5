"""The server's own clock. It counts seconds since 1970 in its local time, never UTC, and this is
the one place where that becomes UTC.

The server says its offset and whether it keeps daylight saving, but not on which days: that rule
is borrowed from a place that changes its clocks on the same days.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the server's wall clock has no zone
HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=10)
UNIX = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER = 900_000


@dataclass(frozen=True, eq=False)
class Clock:
    """`offset` is the winter offset from UTC; `rule` is `None` without daylight saving."""

    offset: timedelta
    rule: ZoneInfo | None

    def daylight(self, moment: datetime) -> bool:
        return self.rule is not None and bool(moment.astimezone(self.rule).dst())

    def agrees(self, milliseconds: int, *, daylight: bool) -> bool:
        """Whether the rule says of the server's time what the server says, give or take minutes."""
        wall = EPOCH + timedelta(milliseconds=milliseconds)
        now = (wall - self.offset - (HOUR if daylight else timedelta())).replace(tzinfo=UTC)
        return daylight in (self.daylight(now - MINUTES), self.daylight(now + MINUTES))

    def utc(self, milliseconds: int) -> datetime:
        """UTC of a server time. In the autumn's repeated hour the first pass is taken."""
        return UNIX + timedelta(milliseconds=milliseconds) - _ahead(self, milliseconds // QUARTER)

    def local(self, moment: datetime) -> int:
        """Server seconds at a moment."""
        ahead = self.offset + (HOUR if self.daylight(moment) else timedelta())
        wall = moment.astimezone(UTC).replace(tzinfo=None) + ahead
        return (wall - EPOCH) // timedelta(seconds=1)


@lru_cache(maxsize=4096)
def _ahead(clock: Clock, quarter: int) -> timedelta:
    """How far a server is ahead of UTC in a quarter of an hour of its own: clocks change on the
    quarter everywhere.
    """
    winter = UNIX + timedelta(milliseconds=quarter * QUARTER) - clock.offset
    return clock.offset + (HOUR if clock.daylight(winter - HOUR) else timedelta())
