"""An answer is the same, however its packets cut it."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nostro.trading.adapters.mt5.answers import LONGEST_RECORD, Answer
from nostro.trading.adapters.mt5.wire import BadPacket, Reply, parse_reply

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=12)
records = st.recursive(
    scalars,
    lambda some: (
        st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=4)
    ),
    max_leaves=8,
)
HEAD = "DEAL_GET_BATCH|RETCODE=0 Done|TOTAL=2|\r\n"


def told(text: str, cuts: list[int] | None = None) -> Reply:
    body = text.encode("utf-16le")
    places = sorted({0, len(body), *(min(one, len(body)) for one in cuts or [])})
    answer = Answer()
    for begins, ends in pairwise(places):
        answer.take(body[begins:ends])
    return answer.reply()


@given(st.lists(records, max_size=6), st.lists(st.integers(1, 600), max_size=9), st.booleans())
def test_a_list_is_read_as_it_comes(document: list[Any], cuts: list[int], airy: bool) -> None:
    text = HEAD + json.dumps(document, ensure_ascii=False, indent=1 if airy else None) + "\r\n\0"
    whole = parse_reply(text)
    # The line itself is never cut by a server: it would have to be longer than a packet.
    found = told(text, [len(HEAD) * 2 + one for one in cuts])
    assert (found.code, found.parameters, found.document) == (0, {"TOTAL": "2"}, document)
    assert whole == found == told(text, cuts)


@pytest.mark.parametrize("rest", ["{", '{"a": 1}', '"text"', ""])
def test_what_is_no_list_is_read_whole(rest: str) -> None:
    try:
        whole: object = parse_reply(HEAD + rest)
    except BadPacket:
        whole = None
    if whole is None:
        with pytest.raises(BadPacket):
            told(HEAD + rest, [90, 94])
    else:
        assert told(HEAD + rest, [90, 94]) == whole


@pytest.mark.parametrize(
    "rest", ["[", "[1", "[1,", "[1,]", "[1 2]", "[1]]", "[1] 2", '["a]', "[,1]"]
)
def test_a_broken_list_is_no_answer(rest: str) -> None:
    for cut in range(len(rest)):
        with pytest.raises(BadPacket):
            told(HEAD + rest, [(len(HEAD) + cut) * 2])


def test_half_a_character_at_the_end_is_no_answer() -> None:
    answer = Answer()
    answer.take((HEAD + "[]").encode("utf-16le") + b"x")
    with pytest.raises(BadPacket, match="UTF-16"):
        answer.reply()


def test_a_record_without_an_end_is_given_up() -> None:
    answer = Answer()
    answer.take((HEAD + '["').encode("utf-16le"))
    with pytest.raises(BadPacket, match="not JSON"):
        answer.take(("a" * (LONGEST_RECORD + 1)).encode("utf-16le"))
