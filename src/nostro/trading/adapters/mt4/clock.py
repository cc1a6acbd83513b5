"""The server's own clock. Every time in its tables is local, and this is the one place where that
becomes UTC.

The server says neither its offset nor its daylight rule, so both are filled in by an operator; the
rule is borrowed from a place that changes its clocks on the same days.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the server's wall clock has no zone
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Clock:
    """`offset` is how far ahead of UTC the server is in winter."""

    offset: timedelta
    rule: ZoneInfo

    def daylight(self, moment: datetime) -> bool:
        return bool(moment.astimezone(self.rule).dst())

    def utc(self, wall: datetime) -> datetime:
        """UTC of a server time. In the autumn's repeated hour the first pass is taken."""
        winter = (wall - self.offset).replace(tzinfo=UTC)
        summer = winter - HOUR
        return summer if self.daylight(summer) else winter

    def local(self, moment: datetime) -> datetime:
        """Server time at a moment, in whole seconds as the tables have it."""
        ahead = self.offset + (HOUR if self.daylight(moment) else timedelta())
        return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0) + ahead

    def window(self, since: datetime, until: datetime) -> tuple[datetime, datetime]:
        """Server times that hold everything between two moments, both included. Where an hour is
        about to repeat or has just been, the window is an hour wider: its times come twice.
        """
        begins, ends = self.local(since), self.local(until)
        if self.local(since + HOUR) - begins < HOUR:
            begins -= HOUR
        if ends - self.local(until - HOUR) < HOUR:
            ends += HOUR
        return begins, ends


def wall_of(seconds: int) -> datetime:
    """The server time of its seconds, which count from 1970 by its own clock."""
    return EPOCH + timedelta(seconds=seconds)


def seconds_of(wall: datetime) -> int:
    return (wall - EPOCH) // SECOND
