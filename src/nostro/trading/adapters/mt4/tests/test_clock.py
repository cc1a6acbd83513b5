from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from nostro.trading.adapters.mt4.clock import HOUR, Clock, seconds_of, wall_of

EET = Clock(timedelta(minutes=120), ZoneInfo("Europe/London"))
NEW_YORK_CLOSE = Clock(timedelta(minutes=120), ZoneInfo("America/New_York"))
STEADY = Clock(timedelta(minutes=120), ZoneInfo("UTC"))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1))  # noqa: DTZ001


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_winter_and_summer_are_told_apart() -> None:
    assert EET.utc(wall("2026-01-15T12:00:00")) == datetime(2026, 1, 15, 10, tzinfo=UTC)
    assert EET.utc(wall("2026-07-15T12:00:00")) == datetime(2026, 7, 15, 9, tzinfo=UTC)
    assert STEADY.utc(wall("2026-07-15T12:00:00")) == datetime(2026, 7, 15, 10, tzinfo=UTC)


def test_between_the_american_and_the_european_change_the_rule_matters() -> None:
    at = wall("2026-03-20T12:00:00")
    assert EET.utc(at) == datetime(2026, 3, 20, 10, tzinfo=UTC)
    assert NEW_YORK_CLOSE.utc(at) == datetime(2026, 3, 20, 9, tzinfo=UTC)


@given(MOMENTS)
def test_a_moment_goes_there_and_back_but_for_the_repeated_hour(at: datetime) -> None:
    moment = at.replace(microsecond=0, tzinfo=UTC)
    back = EET.utc(EET.local(moment))
    assert back in (moment, moment - HOUR)
    if EET.daylight(moment) == EET.daylight(moment - 2 * HOUR):
        assert back == moment


@given(MOMENTS, st.timedeltas(timedelta(), timedelta(days=3)), st.floats(0, 1))
def test_a_window_holds_every_moment_within_it(
    at: datetime, length: timedelta, share: float
) -> None:
    since = at.replace(tzinfo=UTC)
    begins, ends = EET.window(since, since + length)
    assert begins <= EET.local(since + length * share) <= ends


@given(st.integers(0, 2**31 - 1))
def test_seconds_count_by_the_servers_own_clock(seconds: int) -> None:
    assert seconds_of(wall_of(seconds)) == seconds
