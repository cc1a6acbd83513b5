"""The sealed log: it grows, it proves, and it notices whatever was done to it."""

import pytest
from django.db import connection

from nostro.core import seal
from nostro.core.acts import Act
from nostro.core.log import Cursor
from nostro.core.models import Checkpoint, Record, SealedBlock
from nostro.core.seal import NotSealed
from nostro.core.tests.parcels import all_settled, send
from nostro.core.tests.test_log import another_connection, written_slowly
from nostro.kit import merkle

pytestmark = pytest.mark.usefixtures("committed")


def sent(count: int) -> None:
    """Many records at once: one operation, written by the log's own writer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH a AS (SELECT gen_random_uuid() AS id), b AS MATERIALIZED (SELECT id,"
            " nostro_begin(id,'tests.send','','',now(),'system',NULL,NULL,'','','',NULL) FROM a)"
            " SELECT nostro_write(id, NULL, (SELECT jsonb_agg(jsonb_build_object('name',"
            " 'tests.ParcelSent', 'operation', 'tests.send', 'subject_type', '', 'data',"
            " jsonb_build_object('parcel_id', n), 'jobs', '[]'::jsonb))"
            " FROM generate_series(1, %s) AS n)) FROM b",
            [count],
        )


def sealed(limit: int = 256_000) -> Checkpoint | None:
    all_settled()
    return seal.seal(limit=limit)


def tamper(sql: str) -> None:
    """What only somebody with the database in their hands can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_a_seal_is_signed_and_names_the_size_and_the_root() -> None:
    sent(3)
    checkpoint = sealed()

    assert checkpoint is not None
    opened = merkle.opened_checkpoint(checkpoint.note, seal.signing_key().public_key())
    assert opened == (seal.origin(), 3, checkpoint.root)
    assert seal.verify_log() == []
    assert seal.verifier_key().startswith(f"{seal.origin()}+")


def test_nothing_new_makes_no_new_checkpoint() -> None:
    assert sealed() is None
    sent(1)
    assert sealed() is not None
    assert sealed() is None
    assert Checkpoint.objects.count() == 1


def test_sealing_bit_by_bit_ends_at_the_same_root_as_in_one_go() -> None:
    sizes = []
    for count in (5, 251, 300, 1, 600):
        sent(count)
        made = sealed()
        assert made is not None
        sizes.append(made.size)
    tree = merkle.Tree()
    for _, _, leaf in seal._leaves(Cursor(), 10_000):
        tree.add(leaf)

    newest = Checkpoint.objects.order_by("size").last()
    assert newest is not None
    assert sizes == [5, 256, 556, 557, 1157]
    assert bytes(newest.root) == tree.root()
    assert SealedBlock.objects.count() == 4
    assert seal.verify_log() == []
    assert seal.verify_log(limit=512) == []


def test_a_limit_seals_the_rest_the_next_time() -> None:
    sent(700)

    assert [made.size for made in iter(lambda: sealed(512), None)] == [512, 700]
    assert seal.verify_log() == []


def test_what_a_slow_transaction_may_still_precede_is_not_sealed() -> None:
    with another_connection() as other:
        written_slowly(other)
        send(Act.system(), label="Fast")
        assert seal.seal() is None
        other.commit()

    made = sealed()
    assert made is not None
    assert made.size == 2
    assert seal.verify_log() == []


@pytest.mark.parametrize("place", [0, 255, 256, 511, 600, 698])
def test_every_record_is_proved_to_whoever_has_the_verifier_key(place: int) -> None:
    sent(699)
    sealed()
    record = Record.objects.order_by("xid", "id")[place]

    proved = seal.inclusion(record)

    _, size, root = merkle.opened_checkpoint(proved.checkpoint, seal.signing_key().public_key())
    leaf = merkle.leaf_hash(proved.leaf.encode())
    assert proved.index == place
    assert str(record.act_id) in proved.leaf
    assert merkle.is_included(leaf, place, size, proved.proof, root)
    forged = merkle.leaf_hash(proved.leaf.replace("tests", "other").encode())
    assert not merkle.is_included(forged, place, size, proved.proof, root)


def test_a_record_that_is_not_sealed_yet_has_no_proof() -> None:
    sent(2)
    sealed()
    sent(1)
    newest = Record.objects.order_by("id").last()
    assert newest is not None

    with pytest.raises(NotSealed):
        seal.inclusion(newest)


def test_any_checkpoint_is_proved_to_begin_any_later_one() -> None:
    made = []
    for count in (1, 255, 44, 500):
        sent(count)
        made.append(sealed())
    for old in made:
        for new in made:
            if old and new and old.size <= new.size:
                proof = seal.consistency(old, new)
                assert merkle.is_consistent(
                    old.size, new.size, bytes(old.root), bytes(new.root), proof
                )


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE core_record SET actor_id = 9 WHERE id = {row}", "257 to 512"),
        ("UPDATE core_record SET at = at + interval '1 us' WHERE id = {row}", "257 to 512"),
        ("DELETE FROM core_record WHERE id = {row}", "fewer than were sealed"),
        ("UPDATE core_record SET xid = 1 WHERE id = {row}", "1 to 256"),
        ("UPDATE core_checkpoint SET note = replace(note, '600', '601')", "our signature"),
        ("UPDATE core_checkpoint SET root = sha256('x')", "not those that were sealed"),
        ("UPDATE core_sealedblock SET root = sha256('x') WHERE number = 1", "257 to 512"),
        ("DELETE FROM core_record", "fewer than were sealed"),
    ],
)
def test_whatever_was_done_to_the_log_is_noticed(sql: str, said: str) -> None:
    sent(600)
    sealed()
    row = Record.objects.order_by("id")[400].pk

    tamper(sql.format(row=row))

    assert said in " ".join(seal.verify_log())
