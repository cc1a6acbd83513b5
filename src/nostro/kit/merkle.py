"""The tree of RFC 6962 (Certificate Transparency) and the signed checkpoints of C2SP.

A tree head of 32 bytes vouches for every leaf below it; proofs are a few hashes long. Nothing
here reads or stores: who keeps the leaves gives `root(begin, end)` for the ranges it is asked.
"""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Roots = Callable[[int, int], bytes]
"""The root over the leaves `begin` up to, without, `end`."""

ED25519 = b"\x01"
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962, 2.1: a leaf begins with 0, so that it never looks like a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Tree:
    """A tree that only grows, as the roots of its perfect subtrees: at most 64 hashes."""

    peaks: list[tuple[int, bytes]] = field(default_factory=list)

    @classmethod
    def load(cls, size: int, kept: bytes) -> "Tree":
        """The tree again from `dump`: the binary digits of its size say how high each peak is."""
        levels = [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]
        if len(kept) != 32 * len(levels):
            raise ValueError(f"A tree of {size} leaves has {len(levels)} peaks.")
        hashes = [kept[start : start + 32] for start in range(0, len(kept), 32)]
        return cls(list(zip(levels, hashes, strict=True)))

    def dump(self) -> bytes:
        return b"".join(peak for _, peak in self.peaks)

    @property
    def size(self) -> int:
        return sum(1 << level for level, _ in self.peaks)

    def add(self, grown: bytes, level: int = 0) -> None:
        """Append a leaf, or the root of a perfect subtree of `2 ** level` leaves."""
        peaks = self.peaks
        while peaks and peaks[-1][0] == level:
            grown = node_hash(peaks.pop()[1], grown)
            level += 1
        peaks.append((level, grown))

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY
        found = self.peaks[-1][1]
        for _, peak in reversed(self.peaks[:-1]):
            found = node_hash(peak, found)
        return found


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, root: Roots) -> list[bytes]:
    """RFC 6962, 2.1.1: the siblings on the way from a leaf up to the root."""
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    begin, end, path = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(root(middle, end))
            end = middle
        else:
            path.append(root(begin, middle))
            begin = middle
    return path[::-1]


def consistency_proof(old: int, new: int, root: Roots) -> list[bytes]:
    """RFC 6962, 2.1.2: what shows that the older tree is the beginning of the newer one."""
    if not 0 < old <= new:
        raise ValueError(f"A tree of {new} leaves did not grow out of one of {old}.")
    begin, end, path, whole = 0, new, [], True
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(root(middle, end))
            end = middle
        else:
            path.append(root(begin, middle))
            begin, whole = middle, False
    return path[::-1] if whole else [root(begin, end), *path[::-1]]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2: whether `proof` leads from the leaf's hash to the root."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """RFC 9162, 2.1.4.2: whether `proof` shows that the old tree begins the new one."""
    if not 0 < old <= new:
        return False
    if old == new:
        return old_root == new_root and not proof
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _key_id(origin: str, public: bytes) -> bytes:
    return hashlib.sha256(origin.encode() + b"\n" + ED25519 + public).digest()[:4]


def verifier_key(origin: str, key: Ed25519PublicKey) -> str:
    """C2SP signed-note: the line by which others know whose checkpoints these are."""
    public = key.public_bytes_raw()
    encoded = base64.b64encode(ED25519 + public).decode()
    return f"{origin}+{_key_id(origin, public).hex()}+{encoded}"


def signed_checkpoint(origin: str, size: int, root: bytes, key: Ed25519PrivateKey) -> str:
    """C2SP tlog-checkpoint: origin, size and root, then the signature over those lines."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    mark = _key_id(origin, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n— {origin} {base64.b64encode(mark).decode()}\n"


def opened_checkpoint(note: str, key: Ed25519PublicKey) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint that this key signed; a `ValueError` otherwise."""
    text, _, signatures = note.rpartition("\n\n")
    origin, size, root = text.split("\n")[:3]
    expected = _key_id(origin, key.public_bytes_raw())
    for line in signatures.splitlines():
        dash, name, mark = line.split(" ")
        decoded = base64.b64decode(mark, validate=True)
        if (dash, name, decoded[:4]) == ("—", origin, expected):
            try:
                key.verify(decoded[4:], f"{text}\n".encode())
            except InvalidSignature as error:
                raise ValueError("The signature of this checkpoint is false.") from error
            return origin, int(size), base64.b64decode(root, validate=True)
    raise ValueError("This checkpoint does not bear our signature.")
