"""Bytes: whole and right messages are read, everything else is passed over."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import simplefix  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from nostro.exposure.adapters.fix44.wire import (
    BadMessage,
    Framer,
    Message,
    dump,
    moment_text,
    parse,
)

TEST = [(35, "1"), (49, "LP"), (56, "NOSTRO"), (34, "7"), (52, "20260105-09:00:00"), (112, "hi")]
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=255), min_size=1, max_size=40)


def read(data: bytes) -> tuple[list[Message], int]:
    framer = Framer()
    framer.feed(data)
    return list(framer.messages()), framer.garbled


def test_a_message_is_written_as_another_codec_writes_it() -> None:
    other = simplefix.FixMessage()
    other.append_pair(8, "FIX.4.4")
    for tag, value in TEST:
        other.append_pair(tag, value)

    assert dump(TEST) == other.encode()


@given(st.lists(st.tuples(st.integers(5000, 9999), WORDS), max_size=12))
def test_what_is_written_is_read_by_us_and_by_another_codec(
    fields: list[tuple[int, str]],
) -> None:
    written = dump([*TEST, *fields])

    [message], garbled = read(written)
    parser = simplefix.FixParser()
    parser.append_buffer(written)
    theirs = [(int(tag), value.decode("latin-1")) for tag, value in parser.get_message().pairs]
    assert [(35, message.type), *message.fields] == theirs[2:-1] == [*TEST, *fields]
    assert garbled == 0


@given(st.integers(1, 30))
def test_a_message_may_come_in_pieces(size: int) -> None:
    data, framer, found = dump(TEST) * 3, Framer(), []
    for start in range(0, len(data), size):
        framer.feed(data[start : start + size])
        found += list(framer.messages())

    assert [one.text(112) for one in found] == ["hi"] * 3


@given(st.binary(max_size=300))
def test_no_bytes_make_it_stumble(noise: bytes) -> None:
    found, _ = read(noise + dump(TEST) + noise + dump(TEST) * 2)

    assert found[-1].text(112) == "hi" or b"8=FIX" in noise


GOOD = dump(TEST)


@pytest.mark.parametrize("bad", [
    GOOD[:-4] + b"000\x01",
    GOOD.replace(b"\x019=", b"\x019=1", 1),
    GOOD.replace(b"9=5", b"9=4", 1),
    GOOD.replace(b"9=", b"9=x", 1),
    GOOD.replace(b"9=", b"9=9999999", 1),
    GOOD[: len(GOOD) // 2],
    GOOD[5:],
    b"8=FIX.4.2" + GOOD[9:],
    b"8=FIX.4.4\x0135=0\x019=5\x0110=000\x01",
], ids=["checksum", "too long", "too short", "letter", "huge", "half", "headless", "version",
        "order"])  # fmt: skip
def test_a_garbled_message_is_passed_over_and_the_next_ones_are_read(bad: bytes) -> None:
    found, _ = read(bad + GOOD * 10)

    assert found and all(one.text(112) == "hi" for one in found)
    assert len(found) >= 5


def test_data_may_hold_a_separator() -> None:
    message = parse(b"35=B\x0195=5\x0196=a\x01b=c\x0158=end\x01")

    assert (message.text(96), message.text(58)) == ("a\x01b=c", "end")


def test_groups_are_taken_apart() -> None:
    message = parse(b"35=AP\x01702=2\x01703=TOT\x01704=5\x01703=SOD\x01705=3\x01")

    one, other = message.group(702, 703)
    assert (one.text(703), one.decimal(704), one.decimal(705, Decimal(0))) == (
        "TOT", Decimal(5), Decimal(0),
    )  # fmt: skip
    assert (other.text(703), other.decimal(705)) == ("SOD", Decimal(3))
    assert message.group(453, 448) == []
    with pytest.raises(BadMessage):
        parse(b"35=AP\x01702=2\x01703=TOT\x01").group(702, 703)


@pytest.mark.parametrize(("text", "at"), [
    ("20260105-09:10:11", datetime(2026, 1, 5, 9, 10, 11, tzinfo=UTC)),
    ("20260105-09:10:11.5", datetime(2026, 1, 5, 9, 10, 11, 500_000, tzinfo=UTC)),
    ("20260105-09:10:11.123456789", datetime(2026, 1, 5, 9, 10, 11, 123_456, tzinfo=UTC)),
    ("20161231-23:59:60", datetime(2017, 1, 1, tzinfo=UTC)),
])  # fmt: skip
def test_moments_are_read_to_the_microsecond(text: str, at: datetime) -> None:
    assert Message("8", ((60, text),)).moment(60) == at


@pytest.mark.parametrize("text", ["", "20260105", "20261305-00:00:00", "20260105-25:00:00", "now"])
def test_what_is_no_moment_is_said(text: str) -> None:
    with pytest.raises(BadMessage):
        Message("8", ((60, text),)).moment(60)


@pytest.mark.parametrize("text", ["", "1e5", "NaN", "Infinity", "1,5", "x"])
def test_what_is_no_number_is_said(text: str) -> None:
    with pytest.raises(BadMessage):
        Message("8", ((32, text),)).decimal(32)


def test_a_field_that_cannot_be_written_is_our_mistake() -> None:
    for value in ("", "a\x01b"):
        with pytest.raises(ValueError, match="58"):
            dump([(35, "0"), (58, value)])


def test_dates_may_be_missing_but_not_wrong() -> None:
    assert Message("8", ((75, "20260105"),)).day(75) == date(2026, 1, 5)
    assert Message("8", ()).day(75) is None
    with pytest.raises(BadMessage):
        Message("8", ((75, "2026"),)).day(75)


def test_moments_are_written_in_utc_milliseconds() -> None:
    at = datetime.fromisoformat("2026-01-05T10:00:00.123456+02:00")
    assert moment_text(at) == "20260105-08:00:00.123"
