"""What follows from what happened, while the demo lives through its past: processes of their own.

The story goes on with other people while one client's reactions run, and waits only before it
comes back to that client: so both cores of a small machine tell it. Each process has its share of
the clients and takes their jobs in order, as a worker with one hand would.
"""

import gc
from contextlib import AbstractContextManager
from multiprocessing import get_context
from multiprocessing.synchronize import Event, Lock

from django.db import connection

HANDS = 2
FEW = 2
"""Jobs carried out at one look at the clock: what time it is matters to what was put back alone."""
SHORT, LONG = 0.1, 0.25
"""Seconds after which the reactions, and the story, look again though nobody woke them: several
operations of one happening are followed while it goes on.
"""
NEWEST = "SELECT at FROM core_record ORDER BY id DESC LIMIT 1"
PENDING = """
SELECT EXISTS (
  SELECT 1 FROM procrastinate_jobs j JOIN core_record r ON r.id = (j.args->>'record')::bigint
   WHERE j.status = 'todo' AND j.scheduled_at IS NULL AND r.client_id IS NOT DISTINCT FROM
         coalesce(%(client)s, r.client_id))
"""
BUSY = """
SELECT DISTINCT r.client_id FROM procrastinate_jobs j
  JOIN core_record r ON r.id = (j.args->>'record')::bigint
 WHERE j.status = 'todo' AND j.scheduled_at IS NULL AND r.client_id IS NOT NULL
"""


SHARE = """
coalesce((SELECT client_id FROM core_record WHERE id = (args->>'record')::bigint), 0) %% {hands}
  = {hand}
"""


class Hand:
    """One process that carries out the reactions about every so many clients."""

    def __init__(self, number: int, stop: Event, done: Event) -> None:
        spawn = get_context("spawn")
        self.more, self.still = spawn.Event(), spawn.Lock()
        given = (number, stop, self.more, done, self.still)
        self.program = spawn.Process(target=react, args=given, daemon=True)


class Reactor:
    """Carries out every reaction at the time of its event, until it is stopped."""

    def __init__(self) -> None:
        spawn = get_context("spawn")
        self._stop, self._done = spawn.Event(), spawn.Event()
        self._hands = [Hand(number, self._stop, self._done) for number in range(HANDS)]

    def start(self) -> None:
        for hand in self._hands:
            hand.program.start()

    def still(self, client_id: int) -> AbstractContextManager[bool]:
        """Held by the story where it must be first: nothing follows for this client meanwhile."""
        return self._hands[client_id % HANDS].still

    def tell(self) -> None:
        """Something happened: there may be more to do."""
        for hand in self._hands:
            hand.more.set()

    def busy(self) -> frozenset[int]:
        """The clients for whom something is left to follow."""
        with connection.cursor() as cursor:
            cursor.execute(BUSY)
            return frozenset(client for (client,) in cursor.fetchall())

    def settle(self, client_id: int | None = None) -> None:
        """Wait until nothing is left to follow for this client, or for anybody."""
        with connection.cursor() as cursor:
            while True:
                self._done.clear()
                cursor.execute(PENDING, {"client": client_id})
                if not cursor.fetchone()[0]:
                    return
                if not all(hand.program.is_alive() for hand in self._hands):
                    raise RuntimeError("The reactions of the past ended by themselves.")
                self.tell()
                self._done.wait(LONG)

    def end(self) -> None:
        self.settle()
        self._stop.set()
        self.tell()
        for hand in self._hands:
            hand.program.join(timeout=60)
            if hand.program.exitcode:
                raise RuntimeError("The reactions of the past failed.")


def react(number: int, stop: Event, more: Event, done: Event, still: Lock) -> None:
    """One hand's process: job after job, with the house's clock at the newest event."""
    import django

    django.setup()
    from django.test.utils import override_settings

    from nostro.core import jobs
    from nostro.core.acts import clock_at

    gc.freeze()
    share = SHARE.format(hand=number, hands=HANDS)
    hashers = ["nostro.site.demo.hashing.QuickHasher"]
    with override_settings(PASSWORD_HASHERS=hashers), connection.cursor() as cursor:
        # The past may be lost in a crash; the present may not.
        cursor.execute("SET synchronous_commit = off")
        while not stop.is_set():
            more.wait(SHORT)
            more.clear()
            carried_out = FEW
            while carried_out == FEW:
                cursor.execute(NEWEST)
                found = cursor.fetchone()
                if found is None:
                    break
                with still, clock_at(found[0]):
                    carried_out = jobs.drain(historic=True, limit=FEW, which=share)
                done.set()
