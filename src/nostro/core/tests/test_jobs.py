"""Reactions run because of a record, at least once, by a key; here in place and by a worker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from procrastinate.jobs import Job

from nostro.core import jobs
from nostro.core.acts import Act, clock_at, now
from nostro.core.jobs import BY_NAME, REACTIONS, drain, health, on, work
from nostro.core.models import Record
from nostro.core.tests.parcels import Parcel, ParcelSent, TooHeavy, deliver, send
from nostro.kit.vendors import Refused, Retry, Unknown

Heard = list[tuple[ParcelSent, int | None, str]]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """A reaction that delivers each parcel that was sent, and remembers how it was called."""
    calls: Heard = []
    before = {name: list(those) for name, those in REACTIONS.items()}

    @on(ParcelSent)
    def deliver_at_once(act: Act, event: ParcelSent, key: str) -> None:
        calls.append((event, act.cause, key))
        parcel = Parcel.objects.get(pk=event.parcel_id)
        if parcel.label == "Slow":
            raise Retry("Nobody is at the counter.")
        if parcel.label == "Cursed":
            raise Refused("Nobody wants it.")
        deliver(Act.system(cause=act.cause, key=key), parcel)

    yield calls
    REACTIONS.clear()
    REACTIONS.update(before)
    BY_NAME.pop("tests.deliver_at_once")


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        return int(cursor.fetchone()[0])


@pytest.mark.usefixtures("parcel_table")
def test_a_reaction_runs_once_with_the_cause_and_a_key(heard: Heard) -> None:
    parcel = send(Act.system(), label="Book")
    record = Record.objects.get()

    assert drain() == 1

    assert heard == [
        (ParcelSent(parcel.pk), record.pk, f"tests.deliver_at_once/{record.pk}"),
    ]
    assert Record.objects.get(name="tests.ParcelDelivered").cause_id == record.pk
    assert drain() == 0


@pytest.mark.usefixtures("parcel_table")
def test_a_change_that_was_taken_back_takes_its_jobs_with_it(heard: Heard) -> None:
    with pytest.raises(TooHeavy):
        send(Act.system(), label="Anvil", kilograms=31)

    assert (waiting(), heard) == (0, [])


@pytest.mark.usefixtures("parcel_table")
def test_a_repeated_reaction_changes_nothing_more(heard: Heard) -> None:
    send(Act.system(), label="Book")
    record = Record.objects.get()
    for _ in range(3):
        jobs.run_reaction("tests.deliver_at_once", record.pk)

    assert len(heard) == 3
    assert Record.objects.filter(name="tests.ParcelDelivered").count() == 1


@pytest.mark.usefixtures("parcel_table")
def test_who_asks_for_patience_is_put_back_by_the_houses_clock(heard: Heard) -> None:
    past = now() - timedelta(days=400)
    with clock_at(past):
        send(Act.system(), label="Slow")
        assert drain(historic=True) == 1
        assert (waiting(), drain(historic=True)) == (1, 0)
    with clock_at(past + timedelta(minutes=2)):
        assert drain(historic=True) == 1
    with pytest.raises(Retry):
        drain(patient=False)
    assert len(heard) == 3


@pytest.mark.usefixtures("parcel_table")
def test_a_historic_reaction_happens_at_the_time_of_its_event(heard: Heard) -> None:
    past = now() - timedelta(days=30)
    with clock_at(past):
        send(Act.system(), label="Book")

    drain(historic=True)

    assert Record.objects.get(name="tests.ParcelDelivered").at == past
    assert heard


@pytest.mark.usefixtures("committed")
def test_a_real_worker_carries_out_what_waits_and_reports_what_failed(heard: Heard) -> None:
    send(Act.system(), label="Book")
    send(Act.system(), label="Cursed")
    before = health()
    work(wait=False)
    after = health()

    assert (before.due, before.failed) == (2, 0)
    assert (after.due, after.failed) == (0, 1)
    assert [one.status for one in Parcel.objects.order_by("pk")] == ["delivered", "sent"]


@pytest.mark.django_db
def test_a_job_whose_worker_was_killed_begins_again_and_a_schedule_waits_for_its_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, status) VALUES"
            " ('default', 'nostro.react', 'a', '{}', 'doing'),"
            " ('default', 'every.core.seal', 'b', '{}', 'doing')"
        )

    assert jobs.take_up_lost() == 2
    assert jobs.take_up_lost() == 0

    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status FROM procrastinate_jobs ORDER BY id")
        assert cursor.fetchall() == [("nostro.react", "todo"), ("every.core.seal", "failed")]


def waits(trouble: Exception) -> list[int]:
    """Seconds before each try after such trouble, until it is given up."""
    found: list[int] = []
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="nostro.react")
    while decision := jobs.Patience().get_retry_decision(
        exception=trouble, job=job.evolve(attempts=len(found))
    ):
        assert decision.retry_at is not None
        found.append(round((decision.retry_at - datetime.now(UTC)).total_seconds()))
    return found


def test_a_vendor_has_a_day_to_come_back_and_the_house_an_hour() -> None:
    for trouble in (Retry("away", after=5), Unknown("no answer")):
        assert 0.95 < sum(waits(trouble)) / 86_400 < 1.05
        assert max(waits(trouble)) <= 256
    assert 0.95 < sum(waits(RuntimeError("ours"))) / 3_600 < 1.25
    assert waits(Refused("no")) == []
    assert waits(Retry("not before", after=30))[:7] == [30, 30, 30, 30, 30, 32, 64]


@pytest.mark.usefixtures("committed")
def test_what_was_given_up_is_tried_again_when_somebody_says_so(heard: Heard) -> None:
    send(Act.system(), label="Cursed")
    work(wait=False)
    assert health().failed == 1
    assert jobs.try_again() == 1
    assert (health().due, health().failed) == (1, 0)
    work(wait=False)
    assert health().failed == 1
