"""The wire format by hand, against the examples of its specification."""

import pytest

from simulators.ctrader.protobuf import BadMessage, decode, encode, schema

KNOWN = schema("""
Plain:
a=1:int b=2:str c=3:Inner d=4:*int e=5:double f=6:bool

Inner:
a=1:int
""")


def test_the_examples_of_the_specification() -> None:
    assert encode(KNOWN, "Plain", {"a": 150}).hex() == "089601"
    assert encode(KNOWN, "Plain", {"b": "testing"}).hex() == "120774657374696e67"
    assert encode(KNOWN, "Plain", {"c": {"a": 150}}).hex() == "1a03089601"
    assert encode(KNOWN, "Plain", {"a": -2}).hex() == "08feffffffffffffffff01"


def test_what_is_written_is_read_again() -> None:
    whole = {"a": -(2**63), "b": "ü", "c": {"a": 1}, "d": [1, -1, 2**40], "e": 1.25, "f": True}
    assert decode(KNOWN, "Plain", encode(KNOWN, "Plain", whole)) == whole
    assert decode(KNOWN, "Plain", b"") == {"d": []}


def test_packed_numbers_and_unknown_fields_are_read_over() -> None:
    packed = bytes.fromhex("2206038e029ea705")
    assert decode(KNOWN, "Plain", packed)["d"] == [3, 270, 86942]
    assert decode(KNOWN, "Plain", bytes.fromhex("78017a0161") + b"\x08\x05")["a"] == 5


@pytest.mark.parametrize("raw", ["08", "1205616263", "0b", "29010203", "0aff", "1201ff"])
def test_what_is_no_message_is_said_to_be_none(raw: str) -> None:
    with pytest.raises(BadMessage):
        decode(KNOWN, "Plain", bytes.fromhex(raw))
