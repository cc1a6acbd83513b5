"""The seal: records become leaves of a Merkle tree whose signed heads nobody can quietly unsay.

Leaves stand in the feed's order, (xid, id), and only once no open transaction can still write
before them: ids alone come too early for that. Sealing is never in the write path; it hashes in
SQL, goes on where it stopped, and keeps one hash for each 256 records, so that proofs are cheap
and a change is found to the block.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction

from nostro.core.acts import Act, now
from nostro.core.jobs import every
from nostro.core.log import Cursor
from nostro.core.models import Checkpoint, Record, SealedBlock
from nostro.core.secrets import derived
from nostro.kit import merkle
from nostro.kit.problems import Problem

BLOCK = 256
BLOCK_LEVEL = 8
LOCK = 6962

LEAF = """jsonb_build_array(id, xid, name, (extract(epoch from at) * 1000000)::bigint,
  (extract(epoch from written_at) * 1000000)::bigint, act_id, cause_id, operation, actor_kind,
  actor_id, subject_type, subject_id, client_id, entity_id, data)::text"""

LEAVES = f"""SELECT xid, id, sha256('\\x00'::bytea || convert_to({LEAF}, 'UTF8')) FROM core_record
  WHERE (xid, id) > (%s, %s) AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
  ORDER BY xid, id LIMIT %s"""  # noqa: S608

Leaf = tuple[int, int, bytes]


class NotSealed(Problem):
    """The record is younger than the newest checkpoint: a minute at most."""

    status = 409


@dataclass(frozen=True)
class Inclusion:
    """The proof that a record stands in the log, for anybody who has our verifier key."""

    checkpoint: str
    index: int
    leaf: str
    proof: list[bytes]


def signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derived("checkpoints"))


def origin() -> str:
    return f"{urlsplit(settings.BASE_URL).netloc}/log"


def verifier_key() -> str:
    """What we publish, so that others can check our checkpoints."""
    return merkle.verifier_key(origin(), signing_key().public_key())


def _leaves(after: Cursor, limit: int) -> list[Leaf]:
    with connection.cursor() as cursor:
        cursor.execute(LEAVES, [after.xid, after.id, limit])
        return [(xid, number, bytes(leaf)) for xid, number, leaf in cursor.fetchall()]


def _grown(leaves: list[Leaf], tree: merkle.Tree) -> Iterator[SealedBlock]:
    """Grow the tree, from the end of a block on; each block that becomes full."""
    for number, rows in enumerate(batched(leaves, BLOCK), tree.size // BLOCK):
        block = merkle.Tree()
        for _, _, leaf in rows:
            block.add(leaf)
        for level, peak in block.peaks:
            tree.add(peak, level)
        if len(rows) == BLOCK:
            xid, last, _ = rows[-1]
            yield SealedBlock(
                number=number, root=block.root(), peaks=tree.dump(), xid=xid, record_id=last
            )


def seal(*, limit: int = 256_000) -> Checkpoint | None:
    """Seal what the log has gained, at most `limit` records, and sign the new head."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = SealedBlock.objects.order_by("number").last()
        size = (last.number + 1) * BLOCK if last else 0
        tree = merkle.Tree.load(size, bytes(last.peaks) if last else b"")
        leaves = _leaves(Cursor(last.xid, last.record_id) if last else Cursor(), limit)
        blocks = list(_grown(leaves, tree))
        newest = Checkpoint.objects.order_by("size").last()
        if tree.size <= (newest.size if newest else 0):
            return None
        SealedBlock.objects.bulk_create(blocks)
        note = merkle.signed_checkpoint(origin(), tree.size, tree.root(), signing_key())
        return Checkpoint.objects.create(size=tree.size, root=tree.root(), note=note, at=now())


@every("* * * * *")
def seal_the_log(act: Act) -> None:
    """Seal each minute what was written since. Derived figures: no event."""
    while seal() is not None:
        pass


class _Roots:
    """Roots of ranges, from the kept blocks; the leaves of one block only where they are asked."""

    def __init__(self) -> None:
        self.blocks = list(SealedBlock.objects.order_by("number"))

    def leaves(self, number: int) -> list[Leaf]:
        before = self.blocks[number - 1] if number else None
        after = Cursor(before.xid, before.record_id) if before else Cursor()
        return _leaves(after, BLOCK)

    def __call__(self, begin: int, end: int) -> bytes:
        tree = merkle.Tree()
        while begin < end:
            number, place = divmod(begin, BLOCK)
            if place == 0 and end - begin >= BLOCK:
                tree.add(bytes(self.blocks[number].root), BLOCK_LEVEL)
                begin += BLOCK
                continue
            until = min(BLOCK, place + end - begin)
            for _, _, leaf in self.leaves(number)[place:until]:
                tree.add(leaf)
            begin += until - place
        return tree.root()


def inclusion(record: Record) -> Inclusion:
    """Prove that a record stands in the log as the newest checkpoint says."""
    newest, roots = Checkpoint.objects.order_by("size").last(), _Roots()
    passed = [(one.xid, one.record_id) < (record.xid, record.pk) for one in roots.blocks]
    number = sum(passed)
    found = [row[1] for row in roots.leaves(number)]
    index = number * BLOCK + found.index(record.pk) if record.pk in found else None
    if newest is None or index is None or index >= newest.size:
        raise NotSealed("This is not sealed yet. Ask again in a minute.")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LEAF} FROM core_record WHERE id = %s", [record.pk])  # noqa: S608
        leaf = cursor.fetchone()[0]
    proof = merkle.inclusion_proof(index, newest.size, roots)
    return Inclusion(newest.note, index, leaf, proof)


def consistency(old: Checkpoint, new: Checkpoint) -> list[bytes]:
    """Prove that the log only grew from one checkpoint to the other."""
    return merkle.consistency_proof(old.size, new.size, _Roots())


def verify_log(*, limit: int = 256_000) -> list[str]:
    """Hash the whole log again and hold it against every block and checkpoint. Empty: proved."""
    key, flaws, tree, at = signing_key().public_key(), [], merkle.Tree(), Cursor()
    kept = {one.number: one for one in SealedBlock.objects.iterator()}
    due = list(Checkpoint.objects.order_by("size"))
    for one in due:
        try:
            signed = merkle.opened_checkpoint(one.note, key)[1:]
        except ValueError as error:
            signed = (-1, str(error).encode())
        if signed != (one.size, bytes(one.root)):
            flaws.append(f"The checkpoint at {one.size} records does not bear our signature.")
    while rows := _leaves(at, limit // BLOCK * BLOCK):
        at = Cursor(rows[-1][0], rows[-1][1])
        start = tree.size
        for block in _grown(rows, merkle.Tree(list(tree.peaks))):
            known = kept.pop(block.number, None)
            if known and (bytes(known.root), known.record_id) != (block.root, block.record_id):
                first = block.number * BLOCK + 1
                flaws.append(f"Of the records {first} to {first + BLOCK - 1} one was changed.")
        while due and due[0].size <= start + len(rows):
            _grow(tree, rows[tree.size - start : due[0].size - start])
            if tree.root() != bytes(due[0].root):
                flaws.append(f"The first {due[0].size} records are not those that were sealed.")
            due.pop(0)
        _grow(tree, rows[tree.size - start :])
    if due or kept:
        flaws.append(f"The log has {tree.size} records, fewer than were sealed.")
    return flaws


def _grow(tree: merkle.Tree, leaves: list[Leaf]) -> None:
    for _, _, leaf in leaves:
        tree.add(leaf)
