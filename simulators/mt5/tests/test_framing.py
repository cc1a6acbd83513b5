import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymt5pure.request import Request  # type: ignore[import-untyped]

from simulators.mt5.codes import Code
from simulators.mt5.framing import (
    LARGEST_BODY,
    BadPacket,
    Header,
    parse_line,
    print_json,
    print_line,
    split,
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"))


@given(st.dictionaries(st.from_regex(r"[A-Z_]{1,12}", fullmatch=True), texts))
def test_what_is_escaped_is_read_back_whole(params: dict[str, str]) -> None:
    line = parse_line(print_line("USER_ADD", params))
    assert (line.command, line.params, line.body) == ("USER_ADD", params, "")


def test_a_body_follows_the_line_and_names_are_read_in_any_case() -> None:
    line = parse_line('user_add|Login=0|group=real\\\\A|pass=a\\|b\\=c=d|\r\n{"Name" : "x|y"}')
    assert line.command == "USER_ADD"
    assert line.params == {"LOGIN": "0", "GROUP": "real\\A", "PASS": "a|b=c=d"}
    assert json.loads(line.body) == {"Name": "x|y"}


def test_a_third_partys_request_is_understood() -> None:
    text = Request.format_body("TRADE_BALANCE", {"LOGIN": 5, "COMMENT": "a=b|c"})
    assert parse_line(text).params == {"LOGIN": "5", "COMMENT": "a=b|c"}


@pytest.mark.parametrize("text", ["", "\r\n", "\n{}"])
def test_an_empty_line_is_no_command(text: str) -> None:
    with pytest.raises(BadPacket):
        parse_line(text)


@given(
    st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.booleans()
)  # fmt: skip
def test_a_header_is_nine_characters_and_reads_back(length: int, number: int, more: bool) -> None:
    header = Header(length, number, more)
    assert len(header.dump()) == 9
    assert Header.parse(header.dump().upper()) == header


def test_bytes_that_are_no_header_are_refused() -> None:
    with pytest.raises(BadPacket):
        Header.parse(b"GET / HTT")


@pytest.mark.parametrize("length", [0, 2, LARGEST_BODY, LARGEST_BODY + 2, 3 * LARGEST_BODY - 2])
def test_a_long_body_is_continued_in_parts_that_each_fit_a_header(length: int) -> None:
    parts = list(split(bytes(length)))
    assert sum(len(part) for part, _ in parts) == length
    assert all(len(part) <= 0xFFFF for part, _ in parts)
    assert [more for _, more in parts] == [True] * (len(parts) - 1) + [False]


def test_json_has_only_strings_and_a_member_on_each_line() -> None:
    printed = print_json({"Group": "real\\A", "Daylight": True, "Days": [["1"], []]})
    assert printed.startswith('{\r\n"Group" : "real\\\\A",\r\n"Daylight" : "1",\r\n')
    assert json.loads(printed) == {"Group": "real\\A", "Daylight": "1", "Days": [["1"], []]}


@pytest.mark.parametrize("code", list(Code))
def test_the_text_of_a_code_is_a_single_word(code: Code) -> None:
    assert len(code.words.split(" ")) == 2
