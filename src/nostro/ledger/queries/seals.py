"""Seals of the ledger, read again: whether what was sealed still reads as it did."""

from dataclasses import dataclass

from django.db import connection, models, transaction

from nostro.core.acts import Act
from nostro.core.models import label
from nostro.core.queries import query
from nostro.ledger.events import EntriesSealed, SealAnswered
from nostro.ledger.models import Seal
from nostro.ledger.queries.proof import FOR_PROOFS, MOST, Flaw, one_moment

SEALED = "What was sealed reads as it did"
IN_THE_LOG = "Every sealed entry is of an act in the log"
OF_SEALS = (SEALED, IN_THE_LOG)

# The digest of what is there now beside the one that was kept, each begun with the one before it.
READ_AGAIN = """
SELECT s.id, s.first, s.last, s.entries,
       (SELECT count(*) FROM ledger_entry e WHERE e.id BETWEEN s.first AND s.last) AS there,
       d.now
  FROM ledger_seal s
  LEFT JOIN LATERAL (SELECT last, sha256 FROM ledger_seal b WHERE b.id < s.id
                      ORDER BY b.id DESC LIMIT 1) b ON true
  CROSS JOIN LATERAL (
    SELECT ledger_digest(s.first, s.last, coalesce(b.sha256, '')) AS now OFFSET 0) d
  LEFT JOIN core_record r
    ON r.subject_type = %(type)s AND r.subject_id = s.id AND r.name = %(said)s
 WHERE (s.sha256 = d.now AND s.first = coalesce(b.last, 0) + 1
        AND r.data->>'sha256' = s.sha256) IS NOT TRUE
   AND NOT EXISTS (SELECT FROM core_record a WHERE a.name = %(accepted)s
                    AND a.data @> jsonb_build_object('seal_id', s.id, 'sha256', d.now))
 ORDER BY s.id LIMIT %(most)s
"""
GONE = """
SELECT r.subject_id, r.data->>'through' FROM core_record r
 WHERE r.name = %(said)s AND NOT EXISTS (SELECT FROM ledger_seal s WHERE s.id = r.subject_id)
   AND NOT EXISTS (SELECT FROM core_record a WHERE a.name = %(accepted)s
                    AND a.data @> jsonb_build_object('seal_id', r.subject_id, 'sha256', ''))
 ORDER BY r.id LIMIT %(most)s
"""
STRANGERS = """
SELECT e.id, e.act FROM ledger_entry e
 WHERE e.id <= (SELECT max(last) FROM ledger_seal)
   AND NOT EXISTS (SELECT FROM core_act a WHERE a.id = e.act)
   AND NOT EXISTS (SELECT FROM core_record a WHERE a.name = %(accepted)s
                    AND a.data @> jsonb_build_object('entry_id', e.id))
 ORDER BY e.id LIMIT %(most)s
"""


@query(finds=Seal)
def seals(act: Act) -> models.QuerySet[Seal]:
    """Seals over the ledger's entries, newest first."""
    return Seal.objects.order_by("-pk")


@dataclass(frozen=True)
class Unlike:
    """A seal that does not read as it did, or an entry of an act that is not in the log."""

    flaw: Flaw
    seal_id: int | None = None
    entry_id: int | None = None
    sha256: str = ""


def unlike() -> list[Unlike]:
    """What does not read as it was sealed, and that nobody has answered for as it reads now."""
    given: dict[str, str | int] = {
        "type": label(Seal), "said": EntriesSealed.name, "accepted": SealAnswered.name,
        "most": MOST,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        one_moment(cursor)
        cursor.execute(FOR_PROOFS)
        cursor.execute(READ_AGAIN, given)
        found = [
            Unlike(Flaw(SEALED, f"SL-{pk}: E-{first} to E-{last}, sealed {entries}, there {there}"),
                   seal_id=pk, sha256=now)
            for pk, first, last, entries, there, now in cursor.fetchall()
        ]  # fmt: skip
        cursor.execute(GONE, given)
        found += [
            Unlike(Flaw(SEALED, f"SL-{pk} to E-{last} is gone"), seal_id=pk)
            for pk, last in cursor.fetchall()
        ]
        cursor.execute(STRANGERS, given)
        return found + [
            Unlike(Flaw(IN_THE_LOG, f"of the act {act}", entry_id=entry), entry_id=entry)
            for entry, act in cursor.fetchall()
        ]


def broken_seals() -> list[Flaw]:
    """Read again what was sealed: each digest, that they follow one another and stand in the log,
    and that the act of each sealed entry does. Empty means that nothing sealed was changed, but for
    what two people have answered for as it reads now.
    """
    return [one.flaw for one in unlike()]
