"""A platform's past, read stride by stride: how long one is, and the next one read ahead.

A stride is as long as brings about as many deals as are written in a moment. One that brings more
is handed on in portions, so that what is new waits for one portion at most. Reading touches the
platform alone and writing the database alone: while one portion is written the next one is read, by
a thread of its own.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta

from nostro.trading.ports import Deal, TradingPlatform

PAST = 4_000
"""Deals that a stride into the past should bring, and about as many are a portion."""
LONGEST_STRIDE, SHORTEST_STRIDE = timedelta(days=30), timedelta(seconds=1)
"""After years without a deal the first stride that brings some is as long as that: a month of a
busy platform is what a list may hold, and more than that is asked for again in parts.
"""


@dataclass(frozen=True)
class Span:
    """Of the platform's time, both ends included."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since

    def shorter(self) -> timedelta:
        """How long to make a stride that the platform could not answer."""
        return max(self.length / 4, SHORTEST_STRIDE)


@dataclass(frozen=True)
class Portion:
    """Some deals of a span. Once nothing is left of it, it is known how long the next should be."""

    deals: list[Deal]
    whole: bool
    next_stride: timedelta


class Reading:
    """One span, in portions."""

    def __init__(self, platform: TradingPlatform, span: Span) -> None:
        self.span = span
        self._pages: Iterator[tuple[Deal, ...]] = iter(platform.deals(span.since, span.until))
        self._count = 0

    def portion(self) -> Portion:
        """The next deals of it. Raises what the adapter raises."""
        deals: list[Deal] = []
        whole = True
        for page in self._pages:
            deals += page
            if len(deals) >= PAST:
                whole = False
                break
        self._count += len(deals)
        length = self.span.length
        fits = length * 4 if self._count * 4 <= PAST else length * PAST / self._count
        return Portion(deals, whole, min(max(fits, SHORTEST_STRIDE), LONGEST_STRIDE))


class Ahead:
    """Reads one portion before it is asked for."""

    def __init__(self) -> None:
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="past")
        self._coming: tuple[Reading, Future[Portion]] | None = None

    def begin(self, platform: TradingPlatform, span: Span) -> None:
        """Start to read what will be asked for next."""
        self._read(Reading(platform, span))

    def take(self, platform: TradingPlatform, span: Span) -> Portion:
        """The next portion of a span, begun before or now. Raises what reading it does."""
        if self._coming is None or self._coming[0].span != span:
            self.begin(platform, span)
        assert self._coming is not None
        (reading, coming), self._coming = self._coming, None
        portion = coming.result()
        if not portion.whole:
            self._read(reading)
        return portion

    def forget(self) -> None:
        """What was begun is not wanted any more: asked for much later it may be another."""
        self._coming = None

    def _read(self, reading: Reading) -> None:
        self._coming = reading, self._hand.submit(copy_context().run, reading.portion)
