"""The table of parcels, guarded like a room's, for the tests of the core alone."""

from collections.abc import Iterator

import pytest
from django.db import connection

from nostro.core.guard import TRIGGER
from nostro.core.tests.parcels import Parcel


def _create() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Parcel)
    with connection.cursor() as cursor:
        cursor.execute(TRIGGER.format(table="tests_parcel", wall="nostro_guard"))


@pytest.fixture
def parcel_table(db: None) -> None:
    """Lives as long as the test's transaction."""
    _create()


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """Real commits, for what races."""
    _create()
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE tests_parcel")
