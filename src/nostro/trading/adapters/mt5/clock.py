"""The server's own clock. It counts seconds since 1970 in its local time, never UTC, and this is
the one place where that becomes UTC.

The server says its offset and whether it keeps daylight saving, but not on which days: that rule
is borrowed from a place that changes its clocks on the same days.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the server's wall clock has no zone
HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=10)


@dataclass(frozen=True)
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
        wall = EPOCH + timedelta(milliseconds=milliseconds)
        winter = (wall - self.offset).replace(tzinfo=UTC)
        summer = winter - HOUR
        return summer if self.daylight(summer) else winter

    def local(self, moment: datetime) -> int:
        """Server seconds at a moment."""
        ahead = self.offset + (HOUR if self.daylight(moment) else timedelta())
        wall = moment.astimezone(UTC).replace(tzinfo=None) + ahead
        return (wall - EPOCH) // timedelta(seconds=1)
