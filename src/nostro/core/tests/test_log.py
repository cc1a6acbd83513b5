"""The guard, the log that only grows, and the feed in the order of commits."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from nostro.core.access import Scope
from nostro.core.acts import Act
from nostro.core.guard import acting_as_system
from nostro.core.log import Cursor, feed, feed_end, records
from nostro.core.models import Proposal, Record
from nostro.core.tests.parcels import Parcel, all_settled, client, send, staff


def refused(sql: str) -> str:
    """The database's own words for refusing a statement."""
    with (
        pytest.raises(DatabaseError) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    return str(caught.value)


@contextmanager
def another_connection() -> Iterator[psycopg.Connection[Any]]:
    given = connection.get_connection_params()
    chosen = {key: given[key] for key in ("dbname", "user", "host", "port") if given.get(key)}
    with psycopg.connect(**chosen) as other:
        yield other


def written_slowly(other: psycopg.Connection[Any]) -> None:
    """An operation on another connection that has recorded and not committed yet."""
    act = uuid4()
    event = {
        "name": "tests.ParcelSent", "operation": "tests.send", "subject_type": "",
        "data": {"parcel_id": 0}, "jobs": [],
    }  # fmt: skip
    other.execute(
        "SELECT nostro_begin(%s,'tests.send','','',now(),'system',NULL,NULL,'','','',NULL)", [act]
    )
    other.execute("SELECT nostro_write(%s, NULL, %s)", [act, json.dumps([event])])


@pytest.mark.usefixtures("parcel_table")
def test_the_orm_cannot_write_a_guarded_table_without_an_operation() -> None:
    parcel = send(Act.system(), label="Book")
    parcel.label = "Lamp"

    with pytest.raises(DatabaseError, match="bears no act"), transaction.atomic():
        parcel.save()
    with pytest.raises(DatabaseError, match="bears no act"), transaction.atomic():
        Parcel.objects.all().delete()

    assert Parcel.objects.get().label == "Book"


@pytest.mark.usefixtures("parcel_table")
@pytest.mark.parametrize(
    "sql",
    ["UPDATE tests_parcel SET label = 'x'", "DELETE FROM tests_parcel", "TRUNCATE tests_parcel"],
)
def test_raw_sql_cannot_write_a_guarded_table_either(sql: str) -> None:
    send(Act.system(), label="Book")

    assert "Nothing changes without an operation" in refused(sql)
    assert Parcel.objects.get().label == "Book"


@pytest.mark.usefixtures("parcel_table")
def test_the_act_ends_with_its_operation_even_when_the_key_was_used_before() -> None:
    for _ in range(2):
        send(Act.system(key="k"), label="Book")
        assert "bears no act" in refused("DELETE FROM tests_parcel")


@pytest.mark.usefixtures("parcel_table")
def test_a_migration_acts_as_the_system_and_only_inside_its_block() -> None:
    send(Act.system(), label="Book")

    with acting_as_system("rename"):
        Parcel.objects.update(label="Lamp")

    assert Parcel.objects.get().label == "Lamp"
    assert "bears no act" in refused("DELETE FROM tests_parcel")


@pytest.mark.django_db
def test_every_table_of_every_room_bears_the_guard() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname='nostro_guard'")
        guarded = {row[0].strip('"') for row in cursor.fetchall()}

    there = set(connection.introspection.table_names())
    assert set(guarded_tables()) & there <= guarded
    assert Proposal._meta.db_table in guarded


@pytest.mark.usefixtures("parcel_table")
@pytest.mark.parametrize("table", ["core_record", "core_act"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET operation = 'x'", "DELETE FROM {}"])
def test_the_log_only_grows(table: str, verb: str) -> None:
    send(Act.system(key="k"), label="Book")

    assert "only grows" in refused(verb.format(table))


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("table", ["core_record", "core_act", "core_agreement"])
def test_the_log_cannot_be_emptied(table: str) -> None:
    send(Act.system(), label="Book")

    assert "is refused" in refused(f"TRUNCATE {table} CASCADE")
    assert Record.objects.count() == 1


@pytest.mark.usefixtures("committed")
def test_the_feed_waits_for_a_slow_transaction_where_a_cursor_over_ids_loses_it() -> None:
    all_settled()
    start = feed_end()
    with another_connection() as other:
        written_slowly(other)
        fast = send(Act.system(), label="Fast")
        by_id = list(Record.objects.order_by("id").values_list("id", flat=True))
        seen_early = feed(start)
        other.commit()
    naive = by_id + list(Record.objects.filter(id__gt=by_id[-1]).values_list("id", flat=True))

    all_settled()
    assert seen_early == []
    slow, quick = feed(start)
    assert slow.pk < quick.pk
    assert quick.data == {"parcel_id": fast.pk}
    assert slow.pk not in naive, "the plain cursor was expected to lose the slow record"


@pytest.mark.usefixtures("committed")
def test_the_feed_goes_on_where_its_cursor_stands() -> None:
    for number in range(5):
        send(Act.system(), label=f"Parcel {number}")

    all_settled()
    first = feed(Cursor(), limit=2)
    cursor = Cursor.parse(str(Cursor(first[-1].xid, first[-1].pk)))
    rest = feed(cursor)

    assert [one.pk for one in [*first, *rest]] == sorted(one.pk for one in [*first, *rest])
    assert len(rest) == 3
    assert feed(feed_end()) == []


@pytest.mark.usefixtures("parcel_table")
def test_the_log_shows_each_asker_their_part() -> None:
    send(Act.system(), label="Of entity 1, client 3", client_id=3)
    send(Act.system(), label="Of entity 1, client 4", client_id=4)

    def seen(actor: Any) -> int:
        return records(Act(actor)).count()

    assert seen(client(3)) == 1
    assert seen(staff(1, "core.records")) == 2
    assert seen(staff(1, "core.records", scope=Scope(entities=frozenset({2})))) == 0
    assert seen(staff(1, "core.records", scope=Scope(entities=frozenset({1})))) == 2


def guarded_tables() -> list[str]:
    """Every table of every room, the tables of many-to-many fields among them."""
    rooms = [app for app in apps.get_app_configs() if getattr(app, "guarded", False)]
    return [
        model._meta.db_table
        for room in rooms
        for model in room.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
