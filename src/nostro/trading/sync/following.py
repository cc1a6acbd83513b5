"""What following one platform is: what is read how often, and what is remembered meanwhile."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic

from nostro.core.acts import Act, now
from nostro.kit.vendors import Refused, Retry, Unread, VendorTrouble
from nostro.trading import operations as trading
from nostro.trading import queries
from nostro.trading.deriving import AHEAD, keep, logins_of, recheck
from nostro.trading.models import Backfill, Platform, SyncCursor
from nostro.trading.past import PAST, Ahead, Span
from nostro.trading.ports import (
    PLATFORMS,
    AccountState,
    Order,
    OrderState,
    Position,
    Tick,
    TradingPlatform,
)  # fmt: skip
from nostro.trading.ports import Deal as Seen
from nostro.trading.queries.deriving import kept_of
from nostro.trading.sync.open_lots import OpenLots
from nostro.trading.sync.reading import read_catalogue as read_catalogue
from nostro.trading.sync.reading import shape_of, symbols_of
from nostro.trading.sync.rechecking import EARLIEST, Rechecks
from nostro.trading.sync.terms import Terms

log = logging.getLogger("nostro.trading.sync")

OVERLAP, NEAR = timedelta(minutes=2), timedelta(seconds=10)
FAR_EVERY = 20.0
"""Each look overlaps the last one a little, and every so many seconds much: rows may come late,
and a busy server's last minutes are too many to read every second.
"""
STRIDE, SHORTEST = timedelta(days=30), timedelta(minutes=10)
BEAT = 1.0
STATES_EVERY, EVERY_STATE, SIGN_EVERY, CATALOGUE_EVERY = 3.0, 60.0, 30.0, 3600.0
ENDED_EVERY, FIRST_ENDED, ENDED_STRIDE = 60.0, timedelta(days=30), timedelta(days=1)
"""Orders that ended are asked for every so many seconds, and for so long at first, by the day."""
DAYS_EVERY, FIRST_DAYS = 900.0, timedelta(days=2)
"""Ends of days: a platform makes them once a day, for each account."""
UNFILLED = {OrderState.CANCELLED, OrderState.REJECTED, OrderState.EXPIRED}
TERMS_FIRST = 15.0
CATALOGUE, CATALOGUE_AGAIN = "The list of symbols and groups", 30.0
STAYS = "deal "
"""What is not read of a platform's present shows again at each look; a deal is missing for good."""


