"""The most used staff pages on 100,000 clients and 2 million events, and their SQL alone.

The history is copied in by set-based SQL that bears one act, not lived through two million
operations: what is measured is reading. Each page is asked for through Django's test client.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nostro.site.bench import Floor, Result

CLIENTS, EVENTS = 100_000, 2_000_000
TIMES = 30
FLOORS = {"page_p95_ms": Floor(150, most=True)}


def measure(seconds: int) -> Result:
    from nostro.site.asgi import keep_for_good
    from nostro.site.bench.pages.history import build, pages

    start = time.monotonic()
    built = build(CLIENTS, EVENTS)
    found = Result({"events": built.events, "clients": built.clients})
    figures = found.figures
    figures["seconds to build the history"] = round(time.monotonic() - start)
    start = time.monotonic()
    built.follow()
    figures["seconds to build the figures from the log"] = round(time.monotonic() - start, 1)
    keep_for_good()
    slowest = 0.0
    for name, url in pages(built):
        whole, sql, statements = _timed(built.browser, url, seconds)
        p95 = statistics.quantiles(whole, n=20, method="inclusive")[-1]
        slowest = max(slowest, p95)
        figures[f"{name}, p50 ms"] = round(statistics.median(whole), 1)
        figures[f"{name}, p95 ms"] = round(p95, 1)
        found.baselines[f"{name}, SQL p50 ms"] = round(statistics.median(sql), 1)
        found.ratios[f"{name}, page over its SQL"] = round(
            statistics.median(whole) / max(statistics.median(sql), 0.1), 1
        )
        figures[f"{name}, statements"] = statements
    figures["page_p95_ms"] = round(slowest, 1)
    return found


@contextmanager
def _sql_timed() -> Iterator[list[float]]:
    from django.db import connection

    spent: list[float] = []

    def timed(execute: Any, *given: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(*given)
        finally:
            spent.append((time.perf_counter() - start) * 1000)

    with connection.execute_wrapper(timed):
        yield spent


def _timed(browser: Any, url: str, seconds: int) -> tuple[list[float], list[float], int]:
    """Milliseconds of each answer and of its SQL, after one that warms things up."""
    whole: list[float] = []
    sql: list[float] = []
    statements = 0
    _answer(browser, url)
    until = time.monotonic() + seconds
    while len(whole) < TIMES or time.monotonic() < until:
        with _sql_timed() as spent:
            start = time.perf_counter()
            _answer(browser, url)
            whole.append((time.perf_counter() - start) * 1000)
        sql.append(sum(spent))
        statements = len(spent)
    return whole, sql, statements


def _answer(browser: Any, url: str) -> None:
    answer = browser.get(url)
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answered {answer.status_code}.")
    b"".join(answer) if answer.streaming else answer.content
