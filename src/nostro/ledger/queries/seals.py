"""Seals of the ledger, read again: whether what was sealed still reads as it did."""

from django.db import connection, models, transaction

from nostro.core.acts import Act
from nostro.core.models import label
from nostro.core.queries import query
from nostro.ledger.events import EntriesSealed
from nostro.ledger.models import Seal
from nostro.ledger.queries.proof import FOR_PROOFS, MOST, Flaw, one_moment

SEALED = "What was sealed reads as it did"
IN_THE_LOG = "Every sealed entry is of an act in the log"
OF_SEALS = (SEALED, IN_THE_LOG)

# The digest of what is there now beside the one that was kept, each begun with the one before it.
READ_AGAIN = """
SELECT s.id, s.first, s.last, s.entries,
       (SELECT count(*) FROM ledger_entry e WHERE e.id BETWEEN s.first AND s.last) AS there
  FROM ledger_seal s
  LEFT JOIN LATERAL (SELECT last, sha256 FROM ledger_seal b WHERE b.id < s.id
                      ORDER BY b.id DESC LIMIT 1) b ON true
  LEFT JOIN core_record r
    ON r.subject_type = %(type)s AND r.subject_id = s.id AND r.name = %(said)s
 WHERE (s.sha256 = ledger_digest(s.first, s.last, coalesce(b.sha256, ''))
        AND s.first = coalesce(b.last, 0) + 1 AND r.data->>'sha256' = s.sha256) IS NOT TRUE
 ORDER BY s.id LIMIT %(most)s
"""
GONE = """
SELECT r.subject_id, r.data->>'through' FROM core_record r
 WHERE r.name = %(said)s AND NOT EXISTS (SELECT FROM ledger_seal s WHERE s.id = r.subject_id)
 ORDER BY r.id LIMIT %(most)s
"""
STRANGERS = """
SELECT e.id, e.act FROM ledger_entry e
 WHERE e.id <= (SELECT max(last) FROM ledger_seal)
   AND NOT EXISTS (SELECT FROM core_act a WHERE a.id = e.act) ORDER BY e.id LIMIT %(most)s
"""


@query(finds=Seal)
def seals(act: Act) -> models.QuerySet[Seal]:
    """Seals over the ledger's entries, newest first."""
    return Seal.objects.order_by("-pk")


def broken_seals() -> list[Flaw]:
    """Read again what was sealed: each digest, that they follow one another and stand in the log,
    and that the act of each sealed entry does. Empty means that nothing sealed was changed.
    """
    given: dict[str, str | int] = {"type": label(Seal), "said": EntriesSealed.name, "most": MOST}
    with transaction.atomic(), connection.cursor() as cursor:
        one_moment(cursor)
        cursor.execute(FOR_PROOFS)
        cursor.execute(READ_AGAIN, given)
        found = [
            Flaw(SEALED, f"SL-{pk}: E-{first} to E-{last}, sealed {entries}, there {there}")
            for pk, first, last, entries, there in cursor.fetchall()
        ]
        cursor.execute(GONE, given)
        found += [Flaw(SEALED, f"SL-{pk} to E-{last} is gone") for pk, last in cursor.fetchall()]
        cursor.execute(STRANGERS, given)
        return found + [
            Flaw(IN_THE_LOG, f"of the act {stranger}", entry_id=entry)
            for entry, stranger in cursor.fetchall()
        ]
