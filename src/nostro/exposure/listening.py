"""How the house listens to its liquidity providers: reports are kept as they come, positions are
asked for every minute and held against the fills.

The marks of a session are kept with what came by them, so a kill at any moment loses nothing and
doubles nothing. What a provider gave up (it began its numbers anew) is found among its trades.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Event, Thread
from time import monotonic

from nostro.core.acts import Act, now
from nostro.core.jobs import alone, released
from nostro.exposure import operations as exposure
from nostro.exposure import ports, queries
from nostro.exposure.models import Fill, LiquidityProvider
from nostro.exposure.ports import DROP_COPIES, Batch, DropCopy, Marks
from nostro.kit.vendors import Refused, Retry, VendorTrouble

log = logging.getLogger("nostro.exposure.listening")

BEAT = 1.0
"""Seconds that a call waits for a report; nothing is answered between calls."""
SIGN_EVERY, COMPARE_EVERY, COMPARE_AFTER_A_NO = 15.0, 60.0, 600.0
OVERLAP, DAY = timedelta(minutes=5), timedelta(days=1)
LONGEST_PAUSE = 60.0
NAMED = 6
"""So many fills are named in a cause."""


class Listener:
    """What listening to one provider remembers between two calls. It keeps nothing that counts:
    marks and fills are in the database.
    """

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.kept = 0
        self._caught_up = False
        self._next_sign = 0.0
        self._next_comparison = 0.0

    @property
    def connection(self) -> DropCopy:
        return DROP_COPIES.take(self.slug)

    def listen(self, within: float = BEAT) -> int:
        """Wait for reports and keep them; how many are new. Raises what the adapter raises."""
        act = Act.system(door="drop copy")
        provider = LiquidityProvider.objects.get(slug=self.slug)
        after = provider.marks
        if provider.begin_anew:
            batch = self.connection.begin_anew(clock=now)
        else:
            batch = self.connection.receive(after, clock=now, within=within)
        before = self.kept
        self._keep(act, provider, batch, after)
        if monotonic() >= self._next_comparison:
            self._next_comparison = monotonic() + COMPARE_EVERY
            self.compare(act, provider)
        return self.kept - before

    def compare(self, act: Act, provider: LiquidityProvider) -> None:
        """Hold what the provider says against the fills. A provider that gives no positions or no
        trades is still listened to; the page says so.
        """
        try:
            Comparison(self, act, provider).run()
        except Refused as no:
            exposure.keep_compared(act, provider, trouble=str(no))
            self._next_comparison = monotonic() + COMPARE_AFTER_A_NO

    def close(self) -> None:
        """Say goodbye, so that the provider need not wait for our silence to end."""
        provider = LiquidityProvider.objects.get(slug=self.slug)
        after = provider.marks
        marks = self.connection.close(after, clock=now)
        if marks != after:
            exposure.keep_marks(Act.system(door="drop copy"), provider, marks=marks, after=after)

    def _keep(self, act: Act, provider: LiquidityProvider, batch: Batch, after: Marks) -> None:
        if not batch.reports and not batch.is_broken:
            self._caught_up = True
            if batch.marks != after or monotonic() >= self._next_sign:
                self._next_sign = monotonic() + SIGN_EVERY
                exposure.keep_marks(act, provider, marks=batch.marks, after=after)
            return
        lag = self._lag(batch) if self._caught_up else None
        ids = exposure.record_fills(act, provider, batch=batch, after=after, lag_ms=lag)
        self.kept += len(ids)

    def keep(self, act: Act, provider: LiquidityProvider, batch: Batch) -> None:
        """What came in while something was asked for."""
        self._keep(act, provider, batch, provider.marks)

    def _lag(self, batch: Batch) -> int | None:
        """How late the newest report came; what was caught up with says nothing."""
        moments = [one.fill.at if isinstance(one, ports.FillCorrection) else one.at
                   for one in batch.reports]  # fmt: skip
        if not moments:
            return None
        late = (now() - max(moments)).total_seconds() * 1000
        return max(0, min(round(late), 2**31 - 1))


class Comparison:
    """One look at the positions of a provider, and at its trades where they do not agree."""

    def __init__(self, listener: Listener, act: Act, provider: LiquidityProvider) -> None:
        self.listener = listener
        self.act = act
        self.provider = provider

    def run(self) -> None:
        self._ask_positions()
        gone: dict[int, list[Fill]] = {}
        if self.provider.missed_from or queries.unexplained(self.provider):
            gone = self._ask_trades()
        standing = queries.unexplained(self.provider)
        for position in standing:
            cause = self._cause(gone.get(position.pk, []))
            exposure.open_position_break(self.act, position, cause=cause)
        for one in queries.agreed(self.provider):
            exposure.settle_position_break(self.act, one)
        exposure.keep_compared(self.act, self.provider, trouble="")

    def _ask_positions(self) -> None:
        """As of the provider's business day, which may have begun before ours ends."""
        newest = queries.newest_trade_date(self.provider)
        day = max(filter(None, [now().date(), newest]))
        answer = self.listener.connection.positions(self.provider.marks, day, clock=now)
        self.listener.keep(self.act, self.provider, answer.batch)
        theirs: dict[str, tuple[Decimal, Decimal]] = {}
        for one in answer.items:
            net, _ = theirs.get(one.symbol, (Decimal(0), one.price))
            theirs[one.symbol] = (net + one.net, one.price)
        exposure.read_positions(self.act, self.provider, theirs=theirs)

    def _ask_trades(self) -> dict[int, list[Fill]]:
        """Keep what the drop copy did not bring. Fills that are not among the provider's trades
        are taken back where its position then agrees; the others are answered, by position.
        """
        since, until = self._window()
        answer = self.listener.connection.trades(self.provider.marks, since, until, clock=now)
        self.listener.keep(self.act, self.provider, answer.batch)
        # Asked again, so that a fill that came in between is not taken for a difference.
        self._ask_positions()
        missing, gone = queries.held_against(self.provider, answer.items, since, until)
        meant, unclear = queries.that_agree(self.provider, missing, gone)
        exposure.keep_comparison(self.act, self.provider, missing=missing, gone=meant)
        return unclear

    def _window(self) -> tuple[datetime, datetime]:
        provider = self.provider
        agreed = provider.compared_at or provider.added_at - DAY
        since = min(filter(None, [agreed, provider.missed_from])) - OVERLAP
        return since.replace(microsecond=since.microsecond // 1000 * 1000), now()

    def _cause(self, gone: list[Fill]) -> str:
        if gone:
            named = ", ".join(one.exec_id for one in gone[:NAMED])
            more = f" and {len(gone) - NAMED} more" if len(gone) > NAMED else ""
            return (
                f"Kept here, and not among the provider's trades: {named}{more}. "
                "Its position agrees neither with them nor without them."
            )
        if self.provider.compared_at is None:
            return (
                "The provider names no other trade since yesterday: probably it was held before "
                "the house listened. Take it over if that is so."
            )
        return "The provider's own trades since the last time both agreed do not explain it."


def listen_to(slug: str, stop: Event) -> None:
    """Listen to one provider until told to stop; one worker at a time does."""
    listener, pause, failures = Listener(slug), 0.0, 0
    try:
        while not stop.wait(pause):
            pause = 0.0
            provider = LiquidityProvider.objects.get(slug=slug)
            if not provider.live:
                return
            if not alone(f"exposure.listening/{slug}"):
                listener, pause = Listener(slug), BEAT
                continue
            try:
                listener.listen()
                if provider.trouble_since:
                    exposure.provider_answered(Act.system(door="drop copy"), provider)
                failures = 0
            except VendorTrouble as trouble:
                failures += 1
                pause = _troubled(provider, trouble, failures)
        listener.close()
    except VendorTrouble as trouble:
        log.info("%s was left without a goodbye: %s", slug, trouble)
    except Exception:
        log.exception("Listening to %s failed; it is taken up anew.", slug)
    finally:
        released()


def _troubled(provider: LiquidityProvider, trouble: VendorTrouble, failures: int) -> float:
    """Write trouble down when it begins or changes; how long to wait before trying again."""
    said = str(trouble)[:200]
    provider.refresh_from_db()
    # The first line that breaks is taken up at once: only what goes on is told.
    if provider.trouble != said and (failures > 1 or isinstance(trouble, Refused)):
        log.warning("%s: %s", provider.slug, said)
        exposure.provider_troubled(Act.system(door="drop copy"), provider, trouble=said)
    if failures == 1 and isinstance(trouble, Retry):
        return min(BEAT, trouble.after)
    longest = trouble.after if isinstance(trouble, Retry) else LONGEST_PAUSE
    return min(longest, 2.0 ** min(failures, 6), LONGEST_PAUSE)


def watch(stop: Event) -> None:
    """Listen to every provider there is, and to those that are connected later."""
    threads: dict[str, Thread] = {}
    while not stop.is_set():
        for slug in _wanted():
            if slug not in threads or not threads[slug].is_alive():
                threads[slug] = Thread(target=listen_to, args=(slug, stop), daemon=True)
                threads[slug].start()
        stop.wait(5)
    for thread in threads.values():
        thread.join(timeout=20)
    released()


def _wanted() -> Iterable[str]:
    rows = LiquidityProvider.objects.filter(live=True).order_by("pk")
    return list(rows.values_list("slug", flat=True))
