"""The guard: no table of a room changes without an act, not even from a shell.

One statement-level trigger a table, so it costs one look at a setting per statement. Only
`nostro_begin`, which `@operation` calls, bears an act; `acting_as_system` is for migrations.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig
from django.db import connection, transaction

TRIGGER = """
CREATE OR REPLACE TRIGGER nostro_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {wall}()
"""


def install(app_config: AppConfig, **_: Any) -> None:
    """Put the trigger on each table of the room that has just been migrated.

    A room may name a function of its own for a table (`walls`): it asks for the act, and for more.
    """
    if not getattr(app_config, "guarded", False):
        return
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for model in app_config.get_models(include_auto_created=True):
            table = model._meta.db_table
            if model._meta.managed and table in existing:
                wall = getattr(app_config, "walls", {}).get(table, "nostro_guard")
                cursor.execute(TRIGGER.format(table=connection.ops.quote_name(table), wall=wall))


@contextmanager
def acting_as_system(why: str) -> Iterator[None]:
    """A transaction that may write without an operation: for migrations alone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('nostro.act', %s, true)", [f"migration: {why}"])
        yield
        cursor.execute("SELECT set_config('nostro.act', '', true)")
