"""The challenge and the key stream, against the vendor's published figures and a third party."""

import random

from pymt5pure.crypter import MT5AES  # type: ignore[import-untyped]

from simulators.mt5.authentication import Stream, answer, key_schedule, password_digest


def test_the_vendors_published_challenge_comes_out() -> None:
    digest = password_digest("Password1")
    assert digest.hex() == "904ba8ecb16273d2f0ae9c3b8a023752"
    server = bytes.fromhex("73007dc7184747ce0f7c98516ef1c851")
    assert answer(digest, server) == "77fe51827f7fa69dd80fbec9aa33f1bb"
    client = bytes.fromhex("4db98fec17aab4dc5a240bdc659e8395")
    assert answer(digest, client) == "1732021b1b332f51660b2b315eed3a35"


def test_both_directions_of_the_stream_agree_with_a_third_party_client() -> None:
    material = random.Random(3).randbytes(256)
    theirs = MT5AES(password="Manager1!", crypt_rand=material.hex())
    key, incoming, outgoing = key_schedule(password_digest("Manager1!"), material)
    receiving, sending = Stream(key, incoming), Stream(key, outgoing)
    for length in (1, 15, 16, 17, 0, 1000, 2, 32):
        body = random.Random(length).randbytes(length)
        assert receiving.apply(theirs.encrypt(body)) == body
        assert theirs.decrypt(sending.apply(body)) == body


def test_a_packet_begins_on_a_fresh_block() -> None:
    key, vector, _ = key_schedule(password_digest("Manager1!"), bytes(256))
    in_two_packets, in_one = Stream(key, vector), Stream(key, vector)
    first, second = in_two_packets.apply(bytes(5)), in_two_packets.apply(bytes(16))
    whole = in_one.apply(bytes(32))
    assert first == whole[:5]
    assert second == whole[16:]
