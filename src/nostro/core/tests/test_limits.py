"""Tries are counted by all servers together, and neither a refusal nor a restart forgets them."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.db import connection, transaction

from nostro.core.acts import clock_at, now
from nostro.core.limits import tries
from nostro.kit.problems import Problem

ANOTHER = """
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = {name!r}
from nostro.core.limits import tries
from django.core.cache import cache
print([tries("a door/ada", seconds=600) for _ in range(3)], cache.get("a limit of allauth"))
"""


@pytest.mark.django_db(transaction=True)
def test_another_process_goes_on_counting_where_this_one_was() -> None:
    for _ in range(3):
        tries("a door/ada", seconds=600)
    cache.set("a limit of allauth", [1.5], 600)
    settings_of = connection.settings_dict
    url = f"postgresql://{settings_of['USER']}@/{settings_of['NAME']}?host={settings_of['HOST']}"
    found = subprocess.run(
        [sys.executable, "-c", ANOTHER.format(name=settings_of["NAME"])],
        env={"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "nostro.site.settings",
             "NOSTRO_HOME": str(settings.NOSTRO_HOME), "PATH": "",
             "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert found.stdout.strip() == "[4, 5, 6] [1.5]", found.stderr
    assert tries("a door/ada", seconds=600) == 7


@pytest.mark.django_db(transaction=True)
def test_a_refused_try_stays_a_try() -> None:
    for count in (1, 2):
        with pytest.raises(Problem), transaction.atomic():
            assert tries("a code/1", seconds=600, refused=True) == count
            raise Problem("No.")
    assert tries("a code/1", seconds=600) == 3


@pytest.mark.django_db
def test_counting_begins_again_once_the_time_is_over() -> None:
    begun = now()
    with clock_at(begun):
        assert [tries("a door/ada", seconds=60) for _ in range(3)] == [1, 2, 3]
        assert tries("a door/eve", seconds=60) == 1
    with clock_at(begun + timedelta(seconds=59)):
        assert tries("a door/ada", seconds=60) == 4
    with clock_at(begun + timedelta(seconds=60)):
        assert tries("a door/ada", seconds=60) == 1


@pytest.mark.django_db
def test_who_tried_cannot_be_read_and_what_is_over_is_forgotten() -> None:
    begun = now()
    with clock_at(begun):
        tries("a door/ada@example.com", seconds=60)
        tries("a door/eve@example.com", seconds=600)
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(key, 'escape') FROM core_tries")
        assert not any("example" in row[0] for row in cursor.fetchall())
    long_after = begun + timedelta(days=1, seconds=90)
    with clock_at(long_after):
        for _ in range(100):  # each clears away a few, those of other tests as well
            tries("a door/eve@example.com", seconds=600)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM core_tries WHERE until < %s", [long_after - timedelta(days=1)]
        )
        assert cursor.fetchone()[0] == 0


def test_what_allauth_limits_is_shared_and_what_spares_a_look_is_not() -> None:
    assert type(caches["default"]).__name__ == "DatabaseCache"
    assert type(caches["memory"]).__name__ == "LocMemCache"
