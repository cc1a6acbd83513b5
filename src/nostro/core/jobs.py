"""Reactions, jobs and schedules. The queue lives in the same database, so a job commits with
the change that caused it; nothing else in the house knows which queue it is.
"""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event as Signal
from threading import Thread
from typing import Any

from django.db import close_old_connections, connection
from procrastinate import RetryDecision
from procrastinate.contrib.django import app as queue
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from nostro.core.acts import Act, Recorded, clock_at, now
from nostro.core.events import Event, from_data, room_of
from nostro.core.models import Record, label
from nostro.kit.vendors import Refused, Retry, Unknown

log = logging.getLogger("nostro.jobs")


@dataclass(frozen=True)
class Reaction:
    """What we do after something happened: at least once, idempotent by its key."""

    name: str
    event: str
    function: Callable[..., None]
    queue: str


REACTIONS: dict[str, list[Reaction]] = {}
BY_NAME: dict[str, Reaction] = {}
EVERYTHING = "*"


def on(
    *events: type[Event] | str, queue: str = "default"
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a reaction: `function(act, event, key)`; with `"*"` it gets every event.

    `key` is the same at each repeat: give it to the operation or the vendor that is called.
    """

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        for event in events:
            event_name = event if isinstance(event, str) else event.name
            name = f"{room_of(function.__module__)}.{function.__name__}"
            reaction = Reaction(name, event_name, function, queue)
            REACTIONS.setdefault(event_name, []).append(reaction)
            BY_NAME[name] = reaction
        return function

    return declare


def jobs_for(recorded: Recorded) -> list[dict[str, Any]]:
    """The jobs of one event. Those about one subject run one after another."""
    heard = [*REACTIONS.get(recorded.event.name, ()), *REACTIONS.get(EVERYTHING, ())]
    if not heard:
        return []
    subject = recorded.subject
    about = f"{label(subject)}:{subject.pk}" if subject is not None else ""
    return [
        {
            "queue": one.queue,
            "reaction": one.name,
            "lock": f"{one.name.partition('.')[0]}/{about}" if about else None,
        }
        for one in heard
    ]


def run_reaction(reaction: str, record: int, *, historic: bool = False) -> None:
    """Carry out one reaction. `historic` lets it happen at the time of its event."""
    row = Record.objects.get(pk=record)
    one = BY_NAME[reaction]
    key = f"{reaction}/{record}"
    event = from_data(row.name, row.data)
    if historic:
        with clock_at(row.at):
            one.function(Act.system(cause=row.pk, key=key, door="reaction"), event, key)
    else:
        one.function(Act.system(cause=row.pk, key=key, door="reaction"), event, key)


HOUR, DAY = 22, 344
"""Attempts within them: 1, 2, 4 and so on to 256 seconds apart."""


class Patience(BaseRetryStrategy):
    """Ask again after what the vendor said and ever later, four minutes at most. A vendor has a day
    to come back; what fails in the house has an hour.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        most = DAY if isinstance(exception, Retry | Unknown) else HOUR
        if isinstance(exception, Refused | JobAborted) or job.attempts >= most:
            return None
        seconds = max(getattr(exception, "after", 0), 2.0 ** min(job.attempts, 8))
        return RetryDecision(retry_in={"seconds": round(seconds)})


@queue.task(name="nostro.react", retry=Patience())
def react(reaction: str, record: int) -> None:
    """The one task of all reactions."""
    close_old_connections()
    try:
        run_reaction(reaction, record)
    except (Retry, Unknown) as trouble:
        log.warning("%s on record %s waits: %s", reaction, record, trouble)
        raise


SCHEDULES: dict[str, Callable[[Act], None]] = {}


def every(cron: str) -> Callable[[Callable[[Act], None]], Callable[[Act], None]]:
    """Declare what the house does by the clock: `function(act)`, in cron's words, UTC."""

    def declare(function: Callable[[Act], None]) -> Callable[[Act], None]:
        name = f"{room_of(function.__module__)}.{function.__name__}"
        SCHEDULES[name] = function

        @queue.periodic(cron=cron)
        @queue.task(name=f"every.{name}", queueing_lock=name, lock=name, pass_context=False)
        def scheduled(timestamp: int) -> None:
            close_old_connections()
            function(Act.system(door="schedule", key=""))

        return function

    return declare


def try_again() -> int:
    """Give each reaction that was given up another try. Their number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL)"
            "  FROM procrastinate_jobs WHERE status = 'failed' AND task_name = 'nostro.react'"
        )
        count: int = cursor.rowcount
    return count


def drain(
    *, historic: bool = False, limit: int = 100_000, patient: bool = True, which: str = "true"
) -> int:
    """Run what is due, here and now, in order: for tests and for building the demo's past.

    A reaction that asks for patience is put back, a minute of the house's clock later. `which` is
    a condition on the jobs (SQL), where others carry out the rest.
    """
    done, finished = 0, 0
    while done < limit:
        row, finished = _take(finished, which), 0
        if row is None:
            break
        job_id, task, args = row
        try:
            if task == "nostro.react":
                run_reaction(**args, historic=historic)
            finished = job_id
        except (Retry, Unknown) as trouble:
            if not patient:
                raise
            log.info("put back: %s", trouble)
            _put_back(job_id, now() + timedelta(minutes=1))
        done += 1
    if finished:
        _take(finished, "false")
    return done


NEXT = """
WITH gone AS (DELETE FROM procrastinate_jobs WHERE id = %(finished)s)
SELECT id, task_name, args FROM procrastinate_jobs
 WHERE status = 'todo' AND task_name NOT LIKE 'every.%%' AND id <> %(finished)s
   AND coalesce(scheduled_at, '-infinity') <= %(now)s
   AND {which}
 ORDER BY id LIMIT 1
"""


def _take(finished: int, which: str) -> tuple[int, str, dict[str, Any]] | None:
    """The next job that is due, and the one before it is done with: one trip."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT.format(which=which), {"finished": finished, "now": now()})
        found: tuple[int, str, dict[str, Any]] | None = cursor.fetchone()
    if found and isinstance(found[2], str):
        return found[0], found[1], json.loads(found[2])
    return found


def _put_back(job_id: int, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at=%s WHERE id=%s", [at, job_id])


LOOPS: dict[str, Callable[[Signal], None]] = {}
"""What goes on for as long as a worker does: `function(stop)` returns when `stop` is set."""


LOST = """
WITH lost AS (
  SELECT j.id, j.task_name LIKE 'every.%%' AS scheduled FROM procrastinate_jobs j
    LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
   WHERE j.status = 'doing'
     AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %(seconds)s))
), ended AS (
  UPDATE procrastinate_jobs SET status = 'failed'
   WHERE id IN (SELECT id FROM lost WHERE scheduled) RETURNING id
)
SELECT (SELECT count(*) FROM ended) + count(procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL))
  FROM lost WHERE NOT scheduled
"""


def take_up_lost(seconds: int = 60) -> int:
    """Jobs whose worker was killed: reactions begin again, schedules wait for their next time.

    Their number. Without it such a job would hold its lock for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOST, {"seconds": seconds})
        count: int = cursor.fetchone()[0]
    if count:
        log.warning("%s jobs of a worker that is gone were taken up again.", count)
    return count


def _watch_for_lost(stop: Signal) -> None:
    while not stop.is_set():
        take_up_lost()
        stop.wait(20)


LOOPS["core.lost_jobs"] = _watch_for_lost


def alone(name: str) -> bool:
    """Whether this thread is the only one in the house at it. It stays so until `released`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def released() -> None:
    """Give up this thread's connection, and with it everything it was alone at."""
    connection.close()


def _kept_going(name: str, loop: Callable[[Signal], None], stop: Signal) -> None:
    while not stop.is_set():
        try:
            loop(stop)
        except Exception:
            log.exception("The loop %s failed; it starts again.", name)
        released()
        stop.wait(5)


@contextmanager
def looping() -> Iterator[None]:
    """Every loop in a thread of its own while the block runs."""
    stop = Signal()
    threads = [Thread(target=_kept_going, args=(*one, stop)) for one in LOOPS.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=20)


def take_turns() -> None:
    """Let threads that wait for the database or a vendor go on soon after the answer: with
    Python's own five milliseconds, each of their trips waits for whoever is reckoning.
    """
    sys.setswitchinterval(0.0005)


def work(*, wait: bool = True, concurrency: int = 4) -> None:
    """Carry out jobs, schedules and loops until told to stop; without `wait`, until no job is
    left, and no loops.
    """
    take_turns()
    connector = queue.connector.get_worker_connector()  # type: ignore[attr-defined]
    with queue.replace_connector(connector) as worker, looping() if wait else nullcontext():
        worker.run_worker(
            wait=wait,
            concurrency=concurrency,
            delete_jobs="successful",
            shutdown_graceful_timeout=20,
        )


@dataclass(frozen=True)
class QueueHealth:
    """How the queue stands: what is due and failed, and how long ago a worker was heard."""

    due: int
    failed: int
    oldest_seconds: int | None
    heartbeat_seconds: int | None


def health() -> QueueHealth:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE due), count(*) FILTER (WHERE status = 'failed'),"
            " extract(epoch FROM now() - min(since) FILTER (WHERE due))::bigint,"
            " (SELECT extract(epoch FROM now() - max(last_heartbeat))::bigint"
            "    FROM procrastinate_workers)"
            " FROM (SELECT status, coalesce(scheduled_at, r.written_at) AS since,"
            "         status = 'todo' AND coalesce(scheduled_at, '-infinity') <= now() AS due"
            "         FROM procrastinate_jobs j"
            "         LEFT JOIN core_record r ON r.id = (j.args->>'record')::bigint"
            "        WHERE status IN ('todo', 'failed')) AS jobs"
        )
        return QueueHealth(*cursor.fetchone())
