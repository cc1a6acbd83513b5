import pytest
from hypothesis import given
from hypothesis import strategies as st

from nostro.trading.adapters.mt5 import wire

PASSWORD_HASH = bytes.fromhex("904ba8ecb16273d2f0ae9c3b8a023752")
texts = st.text(st.characters(exclude_categories=["Cs"]))


def test_the_hashes_are_the_vendors() -> None:
    assert wire.password_hash("Password1") == PASSWORD_HASH
    asked = bytes.fromhex("73007dc7184747ce0f7c98516ef1c851")
    assert wire.proof(PASSWORD_HASH, asked).hex() == "77fe51827f7fa69dd80fbec9aa33f1bb"
    ours = bytes.fromhex("4db98fec17aab4dc5a240bdc659e8395")
    assert wire.proof(PASSWORD_HASH, ours).hex() == "1732021b1b332f51660b2b315eed3a35"


def test_a_header_is_nine_characters() -> None:
    assert wire.Header(0x1A, 0x3FFF, True).dump() == b"001a3fff1"
    assert wire.Header.parse(b"001A40000") == wire.Header(26, 0x4000, False)
    for raw in (b"001a3fff", b"zzzz00000", b" 1a300000", b"-01a00000", b""):
        with pytest.raises(wire.BadPacket):
            wire.Header.parse(raw)


def test_packet_numbers_start_over_at_one() -> None:
    assert wire.next_number(-1) == 0
    assert wire.next_number(0x3FFF) == 1


@given(st.integers(0, 200_000))
def test_the_parts_of_a_body_are_the_body(length: int) -> None:
    found = list(wire.parts(bytes(length)))
    assert sum(len(part) for part, _ in found) == length
    assert all(len(part) <= 0xFFFF and not len(part) % 2 for part, _ in found[:-1])
    assert [follows for _, follows in found] == [True] * (len(found) - 1) + [False]


@given(st.dictionaries(st.sampled_from(["NAME", "COMMENT", "GROUP"]), texts))
def test_what_is_escaped_reads_back(parameters: dict[str, str]) -> None:
    line = wire.command_line("USER_ADD", {"RETCODE": "0 Done"} | parameters)
    assert wire.parse_reply(line.decode("utf-16le")).parameters == parameters


def test_a_reply_is_read_leniently() -> None:
    text = 'Time_Get|retcode=0 Done and well|total=5|\r\n{"A" : "1",\r\n"B" : 1.10}\r\n'
    reply = wire.parse_reply(text)
    assert (reply.command, reply.code, reply.parameters) == ("TIME_GET", 0, {"TOTAL": "5"})
    assert str(reply.document["B"]) == "1.10"
    assert wire.parse_reply("X|RETCODE=13").code == 13


@pytest.mark.parametrize("text", ["", "X|\r\n", "X|RETCODE=|", "X|RETCODE=no|", "X|RETCODE=0|\n{"])
def test_an_unreadable_reply_is_said_to_be_one(text: str) -> None:
    with pytest.raises(wire.BadPacket):
        wire.parse_reply(text)


@given(st.lists(st.binary(max_size=70), max_size=6))
def test_both_ends_of_a_cipher_stay_together(packets: list[bytes]) -> None:
    material = bytes(range(256))
    sending, _ = wire.streams(PASSWORD_HASH, material)
    receiving, _ = wire.streams(PASSWORD_HASH, material)
    for packet in packets:
        hidden = sending.apply(packet)
        assert len(hidden) == len(packet)
        assert receiving.apply(hidden) == packet


def test_every_packet_starts_on_a_fresh_block() -> None:
    first, _ = wire.streams(PASSWORD_HASH, bytes(256))
    second, _ = wire.streams(PASSWORD_HASH, bytes(256))
    whole = first.apply(bytes(48))
    assert second.apply(bytes(5)) == whole[:5]
    assert second.apply(b"") == b""
    assert second.apply(bytes(17)) == whole[16:33]


def test_the_key_stream_is_output_feedback() -> None:
    """NIST SP 800-38A, F.4.5: OFB-AES256."""
    key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    plain = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
    hidden = "dc7e84bfda79164b7ecd8486985d38604febdc6740d20b3ac88f6ad82a4fb08d"
    assert wire.Stream(key, bytes(range(16))).apply(plain).hex() == hidden
