"""The ten most used operations a second and their statements, beside bare one-row commits.

Each is a whole act, from the permission to the record, one after another on one connection. The
bare commits (one row into one table, nothing else) take turns with the operations, because a disk
has moods: a ratio compares what was measured within the same moments. What is loaded is kept out
of garbage collection, as the web server does.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from nostro.site.bench import Floor, Result
from nostro.site.bench.operations.posting import posting

__all__ = ["measure", "posting"]

MOST = 400
"""Calls an operation: every one needs a subject of its own, made before the clock starts."""
WARM, TURN = 3, 20
SLOW = "register_client"
"""Hashing a password is slow on purpose; it is no part of what the house adds."""
FLOORS = {
    "median_operation": Floor(0.125), "median_operation_statements": Floor(8, most=True),
}  # fmt: skip


def measure(seconds: int) -> Result:
    from nostro.site.bench.operations.work import calls

    found = Result()
    ratios, statements, bare = [], [], []
    for name, prepared in calls(MOST):
        rate, commits, said = _rate(prepared, seconds)
        found.figures[f"{name}, a second"] = round(rate, 1)
        found.figures[f"{name}, statements"] = said
        found.ratios[name] = round(rate / commits, 3)
        bare.append(commits)
        if name != SLOW:
            ratios.append(rate / commits)
            statements.append(said)
    found.baselines["bare commits a second"] = round(statistics.median(bare), 1)
    found.ratios["median_operation"] = round(statistics.median(ratios), 3)
    found.figures["median_operation_statements"] = round(statistics.median(statements), 1)
    return found


def bare_commits(seconds: float) -> float:
    """Rows committed one by one, a second: what the disk and the driver allow at most."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_row (at timestamptz, what text)")
        done, start = 0, time.monotonic()
        while (spent := time.monotonic() - start) < seconds:
            cursor.execute("INSERT INTO bench_row VALUES (now(), %s)", ["one row"])
            done += 1
    return done / spent


def _rate(prepared: Iterator[Callable[[], Any]], seconds: int) -> tuple[float, float, int]:
    """Calls a second, bare commits a second, and the statements of one call.

    Both are measured in turns of a tenth of a second, and the median turn counts of each.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from nostro.site.asgi import keep_for_good

    todo = list(prepared)
    for one in todo[:WARM]:
        one()
    keep_for_good()
    with CaptureQueriesContext(connection) as captured:
        todo[WARM]()
    rates, commits = [], []
    left = iter(todo[WARM + 1 :])
    until = time.monotonic() + seconds
    while time.monotonic() < until and (turn := list(islice(left, TURN))):
        commits.append(bare_commits(0.03))
        start = time.monotonic()
        for one in turn:
            one()
        rates.append(len(turn) / (time.monotonic() - start))
    return statistics.median(rates), statistics.median(commits), len(captured)
