"""The tree, held against the RFC's own definition and the vectors of Certificate Transparency."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from nostro.kit import merkle

# The eight inputs and tree heads that Certificate Transparency's own implementations test with.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
HEADS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


def defined(hashes: list[bytes]) -> bytes:
    """The definition of RFC 6962, 2.1, word for word."""
    if not hashes:
        return merkle.EMPTY
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return merkle.node_hash(defined(hashes[:half]), defined(hashes[half:]))


def grown(hashes: list[bytes]) -> merkle.Tree:
    tree = merkle.Tree()
    for one in hashes:
        tree.add(one)
    return tree


@pytest.mark.parametrize("size", HEADS)
def test_known_heads_are_met(size: int) -> None:
    tree = grown([merkle.leaf_hash(data) for data in INPUTS[:size]])

    assert tree.root().hex() == HEADS[size]


@given(st.integers(0, 300))
def test_a_growing_tree_has_the_defined_root(size: int) -> None:
    tree = grown(leaves(size))

    assert (tree.size, tree.root()) == (size, defined(leaves(size)))


@given(st.integers(0, 200), st.integers(0, 60))
def test_a_tree_that_was_put_away_grows_on_as_if_it_had_not_been(first: int, more: int) -> None:
    every = leaves(first + more)
    again = merkle.Tree.load(first, grown(every[:first]).dump())
    for one in every[first:]:
        again.add(one)

    assert again.root() == defined(every)


def test_peaks_that_do_not_fit_the_size_are_refused() -> None:
    with pytest.raises(ValueError, match="3 leaves"):
        merkle.Tree.load(3, bytes(32))


@given(st.data(), st.integers(1, 130))
def test_every_leaf_is_proved_and_no_other_passes(data: st.DataObject, size: int) -> None:
    every = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    root = defined(every)
    proof = merkle.inclusion_proof(index, size, lambda begin, end: defined(every[begin:end]))

    assert merkle.is_included(every[index], index, size, proof, root)
    assert not merkle.is_included(merkle.leaf_hash(b"forged"), index, size, proof, root)
    assert not merkle.is_included(every[index], index, size, [*proof, root], root)
    assert not merkle.is_included(every[index], size, size, proof, root)


@given(st.data(), st.integers(1, 130))
def test_every_older_tree_is_proved_to_begin_the_newer(data: st.DataObject, new: int) -> None:
    every = leaves(new)
    old = data.draw(st.integers(1, new))
    older, newer = defined(every[:old]), defined(every)
    proof = merkle.consistency_proof(old, new, lambda begin, end: defined(every[begin:end]))

    assert merkle.is_consistent(old, new, older, newer, proof)
    forged = merkle.leaf_hash(b"forged")
    assert not merkle.is_consistent(old, new, forged, newer, proof)
    assert not merkle.is_consistent(old, new, older, forged, proof)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_a_tree_cannot_have_grown_out_of_a_larger_or_an_empty_one(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="did not grow"):
        merkle.consistency_proof(old, new, lambda _begin, _end: b"")


def test_a_checkpoint_reads_as_c2sp_says_and_opens_with_its_key_alone() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    note = merkle.signed_checkpoint("broker.example/log", 7, merkle.EMPTY, key)

    origin, size, root, blank, signature, end = note.split("\n")
    assert (origin, size, blank, end) == ("broker.example/log", "7", "", "")
    assert root == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert signature.startswith("— broker.example/log ")
    opened = merkle.opened_checkpoint(note, key.public_key())
    assert opened == ("broker.example/log", 7, merkle.EMPTY)
    with pytest.raises(ValueError, match="signature"):
        merkle.opened_checkpoint(note, Ed25519PrivateKey.generate().public_key())
    with pytest.raises(ValueError, match="false"):
        merkle.opened_checkpoint(note.replace("\n7\n", "\n8\n"), key.public_key())


def test_a_verifier_key_names_the_origin_and_the_same_key_id_as_the_signature() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))

    origin, identity, public = merkle.verifier_key("a.example/log", key.public_key()).split("+", 2)

    assert (origin, len(identity)) == ("a.example/log", 8)
    assert public.startswith("A")