class Follower:
    """What following one platform remembers between two looks at it."""

    def __init__(self, platform: Platform) -> None:
        platform.refresh_from_db(fields=["unread", "apart"])
        self.platform = platform
        self.seen: dict[int, datetime] = {}
        self.symbols = symbols_of(platform)
        self.mark = 0
        self.positions: list[Position] | None = None
        self.orders: list[Order] | None = None
        self.states: dict[int, AccountState] = {}
        self.due: dict[str, float] = {}
        self.offset = 0
        self.looked = False
        self.lag: int | None = None
        self.behind, self.noted, self.ahead = False, 0.0, Ahead()
        self.unread: dict[str, str] = dict(platform.unread)
        self.told: set[str] = set()
        self.terms, self.lots, self.rechecks = (
            Terms(platform),
            OpenLots(platform),
            Rechecks(platform),
        )
        self.stride_now = STRIDE
        self.moved: set[int] = set()
        self.trading: set[int] = set()

    @property
    def connection(self) -> TradingPlatform:
        return PLATFORMS.take(self.platform.slug)

    @property
    def past_connection(self) -> TradingPlatform:
        """A line of its own: answers of the past are long, and what is new does not wait there."""
        return PLATFORMS.take(self.platform.slug, "past")

    def look(self) -> int:
        """One look at everything; the number of new deals. Raises what the adapter raises."""
        act = Act.system(door="sync")
        try:
            return self._look(act)
        finally:
            self._tell_unread(act)

    def _look(self, act: Act) -> int:
        if self._is_due("catalogue"):
            self._catalogue(act)
        server_now = self.connection.server_time()
        self.offset = round((server_now - now()).total_seconds())
        count = self._deals(act, server_now)
        positions, sums = self.lots.read(act)
        self._market(act, server_now, positions)
        self.lots.compare(act, sums, positions)
        self._set_aside(self.lots.unread)
        past = queries.backfill_of(self.platform)
        self.behind = past is not None and past.status == Backfill.Status.RUNNING
        self.noted = self.noted if self.behind else 0.0
        if past is not None and past.status != Backfill.Status.DONE:
            # No balance can be derived from half a history.
            return count + self._past(act)
        if self._is_due("ended"):
            self._ended(act, server_now)
        if self._is_due("days"):
            self._days(act, server_now)
        if self._is_due("terms", first=TERMS_FIRST):
            self._terms(act)
        self.rechecks.check()
        return count

    def _catalogue(self, act: Act) -> None:
        """Symbols and groups anew. Where we know some already, nothing else waits for them."""
        try:
            read_catalogue(act, self.platform)
        except VendorTrouble as trouble:
            if not self.symbols:
                raise
            log.warning("%s lists no symbols and groups: %s", self.platform.slug, trouble)
            self.unread[CATALOGUE] = str(trouble)
            self._did("catalogue", CATALOGUE_AGAIN)
            return
        self.symbols = symbols_of(self.platform)
        self._did("catalogue", CATALOGUE_EVERY)
        self._set_aside(self.connection.unread())
        self._forget_what_is_read()

    def _set_aside(self, found: Mapping[str, str]) -> None:
        for name, why in found.items():
            if name in self.unread or len(self.unread) < Unread.MOST:
                self.unread[name] = why
        self.told |= found.keys()

    def _forget_what_is_read(self) -> None:
        """What was not told of for an hour is read again, or gone; a deal once we have it."""
        found = {one: one.removeprefix(STAYS) for one in self.unread if one.startswith(STAYS)}
        tickets = {one: int(said) for one, said in found.items() if said.isdecimal()}
        kept = queries.kept_tickets(self.platform, list(tickets.values()))
        stay = self.told | {one for one, ticket in tickets.items() if ticket not in kept}
        self.unread = {one: why for one, why in self.unread.items() if one in stay}
        self.told = set()

    def _tell_unread(self, act: Act) -> None:
        """What could not be read goes on the platform's page, when it changes."""
        self._set_aside(self.connection.unread())
        self._set_aside(self.rechecks.unread)
        if self.behind:
            self._set_aside(self.past_connection.unread())
        if self.unread != self.platform.unread:
            trading.set_records_aside(act, self.platform, records=self.unread)

    def _past(self, act: Act) -> int:
        """As many strides into the past as bring about what one should, and more for as long as
        what is new can wait; the number of new deals.
        """
        count, seen, until = 0, 0, monotonic() + BEAT
        while seen < PAST or monotonic() < until:
            past = queries.open_past(self.platform)
            if past is None:
                self.ahead.forget()
                break
            fresh, brought = self.stride(act, past)
            count, seen = count + fresh, seen + brought
        return count

    def stride(self, act: Act, past: Backfill) -> tuple[int, int]:
        """One stride into the past, or a portion of one that brings too much: how many new deals it
        brought, of how many. While they are written the next ones are read. A stride without an
        answer is asked for again, and shorter.
        """
        begun = self.noted or monotonic()
        line = self.past_connection
        wanted = Span(past.reached, min(past.reached + past.stride, past.until))
        try:
            read = self.ahead.take(line, wanted)
        except Retry:
            trading.note_backfill(
                act, self.platform, reached=past.reached, stride=wanted.shorter(), deals=0,
                seconds=0,
            )  # fmt: skip
            raise
        reached, stride = past.reached, past.stride
        if read.whole:
            reached, stride = wanted.until, read.next_stride
        if read.whole and reached < past.until:
            following = Span(reached, min(reached + stride, past.until))
            self.ahead.begin(line, following)
        # A few are mostly the end, which the live line has brought already.
        fresh = len(keep(act, self.platform, read.deals, looks=len(read.deals) < PAST))
        self.noted = monotonic()
        trading.note_backfill(
            act, self.platform, reached=reached, stride=stride, deals=fresh,
            seconds=self.noted - begun, first=min((one.at for one in read.deals), default=None),
        )  # fmt: skip
        if reached == past.until:
            trading.end_backfill(act, self.platform)
            line.close()
        return fresh, len(read.deals)

    def _is_due(self, what: str, *, first: float = 0.0) -> bool:
        """Whether something is to be done, at first after so many seconds. What fails stays due."""
        at = monotonic()
        return at >= self.due.setdefault(what, at + first)

    def _did(self, what: str, seconds: float) -> None:
        self.due[what] = monotonic() + seconds

    def _deals(self, act: Act, server_now: datetime) -> int:
        cursor = SyncCursor.objects.filter(platform=self.platform).first()
        if cursor is None:
            trading.begin_backfill(act, self.platform, since=EARLIEST, until=server_now)
        far = self._is_due("far")
        back = OVERLAP if far else NEAR
        since = (cursor.read_to if cursor else server_now) - back
        count = 0
        current: dict[int, datetime] = {}
        while True:
            last = since + self.stride_now >= server_now
            until = server_now + AHEAD if last else since + self.stride_now
            try:
                current, fresh = self._window(act, since, until, server_now)
            except Retry:  # it may have been too much at a time
                self.stride_now = max(self.stride_now / 4, SHORTEST)
                raise
            count += fresh
            if last:
                break
            since, self.stride_now = until - OVERLAP, min(self.stride_now * 2, STRIDE)
        if far:
            self._did("far", FAR_EVERY)
        gone = {ticket for ticket, at in self.seen.items() if at > since} - current.keys()
        recent = server_now - OVERLAP
        self.seen = {ticket: at for ticket, at in self.seen.items() if recent < at <= since}
        self.seen |= current
        if gone and queries.whole_history(self.platform):
            whose = sorted({one.login for one in kept_of(self.platform, sorted(gone)).values()})
            recheck(act, self.platform, since=since, logins=whose)
        return count

    def _window(
        self, act: Act, since: datetime, until: datetime, server_now: datetime
    ) -> tuple[dict[int, datetime], int]:
        """What there is of deals, each with its moment, and how many of them are new. They are kept
        as they come: after a long silence they are more than should be held at once.
        """
        current: dict[int, datetime] = {}
        fresh: dict[int, Seen] = {}
        count, oldest = 0, until
        for page in self.connection.deals(since, until):
            for one in page:
                current[one.ticket] = one.at
                if one.ticket not in self.seen:
                    fresh[one.ticket], oldest = one, min(oldest, one.at)
                    self.moved.add(one.login)
            if len(fresh) >= PAST:
                count += len(keep(act, self.platform, list(fresh.values())))
                fresh.clear()
        read_to = min(until, server_now)
        count += len(keep(act, self.platform, list(fresh.values()), read_to=read_to))
        self._lag_of(oldest if oldest < until else None, server_now)
        return current, count

    def _lag_of(self, oldest: datetime | None, server_now: datetime) -> None:
        """How late new deals came; what was caught up with at the first look says nothing."""
        looked, self.looked = self.looked, True
        if oldest is not None and looked:
            late = server_now - oldest
            self.lag = max(0, min(round(late.total_seconds() * 1000), 2**31 - 1))

    def _terms(self, act: Act) -> None:
        """Group, leverage and rights, where the manager may see them."""
        try:
            self._did("terms", self.terms.look(act))
        except Refused as no:
            log.info("%s shows no accounts: %s", self.platform.slug, no.reason)
            self._did("terms", CATALOGUE_EVERY)

    def _market(self, act: Act, server_now: datetime, positions: list[Position]) -> None:
        """Positions, quotes and accounts: written in one act, and only where they moved."""
        moved = positions if shape_of(positions) != shape_of(self.positions) else None
        ticks: list[Tick] = []
        mark = self.mark
        if self.symbols:
            ticks, mark = self.connection.ticks(self.symbols, self.mark)
        states: list[AccountState] = []
        found: dict[int, AccountState] = {}
        if self._is_due("states"):
            found = self._states(positions)
            states = [one for login, one in found.items() if self.states.get(login) != one]
            self._did("states", STATES_EVERY)
        orders = self._orders()
        kept = moved is None and orders is None
        if kept and not ticks and not states and not self._is_due("sign"):
            return
        trading.record_market(
            act, self.platform, positions=moved, orders=orders, ticks=ticks, states=states,
            read_to=server_now, lag_ms=self.lag, clock_offset=self.offset,
        )  # fmt: skip
        self._did("sign", SIGN_EVERY)
        self.positions, self.mark = positions, mark
        self.orders = self.orders if orders is None else orders
        self.states |= found

    def _states(self, positions: Sequence[Position]) -> dict[int, AccountState]:
        """Where accounts stand whose figures can have moved: open trades or a new deal are what
        moves them. All of them at first, and once a minute.
        """
        every = self._is_due("every state")
        moving = self.moved | {one.login for one in positions} | self.trading
        logins = logins_of(self.platform)
        wanted = logins if every else [one for one in logins if one in moving]
        found = self.connection.account_states(wanted) if wanted else []
        for login in self.moved:  # written anew: `read_at` tells whether a deal is in the figures
            self.states.pop(login, None)
        # One whose last trade has closed is read once more after it.
        self.moved, self.trading = set(), {one.login for one in positions}
        if every:
            self._did("every state", EVERY_STATE)
        return {one.login: one for one in found}

    def _orders(self) -> list[Order] | None:
        """Orders that wait, where they are others than at the last look. A manager who may not see
        them keeps us from nothing else.
        """
        if not self._is_due("orders"):
            return None
        try:
            found = [one for page in self.connection.orders() for one in page]
        except Refused as no:
            log.info("%s lists no orders: %s", self.platform.slug, no.reason)
            self._did("orders", CATALOGUE_EVERY)
            return None
        self._did("orders", STATES_EVERY)
        shown = sorted(found, key=lambda one: one.ticket)
        return shown if shown != self.orders else None

    def _ended(self, act: Act, server_now: datetime) -> None:
        """Orders that ended unfilled since the last look, where the platform keeps them: day by
        day, and as many days as bring about what one look should.
        """
        cursor = SyncCursor.objects.get(platform=self.platform)
        since = (cursor.orders_to or server_now - FIRST_ENDED) - OVERLAP
        found: list[Order] = []
        until, seen = since, 0
        try:
            while until < server_now and seen < PAST:
                since, until = until, until + ENDED_STRIDE
                for page in self.connection.order_history(since, until):
                    seen += len(page)
                    found += [one for one in page if one.state in UNFILLED]
        except Refused as no:
            log.info("%s lists no orders of the past: %s", self.platform.slug, no.reason)
            self._did("ended", CATALOGUE_EVERY)
            return
        read_to = min(until, server_now)
        trading.record_past_orders(act, self.platform, orders=found, read_to=read_to)
        self._did("ended", ENDED_EVERY if until >= server_now else 0.0)

    def _days(self, act: Act, server_now: datetime) -> None:
        """The platform's own ends of days since the last ones, held against our deals once these
        have all been read.
        """
        logins = logins_of(self.platform, practice=False)
        if not logins:
            return
        cursor = SyncCursor.objects.get(platform=self.platform)
        since = cursor.days_to + timedelta(seconds=1) if cursor.days_to else server_now - FIRST_DAYS
        try:
            pages = self.connection.daily_reports(since, cursor.read_to - OVERLAP, logins=logins)
            found = [one for page in pages for one in page]
        except Refused as no:
            log.info("%s makes no daily reports: %s", self.platform.slug, no.reason)
            self._did("days", CATALOGUE_EVERY)
            return
        if found:
            trading.compare_days(act, self.platform, reports=found)
        self._did("days", DAYS_EVERY)


def sync_once(act: Act, platform: Platform) -> int:
    """One look at a platform, as a restarted worker would take it, and all of its past that is
    not read yet; the number of new deals.
    """
    follower = Follower(platform)
    count = follower.look()
    while past := queries.open_past(platform):
        count += follower.stride(act, past)[0]
    return count
