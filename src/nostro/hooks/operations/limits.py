"""How often a key may ask: a token bucket in PostgreSQL, so that all servers count together.

It is a plain function and no operation: counting a question changes nothing that anybody asks
about, so its table is unlogged, outside the guard, and leaves no record.
"""

from django.db import connection

from nostro.core.acts import now

BURST = 120
PER_SECOND = 20


def take_token(key_id: int, *, burst: int = BURST, per_second: int = PER_SECOND) -> int:
    """Take one. Answers 0, or the whole seconds after which there will be another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hooks_take_token(%s, %s, %s, %s)", [key_id, burst, per_second, now()]
        )
        return int(cursor.fetchone()[0])
