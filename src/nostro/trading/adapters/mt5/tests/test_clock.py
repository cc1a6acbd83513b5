from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from nostro.trading.adapters.mt5.clock import Clock

EET = Clock(timedelta(minutes=120), ZoneInfo("Europe/London"))
NEW_YORK_CLOSE = Clock(timedelta(minutes=120), ZoneInfo("America/New_York"))


def server(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_winter_and_summer_are_told_apart() -> None:
    assert EET.utc(server("2026-01-15T12:00:00")) == datetime(2026, 1, 15, 10, tzinfo=UTC)
    assert EET.utc(server("2026-07-15T12:00:00")) == datetime(2026, 7, 15, 9, tzinfo=UTC)
    steady = Clock(timedelta(minutes=120), None)
    assert steady.utc(server("2026-07-15T12:00:00")) == datetime(2026, 7, 15, 10, tzinfo=UTC)


def test_between_the_american_and_the_european_change_the_rule_matters() -> None:
    at = server("2026-03-20T12:00:00")
    assert EET.utc(at) == datetime(2026, 3, 20, 10, tzinfo=UTC)
    assert NEW_YORK_CLOSE.utc(at) == datetime(2026, 3, 20, 9, tzinfo=UTC)
    assert EET.agrees(at, daylight=False)
    assert not NEW_YORK_CLOSE.agrees(at, daylight=False)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)))  # noqa: DTZ001
def test_a_moment_goes_there_and_back_but_for_the_repeated_hour(wall: datetime) -> None:
    moment = wall.replace(microsecond=0, tzinfo=UTC)
    back = EET.utc(EET.local(moment) * 1000)
    assert back in (moment, moment - timedelta(hours=1))
    if EET.daylight(moment) == EET.daylight(moment - timedelta(hours=2)):
        assert back == moment
