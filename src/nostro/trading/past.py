"""A platform's past, read stride by stride: how long one is, and the next one read ahead.

A stride is as long as brings about as many deals as are written in a moment, so that what is new
waits for one at most. Reading touches the platform alone and writing the database alone: while one
stride is written the next one is read, by a thread of its own.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta

from nostro.trading.ports import Deal, TradingPlatform

PAST, CUT = 2_000, 6_000
LONGEST_STRIDE, SHORTEST_STRIDE = timedelta(days=60), timedelta(seconds=1)
"""Deals that a stride into the past should bring, and with how many it is cut short."""


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
class Stride:
    """What a span brought: all of it up to `reached`, which is its end or where it was cut."""

    span: Span
    deals: list[Deal]
    reached: datetime
    next_stride: timedelta


def read(platform: TradingPlatform, span: Span) -> Stride:
    """The deals of a span. Where they are too many it reaches nowhere, and the next one is shorter;
    what it brought may be kept all the same.
    """
    deals: list[Deal] = []
    for page in platform.deals(span.since, span.until):
        deals += page
        if len(deals) > CUT and span.length > SHORTEST_STRIDE:
            # Both ends count: the next one ends before the second that was too much.
            crowded = sorted(one.at for one in deals)[PAST // 2] - span.since
            after = max(crowded - SHORTEST_STRIDE, SHORTEST_STRIDE)
            return Stride(span, deals, span.since, after)
    fits = span.length * 4 if len(deals) * 4 <= PAST else span.length * PAST / len(deals)
    after = min(max(fits, SHORTEST_STRIDE), LONGEST_STRIDE)
    return Stride(span, deals, span.until, after)


class Ahead:
    """Reads one stride before it is asked for."""

    def __init__(self) -> None:
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="past")
        self._coming: tuple[Span, Future[Stride]] | None = None

    def begin(self, platform: TradingPlatform, span: Span) -> None:
        """Start to read what will be asked for next."""
        self._coming = span, self._hand.submit(copy_context().run, read, platform, span)

    def take(self, platform: TradingPlatform, span: Span) -> Stride:
        """A stride that was begun, or read now where another one was. Raises what reading does."""
        if self._coming is None or self._coming[0] != span:
            self.begin(platform, span)
        assert self._coming is not None
        coming, self._coming = self._coming[1], None
        return coming.result()

    def forget(self) -> None:
        """What was begun is not wanted any more: asked for much later it may be another."""
        self._coming = None
