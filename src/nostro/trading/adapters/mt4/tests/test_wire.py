import pytest
from hypothesis import given
from hypothesis import strategies as st

from nostro.trading.adapters.mt4 import wire
from nostro.trading.adapters.mt4.wire import BadPacket, BadValue

PAGE = "cp1252"
LETTERS = st.text(st.characters(codec=PAGE, exclude_characters=wire.ENDS_A_VALUE))


def test_the_hash_is_of_number_action_and_secret_in_this_order() -> None:
    """MD5 of `17changebalanceword`, by the specification's own words."""
    assert wire.request_hash(17, "changebalance", "word") == "61f26fc38784698afeccd5554a6bf508"


def test_a_request_is_pairs_and_a_nul() -> None:
    sent = wire.request("getgroups", 3, {"group": "CY-*"}, secret="", code_page=PAGE)
    assert sent == b"action=getgroups&request_id=3&group=CY-*\0"


@given(st.binary(), st.binary(min_size=1))
def test_the_key_shows_what_it_hid(data: bytes, key: bytes) -> None:
    assert wire.masked(wire.masked(data, key), key) == data
    assert wire.masked(data, b"") == data


@given(st.dictionaries(st.sampled_from(["name", "comment", "pass"]), LETTERS))
def test_values_arrive_letter_by_letter(values: dict[str, str]) -> None:
    sent = wire.request("any", 1, values, secret="word", code_page=PAGE)
    assert sent.count(b"\0") == 1
    pairs = dict(pair.split("=", 1) for pair in sent[:-1].decode(PAGE).split("&"))
    assert {name: pairs[name] for name in values} == values


@given(st.text())
def test_what_is_for_people_can_always_be_sent(text: str) -> None:
    wire.exact(wire.readable(text, PAGE), PAGE)


def test_names_are_written_in_the_nearest_letters() -> None:
    assert wire.readable("Łódź & Co\r\nÅse", PAGE) == "Lódz + Co  Åse"
    assert wire.readable("Жанна", PAGE) == "Zhanna"
    assert wire.readable("Жанна", "cp1251") == "Жанна"


@pytest.mark.parametrize("value", ["a&b", "a\0b", "a\nb", "a\rb", "Ω"])
def test_what_has_to_arrive_exactly_and_would_not_is_never_sent(value: str) -> None:
    with pytest.raises(BadValue):
        wire.request("any", 1, {"comment": value}, secret="", code_page=PAGE)


def test_an_answer_is_values_and_then_rows() -> None:
    answer = wire.parse_answer(
        b"request_id=4&result=1&size=2&Note=x=y&answer=1;a & b;c\r\n2;d;\r\n\0", PAGE
    )
    assert (answer.request_id, answer.result) == (4, 1)
    assert answer.values == {"size": "2", "note": "x=y"}
    assert answer.rows == [["1", "a & b", "c"], ["2", "d", ""]]


def test_letters_that_are_none_do_not_spoil_an_answer() -> None:
    answer = wire.parse_answer(b"request_id=4&result=1&name=A\x81da", PAGE)
    assert answer.values["name"] == "A\N{REPLACEMENT CHARACTER}da"


@given(st.binary())
def test_any_bytes_are_an_answer_or_a_bad_packet(body: bytes) -> None:
    try:
        wire.parse_answer(body, PAGE)
    except BadPacket:
        return


@pytest.mark.parametrize("line", [b"", b" ", b"x", b"-1", b"1.5", b"0x10", b"123456789012"])
def test_a_length_that_is_none_is_a_bad_packet(line: bytes) -> None:
    with pytest.raises(BadPacket):
        wire.size_of(line)
    assert wire.size_of(b" 17\r") == 17
