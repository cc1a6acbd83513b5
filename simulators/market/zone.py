"""The time zone of a trade server: brokers keep their servers on New York close, which is
UTC+2 in winter and UTC+3 in summer, so that a trading day ends when the week in New York does.

Moments are integers: milliseconds since 1970, in UTC unless the name says `local`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def moment(text: str) -> int:
    """Milliseconds of an ISO 8601 text; without an offset it is read as UTC."""
    parsed = datetime.fromisoformat(text)
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def iso(at: int) -> str:
    """`2026-03-02T09:30:00.250+00:00`."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).isoformat(
        timespec="milliseconds"
    )


def weekday(local: int) -> int:
    """The day of the week of a local moment, Sunday is 0 as on the platforms."""
    return (local // DAY + 4) % 7


def _last_sunday(year: int, month: int) -> int:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return moment((last - timedelta(days=(last.weekday() + 1) % 7)).isoformat())


@lru_cache(maxsize=64)
def _summer(year: int) -> tuple[int, int]:
    """Directive 2000/84/EC: from the last Sunday of March to that of October, 01:00 UTC."""
    return _last_sunday(year, 3), _last_sunday(year, 10)


@lru_cache(maxsize=4096)
def _is_summer_hour(hour: int) -> bool:
    at = hour * HOUR
    year = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)).year
    begins, ends = _summer(year)
    return begins <= at < ends


@dataclass(frozen=True, slots=True)
class ServerZone:
    """Standard offset in minutes, and whether the European daylight rule is applied."""

    minutes: int = 120
    daylight: bool = True

    def is_summer(self, at: int) -> bool:
        return self.daylight and _is_summer_hour(at // HOUR)

    def local(self, at: int) -> int:
        offset = self.minutes * MINUTE
        return at + offset + HOUR if self.is_summer(at) else at + offset

    def utc(self, local: int) -> int:
        """The moment of a local reading; of the two readings of the autumn hour, the later."""
        standard = local - self.minutes * MINUTE
        summer = standard - HOUR
        return summer if self.local(standard) != local and self.local(summer) == local else standard

    def next_midnight(self, at: int) -> int:
        """The first local midnight after `at`."""
        return self.utc((self.local(at) // DAY + 1) * DAY)
