"""One embedded PostgreSQL for all tests, acts to call operations with, and a quiet house.

A test that commits (`transaction=True`) leaves the database as the migrations made it: the log
and the ledger refuse to be emptied, so their triggers are silenced for that one moment.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from nostro.core.acts import Act

_home = Path(os.environ.setdefault("NOSTRO_HOME", str(Path(tempfile.gettempdir()) / "nostro-test")))
_home.mkdir(parents=True, exist_ok=True, mode=0o755)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nostro.site.test_settings")
os.environ.setdefault(
    "NOSTRO_SHARED_DATA", str(Path(__file__).resolve().parent.parent / "shared" / "data")
)

settings.register_profile("house", settings(), deadline=None)
settings.load_profile("house")
"""How long an example takes is no part of what is tested: machines are busy."""

KEEP_SEED = """
DO $$ DECLARE _table text; _filled boolean; BEGIN
  CREATE SCHEMA seed;
  FOR _table IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'django_migrations' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', _table) INTO _filled;
    IF _filled THEN
      EXECUTE format('CREATE TABLE seed.%I AS SELECT * FROM public.%I', _table, _table);
    END IF;
  END LOOP;
END $$;
"""

# Emptied row by row, where there are rows: to truncate all tables is to make as many new files.
BACK_TO_SEED = """
DO $$ DECLARE _table text; _filled boolean; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR _table IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'django_migrations' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', _table) INTO _filled;
    IF _filled THEN EXECUTE format('DELETE FROM public.%I', _table); END IF;
  END LOOP;
  FOR _table IN SELECT tablename FROM pg_tables WHERE schemaname = 'seed' LOOP
    EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM seed.%I',
                   _table, _table);
  END LOOP;
END $$;
"""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """After the migrations: remember what they filled, and how to come back to it."""
    from django.db import connection, transaction
    from django.test import TransactionTestCase

    def back_to_seed(_case: TransactionTestCase) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BACK_TO_SEED)

    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("DROP SCHEMA IF EXISTS seed CASCADE")
        cursor.execute(KEEP_SEED)
    TransactionTestCase._fixture_teardown = back_to_seed  # type: ignore[attr-defined]


def pytest_unconfigure() -> None:
    """The server of these tests goes with them."""
    if "nostro.site.settings" in sys.modules and "DATABASE_URL" not in os.environ:
        from nostro.site.commands.up import stop_database

        stop_database(embedded=True)


@pytest.fixture
def act(db: None) -> "Act":
    """The system acting now."""
    from nostro.core.acts import Act

    return Act.system()
