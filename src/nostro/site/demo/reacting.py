"""What follows from what happened, while the demo lives through its past: a process of its own.

The story goes on with other people while one client's reactions run, and waits only before it
comes back to that client: so both cores of a small machine tell it. The one process takes the jobs
in their order, as a worker with one hand would.
"""

import time
from multiprocessing import get_context
from multiprocessing.synchronize import Event, Lock

from django.db import connection

PAUSE = 0.006
FEW = 8
"""Jobs carried out at one look at the clock: what time it is matters to what was put back alone."""
DUE = """
SELECT EXISTS (SELECT 1 FROM procrastinate_jobs
                WHERE status = 'todo' AND task_name NOT LIKE 'every.%' AND
                      coalesce(scheduled_at, '-infinity') <= r.at), r.at
  FROM (SELECT at FROM core_record ORDER BY id DESC LIMIT 1) r
"""
PENDING = """
SELECT EXISTS (
  SELECT 1 FROM procrastinate_jobs j JOIN core_record r ON r.id = (j.args->>'record')::bigint
   WHERE j.status = 'todo' AND j.scheduled_at IS NULL AND r.client_id IS NOT DISTINCT FROM
         coalesce(%(client)s, r.client_id))
"""


class Reactor:
    """Carries out every reaction at the time of its event, until it is stopped."""

    def __init__(self) -> None:
        spawn = get_context("spawn")
        self._stop = spawn.Event()
        self.still = spawn.Lock()
        """Held by the story where it must be first: nothing follows meanwhile."""
        self._program = spawn.Process(target=react, args=(self._stop, self.still), daemon=True)

    def start(self) -> None:
        self._program.start()

    def settle(self, client_id: int | None = None) -> None:
        """Wait until nothing is left to follow for this client, or for anybody."""
        with connection.cursor() as cursor:
            while True:
                cursor.execute(PENDING, {"client": client_id})
                if not cursor.fetchone()[0]:
                    return
                if not self._program.is_alive():
                    raise RuntimeError("The reactions of the past ended by themselves.")
                time.sleep(PAUSE)

    def end(self) -> None:
        self.settle()
        self._stop.set()
        self._program.join(timeout=60)
        if self._program.exitcode:
            raise RuntimeError("The reactions of the past failed.")


def react(stop: Event, still: Lock) -> None:
    """The other process: job after job, with the house's clock at the newest event."""
    import django

    django.setup()
    from django.test.utils import override_settings

    from nostro.core import jobs
    from nostro.core.acts import clock_at

    hashers = ["nostro.site.demo.hashing.QuickHasher"]
    with override_settings(PASSWORD_HASHERS=hashers), connection.cursor() as cursor:
        # The past may be lost in a crash; the present may not.
        cursor.execute("SET synchronous_commit = off")
        while not stop.is_set():
            cursor.execute(DUE)
            found = cursor.fetchone()
            if not found or not found[0]:
                time.sleep(PAUSE)
                continue
            with still, clock_at(found[1]):
                jobs.drain(historic=True, limit=FEW)
