"""How often somebody tried something: counted in PostgreSQL, so that all servers count together and
a restart forgets nothing. Whose tries they are is kept as a hash.

Counting is no operation: it changes nothing that anybody asks about, and leaves no record.
"""

import hashlib

from django.db import connection

from nostro.core import secrets
from nostro.core.acts import now


def tries(of: str, *, seconds: int, refused: bool = False) -> int:
    """Count a try, and answer how many there were within the `seconds` that began at the first.

    `refused` is for operations, whose refusal would roll the count back: it is made over a
    connection of its own, so that a refused try stays a try. Doors open no transaction.
    """
    key = _key(of)
    counter = connection.copy() if refused else connection
    with counter.cursor() as cursor:
        cursor.execute("SELECT core_count_try(%s, %s, %s)", [key, seconds, now()])
        count = int(cursor.fetchone()[0])
    if refused:
        counter.close()
    return count


def tried(of: str) -> int:
    """How many tries were counted until now; sure for whoever locks what is tried."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce((SELECT count FROM core_tries WHERE key = %s AND until > %s), 0)",
            [_key(of), now()],
        )
        return int(cursor.fetchone()[0])


def _key(of: str) -> bytes:
    return hashlib.blake2b(of.encode(), key=secrets.derived("limits")).digest()
