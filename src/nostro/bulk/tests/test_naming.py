"""Files that name rows, as spreadsheets save them and as people break them."""

import pytest

from nostro.bulk.naming import LARGEST, BadFile, read_numbers


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"101\n102\n", [101, 102]),
        (b"login\r\n101\r\n102", [101, 102]),
        ("\ufeffLogin;Name\n101;Ada\n102;Bob\n".encode(), [101, 102]),
        (b'"101"\n\n"102"\n', [101, 102]),
        (b"'101\n102\n101\n", [101, 102]),
        (b"101\tAda\n 102 \tBob", [101, 102]),
    ],
)
def test_the_first_column_names_the_rows_each_once(content: bytes, found: list[int]) -> None:
    assert read_numbers(content, "login") == found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"101\nabc\n", "Line 2: “abc” is no login."),
        (b"101\n-5\n", "Line 2: “-5” is no login."),
        (b"101\n1e3\n", "Line 2"),
        ("101\n١٢٣\n".encode(), "Line 2"),
        (b"101\n" + b"9" * 30, "Line 2"),
        (b"", "There is no login in this file."),
        (b"login\n", "There is no login in this file."),
        (b"\xff\xfe1\x000\x00", "This is no text."),
        (b"PK\x03\x04\x00\x00", "This is no text."),
        (b"1\n" * LARGEST, "4 MB"),
        (b'101\n"' + b"x" * 200_000, "This is no CSV"),
    ],
)
def test_what_names_no_rows_is_refused_with_the_line(content: bytes, said: str) -> None:
    with pytest.raises(BadFile) as refused:
        read_numbers(content, "login")

    assert said in refused.value.sentence
